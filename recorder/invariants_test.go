package recorder

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// of counts the lines of one person among those from the n-th on.
func (w *world) of(who webinar.Ticket, n int) (lines int) {
	for _, l := range w.paper.after(n) {
		if l.track.Subject == string(who.Subject) {
			lines++
		}
	}
	return lines
}

// TestI4UnknownIsClosed: whatever is unknown, fails or takes too long leaves the gate closed, while others are recorded.
// The first case shows that without any of it the gate opens.
func TestI4UnknownIsClosed(t *testing.T) {
	yes := func(w *world, rec RecordingID, bob webinar.Ticket, change func(*Answer)) error {
		n, err := w.s.Notice(context.Background(), w.w, rec)
		if err != nil {
			return err
		}
		h, _ := n.Hash(webinar.English)
		for _, act := range []consent.Kind{consent.Shown, consent.Grant} {
			a := Answer{Act: act, Hash: h, Lang: webinar.English, RTTMS: 10}
			if change != nil {
				change(&a)
			}
			if _, err := w.s.Answer(context.Background(), w.w, rec, bob, a); err != nil {
				return err
			}
		}
		return nil
	}
	for name, c := range map[string]struct {
		do    func(w *world, rec RecordingID, bob webinar.Ticket) error
		kind  media.Kind
		opens bool
		fails bool
	}{
		"nothing in the way": {do: func(w *world, rec RecordingID, bob webinar.Ticket) error { return yes(w, rec, bob, nil) }, opens: true},
		"no answer":          {do: func(*world, RecordingID, webinar.Ticket) error { return nil }},
		"dialog closed": {do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			return w.answer(rec, bob, consent.Shown, 0)
		}},
		"a yes without a dialog": {fails: true, do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			return w.answer(rec, bob, consent.Grant, 0)
		}},
		"another text": {fails: true, do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			return yes(w, rec, bob, func(a *Answer) { a.Hash = consent.Hash("something else") })
		}},
		"another language": {fails: true, do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			return yes(w, rec, bob, func(a *Answer) { a.Lang = webinar.German })
		}},
		"unknown recording": {fails: true, do: func(w *world, _ RecordingID, bob webinar.Ticket) error {
			_, err := w.s.Answer(context.Background(), w.w, "unknown", bob, Answer{Act: consent.Grant})
			return err
		}},
		"unknown act": {fails: true, do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			return yes(w, rec, bob, func(a *Answer) { a.Act = "maybe" })
		}},
		"unknown scope": {fails: true, do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			return yes(w, rec, bob, func(a *Answer) { a.Scopes = 1 << 7 })
		}},
		"nobody": {fails: true, do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			bob.Subject = ""
			return yes(w, rec, bob, nil)
		}},
		"a ledger that fails": {fails: true, do: func(w *world, rec RecordingID, bob webinar.Ticket) error {
			err := w.answer(rec, bob, consent.Shown, 0)
			w.ledgerDown(true)
			err = errors.Join(err, w.answer(rec, bob, consent.Grant, 0))
			w.ledgerDown(false)
			return err
		}},
		"a kind of source that nobody was asked about": {kind: "hologram", do: func(w *world, rec RecordingID, bob webinar.Ticket) error { return yes(w, rec, bob, nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
				rec := w.running(false, ann)
				if err := c.do(w, rec.ID, bob); (err != nil) != c.fails {
					t.Fatalf("%v", err)
				}
				kind := media.Mic
				if c.kind != "" {
					kind = c.kind
				}
				hers, his := w.open(ann, "one", media.Mic, false), w.open(bob, "two", kind, false)
				w.talk(6*time.Second, []*source{hers, his}, ann, bob)
				if w.of(ann, 0) == 0 {
					t.Error("the others are not recorded")
				}
				if n := w.of(bob, 0); n > 0 != c.opens {
					t.Errorf("%d lines are written", n)
				}
			})
		})
	}
}

