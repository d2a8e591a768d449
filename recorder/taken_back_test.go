package recorder

import (
	"errors"
	"strings"
	"testing"

	"plenum/recorder/consent"
	"plenum/recorder/ffmpeg"
)

// What is small is stored at once. Who withdraws while that happens, or after it has failed behind the store's back, is in
// none of it afterwards.
func TestWithdrawalWhileSmallThingsAreStored(t *testing.T) {
	for name, meanwhile := range map[string]bool{"meanwhile": true, "after it has failed": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				w.s.c.FFmpeg = foundFFmpeg(t, ffmpeg.Config{})
				rec, bob := shot(t, w)
				withdraw := func() {
					if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
						t.Error(err)
					}
					w.s.bg.Wait()
				}
				var stored []string
				w.shelf.puts = func(key string) error {
					if strings.HasSuffix(key, "/timeline.json") {
						return nil
					}
					if stored = append(stored, key); meanwhile {
						w.shelf.puts = nil
						withdraw()
					}
					return errors.New("no answer")
				}
				w.make()
				w.shelf.puts = nil
				if !meanwhile {
					withdraw()
				}
				if len(stored) == 0 {
					t.Fatal("nothing was stored")
				}
				for _, key := range stored {
					if _, left := w.shelf.notes[key]; left {
						t.Errorf("I22: the store still has %s", key)
					}
				}
			})
		})
	}
}

// A timeline that was stored while it was asked for again goes with its recording.
func TestTimelineThatIsWrittenAgainIsErased(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, _ := filmed(t, w)
		note := "rec/" + rec.ID + "/timeline.json"
		w.shelf.puts = func(string) error { return w.s.rows.retell(t.Context(), rec.ID) }
		for w.shelf.notes[note] == "" {
			if !w.s.deriveNext(t.Context()) {
				t.Fatal("never written")
			}
		}
		if err := w.s.Delete(t.Context(), w.w, rec.ID); err != nil {
			t.Fatal(err)
		}
		if len(w.shelf.notes) > 0 {
			t.Errorf("left: %v", w.shelf.notes)
		}
	})
}
