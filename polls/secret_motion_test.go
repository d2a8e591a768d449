package polls

import (
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// signFor has the receipt of a booth signed for a member.
func (f *fixture) signFor(tb testing.TB, p Poll, who, member string, b *booth) ([]byte, error) {
	tb.Helper()
	signed, err := f.SignFor(tb.Context(), room, p.ID, webinar.TicketID(who), assembly.MemberID(member), b.blinded)
	if err != nil {
		return nil, err
	}
	return b.client.Finalize(b.state, signed)
}

// castSecretly puts a ballot for an option into the box.
func (f *fixture) castSecretly(tb testing.TB, p Poll, weight, option int, b *booth, token []byte) error {
	tb.Helper()
	_, err := f.Cast(tb.Context(), room, p.ID, SecretBallot{Answer: choose(p, option), Receipt: b.receipt, Signature: token, Weight: weight})
	return err
}

// hall has six members whose vote weighs one, five with four, one who votes on paper and one who is away: m0 … m12. m5 is
// away too, and represented by m0.
func hall(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t, 14)
	f.members(t, 50, 1, 1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 1, 1)
	f.set(t, "here = 0, proxy_id = 'm0' WHERE id = 'm5'")
	f.set(t, "paper = 1 WHERE id = 'm11'")
	f.set(t, "here = 0 WHERE id = 'm12'")
	return f
}

func TestSecretMotionFollowsTheListOfItsOpening(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: TwoThirds, Abstain: true}, Secret)
	f.set(t, "here = 1 WHERE id IN ('m5', 'm12')") // too late for this vote
	f.set(t, "here = 0 WHERE id = 'm0'")           // who leaves keeps what the opening gave them
	if err := f.vote(t, p, "t1", 0); !errors.Is(err, ErrNeedsToken) {
		t.Errorf("a vote with a session: %v", err)
	}
	for _, c := range []struct {
		who, member string
		want        error
	}{
		{"t0", "", nil},
		{"t0", "m0", ErrAlreadyVoted},
		{"t0", "m5", nil},
		{"t0", "m5", ErrAlreadyVoted},
		{"t0", "m1", assembly.ErrNoMandate},
		{"t0", "nobody", assembly.ErrNoMandate},
		{"t5", "", ErrRepresented},
		{"t5", "m5", ErrRepresented},
		{"t11", "", assembly.ErrOnPaper},
		{"t12", "", ErrLate},
		{"t13", "", assembly.ErrGuest},
		{"x0", "", webinar.ErrTicketInvalid},
	} {
		if _, err := f.signFor(t, p, c.who, c.member, f.enter(t, p, c.who, c.member, c.want)); !errors.Is(err, c.want) {
			t.Errorf("a token by %s for %q: %v, want %v", c.who, c.member, err, c.want)
		}
	}
	ordinary := f.asked(t, Draft{Secrecy: Secret})
	if _, err := f.signFor(t, ordinary, "t0", "m5", f.enter(t, ordinary)); !errors.Is(err, ErrNotMotion) {
		t.Errorf("by proxy in an ordinary poll: %v", err)
	}
	for who, want := range map[webinar.TicketID]struct {
		bar   Bar
		drawn []bool
	}{"t0": {"", []bool{true, true}}, "t1": {"", []bool{false}}, "t5": {BarRepresented, nil}, "t11": {BarPaper, nil}, "t12": {BarLate, nil}} {
		got, err := f.Mandates(t.Context(), room, p.ID, who)
		var drawn []bool
		for _, m := range got.All {
			drawn = append(drawn, m.Drawn)
		}
		if err != nil || got.Bar != want.bar || !slices.Equal(drawn, want.drawn) {
			t.Errorf("%s: %+v, %v", who, got, err)
		}
	}
}

