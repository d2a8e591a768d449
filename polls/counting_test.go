package polls

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// papered opens a motion for a minute: m0 and m1 vote on paper, m3 counts beside the host, m2 votes on the page.
func papered(t *testing.T, s Secrecy, openFor time.Duration) (*fixture, Poll) {
	t.Helper()
	f := newFixture(t, 4)
	f.members(t, 0, 1, 1, 1, 1)
	f.set(t, "paper = 1 WHERE id IN ('m0', 'm1')")
	f.set(t, "teller = 1 WHERE id = 'm3'")
	p, err := f.Create(t.Context(), room, Draft{Question: "Antrag 1?", Options: []string{"Ja", "Nein"}, Motion: Motion{Majority: SimpleMajority}, Secrecy: s, Plan: Plan{OpenFor: openFor}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = f.OpenPoll(t.Context(), room, p.ID, Opening{SmallKnown: true}); err != nil {
		t.Fatal(err)
	}
	return f, p
}

func (f *fixture) count(tb testing.TB, p Poll, who string, votes ...int) (PaperCount, error) {
	tb.Helper()
	return f.CountPaper(tb.Context(), room, p.ID, webinar.TicketID(who), who == "h", Paper{{Weight: 1, Votes: votes}})
}

// waits checks that a motion takes no vote and no more time, is not decided, and waits for its paper.
func (f *fixture) waits(t *testing.T, p Poll, since time.Time) {
	t.Helper()
	v := f.now(t, p.ID)
	if v.Poll.State != StateOpen || !v.Poll.CountingSince.Equal(since) || !v.Poll.PublishedAt.IsZero() {
		t.Fatalf("%+v, want it to wait since %v", v.Poll.Life, since)
	}
	if p.Secrecy == Secret {
		if _, err := f.SignFor(t.Context(), room, p.ID, "t2", "m2", bytes.Repeat([]byte{1}, 256)); !errors.Is(err, ErrClosed) {
			t.Errorf("a token after the end: %v", err)
		}
	} else if err := f.voteFor(t, p, "t2", "", 0); !errors.Is(err, ErrClosed) {
		t.Errorf("a vote after the end: %v", err)
	}
	if _, err := f.SetEnd(t.Context(), room, p.ID, time.Now().Add(time.Hour)); !errors.Is(err, ErrClosed) {
		t.Errorf("more time after the end: %v", err)
	}
	if _, err := f.UndoOpening(t.Context(), room, p.ID); !errors.Is(err, ErrClosed) {
		t.Errorf("undone after the end: %v", err)
	}
	if f.seen(t, p.ID, "t2") {
		t.Error("the result is out")
	}
}

// Who comes when the voting is over has not voted, on paper or else, so they wait until the paper is counted. Who votes on the
// page may come at any time, and in a secret motion everybody: it has its electors since it opened.
func TestNobodyJoinsThePaperWhileItIsCounted(t *testing.T) {
	for _, secrecy := range []Secrecy{Anonymous, Secret} {
		t.Run(string(secrecy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, p := papered(t, secrecy, time.Minute)
				f.set(t, "here = 0, paper = 1 WHERE id = 'm2'") // as if they had not come yet
				list := assembly.New(f.store.db, nil, f.events)
				come := func(who assembly.MemberID, here bool) error {
					_, err := list.Change(t.Context(), room, who, assembly.Change{Here: &here})
					return err
				}
				if err := errors.Join(come("m2", true), come("m3", false)); err != nil {
					t.Fatalf("while votes are taken: %v", err)
				}
				f.set(t, "here = 0 WHERE id = 'm2'")
				time.Sleep(time.Minute)
				synctest.Wait()
				want := assembly.ErrCounting
				if secrecy == Secret {
					want = nil
				}
				if err := come("m2", true); !errors.Is(err, want) {
					t.Errorf("on paper: %v", err)
				}
				if err := come("m3", true); err != nil {
					t.Errorf("on the page: %v", err)
				}
				if err := come("m0", false); !errors.Is(err, assembly.ErrVoting) {
					t.Errorf("who has voted on paper leaves: %v", err)
				}
				if _, err := f.CloseWithoutPaper(t.Context(), room, p.ID); err != nil {
					t.Fatal(err)
				}
				if err := come("m2", true); err != nil {
					t.Errorf("when it is done: %v", err)
				}
			})
		})
	}
}

