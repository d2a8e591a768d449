package recorder

import (
	"context"
	"time"

	"plenum/webinar"
)

// The kinds of derivative.
const (
	programKind  = "program"
	timelineKind = "timeline"
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
}

// key is the object's. A program is a film of its own name; a timeline is found beside the films.
func (r derivedRow) key() string {
	if r.Kind == timelineKind {
		return "rec/" + r.RecordingID + "/timeline.json"
	}
	return objectKey(r.RecordingID, r.ID)
}

func (s *store) derived(ctx context.Context, where string, args ...any) ([]derivedRow, error) {
	var rows []derivedRow
	err := s.db.WithContext(ctx).Raw(`SELECT * FROM derivatives WHERE `+where+` ORDER BY due_at, kind, id`, args...).Scan(&rows).Error
	return rows, failed("read derivatives", err)
}

// want queues what a recording that has ended lacks, once nothing of it is being written.
func (s *store) want(ctx context.Context, rec RecordingID) error {
	for _, kind := range []string{programKind, timelineKind} {
		_, err := s.exec(ctx, "queue derivative", `INSERT INTO derivatives (id, recording_id, kind, state)
			SELECT ?, r.id, ?, 'queued' FROM recordings r WHERE r.id = ? AND r.state IN ('stopped', 'available') AND r.started_at > 0
			AND NOT EXISTS (SELECT 1 FROM segments s WHERE s.recording_id = r.id AND s.doomed = 0 AND s.state = 'writing')
			AND (? <> 'program' OR EXISTS (SELECT 1 FROM segments s WHERE s.recording_id = r.id AND s.doomed = 0))
			ON CONFLICT DO NOTHING`, webinar.NewID(), kind, rec, kind)
		if err != nil {
			return err
		}
	}
	return nil
}

// doomPrograms takes a recording's program away: from now on it is shown to nobody, and what the store has is erased.
func (s *store) doomPrograms(ctx context.Context, rec RecordingID) error {
	if _, err := s.exec(ctx, "doom program", `UPDATE derivatives SET state = 'doomed' WHERE recording_id = ? AND kind = 'program' AND state IN ('sealed', 'ready')`, rec); err != nil {
		return err
	}
	_, err := s.exec(ctx, "drop program", `DELETE FROM derivatives WHERE recording_id = ? AND kind = 'program' AND state <> 'doomed'`, rec)
	return err
}

// doomDerived takes everything away that was made of a recording.
func (s *store) doomDerived(ctx context.Context, rec RecordingID) error {
	if err := s.doomPrograms(ctx, rec); err != nil {
		return err
	}
	_, err := s.exec(ctx, "drop timeline", `DELETE FROM derivatives WHERE recording_id = ? AND kind = 'timeline' AND state = 'queued' AND tries = 0 AND bytes = 0`, rec)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "doom timeline", `UPDATE derivatives SET state = 'doomed' WHERE recording_id = ? AND kind = 'timeline'`, rec)
	return err
}

// retell has the timeline written again.
func (s *store) retell(ctx context.Context, rec RecordingID) error {
	_, err := s.exec(ctx, "queue timeline", `UPDATE derivatives SET state = 'queued', due_at = 0, tries = 0 WHERE recording_id = ? AND kind = 'timeline' AND state <> 'doomed'`, rec)
	return err
}

// due returns the next derivative to make, and whether there is one.
func (s *store) due(ctx context.Context, now time.Time) (derivedRow, bool, error) {
	rows, err := s.derived(ctx, `state = 'queued' AND due_at <= ?`, now.UnixMilli())
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
func (s *store) made(ctx context.Context, id, to string, bytes int64, length time.Duration) (bool, error) {
	n, err := s.exec(ctx, "keep derivative", `UPDATE derivatives SET state = ?, bytes = ?, duration_ms = ?, tries = 0 WHERE id = ? AND state = 'building'`,
		to, bytes, length.Milliseconds(), id)
	return n == 1, err
}

// postpone puts a derivative that could not be made back into the queue, or gives it up.
func (s *store) postpone(ctx context.Context, id, to string, tries int, due time.Time) error {
	_, err := s.exec(ctx, "postpone derivative", `UPDATE derivatives SET state = ?, tries = ?, due_at = ? WHERE id = ? AND state = 'building'`, to, tries, due.UnixMilli(), id)
	return err
}

func (s *store) dropDerived(ctx context.Context, id string) error {
	_, err := s.exec(ctx, "drop derivative", `DELETE FROM derivatives WHERE id = ?`, id)
	return err
}
