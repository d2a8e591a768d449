package recorder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"plenum/recorder/master"
	"plenum/webinar"
)

// store keeps the rows of recordings and segments.
type store struct{ db *gorm.DB }

type recordingRow struct {
	ID             string
	WebinarID      string
	State          string
	Reason         string
	Strict         bool
	Announcement   int
	AnnouncedAt    int64
	StartAllowedAt int64
	StartedAt      int64
	StoppedAt      int64
	ExpiresAt      int64
	KeepMs         int64
}

type segmentRow struct {
	ID          string
	RecordingID string
	SubjectID   string
	Grp         string
	Label       string
	State       string
	Doomed      bool
	StartMs     int64
	DurationMs  int64
	Bytes       int64
	Audio       bool
	Video       bool
	Codec       string
	Width       int
	Height      int
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (r recordingRow) recording() Recording {
	return Recording{ID: r.ID, Webinar: webinar.ID(r.WebinarID), State: State(r.State), Reason: Reason(r.Reason), Strict: r.Strict,
		Announcement: r.Announcement, AnnouncedAt: fromMillis(r.AnnouncedAt), StartAllowedAt: fromMillis(r.StartAllowedAt),
		StartedAt: fromMillis(r.StartedAt), StoppedAt: fromMillis(r.StoppedAt), ExpiresAt: fromMillis(r.ExpiresAt),
		Keep: time.Duration(r.KeepMs) * time.Millisecond}
}

func (r segmentRow) segment() Segment {
	return Segment{ID: r.ID, Group: Group(r.Grp), Label: r.Label, State: SegmentState(r.State), Start: time.Duration(r.StartMs) * time.Millisecond,
		Duration: time.Duration(r.DurationMs) * time.Millisecond, Bytes: r.Bytes, Audio: r.Audio, Video: r.Video,
		Codec: r.Codec, Width: r.Width, Height: r.Height}
}

func (r segmentRow) key() string { return objectKey(r.RecordingID, r.ID) }

// objectKey is the form that the archive asks for.
func objectKey(rec RecordingID, segment string) string { return "rec/" + rec + "/" + segment + ".webm" }

func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %w", what, ErrStorage, err)
}

func (s *store) exec(ctx context.Context, what, sql string, args ...any) (int64, error) {
	res := s.db.WithContext(ctx).Exec(sql, args...)
	return res.RowsAffected, failed(what, res.Error)
}

