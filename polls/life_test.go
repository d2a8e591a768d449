package polls

import (
	"context"
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
	p, err := f.OpenPoll(tb.Context(), room, f.plan(tb, plan).ID)
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
		again, err := f.OpenPoll(t.Context(), room, p.ID)
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

func TestWhoSeesTheResult(t *testing.T) {
	tests := map[Results]struct{ before, after, closed bool }{ // one's own vote, the close
		ResultsVoted:  {false, true, true},
		ResultsClosed: {false, false, true},
		ResultsShown:  {true, true, true},
		ResultsHidden: {false, false, false},
	}
	for results, want := range tests {
		t.Run(string(results), func(t *testing.T) {
			f := newFixture(t, 3)
			p := f.planOpened(t, Plan{Results: results})
			f.events.take()
			if err := f.vote(t, p, "t0", 0); err != nil {
				t.Fatal(err)
			}
			if before, after := f.seen(t, p.ID, "t1"), f.seen(t, p.ID, "t0"); before != want.before || after != want.after {
				t.Errorf("open: %t before one's own vote, %t after it", before, after)
			}
			if f.now(t, p.ID).Tally == nil {
				t.Error("hosts do not see it")
			}
			if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
				t.Fatal(err)
			}
			if got := f.seen(t, p.ID, "t1"); got != want.closed {
				t.Errorf("closed: %t", got)
			}
			told := tallyReached(f.events.take())
			if told[webinar.Everyone()] != (want.after || want.closed) {
				t.Errorf("sent to everybody: %t", told[webinar.Everyone()])
			}
		})
	}
}

// tallyReached tells to whom a result was sent.
func tallyReached(events []webinar.Event) map[webinar.Audience]bool {
	out := map[webinar.Audience]bool{}
	for _, e := range events {
		switch b := e.Body.(type) {
		case Tallied:
			out[e.To] = true
		case Changed:
			out[e.To] = out[e.To] || b.Tally != nil
		}
	}
	return out
}

func TestHostShowsAndHides(t *testing.T) {
	f := newFixture(t, 3)
	p := f.planOpened(t, Plan{})
	if err := f.vote(t, p, "t0", 0); err != nil {
		t.Fatal(err)
	}
	set := func(r Results) Poll {
		t.Helper()
		got, err := f.SetResults(t.Context(), room, p.ID, r)
		if err != nil || got.Results != r {
			t.Fatalf("%s: %+v, %v", r, got, err)
		}
		return got
	}
	set(ResultsHidden)
	f.events.take()
	if err := f.vote(t, p, "t1", 0); err != nil {
		t.Fatal(err)
	}
	if f.seen(t, p.ID, "t0") || tallyReached(f.events.take())[webinar.Everyone()] {
		t.Error("a hidden result is seen")
	}
	set(ResultsShown)
	if !f.seen(t, p.ID, "t2") || !tallyReached(f.events.take())[webinar.Everyone()] {
		t.Error("a shown result is not seen")
	}
	set(ResultsShown)
	if again := f.events.take(); len(again) > 0 {
		t.Errorf("said twice: %v", again)
	}
	set(ResultsHidden)
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if f.seen(t, p.ID, "t0") || !f.now(t, p.ID).Poll.PublishedAt.IsZero() {
		t.Error("closing published what was hidden")
	}
	if got := set(ResultsShown); got.PublishedAt.IsZero() || !f.seen(t, p.ID, "t2") {
		t.Errorf("published: %+v", got)
	}
	if got := set(ResultsHidden); !got.PublishedAt.IsZero() || f.seen(t, p.ID, "t0") {
		t.Errorf("taken back: %+v", got)
	}
	if _, err := f.SetResults(t.Context(), room, p.ID, "loud"); err == nil {
		t.Error("took an unknown word")
	}
	if _, err := f.SetResults(t.Context(), room, f.draft(t, room, "a", "b").ID, ResultsShown); !errors.Is(err, ErrNotOpen) {
		t.Errorf("show a draft: %v", err)
	}
}

