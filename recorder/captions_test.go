package recorder

import (
	"errors"
	"strings"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

func TestCaptions(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, bob := filmed(t, w)
		const text = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<b>Hello</b>\n"
		for lang, body := range map[string]string{"de": "nothing", "DE": text, "": text, "../x": text, "de-": text} {
			if err := w.s.SetCaptions(t.Context(), w.w, rec.ID, lang, []byte(body)); !errors.Is(err, ErrCaptions) {
				t.Errorf("%q: %v", lang, err)
			}
		}
		for _, lang := range []string{"de", "en-GB", "de"} {
			if err := w.s.SetCaptions(t.Context(), w.w, rec.ID, lang, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.s.SetTrim(t.Context(), w.w, rec.ID, Trim{From: time.Second, To: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
		tl, err := w.s.Timeline(t.Context(), w.w, rec.ID)
		if err != nil || len(tl.Captions) != 2 || tl.Captions[1].Lang != "en-GB" || tl.Captions[0].Bytes == 0 {
			t.Fatalf("%+v %v", tl.Captions, err)
		}
		if got, err := w.s.ReadCaptions(t.Context(), w.w, rec.ID, "de"); err != nil || !strings.HasSuffix(string(got), "\nHello\n") {
			t.Errorf("%q %v", got, err)
		}
		if err := w.s.DropCaptions(t.Context(), w.w, rec.ID, "de"); err != nil {
			t.Fatal(err)
		}
		other := webinar.ID(webinar.NewID())
		_, foreign := w.s.ReadCaptions(t.Context(), other, rec.ID, "en-GB")
		_, gone := w.s.ReadCaptions(t.Context(), w.w, rec.ID, "de")
		for _, err := range []error{foreign, gone, w.s.SetCaptions(t.Context(), other, rec.ID, "de", []byte(text)), w.s.DropCaptions(t.Context(), other, rec.ID, "en-GB")} {
			if !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
		}
		if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		if _, err := w.s.ReadCaptions(t.Context(), w.w, rec.ID, "en-GB"); !errors.Is(err, ErrNotFound) {
			t.Errorf("I22: what somebody took back can still be read: %v", err)
		}
		if err := w.s.SetCaptions(t.Context(), w.w, rec.ID, "de", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Delete(t.Context(), w.w, rec.ID); err != nil {
			t.Fatal(err)
		}
		if rows, err := w.s.rows.captions(t.Context(), `1`); err != nil || len(rows) > 0 {
			t.Errorf("I22: left behind: %+v %v", rows, err)
		}
	})
}
