package master

import (
	"testing"
	"testing/synctest"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar/media"
)

// record plays events into a new file, lets the rest ripen and seals.
func record(t *testing.T, events []event) (info Info) {
	t.Helper()
	b := newBook(t)
	cfg := config(t)
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		play(t, w, b, events)
		ripen()
		var err error
		info, err = w.Seal()
		must(t, err)
	})
	return info
}

// play feeds events to w at their times on the bubble's clock, and lets the last of them ripen.
func play(t testing.TB, w *Writer, b *consent.Book, events []event) {
	t.Helper()
	rights := map[media.Kind]consent.Permit{media.Camera: permit(t, b, media.Camera), media.Mic: permit(t, b, media.Mic)}
	for _, e := range events {
		time.Sleep(time.Until(w.cfg.Origin.Add(e.at))) // the bubble's clock
		if e.report != nil {
			r := *e.report
			r.At = time.Now()
			w.Report(e.track, r)
		} else {
			w.Write(rights[e.track.Kind], e.track, e.pkt, time.Now())
		}
	}
}

// ripen waits until everything played has been written and flushed.
func ripen() { time.Sleep(depth + 2*time.Second) }