func TestSeriesHoldsItsResultsBack(t *testing.T) {
	f := newFixture(t, 3)
	plan := Plan{Series: "Vorstand"}
	first, second := f.planOpened(t, plan), f.plan(t, plan)
	third, hidden := f.plan(t, plan), f.planOpened(t, Plan{Series: "Vorstand", Results: ResultsHidden})
	if err := f.vote(t, first, "t0", 0); err != nil {
		t.Fatal(err)
	}
	for _, p := range []Poll{first, hidden} {
		if _, err := f.SetResults(t.Context(), room, p.ID, ResultsShown); !errors.Is(err, ErrHeld) {
			t.Errorf("show an open poll of the series: %v", err)
		}
		if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if f.seen(t, first.ID, "t0") || tallyReached(f.events.take())[webinar.Everyone()] {
		t.Error("the result is out before the series is over")
	}
	if _, err := f.SetResults(t.Context(), room, first.ID, ResultsShown); !errors.Is(err, ErrHeld) {
		t.Errorf("show a closed poll of the series: %v", err)
	}
	if _, err := f.OpenPoll(t.Context(), room, second.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.Delete(t.Context(), room, third.ID); err != nil {
		t.Fatal(err)
	}
	f.restart(t)
	if f.seen(t, first.ID, "t0") {
		t.Error("the result is out after a restart")
	}
	if _, err := f.ClosePoll(t.Context(), room, second.ID); err != nil {
		t.Fatal(err)
	}
	if !f.seen(t, first.ID, "t1") || !f.seen(t, second.ID, "t1") || f.seen(t, hidden.ID, "t1") {
		t.Error("the series is over: both results are out, the hidden one is not")
	}
	var out []PollID
	for _, e := range f.events.take() {
		if c, ok := e.Body.(Changed); ok && c.Tally != nil && e.To == webinar.Everyone() {
			out = append(out, c.Poll.ID)
		}
	}
	if !slices.Contains(out, first.ID) || !slices.Contains(out, second.ID) || slices.Contains(out, hidden.ID) {
		t.Errorf("told of %v", out)
	}
}

// A draft that is taken out of a series, and one that nobody can open any more, hold nothing back.
func TestSeriesIsLetGo(t *testing.T) {
	f := newFixture(t, 1)
	a, b := f.planOpened(t, Plan{Series: "A"}), f.planOpened(t, Plan{Series: "B"})
	draft := f.plan(t, Plan{Series: "A"})
	f.plan(t, Plan{Series: "B"})
	for _, p := range []Poll{a, b} {
		if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	if f.seen(t, a.ID, "t0") || f.seen(t, b.ID, "t0") {
		t.Fatal("not held back")
	}
	if _, err := f.Update(t.Context(), room, draft.ID, Draft{Question: "?", Options: []string{"a", "b"}}); err != nil {
		t.Fatal(err)
	}
	if !f.seen(t, a.ID, "t0") || f.seen(t, b.ID, "t0") {
		t.Error("only series A is over")
	}
	f.end(t)
	if !f.seen(t, b.ID, "t0") {
		t.Error("the webinar has ended, and the result is held back for ever")
	}
}

// end ends the webinar as its service does.
func (f *fixture) end(tb testing.TB) {
	tb.Helper()
	if err := f.db.Exec("UPDATE webinars SET state = 'ended' WHERE id = ?", room).Error; err != nil {
		tb.Fatal(err)
	}
	if err := f.CloseAll(context.Background(), room); err != nil {
		tb.Fatal(err)
	}
}

func TestSurveyOutlivesItsWebinar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 3)
		until := time.Now().Add(40 * time.Minute)
		p, q := f.planOpened(t, Plan{SurveyUntil: until}), f.planOpened(t, Plan{OpenFor: time.Hour})
		if end, err := f.SurveyEnd(t.Context(), room); err != nil || !end.Equal(p.ClosesAt) {
			t.Errorf("surveys end at %v, %v", end, err)
		}
		f.end(t)
		if got := f.now(t, q.ID).Poll; got.State != StateClosed {
			t.Errorf("a poll of the webinar: %s", got.State)
		}
		if err := f.vote(t, p, "t0", 0); err != nil {
			t.Errorf("answer after the end: %v", err)
		}
		f.restart(t)
		if err := f.vote(t, p, "t1", 0); err != nil {
			t.Errorf("answer after a restart: %v", err)
		}
		_, err := f.SetEnd(t.Context(), room, p.ID, until.Add(time.Minute))
		if invalid, ok := errors.AsType[*webinar.InvalidError](err); !ok || invalid.Reason != "too-late" {
			t.Errorf("later than the seats last: %v", err)
		}
		if _, err := f.SetEnd(t.Context(), room, p.ID, time.Time{}); err == nil {
			t.Error("a survey without an end")
		}
		time.Sleep(time.Until(until))
		synctest.Wait()
		if err := f.vote(t, p, "t2", 0); !errors.Is(err, ErrClosed) {
			t.Errorf("answer after the date: %v", err)
		}
		if v := f.now(t, p.ID); v.Poll.State != StateClosed || v.Tally.Total != 2 {
			t.Errorf("%+v %+v", v.Poll, v.Tally)
		}
		if end, err := f.SurveyEnd(t.Context(), room); err != nil || !end.IsZero() {
			t.Errorf("no survey any more, but until %v, %v", end, err)
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
	if _, err := f.OpenPoll(t.Context(), room, past.ID); err == nil || f.now(t, past.ID).Poll.State != StateDraft {
		t.Errorf("opened a survey that is over: %v", err)
	}
}
