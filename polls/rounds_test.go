package polls

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"plenum/webinar"
)

// sheet lists the run-sheet in its order, which has no gaps.
func (f *fixture) sheet(tb testing.TB) []PollID {
	tb.Helper()
	views, err := f.List(tb.Context(), room, "", true)
	if err != nil {
		tb.Fatal(err)
	}
	out := make([]PollID, len(views))
	for i, v := range views {
		if out[i] = v.Poll.ID; v.Poll.Position != i+1 {
			tb.Errorf("%s is at %d, not %d", v.Poll.ID, v.Poll.Position, i+1)
		}
	}
	return out
}

func TestRoundsKeepWhatWasBefore(t *testing.T) {
	f := newFixture(t, 3)
	first := f.opened(t, room, "Köln", "Bonn")
	behindIt := f.draft(t, room, "a", "b")
	if _, err := f.Repeat(t.Context(), room, first.ID, false); !errors.Is(err, ErrNotClosed) {
		t.Errorf("repeat an open poll: %v", err)
	}
	for who, option := range map[string]int{"t0": 0, "t1": 0, "t2": 1} {
		if err := f.vote(t, first, who, option); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.ClosePoll(t.Context(), room, first.ID); err != nil {
		t.Fatal(err)
	}
	var rounds [4]Poll
	var wg sync.WaitGroup
	for i := range rounds { // several hosts press at once
		wg.Go(func() {
			var err error
			if rounds[i], err = f.Repeat(t.Context(), room, first.ID, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	second := rounds[0]
	for _, r := range rounds {
		if r.ID != second.ID {
			t.Errorf("two second rounds: %s and %s", r.ID, second.ID)
		}
	}
	if second.Round != 2 || second.First != first.ID || second.State != StateOpen || second.Question != first.Question {
		t.Errorf("second round %+v", second)
	}
	if got, want := f.sheet(t), []PollID{first.ID, second.ID, behindIt.ID}; !slices.Equal(got, want) {
		t.Errorf("run-sheet %v, want %v", got, want)
	}
	// Who voted in the first round votes in the second, once.
	if err := f.vote(t, second, "t0", 1); err != nil {
		t.Errorf("vote in the second round: %v", err)
	}
	if err := f.vote(t, second, "t0", 1); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("twice in the second round: %v", err)
	}
	if err := f.vote(t, first, "t0", 1); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("again in the first round: %v", err)
	}
	if _, err := f.Vote(t.Context(), room, second.ID, "t1", Answer{Options: []OptionID{first.Options[0].ID}}, receiptOf("x")); !errors.Is(err, ErrUnknownOption) {
		t.Errorf("an option of the first round in the second: %v", err)
	}
	if _, err := f.Vote(t.Context(), room, second.ID, "t1", Answer{Options: []OptionID{second.Options[0].ID}}, receiptOf(string(first.ID), "t1")); !errors.Is(err, ErrReceiptTaken) {
		t.Errorf("the receipt of the first round in the second: %v", err)
	}
	if _, err := f.ClosePoll(t.Context(), room, second.ID); err != nil {
		t.Fatal(err)
	}
	if a, b := f.now(t, first.ID).Tally.Votes, f.now(t, second.ID).Tally.Votes; !slices.Equal(a, []int{2, 1}) || !slices.Equal(b, []int{0, 1}) {
		t.Errorf("results %v and %v", a, b)
	}
	third, err := f.Repeat(t.Context(), room, second.ID, false)
	if err != nil || third.Round != 3 || third.First != first.ID {
		t.Errorf("third round %+v, %v", third, err)
	}
	if _, err := f.UndoOpening(t.Context(), room, third.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Update(t.Context(), room, third.ID, Draft{Question: "?", Options: []string{"a", "b"}}); !errors.Is(err, ErrRound) {
		t.Errorf("another question in a later round: %v", err)
	}
	if err := f.Delete(t.Context(), room, third.ID); err != nil {
		t.Errorf("delete an undone round: %v", err)
	}
	if again, err := f.Repeat(t.Context(), room, second.ID, false); err != nil || again.Round != 3 || again.ID == third.ID {
		t.Errorf("third round again %+v, %v", again, err)
	}
}

func TestMove(t *testing.T) {
	f := newFixture(t, 0)
	a, b, c := f.draft(t, room, "a", "b"), f.draft(t, room, "a", "b"), f.draft(t, room, "a", "b")
	foreign := f.draft(t, other, "a", "b")
	gone := f.draft(t, room, "a", "b")
	if err := f.Delete(t.Context(), room, gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		id, before PollID
		want       []PollID
	}{
		{c.ID, a.ID, []PollID{c.ID, a.ID, b.ID}},
		{c.ID, a.ID, []PollID{c.ID, a.ID, b.ID}}, // the same request twice
		{c.ID, "", []PollID{a.ID, b.ID, c.ID}},
		{b.ID, b.ID, []PollID{a.ID, b.ID, c.ID}},
		{a.ID, c.ID, []PollID{b.ID, a.ID, c.ID}},
	} {
		f.events.take()
		if err := f.Move(t.Context(), room, step.id, step.before); err != nil {
			t.Fatal(err)
		}
		if got := f.sheet(t); !slices.Equal(got, step.want) {
			t.Errorf("%v, want %v", got, step.want)
		}
		for _, e := range f.events.take() {
			if o, ok := e.Body.(Ordered); !ok || e.To != webinar.Hosts() || !slices.Equal(o.IDs, step.want) {
				t.Errorf("told %+v", e)
			}
		}
	}
	for _, bad := range [][2]PollID{{foreign.ID, a.ID}, {a.ID, foreign.ID}, {gone.ID, a.ID}, {a.ID, gone.ID}} {
		if err := f.Move(t.Context(), room, bad[0], bad[1]); !errors.Is(err, ErrNotFound) {
			t.Errorf("move %s before %s: %v", bad[0], bad[1], err)
		}
	}
	if got := f.sheet(t); !slices.Equal(got, []PollID{b.ID, a.ID, c.ID}) {
		t.Errorf("a refused move changed %v", got)
	}
	if next := f.draft(t, room, "a", "b"); next.Position != 4 {
		t.Errorf("the next draft is at %d", next.Position)
	}
}
