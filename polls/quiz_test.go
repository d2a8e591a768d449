package polls

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"plenum/webinar"
)

func (f *fixture) quiz(tb testing.TB, rules Rules, openFor time.Duration, options ...string) Poll {
	tb.Helper()
	return f.askedOf(tb, Draft{Kind: Quiz, Options: options, Rules: rules, Plan: Plan{OpenFor: openFor}})
}

func player(n int) Player {
	return Player{ID: PlayerID(receiptOf("player", fmt.Sprint(n))), Nickname: fmt.Sprint("Spieler ", n)}
}

func (f *fixture) play(tb testing.TB, p Poll, n int, options ...int) error {
	tb.Helper()
	_, err := f.Play(tb.Context(), room, p.ID, webinar.TicketID(fmt.Sprint("t", n)), Answer{Options: picked(p, options...)}, receiptOf(string(p.ID), fmt.Sprint(n)), player(n))
	return err
}

func picked(p Poll, places ...int) (out []OptionID) {
	for _, i := range places {
		out = append(out, p.Options[i].ID)
	}
	return out
}

// board is the leaderboard as text.
func (f *fixture) board(tb testing.TB) string {
	tb.Helper()
	list, err := f.Leaderboard(tb.Context(), room)
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, s := range list {
		out = append(out, fmt.Sprintf("%d. %s %d (%d/%d)", s.Place, s.Nickname, s.Points, s.Right, s.Played))
	}
	return strings.Join(out, ", ")
}

