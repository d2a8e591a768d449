package aio

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func file(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func (s *Syncer) spare() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.idle)
}

// aio is a Syncer as the kernel allows: where it takes no requests, Sync is fdatasync and there are none to count.
func aio(t *testing.T) *Syncer {
	s := &Syncer{}
	if r := s.take(); r != nil {
		s.give(r)
	} else {
		t.Log("the kernel takes no requests")
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSync(t *testing.T) {
	s, f := aio(t), file(t)
	for range 3 {
		if _, err := f.Write(make([]byte, 200<<10)); err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(f); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.spare(); n != 1 && !s.none {
		t.Fatalf("one after the other: %d requests instead of the same again", n)
	}
}

// Files do not wait for one another: each has a request of its own.
func TestSyncMany(t *testing.T) {
	s := aio(t)
	var wg sync.WaitGroup
	for range 20 {
		f := file(t)
		wg.Go(func() {
			for range 5 {
				if _, err := f.Write(make([]byte, 10<<10)); err != nil {
					t.Error(err)
				}
				if err := s.Sync(f); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := s.spare(); (n < 1 || n > 20) && !s.none {
		t.Fatalf("%d requests for 20 files", n)
	}
}

// What fdatasync says, a request says as well, and it can be used again.
func TestSyncErrors(t *testing.T) {
	s, f := aio(t), file(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := s.Sync(w); !errors.Is(err, unix.EINVAL) {
		t.Fatalf("a pipe: %v", err)
	}
	if err := s.Sync(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if err := s.Sync(f); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("a closed file: %v", err)
	}
	if n := s.spare(); n != 1 && !s.none {
		t.Fatalf("%d requests", n)
	}
}

// Without requests, and after Close, files are synced all the same.
func TestSyncWithout(t *testing.T) {
	for name, s := range map[string]*Syncer{"none": {none: true}, "closed": {}} {
		if name == "closed" {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
		f := file(t)
		if err := s.Sync(f); err != nil {
			t.Fatal(name, err)
		}
		f.Close()
		if err := s.Sync(f); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("%s: a closed file: %v", name, err)
		}
		if n := s.spare(); n != 0 {
			t.Fatalf("%s: %d requests", name, n)
		}
	}
}

// Requests are given back to the kernel, which has few: it does not know them any more.
func TestClose(t *testing.T) {
	s := aio(t)
	if err := s.Sync(file(t)); err != nil {
		t.Fatal(err)
	}
	idle := s.idle
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := s.spare(); n != 0 {
		t.Errorf("%d requests are kept", n)
	}
	for _, r := range idle {
		if _, _, e := unix.Syscall(unix.SYS_IO_DESTROY, r.context, 0, 0); e != unix.EINVAL {
			t.Errorf("the kernel knows a request: %v", e)
		}
		if _, err := r.told.Write(make([]byte, 8)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("its descriptor is open: %v", err)
		}
	}
}
