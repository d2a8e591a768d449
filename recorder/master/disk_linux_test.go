package master

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The kernel's own word for a full disk reaches OnError, once.
func TestKernelSaysDiskFull(t *testing.T) {
	b, cfg := newBook(t), config(t)
	var got []error
	cfg.OnError = func(err error) { got = append(got, err) }
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	must(t, err)
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := prepare(cfg)
		w.spool.f = full
		go w.run()
		play(t, w, b, marks(200))
		ripen()
		_, _ = w.Seal() // there is nothing to seal
		if len(got) != 1 || !errors.Is(got[0], syscall.ENOSPC) {
			t.Fatalf("%v", got)
		}
	})
}
