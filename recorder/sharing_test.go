package recorder

import (
	"context"
	"errors"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// A recording may be shared when everybody who is in it agreed to that by the answer of its own, and only as long as they do.
func TestSharing(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob, cem := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker), w.seat("cem", webinar.Speaker)
		rec := w.running(false, ann, bob)
		publish := func(who webinar.Ticket, yes bool) {
			t.Helper()
			n, err := w.s.Notice(t.Context(), w.w, rec.ID)
			if err != nil {
				t.Fatal(err)
			}
			hash, _ := n.Hash(webinar.English)
			for _, act := range []consent.Kind{consent.Shown, consent.Grant} {
				if _, err := w.s.Answer(t.Context(), w.w, rec.ID, who, Answer{Act: act, Publish: yes, Hash: hash, Lang: webinar.English}); err != nil {
					t.Fatal(err)
				}
			}
		}
		shared := func(want Sharing, allowed bool) {
			t.Helper()
			if got, err := w.s.Sharing(t.Context(), w.w, rec.ID); err != nil || got != want || got.Allowed() != allowed {
				t.Errorf("%+v, %v, want %+v", got, err, want)
			}
		}
		shared(Sharing{}, false) // nobody is in it yet
		mics := []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)}
		w.talk(4*time.Second, mics, ann, bob)
		shared(Sharing{People: 2, Lacking: 2}, false) // to be recorded is another question
		publish(ann, true)
		publish(cem, false) // is not in it
		w.talk(time.Second, mics, ann, bob)
		shared(Sharing{People: 2, Lacking: 1}, false)
		publish(bob, true)
		w.talk(time.Second, mics, ann, bob)
		shared(Sharing{People: 2}, true)
		w.s.c.Lines = func(context.Context, webinar.ID) ([]Line, error) { // cem is in it with words now
			return []Line{{ID: "q", Author: cem.Subject, Text: "Why?", At: time.Now()}}, nil
		}
		shared(Sharing{People: 3, Lacking: 1}, false)
		w.s.c.Lines = nil
		publish(bob, false) // taken back
		shared(Sharing{People: 2, Lacking: 1}, false)
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		w.shelf.stuck = errors.New("no room on the way out") // what is erased is not gone yet
		if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		shared(Sharing{People: 1}, true)
		if err := w.answer(rec.ID, ann, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		shared(Sharing{}, false)
	})
}
