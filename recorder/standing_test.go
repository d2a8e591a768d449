package recorder

import (
	"errors"
	"slices"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// standings are what one person's pages have heard of where that person stands, and nobody else's.
func (w *world) standings(who webinar.Ticket) (told []StandingChanged) {
	w.ear.mu.Lock()
	defer w.ear.mu.Unlock()
	for _, e := range w.ear.events {
		x, ok := e.Body.(StandingChanged)
		if !ok || e.To != webinar.Only(who.ID) {
			continue
		}
		told = append(told, x)
	}
	return told
}

func states(told []StandingChanged) (out []consent.State) {
	for _, x := range told {
		out = append(out, x.Standing.State)
	}
	return out
}

// Somebody with two tabs, who answers in one or by the link, reads in all of them where they stand.
func TestEachPageHearsItsPersonsStanding(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann, bob)
		told := w.standings(bob)
		if got := states(told); !slices.Equal(got, []consent.State{consent.WasShown, consent.Granted}) || told[0].Secret != "" {
			t.Fatalf("%v, a link with the first: %t", got, told[0].Secret != "")
		}
		if told[1].Secret != w.linkOf(rec, bob) || told[1].Standing.Receipt == nil {
			t.Fatal("no receipt or another link")
		}
		if _, err := w.s.WithdrawHeld(t.Context(), w.linkOf(rec, bob), false, "k"); err != nil {
			t.Fatal(err)
		}
		if got := states(w.standings(bob)); got[len(got)-1] != consent.Withdrawn {
			t.Fatalf("after the link: %v", got)
		}
		if got := states(w.standings(ann)); !slices.Equal(got, []consent.State{consent.WasShown, consent.Granted}) {
			t.Fatalf("another person heard %v", got)
		}
	})
}

// A no counts before the ledger has it. Its receipt is there when the ledger is, and the person hears of it, too.
func TestStandingWithoutALedger(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann)
		w.ledgerDown(true)
		if err := w.answer(rec.ID, bob, consent.Refuse, 0); !errors.Is(err, ErrLedger) {
			t.Fatal(err)
		}
		told := w.standings(bob)
		if len(told) != 1 || told[0].Standing.State != consent.Refused || told[0].Standing.Receipt != nil || told[0].Secret != "" {
			t.Fatalf("without a ledger: %+v", told)
		}
		w.ledgerDown(false)
		w.pass(2 * retryEvery)
		told = w.standings(bob)
		if last := told[len(told)-1]; last.Standing.State != consent.Refused || last.Standing.Receipt == nil || last.Secret == "" {
			t.Fatalf("with a ledger again: %+v", told)
		}
		if h, err := w.s.Held(t.Context(), told[len(told)-1].Secret); err != nil || h.Standing.State != consent.Refused {
			t.Fatalf("by the link: %+v, %v", h, err)
		}
	})
}

// Who left the stage sends no sign of life. After a restart the page comes back for a snapshot and hears what follows.
func TestStandingAfterARestart(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann, bob)
		w.die()
		w.boot()
		w.s.SetHosts(w.w, 1) // a host comes back; else it ends
		if st, err := w.s.MyConsent(t.Context(), w.w, rec.ID, bob); err != nil || st.State != consent.Granted {
			t.Fatalf("%+v, %v", st, err)
		}
		w.pass(grantsFor + time.Minute)
		if got := states(w.standings(bob)); got[len(got)-1] != consent.None {
			t.Fatalf("heard %v", got)
		}
	})
}

// Who reads the text once more, and leaves it at that, still has the answer, its receipt and its link.
func TestReadingAgainIsNoAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann)
		if err := w.answer(rec.ID, bob, consent.Refuse, 0); err != nil {
			t.Fatal(err)
		}
		for _, who := range []webinar.Ticket{ann, bob} {
			told := w.standings(who)
			before := told[len(told)-1]
			if err := w.answer(rec.ID, who, consent.Shown, 0); err != nil {
				t.Fatal(err)
			}
			told = w.standings(who)
			after := told[len(told)-1]
			if after.Standing.State != before.Standing.State || after.Secret != before.Secret || after.Secret == "" || after.Standing.Receipt.Kind != before.Standing.Receipt.Kind {
				t.Errorf("%s: %+v became %+v", who.Name, before, after)
			}
		}
	})
}

// Half an hour of pause ends every grant and no refusal; who had agreed is asked again, and must be told so.
func TestGrantsEndInALongPause(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob, cyn := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker), w.seat("cyn", webinar.Speaker)
		rec := w.running(false, ann, bob)
		if err := w.answer(rec.ID, cyn, consent.Refuse, 0); err != nil {
			t.Fatal(err)
		}
		dan := w.seat("dan", webinar.Attendee)
		if st, err := w.s.MyConsent(t.Context(), w.w, rec.ID, dan); err != nil || !st.Untold() {
			t.Fatalf("%+v, %v", st, err)
		}
		if _, err := w.s.Pause(t.Context(), w.w, rec.ID, ann.Subject); err != nil {
			t.Fatal(err)
		}
		w.talk(grantsFor-time.Minute, nil, ann, bob, cyn)
		if got := states(w.standings(bob)); got[len(got)-1] != consent.Granted {
			t.Fatalf("a minute early: %v", got)
		}
		w.talk(2*time.Minute, nil, ann, bob, cyn)
		for _, c := range []struct {
			who  webinar.Ticket
			want consent.State
		}{{ann, consent.None}, {bob, consent.None}, {cyn, consent.Refused}} {
			st, err := w.s.MyConsent(t.Context(), w.w, rec.ID, c.who)
			if got := states(w.standings(c.who)); err != nil || st.State != c.want || got[len(got)-1] != c.want {
				t.Errorf("%s stands at %s (%v) and heard %v", c.who.Name, st.State, err, got)
			}
		}
		if got := w.standings(dan); len(got) > 0 {
			t.Errorf("a viewer whom nobody asked heard %+v", got)
		}
		w.agree(rec.ID, bob)
		if got := states(w.standings(bob)); got[len(got)-1] != consent.Granted {
			t.Errorf("agreed again, and heard %v", got)
		}
	})
}