// A token says what a vote weighs, and no ballot can say another weight.
func TestSecretWeightsAreThoseOfTheKeys(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
	keys, err := f.TokenKeys(t.Context(), room, p.ID)
	if err != nil || len(keys) != 2 || keys[0].Weight != 1 || keys[1].Weight != 4 {
		t.Fatalf("keys %+v, %v", keys, err)
	}
	light, heavy := f.enterWeighing(t, p, 1, "light"), f.enterWeighing(t, p, 4, "heavy")
	one, err := f.signFor(t, p, "t1", "", light)
	if err != nil {
		t.Fatal(err)
	}
	four, err := f.signFor(t, p, "t6", "", heavy)
	if err != nil {
		t.Fatal(err)
	}
	// Blinded for a key that is not that of the member's weight.
	if _, err := f.signFor(t, p, "t2", "", f.enterWeighing(t, p, 4, "wrong")); err == nil {
		t.Error("a member of weight 1 has a token of weight 4")
	}
	for _, weight := range []int{4, 2, 1 << 20, -1} {
		want := ErrToken
		if weight < 0 {
			want = nil // none is 1
		}
		if err := f.castSecretly(t, p, weight, 0, light, one); !errors.Is(err, want) {
			t.Errorf("weight %d: %v", weight, err)
		}
	}
	if err := f.castSecretly(t, p, 1, 1, heavy, four); !errors.Is(err, ErrToken) {
		t.Errorf("a heavy vote as a light one: %v", err)
	}
	if err := f.castSecretly(t, p, 4, 1, heavy, four); err != nil {
		t.Fatal(err)
	}
	if _, err := f.CloseWithoutPaper(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if got := f.result(t, p); !slices.Equal(got.Motion.Votes, []int{1, 4, 0}) || !slices.Equal(got.Votes, []int{1, 1, 0}) || got.Motion.Decision != NotCarried {
		t.Errorf("%+v %+v", got, got.Motion)
	}
}

// Until it closes, nobody learns of a secret motion more than how many have voted: not the hosts, not by any way.
func TestSecretMotionIsSealedUntilItCloses(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: TwoThirds, Abstain: true}, Secret)
	f.events.take()
	for i, option := range []int{0, 0, 1, 0, 2} {
		b := f.enter(t, p, "v", i)
		token, err := f.signFor(t, p, fmt.Sprint("t", i), "", b)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.castSecretly(t, p, 1, option, b, token); err != nil {
			t.Fatal(err)
		}
	}
	counted := Paper{{Weight: 1, Votes: []int{1, 0, 0}}}
	f.set(t, "teller = 1 WHERE id = 'm7'")
	for who, host := range map[webinar.TicketID]bool{"h": true, "t7": false} {
		if got, err := f.CountPaper(t.Context(), room, p.ID, who, host, counted); err != nil || len(got.Classes) != 1 || got.Classes[0].Members != 1 {
			t.Fatalf("paper: %+v, %v", got, err)
		}
	}
	if got, err := f.Mandates(t.Context(), room, p.ID, "t11"); err != nil || got.Bar != BarVoted {
		t.Errorf("on paper, counted: %+v, %v", got, err)
	}
	if _, err := f.SetResults(t.Context(), room, p.ID, ResultsShown); err != nil {
		t.Fatal(err)
	}
	views, err := f.List(t.Context(), room, "", true)
	if err != nil || views[0].Tally == nil || views[0].Tally.Total != 6 || views[0].Tally.Votes != nil || views[0].Tally.Motion != nil {
		t.Errorf("a host sees %+v, %v", views[0].Tally, err)
	}
	if _, _, err := f.Results(t.Context(), room, p.ID); !errors.Is(err, ErrNotClosed) {
		t.Errorf("a sheet of an open one: %v", err)
	}
	f.publishTallies()
	told := 0
	for _, e := range f.events.take() {
		var got *Tally
		switch body := e.Body.(type) {
		case Tallied:
			got = &body.Tally
		case Changed:
			got = body.Tally
		}
		if got != nil {
			if told++; got.Votes != nil || got.Motion != nil {
				t.Errorf("told while it is open: %+v", got)
			}
		}
	}
	if told == 0 {
		t.Error("the test looked at no event")
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	f.restart(t)
	want := Outcome{Votes: []int{4, 1, 1}, Decision: Carried, OnPaper: 1} // one on paper would be told apart
	if got := f.result(t, p); got.Total != 6 || fmt.Sprint(*got.Motion) != fmt.Sprint(want) {
		t.Errorf("after the closing: %+v %+v", got, got.Motion)
	}
}

// An opening that is undone without a ballot makes its tokens void, since the next one may ask others another thing; with a
// ballot, both the tokens and the list stay.
func TestUndoneSecretMotions(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
	reopen := func() {
		t.Helper()
		if _, err := f.UndoOpening(t.Context(), room, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.OpenPoll(t.Context(), room, p.ID, Opening{SmallKnown: true}); err != nil {
			t.Fatal(err)
		}
	}
	void := f.enter(t, p, "void")
	stale, err := f.signFor(t, p, "t1", "", void)
	if err != nil {
		t.Fatal(err)
	}
	f.set(t, "here = 1 WHERE id = 'm5'")
	reopen()
	if err := f.castSecretly(t, p, 1, 0, void, stale); !errors.Is(err, ErrToken) {
		t.Errorf("a token of the opening before: %v", err)
	}
	b := f.enter(t, p, "again")
	token, err := f.signFor(t, p, "t1", "", b)
	if err != nil {
		t.Fatal(err)
	}
	own := f.enter(t, p, "own")
	kept, err := f.signFor(t, p, "t5", "", own) // is here now
	if err != nil {
		t.Fatal(err)
	}
	if err := f.castSecretly(t, p, 1, 0, b, token); err != nil {
		t.Fatal(err)
	}
	f.set(t, "here = 1 WHERE id = 'm12'")
	reopen()
	if _, err := f.signFor(t, p, "t12", "", f.enter(t, p, "late")); !errors.Is(err, ErrLate) {
		t.Errorf("came after the first opening: %v", err)
	}
	if _, err := f.signFor(t, p, "t1", "", f.enter(t, p, "second")); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("a second token: %v", err)
	}
	if err := f.castSecretly(t, p, 1, 1, own, kept); err != nil {
		t.Errorf("a token from before: %v", err)
	}
	if ballots, _ := f.box(t, p.ID); ballots != 2 {
		t.Errorf("%d ballots", ballots)
	}
}