// When time is up, the ballots of those who vote on paper are waited for: whatever one person has counted, the second one
// confirms, and with that the motion closes.
func TestTimeIsUpBeforeThePaperIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, p := papered(t, Anonymous, time.Minute)
		if _, err := f.count(t, p, "h", 0, 2); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		f.waits(t, p, p.ClosesAt)
		f.restart(t)
		f.waits(t, p, p.ClosesAt)
		if _, err := f.ClosePoll(t.Context(), room, p.ID); !errors.Is(err, ErrPaperPending) {
			t.Errorf("closed while one has counted: %v", err)
		}
		if _, err := f.CloseWithoutPaper(t.Context(), room, p.ID); !errors.Is(err, ErrPaperPending) {
			t.Errorf("closed without what one has counted: %v", err)
		}
		if got, err := f.count(t, p, "t3", 1, 1); err != nil || got.Agreed != nil {
			t.Errorf("a difference: %+v, %v", got, err)
		}
		f.waits(t, p, p.ClosesAt)
		f.events.take()
		time.Sleep(time.Minute)
		if got, err := f.count(t, p, "t3", 0, 2); err != nil || got.Agreed == nil {
			t.Errorf("both alike: %+v, %v", got, err)
		}
		v := f.now(t, p.ID)
		if v.Poll.State != StateClosed || v.Poll.PublishedAt.IsZero() || v.Tally.Total != 2 || v.Tally.Motion.Votes[1] != 2 || v.Tally.Motion.Uncounted != 0 {
			t.Errorf("%+v %+v", v.Poll, v.Tally.Motion)
		}
		told := false
		for _, e := range f.events.take() {
			c, ok := e.Body.(Changed)
			told = told || ok && c.Poll.State == StateClosed && c.Tally != nil
		}
		if !told || !f.seen(t, p.ID, "t2") {
			t.Error("nobody was told the result")
		}
		if !v.Poll.CountingSince.Equal(p.ClosesAt) || !v.Poll.ClosedAt.Equal(p.ClosesAt.Add(time.Minute)) {
			t.Errorf("voting ended %v, closed %v", v.Poll.CountingSince, v.Poll.ClosedAt)
		}
	})
}

// What nobody has counted is waited for, too; a host may let it go, and the result then says so.
func TestTimeIsUpBeforeThePaperIsCounted(t *testing.T) {
	for _, secrecy := range []Secrecy{Named, Secret} {
		synctest.Test(t, func(t *testing.T) {
			f, p := papered(t, secrecy, time.Minute)
			time.Sleep(time.Minute)
			synctest.Wait()
			f.waits(t, p, p.ClosesAt)
			if _, err := f.ClosePoll(t.Context(), room, p.ID); !errors.Is(err, ErrPaperUncounted) {
				t.Errorf("closed without a word: %v", err)
			}
			if _, err := f.count(t, p, "h", 1, 0); err != nil {
				t.Error(err)
			}
			if err := f.DropPaper(t.Context(), room, p.ID); err != nil {
				t.Error(err)
			}
			f.waits(t, p, p.ClosesAt)
			p, err := f.CloseWithoutPaper(t.Context(), room, p.ID)
			if err != nil || p.State != StateClosed {
				t.Fatalf("%+v, %v", p, err)
			}
			got := f.result(t, p)
			var csv bytes.Buffer
			if err := WriteCSV(&csv, p, got); err != nil || got.Motion.Uncounted != 2 || !strings.Contains(csv.String(), "\r\nnot counted: on paper,,,2") {
				t.Errorf("%+v, %v: %q", got.Motion, err, csv.String())
			}
		})
	}
}

// By hand nothing closes without the paper either, unless the host says so.
func TestClosingByHandAsksForThePaper(t *testing.T) {
	f, p := papered(t, Anonymous, 0)
	if _, err := f.ClosePoll(t.Context(), room, p.ID); !errors.Is(err, ErrPaperUncounted) {
		t.Errorf("closed without a word: %v", err)
	}
	if err := f.voteFor(t, p, "t2", "", 0); err != nil {
		t.Errorf("the voting has ended by that: %v", err)
	}
	if p, err := f.CloseWithoutPaper(t.Context(), room, p.ID); err != nil || f.result(t, p).Motion.Uncounted != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

// The end of the webinar ends the voting as time does. Where the paper is confirmed, or nobody votes on it, both close.
func TestWebinarEndsBeforeThePaperIsConfirmed(t *testing.T) {
	f, p := papered(t, Anonymous, 0)
	if _, err := f.count(t, p, "h", 2, 0); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the end may come twice
		if err := f.CloseAll(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		f.waits(t, p, f.now(t, p.ID).Poll.CountingSince)
	}
	if _, err := f.count(t, p, "t3", 2, 0); err != nil {
		t.Error(err)
	}
	if got := f.result(t, p); f.now(t, p.ID).Poll.State != StateClosed || got.Motion.Votes[0] != 2 {
		t.Errorf("%+v", got.Motion)
	}
}

func TestTimeIsUpWhenNoPaperIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, confirmed := papered(t, Anonymous, time.Minute)
		for _, who := range []string{"h", "t3"} {
			if _, err := f.count(t, confirmed, who, 2, 0); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		v := f.now(t, confirmed.ID)
		if v.Poll.State != StateClosed || !v.Poll.ClosedAt.Equal(confirmed.ClosesAt) || !v.Poll.CountingSince.IsZero() || v.Tally.Motion.Votes[0] != 2 {
			t.Errorf("%+v %+v", v.Poll, v.Tally)
		}
		f.set(t, "paper = 0")
		nobody, err := f.Create(t.Context(), room, Draft{Question: "?", Options: []string{"Ja", "Nein"}, Motion: Motion{Majority: SimpleMajority}, Plan: Plan{OpenFor: time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.OpenPoll(t.Context(), room, nobody.ID, Opening{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if v := f.now(t, nobody.ID); v.Poll.State != StateClosed || v.Tally.Motion.Uncounted != 0 {
			t.Errorf("%+v %+v", v.Poll, v.Tally)
		}
	})
}
