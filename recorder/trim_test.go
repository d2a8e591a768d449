package recorder

import (
	"errors"
	"io"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

func TestTrim(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		rec, bob := filmed(t, w)
		w.make()
		whole := w.timeline(rec.ID)
		for _, bad := range []Trim{{-time.Millisecond, time.Second * 5}, {5 * time.Second, 4 * time.Second}, {0, whole.Duration + time.Millisecond}, {0, 999 * time.Millisecond}} {
			if err := w.s.SetTrim(ctx, w.w, rec.ID, bad); !errors.Is(err, ErrTrim) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		if err := w.s.SetTrim(ctx, webinar.ID("another"), rec.ID, Trim{0, time.Second}); !errors.Is(err, ErrNotFound) {
			t.Errorf("of another webinar: %v", err)
		}
		// Ann's film ends at 4 s, bob's begins at 5 s.
		trim := Trim{From: 4500 * time.Millisecond, To: 9 * time.Second}
		if err := w.s.SetTrim(ctx, w.w, rec.ID, trim); err != nil {
			t.Fatal(err)
		}
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "b" {
			t.Errorf("the program is of %s", marks(t, w.shown(rec.ID)))
		}
		w.s.shutdown(ctx)
		w.boot()
		line := w.timeline(rec.ID)
		if from := line.Program.From; from != 5*time.Second { // where bob's film does
			t.Errorf("the program begins at %v", from)
		}
		if line.Trim != trim || len(line.Parts) != 2 {
			t.Errorf("after a restart: %+v, %d parts", line.Trim, len(line.Parts))
		}
		line.Parts[0].Duration = 4 * time.Second // as the film on the shelf is
		for i, want := range []error{ErrNotFound, nil} {
			clip, err := w.s.OpenClip(ctx, line, line.Parts[i])
			if !errors.Is(err, want) {
				t.Fatalf("part %d: %v", i, err)
			}
			if err == nil {
				if b, err := io.ReadAll(clip); err != nil || string(marks(t, b)) != "b" || int64(len(b)) != clip.Bytes {
					t.Errorf("clip of %d of %d bytes, %v", len(b), clip.Bytes, err)
				}
			}
		}
		if err := w.s.SetTrim(ctx, w.w, rec.ID, Trim{}); err != nil {
			t.Fatal(err)
		}
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "ab" || !w.timeline(rec.ID).Trim.All() {
			t.Error("not undone")
		}
		if err := w.s.SetTrim(ctx, w.w, rec.ID, Trim{}); err != nil || w.make() != 0 {
			t.Errorf("made again without a reason, %v", err)
		}

		if sh, err := w.s.Sharing(ctx, w.w, rec.ID); err != nil || sh != (Sharing{People: 2, Lacking: 2}) || sh.Allowed() {
			t.Errorf("%+v %v", sh, err)
		}
		if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		if sh, err := w.s.Sharing(ctx, w.w, rec.ID); err != nil || sh != (Sharing{People: 1, Lacking: 1}) {
			t.Errorf("without bob: %+v %v", sh, err)
		}
		if err := w.s.SetTrim(ctx, w.w, rec.ID, trim); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Delete(ctx, w.w, rec.ID); err != nil {
			t.Errorf("with a trim: %v", err)
		}
	})
}

// A trim that a busy database did not take is not half in force: the next try does all of it.
func TestTrimIsKeptWhole(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, _ := filmed(t, w)
		w.make()
		if err := w.db.Exec(`CREATE TRIGGER busy BEFORE UPDATE ON derivatives WHEN NEW.state = 'doomed' BEGIN SELECT RAISE(ABORT, 'busy'); END`).Error; err != nil {
			t.Fatal(err)
		}
		trim := Trim{From: 4500 * time.Millisecond, To: 9 * time.Second}
		if err := w.s.SetTrim(t.Context(), w.w, rec.ID, trim); !errors.Is(err, ErrStorage) || !w.timeline(rec.ID).Trim.All() {
			t.Errorf("while the database is busy: %v, %+v", err, w.timeline(rec.ID).Trim)
		}
		if err := w.db.Exec(`DROP TRIGGER busy`).Error; err != nil {
			t.Fatal(err)
		}
		if err := w.s.SetTrim(t.Context(), w.w, rec.ID, trim); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.s.OpenProgram(t.Context(), w.w, rec.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("what was cut off is still there: %v", err)
		}
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "b" {
			t.Error("not made again")
		}
	})
}
