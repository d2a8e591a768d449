package polls

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
)

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

func TestUsualResults(t *testing.T) {
	for secrecy, want := range map[Secrecy]Results{Named: ResultsVoted, Anonymous: ResultsVoted, Secret: ResultsClosed} {
		d := Draft{Question: "?", Options: []string{"a", "b"}, Secrecy: secrecy}
		if err := d.Validate(); err != nil || d.Results != want {
			t.Errorf("%s polls show their result to %q, %v", secrecy, d.Results, err)
		}
	}
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
	if _, err := f.OpenPoll(t.Context(), room, second.ID, Opening{}); err != nil {
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
