package recorder

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
	"plenum/webinar/media"
)

// run has the service keep its own time, as it does outside of tests.
func (w *world) run(f func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.s.Run(ctx) }()
	f()
	cancel()
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
}

// chat sends what is captured for d, and beats every 2 s; nobody but Run does the rest.
func (w *world) chat(d time.Duration, sources []*source, beats ...webinar.Ticket) {
	for i := 0; d > 0; i++ {
		now := time.Now()
		for _, s := range sources {
			if to := s.tapped(); to != nil {
				to.WriteReport(s.report(now))
				to.WriteRTP(s.capture(now, s.wanted()), now)
			}
		}
		if i%20 == 0 {
			for _, b := range beats {
				w.s.Beat(w.w, b, float64(now.UnixMicro())/1000, 10)
			}
		}
		time.Sleep(100 * time.Millisecond) // the bubble's clock
		synctest.Wait()
		d -= 100 * time.Millisecond
	}
}

// TestI18RunClosesInTime: gates close when six seconds have passed without a beat, whoever came when, and the strict rule
// lets go on after its two seconds, without anybody asking the service to look.
func TestI18RunClosesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, database(t))
		w.run(func() {
			ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
			w.chat(7*time.Second, nil) // the service has long found nothing to wait for
			rec, err := w.s.Announce(t.Context(), w.w, ann.Subject, true, "")
			if err != nil {
				t.Fatal(err)
			}
			w.agree(rec.ID, ann)
			w.chat(10*time.Second, nil, ann)
			if _, err := w.s.Start(t.Context(), w.w, rec.ID, ann.Subject); err != nil {
				t.Fatal(err)
			}
			mic := w.open(ann, "one", media.Mic, false)
			w.chat(4*time.Second, []*source{mic}, ann)
			last := time.Now().Add(-2 * time.Second) // of the beats
			w.chat(10*time.Second, []*source{mic})
			lines := w.paper.after(0)
			if len(lines) == 0 {
				t.Fatal("nothing is recorded")
			}
			if after := lines[len(lines)-1].at.Sub(last); after < 5*time.Second || after > beatLimit+beatEvery {
				t.Errorf("the last line was written %v after the last beat", after)
			}
			w.chat(3*time.Second, []*source{mic}, ann)
			if w.paper.count() == len(lines) {
				t.Error("not armed again by a beat")
			}

			his := w.open(bob, "two", media.Mic, false)
			w.chat(2*time.Second, []*source{mic, his}, ann, bob)
			if cur, _ := w.s.Current(w.w); cur.State != Paused {
				t.Fatalf("%+v", cur)
			}
			w.s.SourceMuted(string(w.w), his, true)
			w.chat(strictRest-100*time.Millisecond, []*source{mic}, ann, bob)
			if cur, _ := w.s.Current(w.w); cur.State != Paused {
				t.Error("went on too early")
			}
			w.chat(300*time.Millisecond, []*source{mic}, ann, bob)
			if cur, _ := w.s.Current(w.w); cur.State != Running {
				t.Error("did not go on")
			}
		})
	})
}

// TestRunDoesNotSpin: what cannot be done now is tried again at leisure.
func TestRunDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, database(t))
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		w.running(true, ann)
		his := w.open(bob, "two", media.Mic, false)
		w.s.SourceClosed(string(w.w), his)
		w.idle(3 * time.Second)
		now := time.Now()
		if at := w.s.due(now); at.Sub(now) != againEvery {
			t.Errorf("due in %v", at.Sub(now))
		}
		w.end()
	})
}
