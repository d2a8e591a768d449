package recorder

import (
	"context"
	"errors"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// rowsDown has the rows of segments refuse changes whenever the ledger does.
func (w *world) rowsDown(t *testing.T) {
	t.Helper()
	if err := w.db.Exec(`CREATE TRIGGER rows_fault BEFORE UPDATE ON segments WHEN (SELECT down FROM fault) BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`).Error; err != nil {
		t.Fatal(err)
	}
}

// I6, I13: a no that neither the ledger nor the rows took counts on after the process has died, and after the next one,
// which cannot write either; once they take it, the ledger says so and nothing of it is left.
func TestI6I13NoOutlivesTheProcess(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.rowsDown(t)
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann, bob)
		talk := []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)}
		w.talk(6*time.Second, talk, ann, bob)
		w.ledgerDown(true)
		if err := w.answer(rec.ID, bob, consent.Withdraw, 0); !errors.Is(err, ErrLedger) {
			t.Fatalf("bob is told %v", err)
		}
		for process := range 3 {
			w.die()
			w.boot()
			st, err := w.s.MyConsent(ctx, w.w, rec.ID, bob)
			if err != nil || st.State != consent.Withdrawn || st.Scopes != 0 {
				t.Fatalf("process %d: bob is %s %s (%v)", process, st.State, st.Scopes, err)
			}
			if st, err = w.s.MyConsent(ctx, w.w, rec.ID, ann); err != nil || st.State != consent.Granted {
				t.Fatalf("process %d: ann is %s (%v)", process, st.State, err)
			}
		}
		w.ledgerDown(false)
		w.s.c.Lines = func(context.Context, webinar.ID) ([]Line, error) {
			return []Line{{ID: "bob", Author: bob.Subject, Name: bob.Name, Text: "I said so", At: rec.StartedAt.Add(time.Second)}}, nil
		}
		w.s.retry(ctx)
		w.s.drain(ctx)
		w.s.bg.Wait()
		doomed, err := w.s.rows.segments(ctx, `recording_id = ? AND subject_id = ? AND doomed = 0`, rec.ID, bob.Subject)
		if err != nil || len(doomed) > 0 {
			t.Errorf("%d of bob's segments are to stay (%v)", len(doomed), err)
		}
		w.notes = &sheet{} // the ledger alone must say it now
		w.die()
		w.boot()
		if st, err := w.s.MyConsent(ctx, w.w, rec.ID, bob); err != nil || st.State != consent.Withdrawn {
			t.Errorf("the ledger says %s (%v)", st.State, err)
		}
	})
}

// A process that dies between the ledger's entry and the rows' marks leaves the erasure to the next.
func TestErasureOutlivesTheProcess(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.rowsDown(t)
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann, bob)
		mic := w.open(bob, "two", media.Mic, false)
		w.talk(6*time.Second, []*source{mic}, ann, bob)
		if _, err := w.s.Stop(ctx, w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		if err := w.db.Exec(`DROP TRIGGER fault`).Error; err != nil { // only the rows fail
			t.Fatal(err)
		}
		w.ledgerDown(true)
		if err := w.answer(rec.ID, bob, consent.Withdraw, 0); err == nil || errors.Is(err, ErrLedger) {
			t.Fatalf("bob is told %v", err)
		}
		w.die()
		w.ledgerDown(false)
		kept := func() int {
			rows, err := w.s.rows.segments(ctx, `recording_id = ? AND doomed = 0`, rec.ID)
			if err != nil {
				t.Fatal(err)
			}
			return len(rows)
		}
		if kept() != 1 {
			t.Fatalf("%d segments before the restart, want bob's", kept())
		}
		w.boot()
		if kept() != 0 {
			t.Error("bob's segment outlived his no")
		}
		if left := w.s.owed.Names(erasuresOf); len(left) > 0 {
			t.Errorf("still owed: %v", left)
		}
	})
}
