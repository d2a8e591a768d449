package polls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// members are m0 … with the tickets t0 …, all here.
func (f *fixture) members(tb testing.TB, quorum int, weights ...int) {
	tb.Helper()
	if err := f.db.Exec("INSERT INTO assemblies (webinar_id, quorum) VALUES (?, ?)", room, quorum).Error; err != nil {
		tb.Fatal(err)
	}
	for i, w := range weights {
		err := f.db.Exec("INSERT INTO members (id, webinar_id, position, number, name, weight, ticket_id, here, arrived) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1)",
			fmt.Sprint("m", i), room, i+1, fmt.Sprint(i), fmt.Sprint("Name ", i), w, fmt.Sprint("t", i)).Error
		if err != nil {
			tb.Fatal(err)
		}
	}
}

func (f *fixture) set(tb testing.TB, sql string) {
	tb.Helper()
	if err := f.db.Exec("UPDATE members SET " + sql).Error; err != nil {
		tb.Fatal(err)
	}
}

func (f *fixture) motion(tb testing.TB, m Motion, s Secrecy) Poll {
	tb.Helper()
	p, err := f.Create(tb.Context(), room, Draft{Question: "Antrag 1?", Options: []string{"Ja", "Nein", "Enthaltung"}, Motion: m, Secrecy: s})
	if err != nil {
		tb.Fatal(err)
	}
	if p, err = f.OpenPoll(tb.Context(), room, p.ID, Opening{SmallKnown: true}); err != nil {
		tb.Fatal(err)
	}
	return p
}

func (f *fixture) voteFor(tb testing.TB, p Poll, who, member string, option int) error {
	tb.Helper()
	_, err := f.VoteFor(tb.Context(), room, p.ID, webinar.TicketID(who), assembly.MemberID(member), chosen(p.Options[option].ID), receiptOf(string(p.ID), who, member))
	return err
}

// result is how a poll stands, also while nobody may know.
func (f *fixture) result(tb testing.TB, p Poll) Tally {
	tb.Helper()
	found, err := f.store.get(tb.Context(), room, p.ID)
	if err != nil {
		tb.Fatal(err)
	}
	t, err := f.tally(tb.Context(), found)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func TestMembersVoteForThemselvesAndByProxy(t *testing.T) {
	f := newFixture(t, 6)
	f.members(t, 50, 2, 3, 1, 1, 1)
	f.set(t, "here = 0, proxy_id = 'm0' WHERE id = 'm1'")
	f.set(t, "here = 0 WHERE id = 'm3'")
	f.set(t, "paper = 1 WHERE id = 'm4'")
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Named)
	if a := p.Attendance; a == nil || a.Here.Votes != 4 || a.Represented.Votes != 3 || !a.Met {
		t.Fatalf("attendance %+v", a)
	}
	for _, c := range []struct {
		who, member string
		want        error
	}{
		{"t0", "", nil},
		{"t0", "", nil}, // sent again: the same vote
		{"t0", "m0", ErrAlreadyVoted},
		{"t0", "m1", nil},
		{"t0", "m1", nil},
		{"t0", "m2", assembly.ErrNoMandate},
		{"t0", "nobody", assembly.ErrNoMandate},
		{"t1", "", ErrAlreadyVoted}, // by the proxy
		{"t3", "", assembly.ErrAway},
		{"t4", "", assembly.ErrOnPaper},
		{"t5", "", assembly.ErrGuest},
		{"x0", "", webinar.ErrTicketInvalid},
	} {
		if err := f.voteFor(t, p, c.who, c.member, 0); !errors.Is(err, c.want) {
			t.Errorf("%s for %q: %v, want %v", c.who, c.member, err, c.want)
		}
	}
	for _, member := range []string{"", "m1"} {
		if err := f.voteFor(t, p, "t0", member, 1); !errors.Is(err, ErrAlreadyVoted) {
			t.Errorf("another answer for %q: %v", member, err)
		}
	}
	f.set(t, "here = 1 WHERE id = 'm1'") // arrives after the proxy voted
	if err := f.voteFor(t, p, "t1", "", 1); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("after the proxy: %v", err)
	}
	if err := f.vote(t, p, "t2", 1); err != nil { // as the page of an ordinary poll would
		t.Error(err)
	}
	got := f.result(t, p)
	if got.Total != 3 || !slices.Equal(got.Votes, []int{2, 1, 0}) || !slices.Equal(got.Motion.Votes, []int{5, 1, 0}) || got.Motion.Decision != Carried {
		t.Errorf("%+v %+v", got, got.Motion)
	}
	if list, err := f.Signed(t.Context(), room, p.ID); err != nil || len(list) != 3 || list[1].Name != "Name 1" {
		t.Errorf("signed %+v, %v", list, err)
	}
	views, err := f.List(t.Context(), room, "t1", false)
	if err != nil || !views[0].Voted || views[0].Tally != nil {
		t.Errorf("a member sees %+v, %v", views[0], err)
	}
	ordinary := f.opened(t, room, "a", "b")
	if err := f.voteFor(t, ordinary, "t0", "m1", 0); !errors.Is(err, ErrNotMotion) {
		t.Errorf("by proxy in an ordinary poll: %v", err)
	}
}