// TestI4NoClockIsClosed: while nothing says when a packet was captured, none is written.
func TestI4NoClockIsClosed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann)
		his := w.open(bob, "two", media.Mic, false)
		w.talk(time.Second, nil, ann, bob)
		w.agree(rec.ID, bob)
		for range 40 { // 4 s without a report, of a source that was there before the answer
			now := time.Now()
			his.tapped().WriteRTP(his.capture(now, false), now)
			w.talk(100*time.Millisecond, nil, ann, bob)
		}
		if n := w.of(bob, 0); n > 0 {
			t.Errorf("%d lines without a clock", n)
		}
		w.talk(4*time.Second, []*source{his}, ann, bob)
		if w.of(bob, 0) == 0 {
			t.Error("a report does not open it")
		}
	})
}

// TestI4NoFileIsClosed: a writer that cannot be had ends the recording, and nothing is written.
func TestI4NoFileIsClosed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		if err := w.db.Exec(`CREATE TRIGGER full BEFORE INSERT ON segments BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`).Error; err != nil {
			t.Fatal(err)
		}
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(4*time.Second, []*source{mic}, ann)
		if r := w.s.room(w.w).current(); w.paper.count() > 0 || r.ID != rec.ID || r.State == Running || r.Reason != ByStorage {
			t.Errorf("%+v, %d lines", r, w.paper.count())
		}
	})
}

// TestI11NoWebinarOpensAnother: the same person, who agreed in one webinar, is not recorded in another.
func TestI11NoWebinarOpensAnother(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		there := *w
		there.w = webinar.ID(webinar.NewID())
		ann := w.seat("ann", webinar.Host)
		first := w.running(false, ann)
		bob := there.seat("bob", webinar.Host)
		second := there.running(false, bob)
		if err := w.answer(first.ID, there.seat("ann", webinar.Host), consent.Shown, 0); !errors.Is(err, webinar.ErrForbidden) {
			t.Errorf("a seat of another webinar answers: %v", err)
		}
		if err := w.answer(second.ID, ann, consent.Shown, 0); !errors.Is(err, ErrNotFound) {
			t.Errorf("a recording of another webinar is answered: %v", err)
		}
		mic, his := there.open(there.seat("ann", webinar.Speaker), "one", media.Mic, false), there.open(bob, "two", media.Mic, false)
		there.talk(4*time.Second, []*source{mic, his}, ann, bob)
		if w.of(ann, 0) > 0 || w.of(bob, 0) == 0 {
			t.Errorf("%d lines of ann, %d of bob", w.of(ann, 0), w.of(bob, 0))
		}
	})
}

// TestI12PausedAndStoppedAreClosed: neither who agreed before nor who agrees now opens anything in a pause, and nothing
// brings back what was stopped.
func TestI12PausedAndStoppedAreClosed(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		book := w.s.room(w.w).known()
		quiet := func(state string) {
			t.Helper()
			n := w.paper.count()
			his := w.open(bob, fmt.Sprint("two", n, state), media.Mic, false)
			w.talk(5*time.Second, []*source{mic, his}, ann, bob)
			w.s.SourceClosed(string(w.w), his)
			if w.paper.count() != n || book.Permit(rec.ID, ann.Subject, consent.Audio).Holds() || book.Permit(rec.ID, bob.Subject, consent.Audio).Holds() {
				t.Fatalf("%s: %d lines", state, w.paper.count()-n)
			}
		}
		if _, err := w.s.Pause(ctx, w.w, rec.ID, ""); err != nil || w.paper.count() == 0 {
			t.Fatal(err, w.paper.count())
		}
		w.agree(rec.ID, bob)
		quiet("paused")
		if _, err := w.s.Resume(ctx, w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		n := w.paper.count()
		w.talk(4*time.Second, []*source{mic}, ann, bob)
		if w.paper.count() == n {
			t.Fatal("resumed and nothing is recorded")
		}
		if _, err := w.s.Stop(ctx, w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		quiet("stopped")
		for name, act := range map[string]func(context.Context, webinar.ID, RecordingID, webinar.SubjectID) (Recording, error){"start": w.s.Start, "resume": w.s.Resume, "pause": w.s.Pause} {
			if _, err := act(ctx, w.w, rec.ID, ""); !errors.Is(err, ErrState) {
				t.Errorf("%s after the stop: %v", name, err)
			}
		}
		if err := w.answer(rec.ID, bob, consent.Shown, 0); !errors.Is(err, ErrState) {
			t.Errorf("shown after the stop: %v", err)
		}
		quiet("still stopped")
	})
}

