package recorder

import (
	"errors"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// forgetEnd has the row of a recording say what it said before its end, as if the process had died before it was written.
func (w *world) forgetEnd(rec Recording) {
	w.t.Helper()
	if err := w.s.rows.save(w.t.Context(), rec); err != nil {
		w.t.Fatal(err)
	}
}

// A recording that has ended does not come back because its row was not told: neither one that was stopped or called off when
// the process died, nor one that a failing ledger had ended and whose end it was owed.
func TestWhatHasEndedStaysSo(t *testing.T) {
	for name, x := range map[string]struct {
		end  func(w *world, rec Recording, ann webinar.Ticket)
		want State
		why  Reason
	}{
		"stopped": {func(w *world, rec Recording, _ webinar.Ticket) {
			if _, err := w.s.Stop(w.t.Context(), w.w, rec.ID, ""); err != nil {
				w.t.Fatal(err)
			}
		}, Available, ByHost},
		"ledger": {func(w *world, rec Recording, ann webinar.Ticket) {
			w.ledgerDown(true)
			if err := w.answer(rec.ID, ann, consent.Refuse, 0); !errors.Is(err, ErrLedger) {
				w.t.Fatal(err)
			}
			w.ledgerDown(false)
		}, Available, ByLedger},
		"owed still": {func(w *world, rec Recording, _ webinar.Ticket) {
			if _, err := w.s.Pause(w.t.Context(), w.w, rec.ID, ""); err != nil {
				w.t.Fatal(err)
			}
			w.ledgerDown(true)
			if _, err := w.s.Stop(w.t.Context(), w.w, rec.ID, ""); !errors.Is(err, ErrLedger) {
				w.t.Fatal(err)
			}
		}, Available, ByHost},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann := w.seat("ann", webinar.Host)
				rec := w.running(true, ann)
				w.talk(4*time.Second, []*source{w.open(ann, "one", media.Mic, false)}, ann)
				ended := time.Now()
				x.end(w, rec, ann)
				w.s.bg.Wait()
				w.die()
				w.forgetEnd(rec)
				w.idle(time.Minute)
				w.boot()
				w.ledgerDown(false)
				if cur, ok := w.s.Current(w.w); ok && cur.active() {
					t.Errorf("it is back: %s (%s)", cur.State, cur.Reason)
				}
				d, err := w.s.Get(t.Context(), w.w, rec.ID)
				if got := d.Recording; err != nil || got.State != x.want || got.Reason != x.why || got.StoppedAt.Sub(ended).Abs() > time.Second ||
					got.ExpiresAt.Sub(got.StoppedAt) != w.s.c.Retention {
					t.Errorf("%+v, %v", got, err)
				}
			})
		})
	}
}

func TestWhatWasCalledOffStaysSo(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, err := w.s.Announce(t.Context(), w.w, "", true, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.die()
		w.forgetEnd(rec)
		w.boot()
		d, err := w.s.Get(t.Context(), w.w, rec.ID)
		if got := d.Recording; err != nil || got.State != Aborted || got.StoppedAt.IsZero() || !got.ExpiresAt.IsZero() {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := w.s.Announce(t.Context(), w.w, "", true, ""); err != nil {
			t.Errorf("another cannot be announced: %v", err)
		}
	})
}

// A start that is in the ledger and not in the row was when the ledger says: the files that were written count from there.
func TestStartIsWhenItWas(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec := w.running(true, w.seat("ann", webinar.Host))
		row := rec
		row.State, row.StartedAt = Announced, time.Time{}
		w.die()
		w.forgetEnd(row)
		w.idle(time.Minute)
		w.boot()
		if cur, _ := w.s.Current(w.w); cur.State != Paused || cur.Reason != ByRestart || cur.StartedAt.Sub(rec.StartedAt).Abs() > time.Second {
			t.Errorf("%+v, started %v", cur, rec.StartedAt)
		}
	})
}
