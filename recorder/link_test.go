package recorder

import (
	"errors"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// linkOf returns the receipt link of somebody, which is the same each time.
func (w *world) linkOf(rec Recording, who webinar.Ticket) string {
	w.t.Helper()
	st, err := w.s.MyConsent(w.t.Context(), w.w, rec.ID, who)
	if err != nil {
		w.t.Fatal(err)
	}
	secret, err := w.s.ReceiptLink(w.t.Context(), w.w, who.Subject, st)
	if err != nil {
		w.t.Fatal(err)
	}
	again, err := w.s.ReceiptLink(w.t.Context(), w.w, who.Subject, st)
	if err != nil || again != secret || len(secret) != 22 {
		w.t.Fatalf("%q and %q: %v", secret, again, err)
	}
	return secret
}

func TestReceiptLinkWithdrawsAfterwards(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann, bob)
		mic, his := w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)
		w.talk(3*time.Second, []*source{mic, his}, ann, bob)
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		secret := w.linkOf(rec, bob)
		w.boot() // the room is forgotten: the link needs none
		h, err := w.s.Held(t.Context(), secret)
		if err != nil || h.Files != 1 || h.Standing.State != consent.Granted || len(h.Told) != 1 || h.Recording.ExpiresAt.IsZero() || !h.Erased.IsZero() {
			t.Fatalf("%+v %v", h, err)
		}
		for range 2 { // twice is once
			if h, err = w.s.WithdrawHeld(t.Context(), secret, false, "k"); err != nil || h.Files != 0 || h.Standing.State != consent.Withdrawn || len(h.Told) != 2 {
				t.Fatalf("%+v %v", h, err)
			}
		}
		w.s.bg.Wait()
		d, err := w.s.Get(t.Context(), w.w, rec.ID)
		if err != nil || len(d.Segments) != 1 || d.Segments[0].Label != "ann" || len(w.shelf.kept) != 1 {
			t.Fatalf("%+v, kept %v, %v", d.Segments, w.shelf.kept, err)
		}
		if err := w.s.Delete(t.Context(), w.w, rec.ID); err != nil {
			t.Fatal(err)
		}
		h, err = w.s.WithdrawHeld(t.Context(), secret, false, "later")
		if err != nil || h.Erased.IsZero() || h.Recording.StartedAt.IsZero() || len(h.Told) != 2 {
			t.Fatalf("erased: %+v %v", h, err)
		}
		w.idle(linkOutlives + time.Second)
		if _, err := w.s.Held(t.Context(), secret); !errors.Is(err, ErrLink) {
			t.Errorf("for ever: %v", err)
		}
		w.s.expire(t.Context())
		var left int
		if err := w.db.Raw(`SELECT count(*) FROM receipt_links`).Scan(&left).Error; err != nil || left != 0 {
			t.Errorf("%d links left, %v", left, err)
		}
	})
}

// I3: by the link, too, nothing is written once the withdrawal has returned; what is there stays if the person says so.
func TestI3ReceiptLinkClosesTheGate(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(false, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		secret := w.linkOf(rec, ann)
		h, err := w.s.WithdrawHeld(t.Context(), secret, true, "k")
		if err != nil || h.Files != 1 || h.Standing.State != consent.Withdrawn || h.Told[1].Reason != consent.Kept {
			t.Fatalf("%+v %v", h, err)
		}
		n := w.paper.count()
		w.talk(3*time.Second, []*source{mic}, ann)
		if n == 0 || w.paper.count() != n {
			t.Fatalf("%d packets, then %d", n, w.paper.count())
		}
		if h, err = w.s.WithdrawHeld(t.Context(), secret, true, "k2"); err != nil || len(h.Told) != 2 {
			t.Fatalf("nothing was left to take back: %+v %v", h, err)
		}
		if h, err = w.s.WithdrawHeld(t.Context(), secret, false, "k3"); err != nil || h.Files != 0 { // thought better of it
			t.Fatalf("%+v %v", h, err)
		}
	})
}

// I6: what the ledger does not take is in force, the person is told, and trying again ends well.
func TestI6WithdrawalByLinkHoldsWithoutLedger(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(false, ann)
		mic := w.open(ann, "one", media.Mic, false)
		w.talk(3*time.Second, []*source{mic}, ann)
		secret := w.linkOf(rec, ann)
		w.ledgerDown(true)
		if _, err := w.s.WithdrawHeld(t.Context(), secret, false, "k"); !errors.Is(err, ErrLedger) {
			t.Fatal(err)
		}
		n := w.paper.count()
		w.talk(time.Second, []*source{mic}, ann)
		if w.paper.count() != n {
			t.Fatal("it is written on")
		}
		w.ledgerDown(false)
		if h, err := w.s.WithdrawHeld(t.Context(), secret, false, "k"); err != nil || h.Files != 0 || len(h.Told) != 2 {
			t.Fatalf("%+v %v", h, err)
		}
	})
}

func TestReceiptLinkOfNobody(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(false, ann)
		secret := w.linkOf(rec, ann)
		forged := "A" + secret[1:]
		if secret[0] == 'A' {
			forged = "B" + secret[1:]
		}
		for _, bad := range []string{"", forged, secret + "A", secret[:21], "💥"} {
			if _, err := w.s.Held(t.Context(), bad); !errors.Is(err, ErrLink) {
				t.Errorf("%q: %v", bad, err)
			}
			if _, err := w.s.WithdrawHeld(t.Context(), bad, false, ""); !errors.Is(err, ErrLink) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if h, err := w.s.Held(t.Context(), secret); err != nil || h.Standing.State != consent.Granted {
			t.Errorf("%+v %v", h, err)
		}
	})
}
