package polls

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"plenum/webinar"
)

// asked opens a poll with two options and what d says besides.
func (f *fixture) asked(tb testing.TB, d Draft) Poll {
	tb.Helper()
	d.Question, d.Options = "Wohin?", []string{"a", "b"}
	p, err := f.Create(tb.Context(), room, d)
	if err == nil {
		p, err = f.OpenPoll(tb.Context(), room, p.ID, Opening{})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// secretOf is a browser's secret with its receipt.
func secretOf(seed ...any) (secret, receipt string) {
	raw := sha256.Sum256(fmt.Append(nil, seed...))
	h := sha256.Sum256(raw[:])
	return hex.EncodeToString(raw[:]), hex.EncodeToString(h[:])
}

func choose(p Poll, i int) Answer { return Answer{Options: []OptionID{p.Options[i].ID}} }

func (f *fixture) wantVotes(tb testing.TB, p Poll, want ...int) {
	tb.Helper()
	if tally := f.result(tb, p); !slices.Equal(tally.Votes, want) {
		tb.Errorf("result %v; want %v", tally.Votes, want)
	}
	box, err := f.recount(tb.Context(), p)
	if err != nil || !slices.Equal(box.tally().Votes, want) {
		tb.Errorf("box %v, %v; want %v", box, err, want)
	}
}

func TestPromisesAreCheckedAndFrozen(t *testing.T) {
	f := newFixture(t, 1)
	for name, d := range map[string]Draft{
		"unknown level":            {Secrecy: "whispered"},
		"a secret vote taken back": {Secrecy: Secret, Changeable: true},
	} {
		d.Question, d.Options = "Wohin?", []string{"a", "b"}
		if _, err := f.Create(t.Context(), room, d); err == nil {
			t.Errorf("%s was taken", name)
		} else if _, ok := errors.AsType[*webinar.InvalidError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := f.asked(t, Draft{Secrecy: Named, Changeable: true})
	if _, err := f.Update(t.Context(), room, p.ID, Draft{Question: "Wohin?", Options: []string{"a", "b"}}); !errors.Is(err, ErrNotDraft) {
		t.Errorf("a promise changed under the voters: %v", err)
	}
	f.restart(t)
	if v, err := f.Get(t.Context(), room, p.ID, "t0", false); err != nil || v.Poll.Secrecy != Named || !v.Poll.Changeable {
		t.Errorf("%+v, %v", v.Poll, err)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if next, err := f.Repeat(t.Context(), room, p.ID, false); err != nil || next.Secrecy != Named || !next.Changeable {
		t.Errorf("the next round promises %q, %v, %v", next.Secrecy, next.Changeable, err)
	}
}

func TestAVoteIsChangedByWhoKnowsItsSecret(t *testing.T) {
	f := newFixture(t, 3)
	p := f.asked(t, Draft{Changeable: true})
	mine, receipt := secretOf(1)
	other, taken := secretOf(2)
	for who, r := range map[webinar.TicketID]string{"t0": receipt, "t1": taken} {
		if _, err := f.Vote(t.Context(), room, p.ID, who, choose(p, 0), r); err != nil {
			t.Fatal(err)
		}
	}
	unknown, fresh := secretOf(3)
	change := func(who webinar.TicketID, secret string, option int, receipt string) error {
		_, err := f.Change(t.Context(), room, p.ID, who, Change{secret, choose(p, option), receipt})
		return err
	}
	for name, c := range map[string]struct {
		err, want error
	}{
		"without a ticket":     {change("nobody", mine, 1, fresh), webinar.ErrTicketInvalid},
		"of another webinar":   {change("x0", mine, 1, fresh), webinar.ErrTicketInvalid},
		"with a wrong secret":  {change("t2", unknown, 1, fresh), ErrNoBallot},
		"onto another receipt": {change("t0", mine, 1, taken), ErrReceiptTaken},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
	if err := change("t0", "short", 1, fresh); err == nil {
		t.Error("a malformed secret was taken")
	}
	f.wantVotes(t, p, 2, 0)
	for range 2 { // the second is the retry of a lost answer
		if err := change("t0", mine, 1, fresh); err != nil {
			t.Error(err)
		}
	}
	f.wantVotes(t, p, 1, 1)
	f.restart(t)
	f.wantVotes(t, p, 1, 1)
	if err := change("t0", mine, 0, receipt); !errors.Is(err, ErrNoBallot) {
		t.Errorf("the old secret still leads somewhere: %v", err)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if err := change("t1", other, 1, receipt); !errors.Is(err, ErrClosed) {
		t.Errorf("after the closing: %v", err)
	}
	list, err := f.Receipts(t.Context(), room, p.ID)
	if want := []Receipt{Receipt(taken), Receipt(fresh)}; err != nil || len(list) != 2 || !slices.Contains(list, want[0]) || !slices.Contains(list, want[1]) {
		t.Errorf("published %v, %v; want %v", list, err, want)
	}
	f.wantVotes(t, p, 1, 1)

	final := f.asked(t, Draft{})
	if _, err := f.Vote(t.Context(), room, final.ID, "t0", choose(final, 0), receipt); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Change(t.Context(), room, final.ID, "t0", Change{mine, choose(final, 1), taken}); !errors.Is(err, ErrFinal) {
		t.Errorf("a vote was taken back: %v", err)
	}
}

// A counter that cannot take an answer out again is counted anew.
func TestAChangeWithoutTakingBackIsARecount(t *testing.T) {
	f := newFixture(t, 3)
	p := f.asked(t, Draft{Changeable: true})
	f.open.mu.Lock()
	c := f.open.m[p.ID].counter
	f.open.m[p.ID].counter = struct{ counter }{c}
	f.open.mu.Unlock()
	mine, receipt := secretOf(1)
	_, fresh := secretOf(2)
	if _, err := f.Vote(t.Context(), room, p.ID, "t0", choose(p, 0), receipt); err != nil {
		t.Fatal(err)
	}
	if err := f.vote(t, p, "t1", 0); err != nil {
		t.Fatal(err)
	}
	if f.open.takesBack(p.ID) {
		t.Fatal("the test tries nothing")
	}
	if _, err := f.Change(t.Context(), room, p.ID, "t0", Change{mine, choose(p, 1), fresh}); err != nil {
		t.Fatal(err)
	}
	f.wantVotes(t, p, 1, 1)
	if err := f.vote(t, p, "t2", 1); err != nil {
		t.Fatal(err)
	}
	f.wantVotes(t, p, 1, 2)
}

func TestNamedPollsTellTheHosts(t *testing.T) {
	f := newFixture(t, 2)
	if err := f.db.Exec("UPDATE tickets SET name = 'Ada' WHERE id = 't1'").Error; err != nil {
		t.Fatal(err)
	}
	p := f.asked(t, Draft{Secrecy: Named, Changeable: true})
	mine, receipt := secretOf(1)
	_, fresh := secretOf(2)
	if _, err := f.Vote(t.Context(), room, p.ID, "t1", choose(p, 0), receipt); err != nil {
		t.Fatal(err)
	}
	if err := f.vote(t, p, "t0", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Change(t.Context(), room, p.ID, "t1", Change{mine, choose(p, 1), fresh}); err != nil {
		t.Fatal(err)
	}
	list, err := f.Signed(t.Context(), room, p.ID)
	if err != nil || len(list) != 2 || list[0].Ticket != "t0" || list[1].Name != "Ada" || list[1].Receipt != Receipt(fresh) ||
		!slices.Equal(list[1].Answer.Options, choose(p, 1).Options) {
		t.Errorf("%+v, %v", list, err)
	}
	if err := f.vote(t, p, "t1", 0); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("a second vote: %v", err)
	}
	for id, want := range map[PollID]error{f.asked(t, Draft{}).ID: ErrNotNamed, f.draft(t, room, "a", "b").ID: ErrNotOpen, "none": ErrNotFound} {
		if _, err := f.Signed(t.Context(), room, id); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}

// A named vote the acknowledgement of which got lost is sent again: one vote and the same receipt, even after the closing. Any
// other vote of the same person is refused.
func TestANamedVoteSentAgainIsTheSameVote(t *testing.T) {
	f := newFixture(t, 2)
	p := f.asked(t, Draft{Secrecy: Named})
	_, receipt := secretOf(1)
	_, other := secretOf(2)
	cast := func(who webinar.TicketID, option int, receipt string) error {
		_, err := f.Vote(t.Context(), room, p.ID, who, choose(p, option), receipt)
		return err
	}
	for range 3 {
		if err := cast("t0", 0, receipt); err != nil {
			t.Fatal(err)
		}
	}
	for name, err := range map[string]error{
		"another answer": cast("t0", 1, receipt), "another receipt": cast("t0", 0, other), "nonsense": cast("t0", 0, receipt[:63]+"x"),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := cast("t1", 0, receipt); !errors.Is(err, ErrReceiptTaken) {
		t.Errorf("the receipt of somebody else: %v", err)
	}
	f.wantVotes(t, p, 1, 0)
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if err := cast("t0", 0, receipt); err != nil {
		t.Errorf("after the closing: %v", err)
	}
	if err := cast("t1", 0, other); !errors.Is(err, ErrClosed) {
		t.Errorf("a first vote after the closing: %v", err)
	}
	f.wantVotes(t, p, 1, 0)
}

// TestSaysAnswersInWords holds the line of each kind, and that no name of a voter is run by a spreadsheet.
func TestSaysAnswersInWords(t *testing.T) {
	options := []Option{{ID: "a", Text: "Rooms"}, {ID: "b", Text: "People"}, {ID: "c", Text: "Tools"}}
	number := 1204.5
	for _, try := range []struct {
		kind   Kind
		answer Answer
		want   string
	}{
		{SingleChoice, Answer{Options: []OptionID{"b"}}, "People"},
		{MultipleChoice, Answer{Options: []OptionID{"c", "a"}}, "Tools; Rooms"},
		{Ranking, Answer{Options: []OptionID{"c", "a", "b"}}, "1. Tools; 2. Rooms; 3. People"},
		{Points, Answer{Points: map[OptionID]int{"a": 30, "c": 70, "b": 0}}, "Rooms: 30; Tools: 70"},
		{Guess, Answer{Number: &number}, "1204.5 km"},
		{OpenText, Answer{Texts: []string{"More, please"}}, "More, please"},
	} {
		p := Poll{Kind: try.kind, Options: options, Rules: Rules{Unit: "km"}}
		if got := p.says(try.answer); got != try.want {
			t.Errorf("%s: %q, want %q", try.kind, got, try.want)
		}
	}
	var out strings.Builder
	if err := WriteVotersCSV(&out, []Signed{{Name: "=1+1", Says: "People", Ballot: Ballot{Receipt: "r"}}}); err != nil || !strings.Contains(out.String(), "'=1+1,People,r") {
		t.Errorf("%q %v", out.String(), err)
	}
}
