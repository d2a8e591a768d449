package recorder

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"plenum/webinar"
)

// The kinds of derivative that are made without being asked for.
const (
	programKind  = "program"
	timelineKind = "timeline"
	mixKind      = "mix"   // a program with everybody's sound, which takes the place of the first
	sheetKind    = "sheet" // small pictures for the line of time
	peaksKind    = "peaks" // how loud it is over time
)

type derivedRow struct {
	ID          string
	RecordingID string
	Kind        string
	State       string
	Tries       int
	DueAt       int64
	Bytes       int64
	DurationMs  int64
	Mixed       bool
	FromMs      *int64 // of a program, where it begins in the session; nil: not known
}

// form is how the name of its file ends.
func (r derivedRow) form() string {
	switch r.Kind {
	case sheetKind:
		return ".webp"
	case peaksKind:
		return ".json"
	case string(MP4):
		return ".mp4"
	}
	return ".webm"
}

// foreign reports whether somebody else must decode for it.
func (r derivedRow) foreign() bool { return r.Kind != programKind && r.Kind != timelineKind }

// key is the object's. A program is a film of its own name; a timeline is found beside the films.
func (r derivedRow) key() string {
	if r.Kind == timelineKind {
		return "rec/" + r.RecordingID + "/timeline.json"
	}
	return "rec/" + r.RecordingID + "/" + r.ID + r.form()
}

func (s *store) derived(ctx context.Context, where string, args ...any) ([]derivedRow, error) {
	var rows []derivedRow
	err := s.db.WithContext(ctx).Raw(`SELECT * FROM derivatives WHERE `+where+` ORDER BY due_at, kind, id`, args...).Scan(&rows).Error
	return rows, failed("read derivatives", err)
}

// able says what can be made of a recording.
type able struct{ mix, sheet, peaks, mp4, composite bool }

// want queues what a recording that has ended lacks, once nothing of it is being written.
func (s *store) want(ctx context.Context, rec RecordingID, can able) error {
	const (
		films   = `EXISTS (SELECT 1 FROM segments s WHERE s.recording_id = r.id AND s.doomed = 0)`
		screen  = `EXISTS (SELECT 1 FROM segments s WHERE s.recording_id = r.id AND s.doomed = 0 AND s.video = 1 AND s.grp = 'screen')`
		camera  = `EXISTS (SELECT 1 FROM segments s WHERE s.recording_id = r.id AND s.doomed = 0 AND s.video = 1 AND s.grp = 'camera')`
		asked   = `EXISTS (SELECT 1 FROM asked_films f WHERE f.recording_id = r.id AND f.kind = `
		program = `EXISTS (SELECT 1 FROM derivatives d WHERE d.recording_id = r.id AND d.kind = 'program' AND d.state IN ('sealed', 'ready')`
	)
	for _, k := range []struct {
		kind, when string
		wanted     bool
	}{
		{programKind, films, true},
		{timelineKind, `1`, true},
		{mixKind, program + ` AND d.mixed = 0)`, can.mix},
		{sheetKind, program + `) AND ` + noMix, can.sheet},
		{peaksKind, program + `) AND ` + noMix, can.peaks},
		{string(MP4), program + `) AND ` + noMix + ` AND ` + asked + `'mp4')`, can.mp4},
		{string(Composite), program + `) AND ` + noMix + ` AND ` + asked + `'composite') AND ` + screen + ` AND ` + camera, can.composite},
	} {
		if !k.wanted {
			continue
		}
		_, err := s.exec(ctx, "queue derivative", `INSERT INTO derivatives (id, recording_id, kind, state)
			SELECT ?, r.id, ?, 'queued' FROM recordings r WHERE r.id = ? AND r.state IN ('stopped', 'available') AND r.started_at > 0
			AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.recording_id = r.id AND s.doomed = 0 AND s.state = 'writing')
			AND `+k.when+` ON CONFLICT DO NOTHING`, webinar.NewID(), k.kind, rec)
		if err != nil {
			return err
		}
	}
	return nil
}

// noMix says of a recording r that the sound of its program stays as it is.
const noMix = `NOT EXISTS (SELECT 1 FROM derivatives m WHERE m.recording_id = r.id AND m.kind = 'mix' AND m.state IN ('queued', 'building'))`

// ask queues what somebody asked for, again if it failed, and remembers that; false if the recording has no program to make
// it of.
func (s *store) ask(ctx context.Context, rec RecordingID, kind Making) (queued bool, err error) {
	err = s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		t := &store{db: tx}
		n, err := t.exec(ctx, "queue derivative", `INSERT INTO derivatives (id, recording_id, kind, state, due_at)
			SELECT ?, d.recording_id, ?, 'queued', ? FROM derivatives d WHERE d.recording_id = ? AND d.kind = 'program' AND d.state IN ('sealed', 'ready')
			ON CONFLICT (recording_id, kind) WHERE state <> 'doomed' DO UPDATE SET tries = 0, due_at = excluded.due_at,
				state = CASE state WHEN 'failed' THEN 'queued' ELSE state END`, webinar.NewID(), string(kind), time.Now().UnixMilli(), rec)
		if queued = n > 0; err != nil || !queued {
			return err
		}
		_, err = t.exec(ctx, "remember film", `INSERT INTO asked_films (recording_id, kind) VALUES (?, ?) ON CONFLICT DO NOTHING`, rec, string(kind))
		return err
	})
	return queued, failed("ask for film", err)
}

