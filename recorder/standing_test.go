package recorder

import (
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
		w.ledgerDown(true)
		_ = w.answer(rec.ID, ann, consent.Refuse, 0) // in force whatever the ledger says
		w.ledgerDown(false)
		if got := states(w.standings(ann)); got[len(got)-1] != consent.Withdrawn { // a no after a yes takes it back
			t.Fatalf("without a ledger: %v", got)
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
		w.agree(rec.ID, bob)
		if got := states(w.standings(bob)); got[len(got)-1] != consent.Granted {
			t.Errorf("agreed again, and heard %v", got)
		}
	})
}
