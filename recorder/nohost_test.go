package recorder

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
	"plenum/webinar/media"
)

// A host who presses start or resume and closes the page while the ledger is being written leaves a pause, not a recording
// that nobody leads. It goes on when a host is back and says so, and ends if none comes.
func TestHostLeavesDuringAStart(t *testing.T) {
	for _, resumed := range []bool{false, true} {
		t.Run(map[bool]string{false: "start", true: "resume"}[resumed], func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann := w.seat("ann", webinar.Host)
				w.s.SetHosts(w.w, 1)
				rec, err := w.s.Announce(t.Context(), w.w, ann.Subject, true, "")
				if err != nil {
					t.Fatal(err)
				}
				w.agree(rec.ID, ann)
				mic := w.open(ann, "one", media.Mic, false)
				w.talk(10*time.Second, []*source{mic}, ann)
				act, announced := w.s.Start, 1
				if resumed {
					for _, f := range []func(context.Context, webinar.ID, RecordingID, webinar.SubjectID) (Recording, error){w.s.Start, w.s.Pause} {
						if _, err := f(t.Context(), w.w, rec.ID, ann.Subject); err != nil {
							t.Fatal(err)
						}
					}
					act, announced = w.s.Resume, 2
				}
				n := w.paper.count()
				free := w.busy()
				done := make(chan error)
				go func() { done <- second(act(t.Context(), w.w, rec.ID, ann.Subject)) }()
				synctest.Wait()
				w.s.SetHosts(w.w, 0)
				free()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				w.talk(4*time.Second, []*source{mic}, ann)
				if cur, _ := w.s.Current(w.w); cur.State != Paused || cur.Reason != ByNoHost || cur.Announcement != announced || w.paper.count() > n {
					t.Fatalf("%+v, %d lines", cur, w.paper.count()-n)
				}
				w.s.SetHosts(w.w, 1)
				if cur, err := w.s.Resume(t.Context(), w.w, rec.ID, ann.Subject); err != nil || cur.State != Running {
					t.Fatalf("%+v, %v", cur, err)
				}
				w.talk(4*time.Second, []*source{mic}, ann)
				if w.paper.count() == n {
					t.Error("nothing is recorded with a host back")
				}
				w.s.SetHosts(w.w, 0)
				w.pass(aloneFor + time.Second)
				if r := w.s.room(w.w).current(); r.State != Available || r.Reason != ByNoHost {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

// Who starts from outside, with no host in the room for an hour, has as long to come as who has just left.
func TestStartWithoutAHostIsNoEnd(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		w.s.SetHosts(w.w, 1)
		w.s.SetHosts(w.w, 0)
		w.idle(time.Hour)
		w.running(true, ann)
		w.pass(aloneFor - time.Second)
		if cur, _ := w.s.Current(w.w); cur.State != Paused || cur.Reason != ByNoHost {
			t.Fatalf("%+v", cur)
		}
		w.pass(2 * time.Second)
		if r := w.s.room(w.w).current(); r.State != Available {
			t.Errorf("%+v", r)
		}
	})
}
