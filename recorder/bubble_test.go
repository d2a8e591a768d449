package recorder

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
)

// bubble gives f a world whose clock runs only when everything waits.
func bubble(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, database(t))
		f(t, w)
		w.end()
	})
}

// beatEvery is how often a test has the service's heart beat.
const beatEvery = 200 * time.Millisecond

// pass lets time go on with the service's heart beating.
func (w *world) pass(d time.Duration) {
	for d > 0 {
		step := min(d, beatEvery)
		time.Sleep(step) // the bubble's clock
		w.s.beat(context.Background(), w.pulse, time.Now())
		d -= step
	}
}

// idle lets time go on without a heartbeat.
func (w *world) idle(d time.Duration) { time.Sleep(d) }

// talk sends for d what is captured meanwhile, with no delay, reports and key frames when asked, and beats of the people.
func (w *world) talk(d time.Duration, sources []*source, beats ...webinar.Ticket) {
	for i := 0; d > 0; i++ {
		now := time.Now()
		for _, s := range sources {
			to := s.tapped()
			if to == nil {
				continue
			}
			if i%5 == 0 {
				to.WriteReport(s.report(now))
			}
			to.WriteRTP(s.capture(now, s.wanted()), now)
		}
		if i%20 == 0 {
			for _, b := range beats {
				w.s.Beat(w.w, b, float64(now.UnixMicro())/1000, 10)
			}
		}
		w.pass(100 * time.Millisecond)
		d -= 100 * time.Millisecond
	}
}

// running announces, has ann agree and starts.
func (w *world) running(strict bool, people ...webinar.Ticket) Recording {
	w.t.Helper()
	ctx := context.Background()
	rec, err := w.s.Announce(ctx, w.w, "s-ann", strict, "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range people {
		w.agree(rec.ID, p)
	}
	w.talk(10*time.Second, nil, people...)
	if rec, err = w.s.Start(ctx, w.w, rec.ID, "s-ann"); err != nil {
		w.t.Fatal(err)
	}
	return rec
}