// TestI17NothingBeforeTheDelay: with everything ready and everybody asking, the first packet is one captured ten seconds
// after the announcement.
func TestI17NothingBeforeTheDelay(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		rec, err := w.s.Announce(t.Context(), w.w, "", true, "")
		if err != nil {
			t.Fatal(err)
		}
		announced := time.Now()
		w.agree(rec.ID, ann)
		started := false
		for time.Since(announced) < 15*time.Second {
			_, err := w.s.Start(t.Context(), w.w, rec.ID, "")
			_, early := errors.AsType[*TooEarlyError](err)
			if due := time.Since(announced) >= 10*time.Second; early == due || !early && err != nil {
				t.Fatalf("after %v: %v", time.Since(announced), err)
			}
			started = started || err == nil
			w.talk(500*time.Millisecond, []*source{mic}, ann)
		}
		lines := w.paper.after(0)
		if !started || len(lines) == 0 || lines[0].captured.Before(announced.Add(10*time.Second)) {
			t.Errorf("started %v, %d lines", started, len(lines))
		}
	})
}

// stuck is a shelf that gives nothing up while it is down.
type stuck struct {
	*shelf
	down atomic.Bool
}

var errStuck = errors.New("no such luck")

func (s *stuck) Erase(ctx context.Context, key string) error {
	if s.down.Load() {
		return errStuck
	}
	return s.shelf.Erase(ctx, key)
}

// TestI23NothingOutlivesItsExpiry: neither a store that gives nothing up for most of a day, nor a restart with a longer
// retention, nor anything a host may press keeps a recording past its date.
func TestI23NothingOutlivesItsExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		w := newWorld(t, database(t))
		ann := w.seat("ann", webinar.Host)
		rec := w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		stopped, err := w.s.Stop(ctx, w.w, rec.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		expires := stopped.ExpiresAt
		w.s.SourceClosed(string(w.w), mic)
		w.end()

		w.boot() // with the shelf of before, and a retention that is longer now
		store := &stuck{shelf: w.shelf}
		w.s.c.Retention, w.s.c.Archive = 183*24*time.Hour, store
		for _, act := range []func(context.Context, webinar.ID, RecordingID, webinar.SubjectID) (Recording, error){w.s.Stop, w.s.Start, w.s.Pause, w.s.Resume} {
			_, _ = act(ctx, w.w, rec.ID, "")
			if d, err := w.s.Get(ctx, w.w, rec.ID); err != nil || d.Recording.ExpiresAt.After(expires) {
				t.Fatalf("kept until %v instead of %v, %v", d.Recording.ExpiresAt, expires, err)
			}
		}
		w.idle(time.Until(expires) - time.Hour)
		w.run(func() {
			w.idle(59 * time.Minute)
			if _, err := w.s.Get(ctx, w.w, rec.ID); err != nil || len(w.shelf.kept) != 1 {
				t.Errorf("gone before its time: %v, %v", err, w.shelf.kept)
			}
			store.down.Store(true)
			w.idle(20 * time.Hour)
			if _, _, err := w.s.OpenSegment(ctx, w.w, rec.ID, "any"); !errors.Is(err, ErrNotFound) {
				t.Errorf("still played: %v", err)
			}
			store.down.Store(false)
			w.idle(2 * time.Minute)
			synctest.Wait()
		})
		var rows int64
		if err := w.db.Raw(`SELECT (SELECT count(*) FROM segments) + (SELECT count(*) FROM recordings) + (SELECT count(*) FROM derivatives)`).Scan(&rows).Error; err != nil {
			t.Fatal(err)
		}
		if time.Since(expires) > 24*time.Hour || rows > 0 || len(w.shelf.kept)+len(w.shelf.notes)+len(w.shelf.films) > 0 {
			t.Errorf("after %v: %d rows, kept %v, notes %v", time.Since(expires), rows, w.shelf.kept, w.shelf.notes)
		}
	})
}