// Until a quiz closes nobody but a host learns what is correct, how others answered, or who is ahead.
func TestQuizKeepsItsSecretUntilItCloses(t *testing.T) {
	f := newFixture(t, 4)
	p := f.quiz(t, Rules{Correct: []int{1}}, 0, "Bonn", "Berlin", "Köln")
	for i := range 3 {
		if err := f.play(t, p, i, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.vote(t, p, "t3", 1); err != nil { // without a nickname
		t.Fatal(err)
	}
	if got := f.board(t); got != "" {
		t.Errorf("the leaderboard before the closing: %s", got)
	}
	v, err := f.Get(t.Context(), room, p.ID, "t1", false)
	if err != nil || v.Tally != nil || v.Poll.Rules.Correct != nil {
		t.Errorf("an attendee who has answered sees %v of %v, %v", v.Tally, v.Poll.Rules, err)
	}
	for _, e := range f.events.take() {
		if e.To.Includes("t0", webinar.Attendee) {
			switch b := e.Body.(type) {
			case Tallied:
				t.Errorf("attendees heard %v", b)
			case Changed:
				if b.Tally != nil || b.Poll.Rules.Correct != nil {
					t.Errorf("attendees heard %v, %v", b.Tally, b.Poll.Rules)
				}
			}
		}
	}
	if v, err := f.Get(t.Context(), room, p.ID, "", true); err != nil || v.Tally == nil || !slices.Equal(v.Poll.Rules.Correct, []int{1}) {
		t.Errorf("a host sees %v of %v, %v", v.Tally, v.Poll.Rules, err)
	}
	if _, err := f.SetResults(t.Context(), room, p.ID, ResultsShown); err != nil {
		t.Fatal(err)
	}
	if v, err = f.Get(t.Context(), room, p.ID, "t1", false); err != nil || v.Tally != nil || v.Poll.Rules.Correct != nil {
		t.Errorf("shown by a host's mistake while it is open: %v, %v", v, err)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if v, err = f.Get(t.Context(), room, p.ID, "t1", false); err != nil || v.Tally == nil || !slices.Equal(v.Tally.Votes, []int{1, 2, 1}) || !slices.Equal(v.Poll.Rules.Correct, []int{1}) {
		t.Errorf("after the closing %v, %v", v, err)
	}
	if got, want := f.board(t), "1. Spieler 1 1000 (1/1), 2. Spieler 0 0 (0/1), 2. Spieler 2 0 (0/1)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := f.LeaveLeaderboard(t.Context(), room, player(1).ID); err != nil {
		t.Fatal(err)
	}
	if got := f.board(t); strings.Contains(got, "Spieler 1") {
		t.Errorf("left, and still there: %s", got)
	}
	for table, found := range rows(t, f.db) {
		for _, row := range found {
			if strings.Contains(row, "Spieler 1") || strings.Contains(row, string(player(1).ID)) {
				t.Errorf("%s still knows who left: %s", table, row)
			}
		}
	}
}

// Who is sooner gets more, by the server's clock, and the poll ends by itself.
func TestSpeedCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, 5)
		p := f.quiz(t, Rules{Correct: []int{0, 2}, Speed: true}, 20*time.Second, "2", "4", "3")
		answers := [][]int{{2, 0}, {0, 2}, {0}, {0, 1, 2}}
		for i, options := range answers {
			time.Sleep(5 * time.Second) // each answers so much later than the one before
			if err := f.play(t, p, i, options...); i < 3 && err != nil || i == 3 && !errors.Is(err, ErrClosed) {
				t.Fatalf("%d: %v", i, err)
			}
		}
		synctest.Wait()
		v, err := f.Get(t.Context(), room, p.ID, "t0", false)
		if err != nil || v.Poll.State != StateClosed || v.Tally == nil || !slices.Equal(v.Tally.Votes, []int{3, 0, 2}) {
			t.Errorf("%+v, %v", v, err)
		}
		if got, want := f.board(t), "1. Spieler 0 875 (1/1), 2. Spieler 1 750 (1/1), 3. Spieler 2 0 (0/1)"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

func TestRefusedPlayers(t *testing.T) {
	f := newFixture(t, 4)
	p := f.quiz(t, Rules{Correct: []int{0}}, 0, "a", "b")
	if err := f.play(t, p, 0, 0); err != nil {
		t.Fatal(err)
	}
	choice := f.opened(t, room, "a", "b")
	for name, c := range map[string]struct {
		poll  Poll
		as    Player
		want  error
		field string
	}{
		"a name that is taken":  {p, Player{player(1).ID, "SPIELER  0"}, ErrNicknameTaken, ""},
		"somebody else's id":    {p, Player{player(0).ID, "Spieler 0"}, ErrPlayer, ""},
		"no name":               {p, Player{player(1).ID, " \u200b "}, nil, "nickname"},
		"a name without end":    {p, Player{player(1).ID, strings.Repeat("x", MaxNickname+1)}, nil, "nickname"},
		"a name turned around":  {p, Player{player(1).ID, "a\u202eb"}, nil, "nickname"},
		"no id":                 {p, Player{"", "Ada"}, nil, "player"},
		"a ticket for an id":    {p, Player{"t1", "Ada"}, nil, "player"},
		"a poll that is no one": {choice, player(1), ErrAnswer, ""},
	} {
		_, err := f.Play(t.Context(), room, c.poll.ID, "t1", Answer{Options: picked(c.poll, 0)}, receiptOf("r"), c.as)
		bad, ok := errors.AsType[*webinar.InvalidError](err)
		if (c.want != nil && !errors.Is(err, c.want)) || (c.field != "" && (!ok || bad.Field != c.field)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ballots, voters := f.box(t, p.ID); ballots != 1 || voters != 1 {
		t.Errorf("refused players left %d ballots of %d voters", ballots, voters)
	}
	if err := f.play(t, p, 1, 1); err != nil {
		t.Errorf("who was refused may still play: %v", err)
	}
	if err := f.play(t, p, 1, 1); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("a retry: %v", err)
	}
}

func TestDraftsOfAQuiz(t *testing.T) {
	options := []string{"a", "b", "c"}
	for _, c := range []struct {
		rules Rules
		plan  Plan
		most  int
		field string
	}{
		{Rules{Correct: []int{2}}, Plan{}, 1, ""},
		{Rules{Correct: []int{2, 0, 2}}, Plan{}, 3, ""},
		{Rules{Correct: []int{2}, Speed: true}, Plan{OpenFor: 20 * time.Second}, 1, ""},
		{Rules{}, Plan{}, 0, "correct"},
		{Rules{Correct: []int{0, 1, 2}}, Plan{}, 0, "correct"},
		{Rules{Correct: []int{3}}, Plan{}, 0, "correct"},
		{Rules{Correct: []int{-1}}, Plan{}, 0, "correct"},
		{Rules{Correct: []int{1}, Speed: true}, Plan{}, 0, "open_for_ms"},
	} {
		d := Draft{Question: "?", Kind: Quiz, Options: options, Rules: c.rules, Plan: c.plan}
		err := d.Validate()
		if bad, ok := errors.AsType[*webinar.InvalidError](err); ok != (c.field != "") || (ok && bad.Field != c.field) || (!ok && err != nil) {
			t.Errorf("%+v: %v", c.rules, err)
		}
		if err == nil && (d.Rules.Most != c.most || !slices.IsSorted(d.Rules.Correct) || d.Results != ResultsClosed) {
			t.Errorf("%+v became %+v, %s", c.rules, d.Rules, d.Results)
		}
	}
}

// Points are never more for a later answer, none for a wrong one, and at least half for a right one.
func TestPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Poll{Options: []Option{{ID: "a"}, {ID: "b"}, {ID: "c"}}, Rules: Rules{Correct: []int{0, 2}, Speed: rapid.Bool().Draw(t, "speed")}}
		limit := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "limit"))
		when := rapid.Int64Range(-int64(time.Second), int64(2*time.Hour))
		sooner, later := time.Duration(when.Draw(t, "one")), time.Duration(when.Draw(t, "other"))
		if later < sooner {
			sooner, later = later, sooner
		}
		right := Answer{Options: []OptionID{"a", "c"}}
		one, other := p.points(right, sooner, limit), p.points(right, later, limit)
		if one < other || one > fullScore || other < fullScore/2 || (!p.Rules.Speed && other != fullScore) {
			t.Fatalf("%d after %v, %d after %v of %v", one, sooner, other, later, limit)
		}
		for _, wrong := range [][]OptionID{{"a"}, {"c"}, {"b"}, {"a", "b", "c"}, nil} {
			if got := p.points(Answer{Options: wrong}, sooner, limit); got != 0 {
				t.Fatalf("%v brings %d", wrong, got)
			}
		}
	})
}

// What is stored about players leads neither to their seats nor to their ballots.
func TestPlayersAreNotLinkedToVoters(t *testing.T) {
	f := newFixture(t, 9)
	p := f.quiz(t, Rules{Correct: []int{1}}, 0, "a", "b")
	for i := range 9 {
		if err := f.play(t, p, i, i%2); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for table, found := range rows(t, f.db) {
		for _, row := range found {
			for i := range 9 {
				if !strings.Contains(row, string(player(i).ID)) {
					continue
				}
				seen++
				if ticket := fmt.Sprint(":t", i); strings.Contains(row, ticket+" ") || strings.Contains(row, ticket+"]") || strings.Contains(row, receiptOf(string(p.ID), fmt.Sprint(i))) {
					t.Errorf("%s: %s", table, row)
				}
			}
		}
	}
	if seen != 18 {
		t.Errorf("the test looked at %d rows", seen)
	}
}
