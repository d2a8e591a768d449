package recorder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/recorder/master"
	"plenum/recorder/webm"
	"plenum/webinar"
	"plenum/webinar/media"
)

// reel is a real file of four seconds of sound whose packets all hold the mark.
func reel(t *testing.T, mark byte) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := webm.NewWriter(f, []webm.Track{{Number: 2, Codec: webm.Opus, Channels: 2}}, webm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for ms := int64(0); ms < 4000; ms += 20 {
		if err := w.Write(2, ms, true, bytes.Repeat([]byte{mark}, 60)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Finalize(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// marks lists what is in a film.
func marks(t *testing.T, film []byte) []byte {
	t.Helper()
	r, err := webm.NewReader(bytes.NewReader(film))
	if err != nil {
		t.Fatal(err)
	}
	found := map[byte]bool{}
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return slices.Sorted(maps.Keys(found))
		}
		if err != nil {
			t.Fatal(err)
		}
		found[s.Data[0]] = true
	}
}

// filmed is a recording that has ended, of a film of ann's, marked a, and one of bob's, marked b, which begins later.
func filmed(t *testing.T, w *world) (rec Recording, bob webinar.Ticket) {
	t.Helper()
	ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
	rec = w.running(false, ann, bob)
	w.talk(9*time.Second, []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)}, ann, bob)
	if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.s.bg.Wait()
	rows, err := w.s.rows.segments(t.Context(), `recording_id = ?`, rec.ID)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		mark, start := byte('a'), 0
		if row.SubjectID == string(bob.Subject) {
			mark, start = 'b', 5000
		}
		w.shelf.films[row.key()] = reel(t, mark)
		if err := w.db.Exec(`UPDATE segments SET start_ms = ? WHERE id = ?`, start, row.ID).Error; err != nil {
			t.Fatal(err)
		}
	}
	w.s.c.Encode = func(tl Timeline) ([]byte, error) {
		return fmt.Appendf(nil, "%s %d", tl.Program.State, len(tl.Parts)), nil
	}
	return rec, bob
}

// make makes all that is due.
func (w *world) make() (n int) {
	for w.s.deriveNext(w.t.Context()) {
		n++
	}
	w.s.bg.Wait()
	return n
}

// shown reads the program of a recording.
func (w *world) shown(rec RecordingID) []byte {
	w.t.Helper()
	f, p, err := w.s.OpenProgram(w.t.Context(), w.w, rec)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil || p.Bytes != int64(len(b)) || p.Duration < 7*time.Second/2 {
		w.t.Fatalf("%d bytes of %+v, %v", len(b), p, err)
	}
	return b
}

func TestProgramFollowsItsMasters(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, bob := filmed(t, w)
		note := "rec/" + rec.ID + "/timeline.json"
		if p, err := w.s.Program(t.Context(), w.w, rec.ID); err != nil || p.State != QueuedProgram {
			t.Fatalf("%+v %v", p, err)
		}
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "ab" || w.shelf.notes[note] != "ready 2" {
			t.Fatalf("program of %s, timeline %q", marks(t, w.shown(rec.ID)), w.shelf.notes[note])
		}
		first, _ := w.s.Program(t.Context(), w.w, rec.ID)

		if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.s.OpenProgram(t.Context(), w.w, rec.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("still there after the withdrawal: %v", err)
		}
		w.s.bg.Wait()
		if key := objectKey(rec.ID, first.ID); !w.shelf.erased[key] || w.shelf.kept[key] {
			t.Error("the store still has the program")
		}
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "a" || w.shelf.notes[note] != "ready 1" {
			t.Errorf("made again of %s, timeline %q", marks(t, w.shown(rec.ID)), w.shelf.notes[note])
		}
		if w.make() != 0 {
			t.Error("made without a reason")
		}
		if err := w.s.Delete(t.Context(), w.w, rec.ID); err != nil {
			t.Fatal(err)
		}
		rows, err := w.s.rows.derived(t.Context(), `1`)
		if err != nil || len(rows) > 0 || len(w.shelf.kept) > 0 || len(w.shelf.notes) > 0 {
			t.Errorf("I22: %+v, kept %v, notes %v, %v", rows, w.shelf.kept, w.shelf.notes, err)
		}
	})
}

// Who withdraws while the program is being made is not in it, whatever the builder has in hand.
func TestWithdrawalDuringABuild(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, bob := filmed(t, w)
		n := 0
		w.shelf.opened = func(string) {
			if n++; n == 4 { // both are scanned, the second is about to be copied
				w.shelf.opened = nil
				if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
					t.Error(err)
				}
			}
		}
		w.make()
		if n != 4 || string(marks(t, w.shown(rec.ID))) != "a" {
			t.Errorf("%d opened, program of %s", n, marks(t, w.shown(rec.ID)))
		}
		left, err := filepath.Glob(filepath.Join(w.s.c.Spool, "*.webm"))
		if err != nil || len(left) != 1 { // the shelf leaves what it took
			t.Errorf("%v %v", left, err)
		}
	})
}

