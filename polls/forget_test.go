package polls

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// Where only one member with votes of some weight has drawn a token, that and the ballot of that weight would tell. So
// nothing on the disk says after the closing, in whichever way it came, who had drawn one.
func TestClosingForgetsWhoDrewAToken(t *testing.T) {
	for name, end := range map[string]func(*fixture, Poll) error{
		"by a host":        func(f *fixture, p Poll) error { _, err := f.CloseWithoutPaper(t.Context(), room, p.ID); return err },
		"with the webinar": func(f *fixture, _ Poll) error { return f.CloseAll(t.Context(), room) },
		"at its time": func(f *fixture, p Poll) error {
			o, _ := f.openings.get(p.ID)
			o.poll.ClosesAt = time.Now().Add(-time.Second)
			f.openings.set(o.poll, time.Now())
			return f.closeOver(p)
		},
	} {
		f := hall(t)
		p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
		var booths []*booth
		for i, c := range []struct{ member, weight int }{{0, 1}, {1, 1}, {7, 4}} {
			b := f.enterWeighing(t, p, c.weight, name, i)
			token, err := f.signFor(t, p, fmt.Sprint("t", c.member), "", b)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.castSecretly(t, p, c.weight, i%2, b, token); err != nil {
				t.Fatal(err)
			}
			booths = append(booths, b)
		}
		known := func() (n int) {
			disk := f.onDisk(t)
			for _, b := range booths {
				request := sha256.Sum256(b.blinded)
				n += min(1, bytes.Count(disk, request[:]))
			}
			return n
		}
		if n := known(); n != 3 {
			t.Fatalf("%s: while it is open, %d requests are on the disk: the test sees nothing", name, n)
		}
		if err := end(f, p); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil { // waits for the file to be tidied
			t.Fatal(err)
		}
		if n := known(); n != 0 {
			t.Errorf("closed %s: %d requests are on the disk still", name, n)
		}
		var rows, ballots int
		if err := f.db.Raw("SELECT (SELECT count(*) FROM poll_tokens), (SELECT count(*) FROM ballots)").Row().Scan(&rows, &ballots); err != nil || rows != 0 || ballots != 3 {
			t.Errorf("closed %s: %d rows of tokens, %d ballots, %v", name, rows, ballots, err)
		}
	}
}

