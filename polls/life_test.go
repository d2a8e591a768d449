package polls

import (
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
)

// plan makes a draft with a plan.
func (f *fixture) plan(tb testing.TB, plan Plan) Poll {
	tb.Helper()
	p, err := f.Create(tb.Context(), room, Draft{Question: "Wohin?", Options: []string{"Köln", "Bonn"}, Plan: plan})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func (f *fixture) planOpened(tb testing.TB, plan Plan) Poll {
	tb.Helper()
	p, err := f.OpenPoll(tb.Context(), room, f.plan(tb, plan).ID, Opening{})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// now is what the hosts see of a poll.
func (f *fixture) now(tb testing.TB, id PollID) View {
	tb.Helper()
	v, err := f.Get(tb.Context(), room, id, "", true)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// seen reports whether an attendee gets the result, as a snapshot and as an event.
func (f *fixture) seen(tb testing.TB, id PollID, who webinar.TicketID) bool {
	tb.Helper()
	v, err := f.Get(tb.Context(), room, id, who, false)
	if err != nil {
		tb.Fatal(err)
	}
	return v.Tally != nil
}

func TestClosesOnTimeWhenNobodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 3)
		p := f.planOpened(t, Plan{OpenFor: time.Minute})
		if want := time.Now().Add(time.Minute); !p.ClosesAt.Equal(want) {
			t.Fatalf("closes at %v, want %v", p.ClosesAt, want)
		}
		time.Sleep(time.Minute - time.Millisecond)
		if err := f.vote(t, p, "t0", 0); err != nil {
			t.Errorf("vote in the last moment: %v", err)
		}
		time.Sleep(time.Millisecond)
		if err := f.vote(t, p, "t1", 0); !errors.Is(err, ErrClosed) {
			t.Errorf("vote when time is up: %v", err)
		}
		if err := f.vote(t, p, "t0", 0); !errors.Is(err, ErrAlreadyVoted) {
			t.Errorf("a lost acknowledgement asked for after the end: %v", err)
		}
		synctest.Wait()
		v := f.now(t, p.ID)
		if v.Poll.State != StateClosed || !v.Poll.ClosedAt.Equal(p.ClosesAt) || v.Tally.Total != 1 {
			t.Errorf("%+v %+v", v.Poll, v.Tally)
		}
		if _, err := f.SetEnd(t.Context(), room, p.ID, time.Now().Add(time.Hour)); !errors.Is(err, ErrClosed) {
			t.Errorf("more time after the end: %v", err)
		}
	})
}

func TestEndIsSetAndMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 2)
		p := f.opened(t, room, "a", "b")
		end := time.Now().Add(30 * time.Second)
		for range 2 { // the same request twice, or two hosts at once, give 30 seconds once
			if _, err := f.SetEnd(t.Context(), room, p.ID, end); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Second)
		if _, err := f.SetEnd(t.Context(), room, p.ID, end.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(69 * time.Second)
		if err := f.vote(t, p, "t0", 0); err != nil {
			t.Errorf("vote in the added time: %v", err)
		}
		if _, err := f.SetEnd(t.Context(), room, p.ID, time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		if got := f.now(t, p.ID).Poll; got.State != StateOpen || !got.ClosesAt.IsZero() {
			t.Errorf("without an end: %+v", got)
		}
		for reason, at := range map[string]time.Time{"past": time.Now(), "too-late": time.Now().Add(100 * time.Hour)} {
			_, err := f.SetEnd(t.Context(), room, p.ID, at)
			if invalid, ok := errors.AsType[*webinar.InvalidError](err); !ok || invalid.Reason != reason {
				t.Errorf("end at %v: %v, want %s", at, err, reason)
			}
		}
		if _, err := f.SetEnd(t.Context(), room, f.draft(t, room, "a", "b").ID, end); !errors.Is(err, ErrNotOpen) {
			t.Errorf("end of a draft: %v", err)
		}
	})
}

