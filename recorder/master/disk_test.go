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
