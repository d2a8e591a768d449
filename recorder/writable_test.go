package recorder

import (
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// film puts a picture on stage in a codec of choice.
func (w *world) film(who webinar.Ticket, session, mime string) *source {
	s := &source{track: media.Track{ID: webinar.NewID(), Session: session, Owner: string(who.ID), Subject: string(who.Subject), Kind: media.Camera,
		MimeType: mime, ClockRate: 90000}}
	w.s.SourceOpened(string(w.w), s, false)
	w.s.drain(w.t.Context())
	return s
}

// told is the last that hosts heard about the answers.
func (w *world) told() (c Counts) {
	w.ear.mu.Lock()
	defer w.ear.mu.Unlock()
	for _, e := range w.ear.events {
		if x, ok := e.Body.(CountsChanged); ok {
			c = x.Counts
		}
	}
	return c
}

// A picture that no file can hold is left out: its person's sound is recorded, nobody is asked for key frames in vain,
// and the hosts are told for as long as it is there.
func TestPicturesThatNoFileCanHold(t *testing.T) {
	for _, mime := range []string{"video/H264", "video/H265"} {
		t.Run(mime, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
				w.running(true, ann, bob)
				mic := w.open(bob, "two", media.Mic, false)
				camera := w.film(bob, "two", mime)
				if got := w.told().Unwritable; got != 1 {
					t.Fatalf("the hosts are told of %d pictures", got)
				}
				w.talk(5*time.Second, []*source{mic, camera}, ann, bob)
				heard := 0
				for _, l := range w.paper.after(0) {
					if l.track.MimeType != "audio/opus" {
						t.Fatalf("written: %s", l.track.MimeType)
					}
					heard++
				}
				if heard < 20 {
					t.Fatalf("%d packets of sound are written", heard)
				}
				if camera.wanted() {
					t.Error("a key frame is asked for")
				}
				w.s.SourceClosed(string(w.w), camera)
				if got := w.told().Unwritable; got != 0 {
					t.Errorf("the hosts are still told of %d pictures", got)
				}
			})
		})
	}
}

// I28 in every codec that a file can hold: the picture of who agreed is recorded, from a key frame on.
func TestI28PicturesOfEveryCodecAreRecorded(t *testing.T) {
	for _, mime := range []string{"video/VP8", "video/VP9", "video/AV1"} {
		t.Run(mime, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				ann := w.seat("ann", webinar.Host)
				w.running(true, ann)
				camera := w.film(ann, "one", mime)
				begun := time.Now()
				w.talk(5*time.Second, []*source{camera}, ann)
				list := w.paper.after(0)
				if len(list) < 10 || list[0].captured.Sub(begun) > 3*time.Second {
					t.Fatalf("%d packets are written", len(list))
				}
			})
		})
	}
}

// Leaving a picture out of the file does not leave it out of the strict rule.
func TestPicturesThatNoFileCanHoldCountForTheStrictRule(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(true, ann)
		if err := w.answer(rec.ID, bob, consent.Shown, 0); err != nil {
			t.Fatal(err)
		}
		w.film(bob, "two", "video/H264")
		if now := w.s.room(w.w).current(); now.State != Paused || now.Reason != ByStrict {
			t.Fatalf("the recording is %s for %q", now.State, now.Reason)
		}
	})
}
