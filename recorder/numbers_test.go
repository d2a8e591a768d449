package recorder

import (
	"testing"
	"time"

	"plenum/recorder/archive"
	"plenum/webinar"
	"plenum/webinar/media"
)

func TestNumbers(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(false, ann)
		w.talk(3*time.Second, []*source{w.open(ann, "one", media.Mic, false)}, ann)
		if n := w.s.Numbers(); n.Running != 1 || n.Paused != 0 || n.Files != 1 || !n.StorageOK || n.Free <= 0 {
			t.Errorf("running: %+v", n)
		}
		if _, err := w.s.Pause(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.shelf.stands(archive.Retrying)
		if n := w.s.Numbers(); n.Running != 0 || n.Paused != 1 || n.StorageOK {
			t.Errorf("paused, without a store: %+v", n)
		}
		w.shelf.stands(archive.Ok)
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		if n := w.s.Numbers(); n.Running+n.Paused+n.Files != 0 {
			t.Errorf("stopped: %+v", n)
		}
	})
}
