package recorder

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"plenum/recorder/consent"
	"plenum/recorder/journal"
	"plenum/webinar"
	"plenum/webinar/media"
)

// busy has the database do nothing for anybody until the returned function is called.
func (w *world) busy() (free func()) {
	w.t.Helper()
	pool, err := w.db.DB()
	if err != nil {
		w.t.Fatal(err)
	}
	var held []io.Closer
	for range pool.Stats().MaxOpenConnections {
		c, err := pool.Conn(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		held = append(held, c)
	}
	return func() {
		for _, c := range held {
			if err := c.Close(); err != nil {
				w.t.Error(err)
			}
		}
	}
}

// hangingUp calls act with a context that ends while the ledger is being written for somebody else.
func (w *world) hangingUp(rec RecordingID, other webinar.Ticket, act func(context.Context) error) error {
	w.t.Helper()
	free := w.busy()
	ctx, hangUp := context.WithCancel(w.t.Context())
	defer hangUp()
	got, shown := make(chan error, 1), make(chan error, 1)
	go func() { shown <- w.answer(rec, other, consent.Shown, 0) }()
	synctest.Wait()
	go func() { got <- act(ctx) }()
	synctest.Wait()
	hangUp()
	synctest.Wait()
	free()
	if err := <-shown; err != nil {
		w.t.Fatal(err)
	}
	return <-got
}

// Who says no and hangs up has said no, and has not ended the recording of the others.
func TestI6WhoSaysNoAndHangsUp(t *testing.T) {
	for name, no := range map[string]func(context.Context, *world, Recording, webinar.Ticket, string) error{
		"in the room": func(ctx context.Context, w *world, rec Recording, who webinar.Ticket, _ string) error {
			return second(w.s.Answer(ctx, w.w, rec.ID, who, Answer{Act: consent.Refuse}))
		},
		"by the link": func(ctx context.Context, w *world, _ Recording, _ webinar.Ticket, secret string) error {
			return second(w.s.WithdrawHeld(ctx, secret, false, "k"))
		},
	} {
		for _, early := range []bool{true, false} {
			t.Run(map[bool]string{true: "before it is heard, ", false: "while it is written, "}[early]+name, func(t *testing.T) {
				bubble(t, func(t *testing.T, w *world) {
					ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
					rec := w.running(false, ann, bob)
					talk := []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)}
					w.talk(4*time.Second, talk, ann, bob)
					secret := w.linkOf(rec, bob)
					var err error
					if early {
						ctx, hangUp := context.WithCancel(t.Context())
						hangUp()
						err = no(ctx, w, rec, bob, secret)
					} else {
						err = w.hangingUp(rec.ID, ann, func(ctx context.Context) error { return no(ctx, w, rec, bob, secret) })
					}
					if err != nil {
						t.Errorf("it is told %v", err)
					}
					n := w.paper.count()
					w.talk(4*time.Second, talk, ann, bob)
					if cur, _ := w.s.Current(w.w); cur.State != Running || w.paper.count() == n {
						t.Errorf("%s (%s), %d lines since", cur.State, cur.Reason, w.paper.count()-n)
					}
					for _, l := range w.paper.after(n) {
						if l.track.Subject == string(bob.Subject) {
							t.Fatal("bob is recorded")
						}
					}
					nothing, err := journal.New(&sheet{})
					if err != nil {
						t.Fatal(err)
					}
					book, err := consent.NewBook(t.Context(), w.s.ledger, nothing, w.w)
					if err != nil {
						t.Fatal(err)
					}
					if st, err := book.Standing(rec.ID, bob.Subject); err != nil || st.State != consent.Withdrawn {
						t.Errorf("the ledger says %s (%v)", st.State, err)
					}
					if rows, err := w.s.rows.segments(t.Context(), `subject_id = ? AND doomed = 0`, bob.Subject); err != nil || len(rows) > 0 {
						t.Errorf("%d of bob's segments are to stay (%v)", len(rows), err)
					}
				})
			})
		}
	}
}

// A host whose connection drops has resumed, or has not; the recording does not end by it.
func TestWhoResumesAndHangsUp(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		if _, err := w.s.Pause(t.Context(), w.w, rec.ID, ann.Subject); err != nil {
			t.Fatal(err)
		}
		err := w.hangingUp(rec.ID, ann, func(ctx context.Context) error { return second(w.s.Resume(ctx, w.w, rec.ID, ann.Subject)) })
		if err != nil {
			t.Errorf("told %v", err)
		}
		w.talk(4*time.Second, []*source{mic}, ann)
		if cur, _ := w.s.Current(w.w); cur.State != Running || w.paper.count() == 0 {
			t.Errorf("%s (%s), %d lines", cur.State, cur.Reason, w.paper.count())
		}
	})
}