// A draft whose opening was undone keeps its tokens while there are ballots, but not beyond the webinar.
func TestUndoneOpeningIsForgottenWithTheWebinar(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
	b := f.enter(t, p, "one")
	token, err := f.signFor(t, p, "t1", "", b)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.castSecretly(t, p, 1, 0, b, token); err != nil {
		t.Fatal(err)
	}
	if _, err := f.UndoOpening(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	look := func() (tokens, keys int) {
		t.Helper()
		if err := f.db.Raw("SELECT (SELECT count(*) FROM poll_tokens), (SELECT count(*) FROM poll_keys WHERE private <> x'')").Row().Scan(&tokens, &keys); err != nil {
			t.Fatal(err)
		}
		return tokens, keys
	}
	if tokens, keys := look(); tokens != 1 || keys != 2 {
		t.Fatalf("undone: %d tokens, %d keys", tokens, keys)
	}
	if err := f.db.Exec("UPDATE webinars SET state = 'ended' WHERE id = ?", room).Error; err != nil {
		t.Fatal(err)
	}
	if err := f.CloseAll(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	if tokens, keys := look(); tokens != 0 || keys != 0 {
		t.Errorf("ended: %d tokens, %d keys", tokens, keys)
	}
}

// A message that no key can sign costs nobody their token.
func TestAMessageThatIsRefusedSpendsNoToken(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
	for name, blinded := range map[string][]byte{"more than the modulus": bytes.Repeat([]byte{0xff}, tokenBytes), "nothing": make([]byte, tokenBytes)} {
		_, err := f.SignFor(t.Context(), room, p.ID, "t1", "", blinded)
		if invalid, ok := errors.AsType[*webinar.InvalidError](err); !ok || invalid.Field != "blinded" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.signFor(t, p, "t1", "", f.enter(t, p, "good")); err != nil {
		t.Errorf("a good one afterwards: %v", err)
	}
}

// Who was told of few voters at the first round was not told of those of the second.
func TestTheNextRoundAsksAnew(t *testing.T) {
	f := newFixture(t, 6)
	f.members(t, 0, 1, 1, 1, 1, 1, 1)
	draft := Draft{Question: "?", Options: []string{"a", "b", "c"}, Motion: Motion{Majority: SimpleMajority, Abstain: true}, Secrecy: Secret}
	p, err := f.Create(t.Context(), room, draft)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenPoll(t.Context(), room, p.ID, Opening{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.CloseWithoutPaper(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	f.set(t, "here = 0 WHERE id IN ('m0', 'm1')")
	if _, err := f.Repeat(t.Context(), room, p.ID, false); !errors.Is(err, ErrFewVoters) {
		t.Fatalf("four of them: %v", err)
	}
	if sheet := f.sheet(t); len(sheet) != 1 {
		t.Errorf("the refused round is in the run-sheet: %v", sheet)
	}
	next, err := f.Repeat(t.Context(), room, p.ID, true)
	if err != nil || next.Round != 2 {
		t.Fatalf("%+v, %v", next, err)
	}
	if electors, err := f.store.electors(t.Context(), next.ID); err != nil || len(electors) != 4 || slices.ContainsFunc(electors, func(e assembly.Elector) bool { return e.Member == "m0" }) {
		t.Errorf("%+v, %v", electors, err)
	}
}

// A draft whose time does not fit is refused before anything is written, so that it can open once it is mended.
func TestARefusedOpeningLeavesNothing(t *testing.T) {
	f := hall(t)
	p, err := f.Create(t.Context(), room, Draft{Question: "?", Options: []string{"a", "b"}, Motion: Motion{Majority: SimpleMajority}, Secrecy: Secret})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenPoll(t.Context(), room, p.ID, Opening{For: 2 * time.Hour, SmallKnown: true}); err == nil {
		t.Fatal("open for longer than the webinar is kept")
	}
	if electors, err := f.store.electors(t.Context(), p.ID); err != nil || len(electors) != 0 {
		t.Errorf("%d electors were laid down, %v", len(electors), err)
	}
	if _, err := f.OpenPoll(t.Context(), room, p.ID, Opening{SmallKnown: true}); err != nil {
		t.Errorf("without an end: %v", err)
	}
}

// A program that ends while a secret motion is open goes on with the same keys, list, tokens and ballots, and tells no more
// than before.
func TestSecretMotionGoesOnAfterARestart(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
	drawn, spent := f.enter(t, p, "drawn"), f.enter(t, p, "spent")
	unused, err := f.signFor(t, p, "t1", "", drawn)
	if err != nil {
		t.Fatal(err)
	}
	used, err := f.signFor(t, p, "t0", "m5", spent)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.castSecretly(t, p, 1, 0, spent, used); err != nil {
		t.Fatal(err)
	}
	f.set(t, "here = 1 WHERE id = 'm12'")
	f = f.killed(t)
	if views, err := f.List(t.Context(), room, "", true); err != nil || views[0].Tally.Total != 1 || views[0].Tally.Votes != nil || views[0].Tally.Motion != nil {
		t.Errorf("a host sees %+v, %v", views[0].Tally, err)
	}
	for who, want := range map[string]error{"t1": ErrAlreadyVoted, "t12": ErrLate, "t11": assembly.ErrOnPaper} {
		if _, err := f.signFor(t, p, who, "", f.enter(t, p, "another", who)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", who, err, want)
		}
	}
	if again, err := f.signFor(t, p, "t1", "", drawn); err != nil || !bytes.Equal(again, unused) {
		t.Errorf("the same request after the restart: %v", err)
	}
	if err := f.castSecretly(t, p, 1, 1, spent, used); !errors.Is(err, ErrAlreadyVoted) {
		t.Errorf("a token spent twice: %v", err)
	}
	if err := f.castSecretly(t, p, 1, 1, drawn, unused); err != nil {
		t.Fatal(err)
	}
	if _, err := f.CloseWithoutPaper(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if got := f.result(t, p); !slices.Equal(got.Votes, []int{1, 1, 0}) {
		t.Errorf("%+v", got)
	}
}

// While everybody draws, casts, casts again and a host closes, every ballot that was acknowledged is in the count once, none
// comes in after it, and no token is signed any more.
func TestClosingIsOrderedWithTheSecretBallots(t *testing.T) {
	f := hall(t)
	p := f.motion(t, Motion{Majority: SimpleMajority, Abstain: true}, Secret)
	booths := map[int]*booth{}
	for i := range 5 {
		booths[i], booths[6+i] = f.enterWeighing(t, p, 1, "v", i), f.enterWeighing(t, p, 4, "v", 6+i)
	}
	var acknowledged, weighed atomic.Int64
	var wg sync.WaitGroup
	first := make(chan struct{}, 2*len(booths))
	for i, b := range booths {
		wg.Go(func() {
			weight := 1 + 3*min(1, i/6)
			token, err := f.signFor(t, p, fmt.Sprint("t", i), "", b)
			if err != nil {
				if !errors.Is(err, ErrClosed) {
					t.Error(err)
				}
				return
			}
			for range 2 {
				wg.Go(func() {
					switch err := f.castSecretly(t, p, weight, i%2, b, token); {
					case err == nil:
						acknowledged.Add(1)
						weighed.Add(int64(weight))
						first <- struct{}{}
					case !errors.Is(err, ErrClosed) && !errors.Is(err, ErrAlreadyVoted):
						t.Error(err)
					}
				})
			}
		})
	}
	<-first
	closed, err := f.CloseWithoutPaper(t.Context(), room, p.ID)
	if err != nil || closed.State != StateClosed {
		t.Fatal(err)
	}
	at := f.result(t, p)
	wg.Wait()
	sum := 0
	for _, n := range at.Motion.Votes {
		sum += n
	}
	ballots, _ := f.box(t, p.ID)
	if n := int(acknowledged.Load()); n == 0 || n != at.Total || n != ballots || sum != int(weighed.Load()) {
		t.Errorf("%d acknowledged weighing %d, %d counted weighing %d, %d in the box", n, weighed.Load(), at.Total, sum, ballots)
	}
}

// In a series, what came of a secret motion stays with the hosts until the last one has closed.
func TestSecretMotionsOfASeriesComeOutTogether(t *testing.T) {
	f := hall(t)
	draft := Draft{Question: "?", Options: []string{"a", "b"}, Motion: Motion{Majority: SimpleMajority}, Secrecy: Secret, Plan: Plan{Series: "Wahlen"}}
	var ids []PollID
	for range 2 {
		p, err := f.Create(t.Context(), room, draft)
		if err != nil {
			t.Fatal(err)
		}
		if p, err = f.OpenPoll(t.Context(), room, p.ID, Opening{SmallKnown: true}); err != nil {
			t.Fatal(err)
		}
		b := f.enter(t, p, "v", p.ID)
		token, err := f.signFor(t, p, "t1", "", b)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.castSecretly(t, p, 1, 0, b, token); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	for closed, id := range ids {
		f.events.take()
		if _, err := f.CloseWithoutPaper(t.Context(), room, id); err != nil {
			t.Fatal(err)
		}
		out := closed == len(ids)-1
		for _, e := range f.events.take() {
			if c, ok := e.Body.(Changed); ok && e.To == webinar.Everyone() && c.Tally != nil && c.Tally.Votes != nil && !out {
				t.Errorf("everybody is told %+v", c.Tally)
			}
		}
		views, err := f.List(t.Context(), room, "t2", false)
		if err != nil || (views[0].Tally != nil) != out || (views[1].Tally != nil) != out {
			t.Errorf("%d closed: a member sees %+v, %v", closed+1, views, err)
		}
		if got := f.result(t, Poll{ID: id}); !slices.Equal(got.Votes, []int{1, 0}) {
			t.Errorf("the host sees %+v", got)
		}
	}
}
