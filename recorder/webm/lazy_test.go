package webm

import (
	"errors"
	"testing"
)

// lazyFile has the disk fail at one of its syncs.
type lazyFile struct {
	memFile
	begun, bad int
	under      bool
	t          *testing.T
}

var errDisk = errors.New("input/output error")

func (l *lazyFile) Begin() {
	if l.under {
		l.t.Error("a sync begins while one is under way")
	}
	l.begun, l.under = l.begun+1, true
}

func (l *lazyFile) Wait() error {
	if !l.under {
		l.t.Error("nothing is waited for")
	}
	if l.under = false; l.begun == l.bad {
		return errDisk
	}
	return nil
}

func (l *lazyFile) Sync() error {
	if l.under {
		l.t.Error("a sync while one is under way")
	}
	return l.memFile.Sync()
}

// What a Lazy file could not make durable is not in the finished file, whether that is known with the next cluster or at the
// end; before, nothing waits for it.
func TestLazy(t *testing.T) {
	const clusters = 4
	for bad := range clusters + 1 {
		f := &lazyFile{memFile: memFile{room: -1}, bad: bad, t: t}
		w, err := NewWriter(f, []Track{{Number: 1, Codec: VP8}, {Number: 2, Codec: Opus, Channels: 2}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		failed := 0
		for i := range clusters {
			if err := w.Write(1, int64(i)*1000, true, picture(true, 640>>i, 360>>i, 99)); err != nil {
				t.Fatal(err)
			}
			if err := w.Flush(); err != nil {
				if !errors.Is(err, errDisk) {
					t.Fatal(err)
				}
				failed = i + 1
				break
			}
			if f.syncs > 0 {
				t.Fatal("a cluster was waited for")
			}
		}
		want := clusters
		if bad > 0 {
			want = bad - 1
			if next := bad + 1; next <= clusters && failed != next || next > clusters && failed != 0 {
				t.Errorf("sync %d failed, heard at flush %d", bad, failed)
			}
		}
		st, err := w.Finalize()
		if bad == 1 {
			if !errors.Is(err, errDisk) || st.Clusters != 0 || len(st.Tracks) != 0 {
				t.Errorf("nothing is durable: %+v, %v", st, err)
			}
			continue
		}
		if err != nil || st.Clusters != want || f.syncs == 0 {
			t.Errorf("sync %d failed: %d clusters, want %d (%v)", bad, st.Clusters, want, err)
		}
		if back, err := Repair(f, int64(len(f.b))); err != nil || back.Clusters != want || back.Duration != st.Duration {
			t.Errorf("sync %d failed: %+v, %v", bad, back, err)
		}
	}
}

// Settle waits for what is under way, and for nothing else.
func TestSettle(t *testing.T) {
	f := &lazyFile{memFile: memFile{room: -1}, t: t}
	w, err := NewWriter(f, []Track{{Number: 2, Codec: Opus, Channels: 2}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // with nothing written, and twice
		if err := w.Settle(); err != nil || f.begun > 0 {
			t.Fatal(err, f.begun)
		}
	}
	if err := w.Write(2, 0, true, []byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Flush(), w.Settle(), w.Settle()); err != nil || f.begun != 1 || f.under {
		t.Fatal(err, f.begun, f.under)
	}
}