// The sheet of one motion says what the page and the minutes say: votes by weight, and members.
func TestSheetOfAMotionWeighs(t *testing.T) {
	f := newFixture(t, 3)
	f.members(t, 0, 5, 2, 3)
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Named)
	for i, option := range []int{0, 1, 2} {
		if err := f.voteFor(t, p, fmt.Sprint("t", i), "", option); err != nil {
			t.Fatal(err)
		}
	}
	p, tally, err := f.Results(t.Context(), room, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteCSV(&out, p, tally); err != nil {
		t.Fatal(err)
	}
	const want = "\ufeffoption,votes,percent,members,on paper\r\nJa,5,71.4,1,0\r\nNein,2,28.6,1,0\r\nEnthaltung,3,,1,0\r\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if _, n := tally.Bars(p); !slices.Equal(n, []int{5, 2, 3}) {
		t.Errorf("bars %v", n)
	}
}

func TestDraftsOfMotions(t *testing.T) {
	sides := []string{"for", "against"}
	three := []string{"for", "against", "abstain"}
	for field, d := range map[string]Draft{
		"":                {Options: three, Motion: Motion{Majority: TwoThirds, Abstain: true}, Secrecy: Secret},
		"motion.majority": {Options: sides, Motion: Motion{Majority: "most"}},
		"options":         {Options: three, Motion: Motion{Majority: SimpleMajority}},
		"kind":            {Options: sides, Kind: MultipleChoice, Motion: Motion{Majority: SimpleMajority}},
		"changeable":      {Options: sides, Changeable: true, Motion: Motion{Majority: SimpleMajority}},
		"results":         {Options: sides, Plan: Plan{Results: ResultsShown}, Motion: Motion{Majority: NoMajority}},
	} {
		d.Question = "?"
		err := d.Validate()
		invalid, ok := errors.AsType[*webinar.InvalidError](err)
		if (field == "") != (err == nil) || ok && invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
		if err == nil && d.Results != ResultsClosed {
			t.Errorf("results are seen %s", d.Results)
		}
	}
}