func (s *store) insert(ctx context.Context, r Recording, key string) error {
	res := s.db.WithContext(ctx).Exec(`INSERT INTO recordings (id, webinar_id, state, reason, strict, announcement, announced_at, start_allowed_at,
		started_at, stopped_at, expires_at, announce_key, keep_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.ID, r.Webinar, string(r.State), string(r.Reason),
		r.Strict, r.Announcement, millis(r.AnnouncedAt), millis(r.StartAllowedAt), millis(r.StartedAt), millis(r.StoppedAt), millis(r.ExpiresAt), key,
		r.Keep.Milliseconds())
	return failed("insert recording", res.Error)
}

func (s *store) save(ctx context.Context, r Recording) error {
	_, err := s.exec(ctx, "save recording", `UPDATE recordings SET state = ?, reason = ?, announcement = ?, started_at = ?, stopped_at = ?, expires_at = ? WHERE id = ?`,
		string(r.State), string(r.Reason), r.Announcement, millis(r.StartedAt), millis(r.StoppedAt), millis(r.ExpiresAt), r.ID)
	return err
}

func (s *store) query(ctx context.Context, where string, args ...any) ([]Recording, error) {
	var rows []recordingRow
	if err := s.db.WithContext(ctx).Raw(`SELECT * FROM recordings WHERE `+where, args...).Scan(&rows).Error; err != nil {
		return nil, failed("read recordings", err)
	}
	out := make([]Recording, len(rows))
	for i, r := range rows {
		out[i] = r.recording()
	}
	return out, nil
}

// one returns the only match, ErrNotFound without one.
func (s *store) one(ctx context.Context, where string, args ...any) (Recording, error) {
	found, err := s.query(ctx, where, args...)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Recording{}, err
	}
	return found[0], nil
}

func (s *store) segments(ctx context.Context, where string, args ...any) ([]segmentRow, error) {
	var rows []segmentRow
	err := s.db.WithContext(ctx).Raw(`SELECT * FROM segments WHERE `+where+` ORDER BY start_ms, id`, args...).Scan(&rows).Error
	return rows, failed("read segments", err)
}

func (s *store) begin(ctx context.Context, r segmentRow) error {
	_, err := s.exec(ctx, "insert segment", `INSERT INTO segments (id, recording_id, subject_id, grp, label, state) VALUES (?, ?, ?, ?, ?, 'writing')`,
		r.ID, r.RecordingID, r.SubjectID, r.Grp, r.Label)
	return err
}

// sealed notes what a finished file holds. It reports false for one that is doomed or gone.
func (s *store) sealed(ctx context.Context, id, label string, i master.Info) (bool, error) {
	n, err := s.exec(ctx, "seal segment", `UPDATE segments SET state = 'sealed', label = ?, start_ms = ?, duration_ms = ?, bytes = ?, audio = ?, video = ?,
		codec = ?, width = ?, height = ? WHERE id = ? AND doomed = 0`, label, i.Start.Milliseconds(), i.Duration.Milliseconds(), i.Bytes, i.Audio, i.Video,
		i.Codec, i.Width, i.Height, id)
	return n == 1, err
}

func (s *store) stored(ctx context.Context, id string, size int64) error {
	_, err := s.exec(ctx, "store segment", `UPDATE segments SET state = 'available', bytes = ? WHERE id = ?`, size, id)
	return err
}

// doom marks the segments of one subject (empty: of everybody) in the groups for erasure, for good, but for the spared.
func (s *store) doom(ctx context.Context, rec RecordingID, who webinar.SubjectID, groups []Group, spared ...string) error {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = string(g)
	}
	_, err := s.exec(ctx, "doom segments", `UPDATE segments SET doomed = 1, label = '' WHERE recording_id = ? AND (? = '' OR subject_id = ?) AND grp IN ? AND id NOT IN ?`,
		rec, who, who, words, append(spared, "")) // IN () is no SQL
	return err
}

func (s *store) unlabel(ctx context.Context, rec RecordingID, who webinar.SubjectID) error {
	_, err := s.exec(ctx, "clear labels", `UPDATE segments SET label = '' WHERE recording_id = ? AND subject_id = ?`, rec, who)
	return err
}

func (s *store) forget(ctx context.Context, segment string) error {
	_, err := s.exec(ctx, "delete segment", `DELETE FROM segments WHERE id = ?`, segment)
	return err
}

// remove deletes a recording whose segments are gone; ErrActive while some are left.
func (s *store) remove(ctx context.Context, id RecordingID) error {
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec(`DELETE FROM recordings WHERE id = ?`, id).Error; err != nil {
			return err
		}
		return tx.Exec(`DELETE FROM downloads WHERE recording_id = ?`, id).Error
	})
	if errors.Is(err, gorm.ErrForeignKeyViolated) {
		return ErrActive
	}
	return failed("delete recording", err)
}

// open counts the segments of a recording that are not in the store yet.
func (s *store) open(ctx context.Context, rec RecordingID) (int64, error) {
	var n int64
	err := s.db.WithContext(ctx).Raw(`SELECT count(*) FROM segments WHERE recording_id = ? AND state <> 'available'`, rec).Scan(&n).Error
	return n, failed("count segments", err)
}

// labels returns the names that a recording holds, by whose they are.
func (s *store) labels(ctx context.Context, rec RecordingID) (map[webinar.SubjectID]string, error) {
	rows, err := s.segments(ctx, `recording_id = ? AND doomed = 0 AND label <> ''`, rec)
	out := map[webinar.SubjectID]string{}
	for _, r := range rows {
		out[webinar.SubjectID(r.SubjectID)] = r.Label
	}
	return out, err
}
