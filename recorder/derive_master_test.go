package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"
)

// A store that breaks off in the midst of a master is waited for, wherever that is and whatever it says: the program is
// neither given up nor made of what had come until then.
func TestMastersThatBreakOff(t *testing.T) {
	for name, fault := range map[string]error{
		"reset": errors.New("connection reset"), "short answer": fmt.Errorf("read object: %w", io.ErrUnexpectedEOF),
		"no answer": fmt.Errorf("read object: %w", io.EOF), "short object": io.EOF,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				rec, _ := filmed(t, w)
				tries := 0
				w.shelf.torn = func(film []byte) io.Reader {
					at := bytes.LastIndex(film, []byte{0x1f, 0x43, 0xb6, 0x75}) // a cluster
					if tries++; tries%2 == 0 {
						at += 100
					}
					return io.MultiReader(bytes.NewReader(film[:at]), iotest.ErrReader(fault))
				}
				for range 2 * deriveTries {
					w.make()
					w.idle(deriveMax)
				}
				if p, err := w.s.Program(t.Context(), w.w, rec.ID); err != nil || p.State != QueuedProgram || tries < deriveTries {
					t.Errorf("after %d tries: %+v %v", tries, p, err)
				}
				w.shelf.torn = nil
				if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "ab" {
					t.Error("not made in the end")
				}
			})
		})
	}
}

// What every recording should have is tried again by the next process.
func TestProgramThatWasGivenUpIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, _ := filmed(t, w)
		if err := w.db.Exec(`UPDATE derivatives SET state = 'failed', tries = ?`, deriveTries).Error; err != nil {
			t.Fatal(err)
		}
		if w.make() != 0 {
			t.Error("tried again by the same process")
		}
		encode := w.s.c.Encode
		w.s.shutdown(t.Context())
		w.boot()
		w.s.c.Encode = encode
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "ab" || len(w.shelf.notes) != 1 {
			t.Errorf("not made, notes %v", w.shelf.notes)
		}
	})
}

// A program is made without the masters that the store has lost, but not without those that it does not have yet.
func TestMastersThatAreLost(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, bob := filmed(t, w)
		var log bytes.Buffer
		w.s.c.Log = slog.New(slog.NewTextHandler(&log, nil))
		w.shelf.gone = map[string]bool{}
		rows, err := w.s.rows.segments(t.Context(), `subject_id = ?`, bob.Subject)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		w.shelf.gone[rows[0].key()] = true
		is := func(state SegmentState) {
			if err := w.db.Exec(`UPDATE segments SET state = ? WHERE id = ?`, state, rows[0].ID).Error; err != nil {
				t.Fatal(err)
			}
		}
		is(Sealed)
		w.make()
		if p, err := w.s.Program(t.Context(), w.w, rec.ID); err != nil || p.State != QueuedProgram {
			t.Errorf("before the store has all: %+v %v", p, err)
		}
		is(Stored)
		w.idle(deriveMax)
		log.Reset()
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "a" {
			t.Error("not made of what is left")
		}
		if said := log.String(); strings.Count(said, "level=ERROR") != 1 || !strings.Contains(said, rec.ID) || !strings.Contains(said, rows[0].ID) {
			t.Errorf("told: %s", said)
		}
		for key := range w.shelf.films {
			w.shelf.gone[key] = true
		}
		if err := w.s.stale(t.Context(), rec.ID); err != nil {
			t.Fatal(err)
		}
		w.make()
		if p, err := w.s.Program(t.Context(), w.w, rec.ID); err != nil || p.State != NoProgram {
			t.Errorf("of nothing: %+v %v", p, err)
		}
	})
}