func TestSmallClassesAreToldBeforeTheOpening(t *testing.T) {
	f := newFixture(t, 6)
	f.members(t, 0, 1, 1, 1, 1, 1, 9)
	draft := func(m Motion, s Secrecy) PollID {
		p, err := f.Create(t.Context(), room, Draft{Question: "?", Options: []string{"a", "b"}, Motion: m, Secrecy: s})
		if err != nil {
			t.Fatal(err)
		}
		return p.ID
	}
	weighed := draft(Motion{Majority: SimpleMajority}, Anonymous)
	if _, err := f.OpenPoll(t.Context(), room, weighed, Opening{}); !errors.Is(err, ErrSmallClass) {
		t.Errorf("one member of weight 9: %v", err)
	}
	if _, err := f.OpenPoll(t.Context(), room, weighed, Opening{SmallKnown: true}); err != nil {
		t.Error(err)
	}
	f.set(t, "weight = 9 WHERE id IN ('m1', 'm2', 'm3', 'm4')") // five by now, one besides
	f.set(t, "weight = 9, here = 0, proxy_id = 'm1' WHERE id = 'm5'")
	if _, err := f.OpenPoll(t.Context(), room, draft(Motion{Majority: SimpleMajority}, Anonymous), Opening{}); !errors.Is(err, ErrSmallClass) {
		t.Errorf("five votes of weight 9 that four cast: %v", err)
	}
	f.set(t, "here = 1 WHERE id = 'm5'")
	for _, id := range []PollID{draft(Motion{Majority: SimpleMajority, Heads: true}, Anonymous), draft(Motion{Majority: SimpleMajority}, Named)} {
		if _, err := f.OpenPoll(t.Context(), room, id, Opening{}); err != nil {
			t.Error(err)
		}
	}
	p, err := f.Create(t.Context(), other, Draft{Question: "?", Options: []string{"a", "b"}, Motion: Motion{Majority: NoMajority}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenPoll(t.Context(), other, p.ID, Opening{}); !errors.Is(err, assembly.ErrNoAssembly) {
		t.Errorf("without a list: %v", err)
	}
}

func TestTwoPeopleCountThePaper(t *testing.T) {
	f := newFixture(t, 7)
	f.members(t, 100, 1, 1, 4, 4, 1)
	f.set(t, "paper = 1 WHERE id IN ('m0', 'm2', 'm3')")
	f.set(t, "teller = 1 WHERE id = 'm4'")
	p := f.motion(t, Motion{Majority: TwoThirds, Abstain: true}, Anonymous)
	enter := func(who string, host bool, in Paper) (PaperCount, error) {
		return f.CountPaper(t.Context(), room, p.ID, webinar.TicketID(who), host, in)
	}
	counted := Paper{{Weight: 4, Votes: []int{1, 0, 0}, Invalid: 1}}
	if _, err := enter("t1", false, counted); !errors.Is(err, webinar.ErrForbidden) {
		t.Errorf("who is no teller: %v", err)
	}
	for _, bad := range []Paper{{{Weight: 4, Votes: []int{3, 0, 0}}}, {{Weight: 7, Votes: []int{1, 0, 0}}}} {
		if _, err := enter("h", true, bad); !errors.Is(err, ErrPaperMany) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if _, err := enter("h", true, Paper{{Weight: 1, Votes: []int{1}}}); err == nil {
		t.Error("too few options")
	}
	if got, err := enter("h", true, counted); err != nil || got.Others != 0 || got.Agreed != nil {
		t.Errorf("the first: %+v, %v", got, err)
	}
	if got, err := enter("h", true, counted); err != nil || got.Agreed != nil {
		t.Errorf("the same person again: %+v, %v", got, err)
	}
	if got, err := f.PaperCount(t.Context(), room, p.ID, "t4", false); err != nil || got.Others != 1 || got.Theirs != nil {
		t.Errorf("the second before counting: %+v, %v", got, err)
	}
	if got, err := enter("t4", false, Paper{{Weight: 4, Votes: []int{0, 1, 0}, Invalid: 1}}); err != nil || got.Agreed != nil || len(got.Theirs) != 1 {
		t.Errorf("a difference: %+v, %v", got, err)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); !errors.Is(err, ErrPaperPending) {
		t.Errorf("closed with a difference: %v", err)
	}
	if got := f.result(t, p); got.Total != 0 {
		t.Errorf("counted before they agree: %+v", got)
	}
	if got, err := enter("t4", false, counted); err != nil || got.Agreed == nil {
		t.Errorf("both alike: %+v, %v", got, err)
	}
	if _, err := enter("h", true, nil); !errors.Is(err, ErrPaperAgreed) {
		t.Errorf("changed afterwards: %v", err)
	}
	f.set(t, "paper = 0 WHERE id = 'm2'")
	if err := f.voteFor(t, p, "t2", "", 1); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("paper and online: %v", err)
	}
	if err := f.voteFor(t, p, "t1", "", 1); err != nil {
		t.Error(err)
	}
	f.restart(t)
	want := Outcome{Votes: []int{4, 1, 0}, Paper: []int{1, 0, 0}, Invalid: 1, Decision: Carried, OnPaper: 2}
	if got := f.result(t, p); got.Total != 2 || fmt.Sprint(*got.Motion) != fmt.Sprint(want) {
		t.Errorf("after a restart: %+v %+v", got, got.Motion)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if got := f.result(t, p); got.Total != 2 || fmt.Sprint(*got.Motion) != fmt.Sprint(want) {
		t.Errorf("after the closing: %+v %+v", got, got.Motion)
	}
	if _, err := enter("h", true, counted); !errors.Is(err, ErrClosed) {
		t.Errorf("after the closing: %v", err)
	}
}

func TestDecisions(t *testing.T) {
	few := &assembly.Attendance{}
	for _, c := range []struct {
		majority Majority
		votes    []int
		at       *assembly.Attendance
		want     Decision
	}{
		{SimpleMajority, []int{3, 2, 9}, nil, Carried},
		{SimpleMajority, []int{2, 2, 0}, nil, NotCarried},
		{SimpleMajority, []int{0, 0, 5}, nil, NotCarried},
		{TwoThirds, []int{4, 2, 7}, nil, Carried},
		{TwoThirds, []int{5, 3, 0}, nil, NotCarried},
		{TwoThirds, []int{0, 0, 0}, nil, NotCarried},
		{SimpleMajority, []int{3, 0, 0}, few, NoQuorum},
		{NoMajority, []int{3, 0, 0}, few, ""},
	} {
		if got := (Poll{Motion: Motion{Majority: c.majority}, Attendance: c.at}).decide(c.votes); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// Whatever is cast, by whom and for whom: the tally is what a recount of the raw rows says, and nobody counts twice.
func TestMotionRecountsFromRawBallots(t *testing.T) {
	const n = 6
	f := newFixture(t, n)
	f.members(t, 0, 1, 2, 3, 5, 8, 13)
	rapid.Check(t, func(rt *rapid.T) {
		for i := range n {
			proxy := fmt.Sprint("m", rapid.IntRange(0, n-1).Draw(rt, "proxy"))
			if err := f.db.Exec("UPDATE members SET here = ?, proxy_id = ? WHERE id = ?", rapid.Bool().Draw(rt, "here"), proxy, fmt.Sprint("m", i)).Error; err != nil {
				rt.Fatal(err)
			}
		}
		heads := rapid.Bool().Draw(rt, "heads")
		p := f.motion(t, Motion{Majority: SimpleMajority, Heads: heads, Abstain: true}, Anonymous)
		roll, err := assembly.In(f.db).Roll(t.Context(), room)
		if err != nil {
			rt.Fatal(err)
		}
		entitled := map[string]bool{}
		for range rapid.IntRange(0, 25).Draw(rt, "votes") {
			who, member := rapid.IntRange(0, n-1).Draw(rt, "who"), fmt.Sprint("m", rapid.IntRange(0, n-1).Draw(rt, "for"))
			ticket := fmt.Sprint("t", who)
			may := slices.ContainsFunc(roll.Mandates(webinar.TicketID(ticket)), func(m assembly.Member) bool { return string(m.ID) == member })
			err := f.voteFor(t, p, ticket, member, rapid.IntRange(0, 2).Draw(rt, "option"))
			if (err == nil) != (may && !entitled[member]) {
				rt.Fatalf("%s for %s: %v; may %v, voted %v", ticket, member, err, may, entitled[member])
			}
			entitled[member] = entitled[member] || err == nil
		}
		want := raw(rt, f, p)
		for range 2 {
			got := f.result(t, p)
			if !slices.Equal(got.Motion.Votes, want) {
				rt.Fatalf("tally %v, raw ballots %v", got.Motion.Votes, want)
			}
			if _, err := f.ClosePoll(context.Background(), room, p.ID); err != nil {
				rt.Fatal(err)
			}
		}
		if err := f.db.Exec("DELETE FROM polls").Error; err != nil {
			rt.Fatal(err)
		}
	})
}

// raw sums the weights in the file, apart from all code under test.
func raw(rt *rapid.T, f *fixture, p Poll) []int {
	out := make([]int, len(p.Options))
	for i, o := range p.Options {
		err := f.db.Raw("SELECT coalesce(sum(weight), 0) FROM ballots WHERE poll_id = ? AND answer ->> '$.options[0]' = ?", p.ID, o.ID).Row().Scan(&out[i])
		if err != nil {
			rt.Fatal(err)
		}
	}
	return out
}
