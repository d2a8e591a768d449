package master

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"plenum/recorder/webm"
)

// fullDisk has room for so many bytes, and no more.
type fullDisk struct {
	webm.File
	room int
}

var errNoSpace = errors.New("no space left on device")

func (d *fullDisk) WriteAt(b []byte, off int64) (int, error) {
	if len(b) > d.room {
		n, _ := d.File.WriteAt(b[:d.room], off)
		d.room -= n
		return n, errNoSpace
	}
	d.room -= len(b)
	return d.File.WriteAt(b, off)
}

// A full disk stops the writer with one call of OnError; what was flushed can be had, by Seal or later by Repair.
func TestDiskFull(t *testing.T) {
	b := newBook(t)
	events := marks(400)
	for _, room := range []int{0, 1, 4000, 4096, 5000, 9000, 12000, 17000} {
		t.Run(fmt.Sprint(room), func(t *testing.T) {
			cfg := config(t)
			calls := 0
			cfg.OnError = func(err error) {
				if calls++; !errors.Is(err, errNoSpace) {
					t.Error(err)
				}
			}
			synctest.Test(t, func(t *testing.T) {
				cfg.Origin = time.Now()
				w := prepare(cfg)
				w.reel.file = &fullDisk{File: &w.spool, room: room}
				go w.run()
				play(t, w, b, events)
				ripen()
				info, err := w.Seal()
				if calls != 1 {
					t.Fatalf("OnError was called %d times", calls)
				}
				if again, err2 := w.Seal(); again != info || !errors.Is(err2, err) {
					t.Fatal("second Seal differs")
				}
				if info.Empty {
					if room > 6000 {
						t.Fatal("nothing was kept")
					}
					folderIsEmpty(t, cfg.Dir)
					return
				}
				if err != nil {
					if info, err = Repair(info.Path); err != nil {
						t.Fatal(err)
					}
				}
				if !info.Audio || !contains(t, info.Path, marked(0)) {
					t.Fatalf("%+v", info)
				}
			})
		})
	}
}

// A cluster that the disk turns out not to hold stops the writer with one call of OnError, also when it was the last; what came
// before is kept.
func TestSyncFails(t *testing.T) {
	errDisk := errors.New("input/output error")
	b := newBook(t)
	for bad := 1; bad <= 4; bad++ {
		for _, last := range []bool{false, true} {
			cfg := config(t)
			calls, begun := 0, 0
			cfg.OnError = func(err error) {
				if calls++; !errors.Is(err, errDisk) {
					t.Error(err)
				}
			}
			var w *Writer
			cfg.Begin = func(f *os.File) func() error {
				if begun++; begun != bad {
					return fsync(f)
				}
				if last { // nothing comes after it
					w.shut.Store(true)
				}
				return func() error { return errDisk }
			}
			synctest.Test(t, func(t *testing.T) {
				cfg.Origin = time.Now()
				w = prepare(cfg)
				go w.run()
				play(t, w, b, marks(400))
				ripen()
				info, err := w.Seal()
				switch {
				case calls != 1:
					t.Errorf("sync %d: OnError was called %d times", bad, calls)
				case bad == 1 && !last && (!info.Empty || err != nil):
					t.Errorf("nothing is on the disk: %+v, %v", info, err)
				case bad > 1 && (err != nil || info.Empty || !contains(t, info.Path, marked(0))):
					t.Errorf("sync %d: %+v, %v", bad, info, err)
				case info.Duration >= time.Duration(bad)*time.Second:
					t.Errorf("sync %d: %v are kept", bad, info.Duration)
				}
			})
		}
	}
}

func TestFileIsThere(t *testing.T) {
	b, cfg := newBook(t), config(t)
	must(t, os.WriteFile(filepath.Join(cfg.Dir, "seg.webm"), []byte("older"), 0o600))
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		var got error
		cfg.OnError = func(err error) { got = err }
		w := New(cfg)
		play(t, w, b, marks(200))
		ripen()
		if info, err := w.Seal(); err != nil || !info.Empty || !errors.Is(got, fs.ErrExist) {
			t.Fatalf("%+v, %v, %v", info, err, got)
		}
	})
	if !contains(t, filepath.Join(cfg.Dir, "seg.webm"), []byte("older")) {
		t.Fatal("another segment's file was touched")
	}
}
