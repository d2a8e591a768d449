package recorder

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"plenum/recorder/archive"
	"plenum/webinar"
	"plenum/webinar/media"
)

// A segment whose owner withdraws while it is handed over must not wait for the next round of erasing.
func TestWithdrawalDuringSealingErases(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(false, ann)
		w.talk(3*time.Second, []*source{w.open(ann, "one", media.Mic, false)}, ann)
		w.shelf.adding = func() {
			if err := w.s.rows.doom(context.Background(), rec.ID, ann.Subject, []Group{CameraGroup}); err != nil {
				t.Error(err)
			}
			w.s.sweep(context.Background())
		}
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		rows, err := w.s.rows.segments(t.Context(), `recording_id = ?`, rec.ID)
		if err != nil || len(rows) > 0 || len(w.shelf.kept) > 0 || len(w.shelf.erased) != 1 {
			t.Errorf("%d rows, kept %v, erased %v, %v", len(rows), w.shelf.kept, w.shelf.erased, err)
		}
	})
}

// Whoever opens a segment is told whether it is gone or only out of reach.
func TestOpenSegmentSaysWhatIsWrong(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		rec := w.running(false, ann)
		w.talk(3*time.Second, []*source{w.open(ann, "one", media.Mic, false)}, ann)
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		d, err := w.s.Get(t.Context(), w.w, rec.ID)
		if err != nil || len(d.Segments) != 1 {
			t.Fatalf("%+v %v", d, err)
		}
		dead := errors.New("no answer")
		for _, c := range []struct {
			name               string
			webinar            webinar.ID
			segment            string
			stored, want, also error
		}{
			{"lost", w.w, d.Segments[0].ID, archive.ErrNotFound, ErrNotFound, webinar.ErrNotFound},
			{"store down", w.w, d.Segments[0].ID, dead, ErrStorage, dead},
			{"store not back yet", w.w, d.Segments[0].ID, archive.ErrAway, ErrStorage, archive.ErrAway},
			{"store unfit", w.w, d.Segments[0].ID, archive.ErrUnfit, ErrStorage, ErrUnfit},
			{"spool changed", w.w, d.Segments[0].ID, archive.ErrSpool, ErrStorage, archive.ErrSpool},
			{"another webinar", "other", d.Segments[0].ID, dead, ErrNotFound, webinar.ErrNotFound},
			{"unknown", w.w, "none", dead, ErrNotFound, webinar.ErrNotFound},
			{"there", w.w, d.Segments[0].ID, nil, nil, nil},
		} {
			w.shelf.breaks(c.stored)
			f, seg, err := w.s.OpenSegment(t.Context(), c.webinar, rec.ID, c.segment)
			if !errors.Is(err, c.want) || !errors.Is(err, c.also) || (f == nil) != (err != nil) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
			if err == nil {
				if b, err := io.ReadAll(f); err != nil || string(b) != onShelf || seg.Bytes != int64(len(onShelf)) {
					t.Errorf("%s: %q of %d bytes, %v", c.name, b, seg.Bytes, err)
				}
			}
		}
	})
}