// After a restart the written end counts, and no vote slips in before the poll is closed.
func TestClosesOnTimeAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 2)
		soon, late := f.planOpened(t, Plan{OpenFor: time.Minute}), f.planOpened(t, Plan{OpenFor: time.Hour / 2})
		time.Sleep(10 * time.Second)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute) // the machine is off
		f.restart(t)
		if err := f.vote(t, soon, "t0", 0); !errors.Is(err, ErrClosed) {
			t.Errorf("vote after the end, right after the start: %v", err)
		}
		synctest.Wait()
		if got := f.now(t, soon.ID).Poll; got.State != StateClosed || !got.ClosedAt.Equal(soon.ClosesAt) {
			t.Errorf("over while the server was off: %+v", got)
		}
		if err := f.vote(t, late, "t0", 0); err != nil {
			t.Errorf("the other one: %v", err)
		}
		time.Sleep(time.Until(late.ClosesAt))
		synctest.Wait()
		if got := f.now(t, late.ID).Poll; got.State != StateClosed {
			t.Errorf("not closed after a restart: %+v", got)
		}
	})
}

// skewed is a wall clock that somebody sets.
type skewed struct{ by atomic.Int64 }

func (c *skewed) now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

// reclock puts a clock under the service that can be set.
func (f *fixture) reclock(t *testing.T) *skewed {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	clock := &skewed{}
	s, err := build(t.Context(), f.db, f.events, slog.New(slog.DiscardHandler), clock.now)
	if err != nil {
		t.Fatal(err)
	}
	f.Service = s
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return clock
}

func TestClockJumpDoesNotTouchACountdown(t *testing.T) {
	for name, jump := range map[string]time.Duration{"forward": 20 * time.Minute, "backward": -20 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, 3)
				clock := f.reclock(t)
				start := time.Now()
				p := f.planOpened(t, Plan{OpenFor: time.Minute})
				time.Sleep(10 * time.Second)
				f.events.take()
				clock.by.Store(int64(jump))
				time.Sleep(clockLook + time.Second)
				synctest.Wait()
				got := f.now(t, p.ID).Poll
				if off := got.ClosesAt.Sub(p.ClosesAt) - jump; got.State != StateOpen || off.Abs() > time.Millisecond {
					t.Errorf("after the jump %s until %v, before until %v", got.State, got.ClosesAt, p.ClosesAt)
				}
				told := slices.ContainsFunc(f.events.take(), func(e webinar.Event) bool {
					m, ok := e.Body.(ClockMoved)
					return ok && time.Until(m.Now)-jump <= 0 && e.To == webinar.Everyone()
				})
				if !told {
					t.Error("nobody was told what time it is")
				}
				time.Sleep(time.Until(start.Add(time.Minute - time.Second)))
				if err := f.vote(t, p, "t0", 0); err != nil {
					t.Errorf("vote within the minute: %v", err)
				}
				time.Sleep(2 * time.Second)
				if err := f.vote(t, p, "t1", 0); !errors.Is(err, ErrClosed) {
					t.Errorf("vote after the minute: %v", err)
				}
				synctest.Wait()
				if got := f.now(t, p.ID).Poll; got.State != StateClosed {
					t.Errorf("after the minute: %s", got.State)
				}
			})
		})
	}
}

// A survey ends on a date, whatever happened to the clock meanwhile.
func TestClockJumpMovesASurvey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 1)
		clock := f.reclock(t)
		p := f.planOpened(t, Plan{SurveyUntil: time.Now().Add(50 * time.Minute)})
		clock.by.Store(int64(45 * time.Minute))
		time.Sleep(clockLook + time.Second)
		synctest.Wait()
		if got := f.now(t, p.ID).Poll; got.State != StateOpen || !got.ClosesAt.Equal(p.SurveyUntil) {
			t.Errorf("before the date: %s until %v", got.State, got.ClosesAt)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if got := f.now(t, p.ID).Poll; got.State != StateClosed {
			t.Errorf("on the date: %s", got.State)
		}
	})
}

