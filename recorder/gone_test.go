package recorder

import (
	"errors"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// A process that dies in a deletion, when the rows are gone and the ledger has not been told, leaves the rest to the next one:
// what people answered and their links have an end.
func TestDeletionOutlivesTheProcess(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx, ann := t.Context(), w.seat("ann", webinar.Host)
		ended := func() Recording {
			t.Helper()
			rec := w.running(false, ann)
			if _, err := w.s.Stop(ctx, w.w, rec.ID, ""); err != nil {
				t.Fatal(err)
			}
			w.s.bg.Wait()
			return rec
		}
		kept, deleted := ended(), ended()
		secret := w.linkOf(deleted, ann)
		notice := w.s.NoticeOf(webinar.Plan{}, true)
		if err := w.s.room(w.w).known().Announce(ctx, "only-announced", notice, ann.Subject, ""); err != nil { // and died before there was a row
			t.Fatal(err)
		}
		if err := errors.Join(w.s.rows.doomDerived(ctx, deleted.ID), w.s.eraseDerived(ctx, `recording_id = ?`, deleted.ID), w.s.rows.remove(ctx, deleted.ID)); err != nil {
			t.Fatal(err)
		}
		last := func() map[RecordingID]consent.Kind {
			book := w.s.room(w.w).known()
			out := map[RecordingID]consent.Kind{}
			for _, id := range []RecordingID{kept.ID, deleted.ID, "only-announced"} {
				out[id] = book.Last(id).Kind
			}
			return out
		}
		for range 2 { // once is enough
			w.die()
			w.boot()
			if _, err := w.s.room(w.w).open(ctx); err != nil {
				t.Fatal(err)
			}
			if got := last(); got[kept.ID] != consent.Stop || got[deleted.ID] != consent.Erase || got["only-announced"] != consent.Erase {
				t.Fatalf("the ledger says %v", got)
			}
		}
		if h, err := w.s.Held(ctx, secret); err != nil || h.Erased.IsZero() {
			t.Errorf("the link says %+v, %v", h, err)
		}
		w.idle(linkOutlives + time.Hour)
		if _, err := w.s.Held(ctx, secret); !errors.Is(err, ErrLink) {
			t.Errorf("the link leads on: %v", err)
		}
		past, err := w.s.ledger.Past(ctx, time.Now())
		if err != nil || len(past) != 2 {
			t.Errorf("%v are to be forgotten, %v", past, err)
		}
		story, err := w.s.ledger.Story(ctx, w.w, deleted.ID)
		if err != nil || len(story) == 0 || story[len(story)-1].Kind != consent.Erase || story[len(story)-2].Kind == consent.Erase {
			t.Errorf("%+v, %v", story, err)
		}
	})
}