// unask forgets that a film was asked for of which there is nothing left to show.
func (s *store) unask(ctx context.Context, row derivedRow) error {
	_, err := s.exec(ctx, "forget film", `DELETE FROM asked_films WHERE recording_id = ? AND kind = ?`, row.RecordingID, row.Kind)
	return err
}

// swap puts a finished mix into the place of the program; false if it is not wanted any more.
func (s *store) swap(ctx context.Context, row derivedRow) (done bool, err error) {
	err = s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		t := &store{db: tx}
		n, err := t.exec(ctx, "check mix", `UPDATE derivatives SET tries = 0 WHERE id = ? AND state = 'building'`, row.ID)
		if err != nil || n == 0 {
			return err
		}
		_, err = t.exec(ctx, "doom program", `UPDATE derivatives SET state = 'doomed' WHERE recording_id = ? AND kind = 'program' AND state <> 'doomed'`, row.RecordingID)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, "put mix in its place", `UPDATE derivatives SET kind = 'program', state = 'sealed', mixed = 1, bytes = ?, duration_ms = ?, from_ms = ? WHERE id = ?`,
			row.Bytes, row.DurationMs, row.FromMs, row.ID)
		done = err == nil
		return err
	})
	return done, failed("swap program", err)
}

// unmixed notes that a program needs no mix.
func (s *store) unmixed(ctx context.Context, row derivedRow) error {
	_, err := s.exec(ctx, "keep program", `UPDATE derivatives SET mixed = 1 WHERE recording_id = ? AND kind = 'program'`, row.RecordingID)
	if err != nil {
		return err
	}
	return s.dropDerived(ctx, row.ID)
}

// doomFilms takes a recording's program and all that was made of it away: from now on it is shown to nobody, and what the
// store has is erased. Of what is put there at once, it may have something whatever the row says.
func (s *store) doomFilms(ctx context.Context, rec RecordingID) error {
	if _, err := s.exec(ctx, "doom films", `UPDATE derivatives SET state = 'doomed' WHERE recording_id = ? AND kind <> 'timeline'
		AND (state IN ('sealed', 'ready') OR kind IN ('sheet', 'peaks'))`, rec); err != nil {
		return err
	}
	_, err := s.exec(ctx, "drop films", `DELETE FROM derivatives WHERE recording_id = ? AND kind <> 'timeline' AND state <> 'doomed'`, rec)
	return err
}

// renew takes the films away and queues what is made of what is left.
func (s *store) renew(ctx context.Context, rec RecordingID, can able) error {
	return errors.Join(s.doomFilms(ctx, rec), s.want(ctx, rec, can), s.retell(ctx, rec))
}

// doomDerived takes everything away that was made of a recording.
func (s *store) doomDerived(ctx context.Context, rec RecordingID) error {
	if err := s.doomFilms(ctx, rec); err != nil {
		return err
	}
	_, err := s.exec(ctx, "doom timeline", `UPDATE derivatives SET state = 'doomed' WHERE recording_id = ? AND kind = 'timeline'`, rec)
	return err
}

// retell has the timeline written again.
func (s *store) retell(ctx context.Context, rec RecordingID) error {
	_, err := s.exec(ctx, "queue timeline", `UPDATE derivatives SET state = 'queued', due_at = 0, tries = 0 WHERE recording_id = ? AND kind = 'timeline' AND state <> 'doomed'`, rec)
	return err
}

// due returns the next derivative to make, and whether there is one.
func (s *store) due(ctx context.Context, now time.Time) (derivedRow, bool, error) {
	rows, err := s.derived(ctx, `state = 'queued' AND due_at <= ? AND (kind IN ('program', 'timeline', 'mix') OR NOT EXISTS (SELECT 1 FROM derivatives m
		WHERE m.recording_id = derivatives.recording_id AND m.kind IN ('program', 'mix') AND m.state IN ('queued', 'building')))`, now.UnixMilli())
	if err != nil || len(rows) == 0 {
		return derivedRow{}, false, err
	}
	return rows[0], true, nil
}

// turn brings a derivative from one state into another; false if it is not in the first any more.
func (s *store) turn(ctx context.Context, id, from, to string) (bool, error) {
	n, err := s.exec(ctx, "turn derivative", `UPDATE derivatives SET state = ? WHERE id = ? AND state = ?`, to, id, from)
	return n == 1, err
}

// made notes what was made; false if it is not wanted any more.
func (s *store) made(ctx context.Context, row derivedRow, to string) (bool, error) {
	n, err := s.exec(ctx, "keep derivative", `UPDATE derivatives SET state = ?, bytes = ?, duration_ms = ?, from_ms = ?, tries = 0 WHERE id = ? AND state = 'building'`,
		to, row.Bytes, row.DurationMs, row.FromMs, row.ID)
	return n == 1, err
}

// postpone puts a derivative that could not be made back into the queue, or gives it up.
func (s *store) postpone(ctx context.Context, id, to string, tries int, due time.Time) error {
	_, err := s.exec(ctx, "postpone derivative", `UPDATE derivatives SET state = ?, tries = ?, due_at = ? WHERE id = ? AND state = 'building'`, to, tries, due.UnixMilli(), id)
	return err
}

// revive gives another try to what every recording should have and was given up.
func (s *store) revive(ctx context.Context) error {
	_, err := s.exec(ctx, "queue derivatives", `UPDATE derivatives SET state = 'queued', tries = 0, due_at = 0 WHERE state = 'failed' AND kind IN ('program', 'timeline')`)
	return err
}

func (s *store) dropDerived(ctx context.Context, id string) error {
	_, err := s.exec(ctx, "drop derivative", `DELETE FROM derivatives WHERE id = ?`, id)
	return err
}