func TestUndoneOpeningKeepsItsBallots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 3)
		p := f.planOpened(t, Plan{OpenFor: time.Minute})
		if err := f.vote(t, p, "t0", 1); err != nil {
			t.Fatal(err)
		}
		f.events.take()
		time.Sleep(UndoFor)
		for range 2 {
			got, err := f.UndoOpening(t.Context(), room, p.ID)
			if err != nil || got.State != StateDraft || got.Kept != 1 || !got.OpenedAt.IsZero() || !got.ClosesAt.IsZero() {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		for _, e := range f.events.take() {
			if c, ok := e.Body.(Changed); ok && e.To != webinar.Hosts() {
				t.Errorf("everybody was told of the draft %+v", c)
			}
		}
		if _, err := f.Get(t.Context(), room, p.ID, "t0", false); !errors.Is(err, ErrNotFound) {
			t.Errorf("an attendee still sees it: %v", err)
		}
		if err := f.vote(t, p, "t1", 0); !errors.Is(err, ErrNotOpen) {
			t.Errorf("vote in the draft: %v", err)
		}
		if _, err := f.Update(t.Context(), room, p.ID, Draft{Question: "?", Options: []string{"a", "b"}}); !errors.Is(err, ErrKept) {
			t.Errorf("change what was answered: %v", err)
		}
		if err := f.Delete(t.Context(), room, p.ID); !errors.Is(err, ErrKept) {
			t.Errorf("delete what was answered: %v", err)
		}
		time.Sleep(time.Hour / 2)
		f.restart(t)
		if got := f.now(t, p.ID).Poll; got.Kept != 1 || got.State != StateDraft {
			t.Errorf("after a restart %+v", got)
		}
		again, err := f.OpenPoll(t.Context(), room, p.ID, Opening{})
		if err != nil || again.Kept != 0 || !again.ClosesAt.Equal(time.Now().Add(time.Minute)) {
			t.Fatalf("open again: %+v, %v", again, err)
		}
		if err := f.vote(t, p, "t0", 0); !errors.Is(err, ErrAlreadyVoted) {
			t.Errorf("a second vote of the same person: %v", err)
		}
		if err := f.vote(t, p, "t1", 1); err != nil {
			t.Error(err)
		}
		time.Sleep(UndoFor + undoGrace + time.Millisecond)
		if _, err := f.UndoOpening(t.Context(), room, p.ID); !errors.Is(err, ErrTooLate) {
			t.Errorf("undo too late: %v", err)
		}
		if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
			t.Fatal(err)
		}
		if v := f.now(t, p.ID); !slices.Equal(v.Tally.Votes, []int{0, 2}) {
			t.Errorf("result %v", v.Tally.Votes)
		}
		if _, err := f.UndoOpening(t.Context(), room, p.ID); !errors.Is(err, ErrClosed) {
			t.Errorf("undo of a closed poll: %v", err)
		}
	})
}

func TestPlansThatDoNotWork(t *testing.T) {
	f := newFixture(t, 0)
	for field, plan := range map[string]Plan{
		"open_for_ms":  {OpenFor: time.Second},
		"open_for_ms ": {OpenFor: 25 * time.Hour},
		"survey_until": {OpenFor: time.Minute, SurveyUntil: time.Now().Add(time.Hour)},
		"results":      {Results: "loud"},
		"series":       {Series: "a\x00b"},
	} {
		_, err := f.Create(t.Context(), room, Draft{Question: "?", Options: []string{"a", "b"}, Plan: plan})
		if invalid, ok := errors.AsType[*webinar.InvalidError](err); !ok || invalid.Field != field && invalid.Field+" " != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	past := f.plan(t, Plan{SurveyUntil: time.Now().Add(-time.Minute)})
	if _, err := f.OpenPoll(t.Context(), room, past.ID, Opening{}); err == nil || f.now(t, past.ID).Poll.State != StateDraft {
		t.Errorf("opened a survey that is over: %v", err)
	}
}
