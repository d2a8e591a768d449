package recorder

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// old lets packets arrive that were captured from now on for a while, and returns them instead of sending them.
func (w *world) old(src *source, beats ...webinar.Ticket) []*rtp.Packet {
	var kept []*rtp.Packet
	for range 20 {
		kept = append(kept, src.capture(time.Now(), true))
		w.talk(100*time.Millisecond, nil, beats...)
	}
	return kept
}

// mustRefuse sends packets of before the instant, then goes on talking; nothing older may be written, and newer must.
func (w *world) mustRefuse(src *source, kept []*rtp.Packet, instant time.Time, beats ...webinar.Ticket) {
	w.t.Helper()
	n := w.paper.count()
	for _, p := range kept {
		src.tapped().WriteRTP(p, time.Now())
	}
	w.talk(5*time.Second, []*source{src}, beats...)
	newer := false
	for _, l := range w.paper.after(n) {
		if l.track.ID != src.track.ID {
			continue
		}
		if l.captured.Before(instant) {
			w.t.Fatalf("written: captured %v before", instant.Sub(l.captured))
		}
		newer = true
	}
	if !newer {
		w.t.Fatal("I28: nothing is recorded")
	}
}

// A source that was live before its grant is not fresh, although it came after the start.
func TestI2SourceOlderThanItsGrant(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann)
		his := w.open(bob, "two", media.Mic, false)
		kept := w.old(his, ann, bob)
		for _, act := range []consent.Kind{consent.Shown, consent.Grant} {
			if err := w.answer(rec.ID, bob, act, 0); err != nil {
				t.Fatal(err)
			}
		}
		w.mustRefuse(his, kept, time.Now(), ann, bob)
	})
}

// A source whose first packet comes after the grant, but that was negotiated before it, may have sent something older, which a
// slow way brings later.
func TestI2SourceNegotiatedBeforeItsGrant(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann)
		his := &source{track: media.Track{ID: "his", Session: "two", Owner: string(bob.ID), Subject: string(bob.Subject), Kind: media.Mic,
			MimeType: "audio/opus", ClockRate: 48000, Channels: 2, Since: time.Now()}}
		kept := w.old(his, ann, bob)
		w.agree(rec.ID, bob)
		instant := time.Now()
		w.s.SourceOpened(string(w.w), his, false)
		w.s.drain(t.Context())
		w.mustRefuse(his, kept, instant, ann, bob)
	})
}

// A source that came while its owner gave no sign of life is not fresh when the beats come back.
func TestI2SourceOlderThanTheBeat(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		w.running(false, ann)
		w.talk(7*time.Second, nil)
		mic := w.open(ann, "one", media.Mic, false)
		kept := w.old(mic)
		w.s.Beat(w.w, ann, 0, 0)
		w.s.drain(t.Context())
		w.mustRefuse(mic, kept, time.Now(), ann)
	})
}

// A source that comes after its grant is recorded from its first packet on.
func TestI28FreshSourceIsRecordedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		w.running(true, ann)
		mic := w.open(ann, "one", media.Mic, false)
		began := time.Now()
		w.talk(time.Second, []*source{mic}, ann)
		lines := w.paper.after(0)
		if len(lines) == 0 || !lines[0].captured.Equal(began) {
			t.Fatalf("%d lines", len(lines))
		}
	})
}

// A grant that gives one scope and takes another closes gates on its way to the ledger; arming what is left must not take
// the source, which came after the first grant and before this one, for a fresh one.
func TestI2SourceOlderThanItsNarrowedGrant(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann)
		agree := func(scopes consent.Scope) {
			t.Helper()
			for _, act := range []consent.Kind{consent.Shown, consent.Grant} {
				if err := w.answer(rec.ID, bob, act, scopes); err != nil {
					t.Fatal(err)
				}
			}
		}
		agree(consent.Screen)
		his := w.open(bob, "two", media.Mic, false)
		kept := w.old(his, ann, bob)
		agree(consent.Audio)
		w.mustRefuse(his, kept, time.Now(), ann, bob)
	})
}
