package polls

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"plenum/webinar"
)

func TestEveryVoterCountsOnceUnderLoad(t *testing.T) {
	const voters = 2000
	f := newFixture(t, voters)
	p := f.opened(t, room, "a", "b", "c")
	var accepted, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range voters {
		for tab := range 2 { // each tab has a receipt of its own
			wg.Go(func() {
				who := fmt.Sprint("t", i)
				_, err := f.Vote(t.Context(), room, p.ID, webinar.TicketID(who), chosen(p.Options[i%3].ID), receiptOf(who, fmt.Sprint(tab)))
				switch {
				case err == nil:
					accepted.Add(1)
				case errors.Is(err, ErrAlreadyVoted):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if accepted.Load() != voters || refused.Load() != voters {
		t.Errorf("%d accepted, %d refused", accepted.Load(), refused.Load())
	}
	if ballots, voted := f.box(t, p.ID); ballots != voters || voted != voters {
		t.Errorf("%d ballots, %d voters", ballots, voted)
	}
	want := []int{667, 667, 666}
	if _, tally, err := f.Results(t.Context(), room, p.ID); err != nil || !slices.Equal(tally.Votes, want) {
		t.Errorf("%v, %v; want %v", tally, err, want)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if _, tally, err := f.Results(t.Context(), room, p.ID); err != nil || !slices.Equal(tally.Votes, want) {
		t.Errorf("after closing %v, %v; want %v", tally, err, want)
	}
	if receipts, err := f.Receipts(t.Context(), room, p.ID); err != nil || len(receipts) != voters || !slices.IsSorted(receipts) {
		t.Errorf("%d receipts, %v", len(receipts), err)
	}
}

func TestRefusedVotesLeaveNothing(t *testing.T) {
	f := newFixture(t, 3)
	p, q, elsewhere := f.opened(t, room, "a", "b"), f.opened(t, room, "a", "b"), f.opened(t, other, "a", "b")
	if err := f.vote(t, q, "t2", 0); err != nil {
		t.Fatal(err)
	}
	if err := f.db.Exec("UPDATE tickets SET expires_at = 1 WHERE id = 't1'").Error; err != nil {
		t.Fatal(err)
	}
	f.events.take()
	mine := p.Options[0].ID
	for name, c := range map[string]struct {
		who     webinar.TicketID
		option  OptionID
		receipt string
		want    error
	}{
		"ticket of another webinar":         {"x0", mine, receiptOf("1"), webinar.ErrTicketInvalid},
		"unknown ticket":                    {"t99", mine, receiptOf("2"), webinar.ErrTicketInvalid},
		"no ticket":                         {"", mine, receiptOf("3"), webinar.ErrTicketInvalid},
		"expired ticket":                    {"t1", mine, receiptOf("4"), webinar.ErrTicketInvalid},
		"option of another poll":            {"t0", q.Options[0].ID, receiptOf("5"), ErrUnknownOption},
		"option of another webinar":         {"t0", elsewhere.Options[0].ID, receiptOf("6"), ErrUnknownOption},
		"no option":                         {"t0", "", receiptOf("7"), ErrUnknownOption},
		"receipt in the box of another one": {"t0", mine, receiptOf(string(q.ID), "t2"), ErrReceiptTaken},
	} {
		if _, err := f.Vote(t.Context(), room, p.ID, c.who, chosen(c.option), c.receipt); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := f.Vote(t.Context(), room, p.ID, "t0", chosen(mine), "short"); err == nil {
		t.Error("a malformed receipt was taken")
	}
	if ballots, voted := f.box(t, p.ID); ballots != 0 || voted != 0 {
		t.Errorf("%d ballots, %d voters", ballots, voted)
	}
	if events := f.events.take(); len(events) != 0 {
		t.Errorf("published %v", events)
	}
	if err := f.vote(t, p, "t0", 0); err != nil {
		t.Errorf("who was refused may still vote: %v", err)
	}
}

// A retry meets its own vote, also after the closing, and does not vote again with the same or another receipt.
func TestTwoTabsAndRetries(t *testing.T) {
	f := newFixture(t, 1)
	p := f.opened(t, room, "a", "b")
	if err := f.vote(t, p, "t0", 0); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		if err := f.vote(t, p, "t0", 0); !errors.Is(err, ErrAlreadyVoted) {
			t.Errorf("the same request: %v", err)
		}
		if _, err := f.Vote(t.Context(), room, p.ID, "t0", chosen(p.Options[1].ID), receiptOf("tab")); !errors.Is(err, ErrAlreadyVoted) {
			t.Errorf("another tab: %v", err)
		}
		if ballots, voted := f.box(t, p.ID); ballots != 1 || voted != 1 {
			t.Errorf("%d ballots, %d voters", ballots, voted)
		}
	}
	check()
	if err := f.db.Exec("DELETE FROM tickets WHERE id = 't0'").Error; err != nil { // revoked: the vote stays
		t.Fatal(err)
	}
	if ballots, voted := f.box(t, p.ID); ballots != 1 || voted != 1 {
		t.Errorf("after revoking %d ballots, %d voters", ballots, voted)
	}
	if err := f.vote(t, p, "t0", 0); !errors.Is(err, webinar.ErrTicketInvalid) {
		t.Errorf("a revoked ticket: %v", err)
	}
}

func TestRestartKeepsVotes(t *testing.T) {
	f := newFixture(t, 10)
	p := f.opened(t, room, "a", "b")
	for i := range 7 {
		if err := f.vote(t, p, fmt.Sprint("t", i), i%2); err != nil {
			t.Fatal(err)
		}
	}
	f.restart(t)
	if tally, ok := f.open.get(p.ID); !ok || !slices.Equal(tally.Votes, []int{4, 3}) {
		t.Errorf("after the restart %v", tally)
	}
	if err := f.vote(t, p, "t0", 1); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("second vote: %v", err)
	}
	if err := f.vote(t, p, "t9", 1); err != nil {
		t.Error(err)
	}
	if _, tally, err := f.Results(t.Context(), room, p.ID); err != nil || !slices.Equal(tally.Votes, []int{4, 4}) {
		t.Errorf("%v, %v", tally, err)
	}
}

// No acknowledgement comes for a vote that began after ClosePoll had returned, and the result that was published at
// the closing holds exactly the votes that were ever acknowledged.
func TestClosingIsOrderedWithTheVotes(t *testing.T) {
	const workers, seats, rounds = 8, 40, 6
	f := newFixture(t, workers*seats+1)
	for round := range rounds {
		p := f.opened(t, room, "a", "b")
		var closed atomic.Bool
		var accepted, late atomic.Int64
		answered := make(chan struct{}, workers*seats)
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for i := range seats { // one after another, so that some begin before, some during and some after the closing
					after := closed.Load()
					err := f.vote(t, p, fmt.Sprint("t", w*seats+i), 0)
					answered <- struct{}{}
					switch {
					case err == nil && after:
						t.Errorf("round %d: a vote was accepted after the closing", round)
					case err == nil:
						accepted.Add(1)
					case errors.Is(err, ErrClosed):
						late.Add(1)
					default:
						t.Error(err)
					}
				}
			})
		}
		for range workers * seats * (round + 1) / (rounds + 2) {
			<-answered
		}
		if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
			t.Fatal(err)
		}
		closed.Store(true)
		atClose, _ := f.box(t, p.ID)
		if err := f.vote(t, p, fmt.Sprint("t", workers*seats), 1); !errors.Is(err, ErrClosed) {
			t.Errorf("vote after closing: %v", err)
		}
		wg.Wait()
		ballots, voted := f.box(t, p.ID)
		_, tally, err := f.Results(t.Context(), room, p.ID)
		if err != nil || ballots != atClose || ballots != voted || int64(ballots) != accepted.Load() || tally.Total != ballots ||
			accepted.Load()+late.Load() != workers*seats {
			t.Errorf("round %d: %d accepted, %d late, %d in the box at the closing, %d at the end, result %v, %v",
				round, accepted.Load(), late.Load(), atClose, ballots, tally, err)
		}
		if accepted.Load() == 0 || late.Load() == 0 {
			t.Errorf("round %d: %d before and %d after the closing: nothing was tried", round, accepted.Load(), late.Load())
		}
		for _, e := range f.events.take() {
			if c, ok := e.Body.(Changed); ok && c.Poll.State == StateClosed && c.Tally.Total != ballots {
				t.Errorf("round %d: published %d of %d votes", round, c.Tally.Total, ballots)
			}
		}
	}
}

// Whatever is called in whatever order, results in memory, stored results, boxes and a plain model agree.
func TestResultsAgreeWithTheBox(t *testing.T) {
	f := newFixture(t, 12)
	rapid.Check(t, func(rt *rapid.T) {
		p := f.opened(t, room, "a", "b", "c")
		model := map[string]int{}
		closed := false
		seat := rapid.IntRange(0, 11)
		rt.Repeat(map[string]func(*rapid.T){
			"vote": func(rt *rapid.T) {
				who, option := fmt.Sprint("t", seat.Draw(rt, "seat")), rapid.IntRange(0, 2).Draw(rt, "option")
				err := f.vote(t, p, who, option)
				_, before := model[who]
				switch {
				case before && !errors.Is(err, ErrAlreadyVoted), !before && closed && !errors.Is(err, ErrClosed), !before && !closed && err != nil:
					rt.Fatalf("%s, voted %v, closed %v: %v", who, before, closed, err)
				case err == nil:
					model[who] = option
				}
			},
			"close": func(rt *rapid.T) {
				if rapid.IntRange(0, 3).Draw(rt, "sure") == 0 {
					if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
						rt.Fatal(err)
					}
					closed = true
				}
			},
			"": func(rt *rapid.T) {
				want := make([]int, 3)
				for _, option := range model {
					want[option]++
				}
				_, tally, err := f.Results(t.Context(), room, p.ID)
				if err != nil || !slices.Equal(tally.Votes, want) || tally.Total != len(model) {
					rt.Fatalf("result %v, %v; want %v", tally, err, want)
				}
				recount, err := f.recount(t.Context(), p)
				if err != nil || !slices.Equal(recount.tally().Votes, want) {
					rt.Fatalf("recount %v, %v; want %v", recount, err, want)
				}
			},
		})
		if err := f.db.WithContext(context.Background()).Exec("DELETE FROM polls").Error; err != nil {
			rt.Fatal(err)
		}
	})
}