// Who withdraws while a finished mix takes the place of the program, before the archive has it, is not kept by it.
func TestWithdrawalWhileAMixIsHandedOver(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, bob := filmed(t, w)
		w.make()
		mix := derivedRow{ID: webinar.NewID(), RecordingID: rec.ID, Kind: mixKind}
		if err := w.db.Exec(`INSERT INTO derivatives (id, recording_id, kind, state) VALUES (?, ?, ?, 'building')`, mix.ID, mix.RecordingID, mix.Kind).Error; err != nil {
			t.Fatal(err)
		}
		withdrawn := false
		w.shelf.before = func() { // of the program
			withdrawn = true
			if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
				t.Error(err)
			}
			w.s.bg.Wait()
		}
		key := mix.key()
		err := w.s.spool(t.Context(), &mix, func(f *os.File) (master.Info, error) {
			_, err := f.Write(reel(t, 'b'))
			return master.Info{Duration: 4 * time.Second}, err
		})
		if err != nil || !withdrawn {
			t.Fatalf("withdrawn: %t, %v", withdrawn, err)
		}
		rows, err := w.s.rows.derived(t.Context(), `state = 'doomed'`)
		if err != nil || len(rows) > 0 || w.shelf.kept[key] || w.shelf.films[key] != nil {
			t.Errorf("I22: kept: %t, rows %+v, %v", w.shelf.kept[key], rows, err)
		}
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "a" {
			t.Error("not made again")
		}
	})
}

func TestBuildsSurviveARestart(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, _ := filmed(t, w)
		rows, err := w.s.rows.derived(t.Context(), `kind = 'program'`)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%+v %v", rows, err)
		}
		if ok, err := w.s.rows.turn(t.Context(), rows[0].ID, "queued", "building"); !ok || err != nil {
			t.Fatal(ok, err)
		}
		w.s.shutdown(t.Context())
		w.boot()
		if w.make() == 0 || string(marks(t, w.shown(rec.ID))) != "ab" {
			t.Error("not made after the restart")
		}
		if err := w.db.Exec(`UPDATE derivatives SET state = 'sealed' WHERE kind = 'program'`).Error; err != nil {
			t.Fatal(err)
		}
		w.s.shutdown(t.Context())
		w.boot() // killed between sealing and handing over
		got, err := w.s.rows.derived(t.Context(), `kind = 'program'`)
		if err != nil || len(got) != 1 || got[0].State != "ready" {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestBuildsThatFail(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, _ := filmed(t, w)
		state := func() ProgramState {
			p, err := w.s.Program(t.Context(), w.w, rec.ID)
			if err != nil {
				t.Fatal(err)
			}
			return p.State
		}
		w.shelf.breaks(errors.New("the store is away"))
		for range 2 * deriveTries { // nothing is given up for that
			w.make()
			w.idle(deriveMax)
		}
		if state() != QueuedProgram {
			t.Errorf("while the store is away: %s", state())
		}
		w.shelf.breaks(nil)
		good := maps.Clone(w.shelf.films)
		for key := range w.shelf.films {
			w.shelf.films[key] = []byte("no film at all")
		}
		w.make()
		w.idle(deriveMax)
		w.make()
		if state() != FailedProgram { // two tries are left after an outage
			t.Errorf("of files that are none: %s", state())
		}
		w.shelf.films = good
		w.free = w.s.c.DiskReserve + 10
		if err := w.s.stale(t.Context(), rec.ID); err != nil {
			t.Fatal(err)
		}
		w.make()
		if state() != QueuedProgram {
			t.Errorf("without room: %s", state())
		}
		w.free = 1 << 40
		w.idle(deriveMax)
		w.make()
		if state() != ReadyProgram {
			t.Errorf("in the end: %s", state())
		}
	})
}

// A program is not made as if somebody had said no when nobody knows what they said.
func TestProgramWantsToKnowTheConsent(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		rec, _ := filmed(t, w)
		sources, _, err := w.s.programSources(t.Context(), rec, &build{})
		if err != nil || len(sources) != 2 {
			t.Fatalf("%d sources, %v", len(sources), err)
		}
		for _, q := range []string{
			`UPDATE recordings SET id = 'strange' WHERE id = ?`, `UPDATE segments SET recording_id = 'strange' WHERE recording_id = ?`,
		} {
			if err := w.db.Exec(`PRAGMA foreign_keys = 0`).Exec(q, rec.ID).Error; err != nil {
				t.Fatal(err)
			}
		}
		rec.ID = "strange"
		if sources, _, err := w.s.programSources(t.Context(), rec, &build{}); !errors.Is(err, ErrStorage) || !errors.Is(err, consent.ErrUnknown) {
			t.Errorf("%d sources, %v", len(sources), err)
		}
	})
}
