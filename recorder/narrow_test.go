package recorder

import (
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// kept are the segments of a person that are to stay.
func (w *world) kept(rec RecordingID, who webinar.Ticket) []segmentRow {
	w.t.Helper()
	rows, err := w.s.rows.segments(w.t.Context(), `recording_id = ? AND subject_id = ? AND doomed = 0`, rec, who.Subject)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// Who allows less from now on loses what was recorded under more; what comes under the rest is recorded and stays.
func TestNarrowedPersonIsRecordedOn(t *testing.T) {
	for name, less := range map[string]func(w *world, rec Recording, bob webinar.Ticket) error{
		"by a new answer": func(w *world, rec Recording, bob webinar.Ticket) error {
			if err := w.answer(rec.ID, bob, consent.Shown, 0); err != nil {
				return err
			}
			return w.answer(rec.ID, bob, consent.Grant, consent.Audio|consent.Name)
		},
		"by taking back": func(w *world, rec Recording, bob webinar.Ticket) error {
			return w.answer(rec.ID, bob, consent.Withdraw, consent.Video)
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
				rec := w.running(false, ann, bob)
				mics := []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)}
				w.talk(5*time.Second, mics, ann, bob)
				first := w.kept(rec.ID, bob)
				if len(first) != 1 {
					t.Fatalf("%d segments at first", len(first))
				}
				if err := less(w, rec, bob); err != nil {
					t.Fatal(err)
				}
				w.talk(8*time.Second, mics, ann, bob)
				if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
					t.Fatal(err)
				}
				w.s.bg.Wait()
				rest := w.kept(rec.ID, bob)
				if len(rest) != 1 || rest[0].ID == first[0].ID {
					t.Errorf("%+v, first %s", rest, first[0].ID)
				}
				if n := len(w.kept(rec.ID, ann)); n != 1 {
					t.Errorf("%d of ann's", n)
				}
			})
		})
	}
}

// An erasure that must be tried again takes nothing that was agreed to since, in this process or the next; nor does the
// same no that is sent again.
func TestErasureSparesWhatCameLater(t *testing.T) {
	for name, next := range map[string]func(w *world){"same process": func(*world) {}, "next process": func(w *world) { w.die(); w.boot() }} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ctx := t.Context()
				w.rowsDown(t)
				ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
				rec := w.running(false, ann, bob)
				mics := []*source{w.open(bob, "two", media.Mic, false)}
				w.talk(5*time.Second, mics, ann, bob)
				first := w.kept(rec.ID, bob)
				if err := w.db.Exec(`DROP TRIGGER fault`).Error; err != nil { // only the rows fail
					t.Fatal(err)
				}
				n, err := w.s.Notice(ctx, w.w, rec.ID)
				if err != nil {
					t.Fatal(err)
				}
				hash, _ := n.Hash(webinar.English)
				no := func() error {
					_, err := w.s.Answer(ctx, w.w, rec.ID, bob, Answer{Act: consent.Withdraw, Hash: hash, Lang: webinar.English, Key: "no"})
					return err
				}
				w.ledgerDown(true)
				if err := no(); err == nil {
					t.Fatal("the rows took it")
				}
				if n := w.kept(rec.ID, bob); len(n) != 1 {
					t.Fatalf("%d segments while the rows refuse", len(n))
				}
				w.agree(rec.ID, bob)
				w.talk(5*time.Second, mics, ann, bob)
				w.ledgerDown(false)
				next(w)
				w.s.retry(ctx)
				w.s.drain(ctx)
				if err := no(); err == nil {
					t.Error("an old no under its key is not told that a yes came after it")
				}
				w.s.drain(ctx)
				w.s.bg.Wait()
				if rest := w.kept(rec.ID, bob); len(rest) != 1 || rest[0].ID == first[0].ID {
					t.Errorf("%+v, first %s", rest, first[0].ID)
				}
				if left := w.s.owed.Names(erasuresOf); len(left) > 0 {
					t.Errorf("still owed: %v", left)
				}
			})
		})
	}
}