func TestSeveralChoicesAreOneVote(t *testing.T) {
	f := newFixture(t, 3)
	p, err := f.Create(t.Context(), room, Draft{Question: "Wohin?", Kind: MultipleChoice, Options: []string{"a", "b", "c"}, Rules: Rules{Most: 2}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = f.OpenPoll(t.Context(), room, p.ID, Opening{}); err != nil {
		t.Fatal(err)
	}
	id := func(places ...int) (out []OptionID) {
		for _, i := range places {
			out = append(out, p.Options[i].ID)
		}
		return out
	}
	for _, c := range []struct {
		who    webinar.TicketID
		chosen []OptionID
		want   error
	}{
		{"t0", id(0, 1, 2), ErrChoices}, {"t0", nil, ErrChoices}, {"t0", id(1, 1), ErrChoices},
		{"t0", id(2, 0), nil}, {"t0", id(1), ErrAlreadyVoted}, {"t1", id(2), nil},
	} {
		if _, err := f.Vote(t.Context(), room, p.ID, c.who, chosen(c.chosen...), receiptOf(string(c.who), fmt.Sprint(c.chosen))); !errors.Is(err, c.want) {
			t.Errorf("%s %v: %v, want %v", c.who, c.chosen, err, c.want)
		}
	}
	want := Tally{Poll: p.ID, Votes: []int{1, 0, 2}, Total: 2}
	check := func(when string) {
		t.Helper()
		if _, got, err := f.Results(t.Context(), room, p.ID); err != nil || !slices.Equal(got.Votes, want.Votes) || got.Total != want.Total {
			t.Errorf("%s: %+v, %v, want %+v", when, got, err, want)
		}
	}
	check("open")
	f.restart(t)
	check("after a restart")
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	check("closed")
	// Who clicked in which order is the voter's own.
	box, err := f.store.ballots(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(box, func(b Ballot) bool { return slices.Equal(b.Answer.Options, id(0, 2)) }) {
		t.Errorf("the box holds %v", box)
	}
}
