package recorder

import (
	"strings"
	"testing"

	"plenum/recorder/consent"
	"plenum/recorder/ffmpeg"
	"plenum/webinar"
)

// A composite is made again when somebody else goes: after a withdrawal, and after a restart in the midst of that. What
// nobody asked for is not made.
func TestFilmsAreMadeAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		tool := foundFFmpeg(t, ffmpeg.Config{})
		w.s.c.FFmpeg = tool
		rec, _ := shot(t, w)
		ann := webinar.SubjectID("s-ann")
		w.make()
		if err := w.s.Ask(t.Context(), w.w, rec.ID, Composite); err != nil {
			t.Fatal(err)
		}
		w.make()
		if err := w.answer(rec.ID, webinar.Ticket{Webinar: w.w, Subject: ann}, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		if got := w.states(rec.ID); !strings.Contains(got, "composite none") {
			t.Errorf("right after the withdrawal: %s", got)
		}
		w.s.deriveNext(t.Context())
		w.s.shutdown(t.Context())
		w.boot()
		w.s.c.FFmpeg = tool
		w.make()
		if got := w.states(rec.ID); !strings.Contains(got, "mp4 none, composite ready") {
			t.Errorf("made again: %s", got)
		}
		if film, _ := w.taken(rec.ID, Composite); tones(t, film) != "900" {
			t.Errorf("I22: heard in the composite: %s", tones(t, film))
		}
		if err := w.s.Delete(t.Context(), w.w, rec.ID); err != nil {
			t.Fatal(err)
		}
		var left int64
		if err := w.db.Raw(`SELECT count(*) FROM asked_films`).Scan(&left).Error; err != nil || left > 0 {
			t.Errorf("%d films are asked for of what is erased, %v", left, err)
		}
	})
}