// As in any secret poll, but in each class of weight for itself: every token fits every ballot, and nothing stored leads from
// a member to one. What a ballot weighs leads to five members at least.
func TestEveryTokenOfAMotionFitsEveryBallotOfItsWeight(t *testing.T) {
	f := hall(t)
	f.set(t, "paper = 0 WHERE id = 'm11'")
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
	keys, err := f.store.tokenKeys(t.Context(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var all []*booth
	for weight, members := range map[int][]int{1: {0, 1, 2, 3, 4, 5, 11}, 4: {6, 7, 8, 9, 10}} {
		var booths []*booth
		var tokens [][]byte
		for _, m := range members {
			b := f.enterWeighing(t, p, weight, "v", m)
			holder := m
			if m == 5 {
				holder = 0
			}
			token, err := f.signFor(t, p, fmt.Sprint("t", holder), fmt.Sprint("m", m), b)
			if err != nil {
				t.Fatal(err)
			}
			booths, tokens = append(booths, b), append(tokens, token)
		}
		for _, i := range rand.Perm(len(booths)) {
			if err := f.castSecretly(t, p, weight, i%3, booths[i], tokens[i]); err != nil {
				t.Fatal(err)
			}
		}
		private, err := x509.ParsePKCS1PrivateKey(keys[weight].private)
		if err != nil {
			t.Fatal(err)
		}
		everyFits(t, private, booths, tokens)
		all = append(all, booths...)
		var alike int
		if err := f.db.Raw("SELECT count(*) FROM ballots WHERE poll_id = ? AND weight = ?", p.ID, weight).Row().Scan(&alike); err != nil || alike < minClass {
			t.Errorf("%d ballots of weight %d, %v", alike, weight, err)
		}
	}
	if members, ballots := apart(t, f, p, "m", all); members != len(all) || ballots != len(all) {
		t.Errorf("the test looked at %d members and %d ballots of %d", members, ballots, len(all))
	}
	if tickets, _ := apart(t, f, p, "t", all); tickets != 0 {
		t.Errorf("tokens were handed out to %d tickets", tickets)
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if members, ballots := apart(t, f, p, "m", all); members != 0 || ballots != len(all) {
		t.Errorf("%d members are known to have had a token, %d ballots of %d", members, ballots, len(all))
	}
}

// Whoever asks, for whom, and whatever changes on the list meanwhile: each elector counts once and with their weight, and the
// tally is what the raw rows say.
func TestSecretMotionRecountsFromRawBallots(t *testing.T) {
	for seed := range uint64(6) {
		f := hall(t)
		draw := rand.New(rand.NewPCG(seed, 0))
		p := f.motion(t, Motion{Majority: SimpleMajority, Heads: seed%2 == 0, Abstain: true}, Secret)
		electors, err := f.store.electors(t.Context(), p.ID)
		if err != nil || len(electors) != 12 {
			t.Fatalf("%d electors, %v", len(electors), err)
		}
		drawn, want, heads := map[string]bool{}, make([]int, 3), make([]int, 3)
		for n := range 60 {
			who, member := draw.IntN(14), fmt.Sprint("m", draw.IntN(13))
			f.set(t, fmt.Sprintf("here = 1 - here WHERE id = 'm%d'", draw.IntN(13)))
			i := slices.IndexFunc(electors, func(e assembly.Elector) bool { return string(e.Member) == member })
			may := i >= 0 && !electors[i].Paper && string(electors[i].Holder) == fmt.Sprint("m", who)
			weight := 1
			if i >= 0 && !electors[i].Paper {
				weight = electors[i].Weight
			}
			b := f.enterWeighing(t, p, weight, seed, n)
			token, err := f.signFor(t, p, fmt.Sprint("t", who), member, b)
			if (err == nil) != (may && !drawn[member]) {
				t.Fatalf("seed %d: t%d for %s: %v; may %v, drawn %v", seed, who, member, err, may, drawn[member])
			}
			if err != nil {
				continue
			}
			drawn[member] = true
			option := draw.IntN(3)
			for range 2 { // the second time it is the same ballot
				if err := f.castSecretly(t, p, weight, option, b, token); err != nil && !errors.Is(err, ErrAlreadyVoted) {
					t.Fatal(err)
				}
			}
			want[option] += weight
			heads[option]++
		}
		if _, err := f.CloseWithoutPaper(t.Context(), room, p.ID); err != nil {
			t.Fatal(err)
		}
		if got := f.result(t, p); len(drawn) == 0 || !slices.Equal(got.Motion.Votes, want) || !slices.Equal(got.Votes, heads) || got.Total != len(drawn) {
			t.Errorf("seed %d: %+v %+v, want %v and %v of %d", seed, got, got.Motion, want, heads, len(drawn))
		}
	}
}
