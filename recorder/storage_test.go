package recorder

import (
	"errors"
	"testing"
	"time"

	"plenum/recorder/archive"
	"plenum/webinar"
)

// A store that was not examined since the server started might keep what is erased: nothing is recorded for it.
func TestNothingIsRecordedForAnUnexaminedStore(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec, err := w.s.Announce(t.Context(), w.w, ann.Subject, false, "")
		if err != nil {
			t.Fatal(err)
		}
		w.agree(rec.ID, ann)
		w.pass(10 * time.Second)
		for _, step := range []func() (Recording, error){
			func() (Recording, error) { return w.s.Start(t.Context(), w.w, rec.ID, ann.Subject) },
			func() (Recording, error) { return w.s.Resume(t.Context(), w.w, rec.ID, ann.Subject) },
		} {
			for _, c := range []struct {
				health archive.Health
				err    error
				says   StorageState
			}{{archive.Awaited, ErrStorage, StorageRetrying}, {archive.Unfit, ErrUnfit, StorageUnfit}} {
				w.shelf.stands(c.health)
				if r, err := step(); !errors.Is(err, c.err) || r.State == Running {
					t.Errorf("%s: %s, %v", c.says, r.State, err)
				}
				w.shelf.fails(archive.Keys)
				if _, err := step(); !errors.Is(err, c.err) || !errors.Is(err, &StoreError{Fault: FaultKeys, Err: c.err}) || errors.Is(err, &StoreError{Fault: FaultRoom, Err: c.err}) {
					t.Errorf("%s, refused keys: %v", c.says, err)
				}
				if d, err := w.s.Get(t.Context(), w.w, rec.ID); err != nil || d.Storage != c.says || d.Fault != FaultKeys {
					t.Errorf("storage is %s (%s), %v", d.Storage, d.Fault, err)
				}
			}
			w.shelf.stands(archive.Retrying) // it was examined, and what is recorded can wait
			if r, err := step(); err != nil || r.State != Running {
				t.Fatalf("%s, %v", r.State, err)
			}
			if _, err := w.s.Pause(t.Context(), w.w, rec.ID, ann.Subject); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// Hosts are told, once, of a store that has not answered for two minutes, and that it is back.
func TestHostsAreToldOfASilentStore(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		w.running(false, ann)
		heard := func() (n int) {
			w.ear.mu.Lock()
			defer w.ear.mu.Unlock()
			for _, e := range w.ear.events {
				if c, ok := e.Body.(CountsChanged); ok && c.Counts.Waiting {
					n++
				}
			}
			return n
		}
		w.shelf.stands(archive.Retrying)
		w.pass(patience - time.Second)
		if heard() > 0 {
			t.Error("told of seconds")
		}
		w.pass(diskEvery + time.Second)
		if n := heard(); n != 1 || !w.told().Waiting || !w.s.Counts(w.w).Waiting {
			t.Errorf("told %d times of two minutes, last %+v", n, w.told())
		}
		w.pass(time.Minute)
		w.shelf.stands(archive.Ok)
		w.pass(diskEvery)
		if n := heard(); n != 1 || w.told().Waiting || w.s.Counts(w.w).Waiting {
			t.Errorf("told %d times, and when it is back %+v", n, w.told())
		}
	})
}
