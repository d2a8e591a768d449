package recorder

import (
	"context"
	"time"

	"plenum/webinar"
)

type linkRow struct {
	Hash        []byte
	WebinarID   webinar.ID
	RecordingID RecordingID
	SubjectID   webinar.SubjectID
	EndsAt      int64
}

func (s *store) addLink(ctx context.Context, l linkRow) error {
	_, err := s.exec(ctx, "insert receipt link", `INSERT INTO receipt_links (webinar_id, hash, recording_id, subject_id) VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, l.WebinarID, l.Hash, l.RecordingID, l.SubjectID) // gorm spreads a slice that comes first
	return err
}

// link finds a link that still leads somewhere, or ErrLink.
func (s *store) link(ctx context.Context, secret string) (linkRow, error) {
	var rows []linkRow
	err := s.db.WithContext(ctx).Raw(`SELECT * FROM receipt_links WHERE hash = ? AND (ends_at = 0 OR ends_at > ?)`,
		webinar.HashSecret(secret), time.Now().UnixMilli()).Scan(&rows).Error
	if err != nil {
		return linkRow{}, failed("read receipt link", err)
	}
	if len(rows) == 0 {
		return linkRow{}, ErrLink
	}
	return rows[0], nil
}

// endLinks gives the links of a recording that is gone their end.
func (s *store) endLinks(ctx context.Context, rec RecordingID, at time.Time) error {
	_, err := s.exec(ctx, "end receipt links", `UPDATE receipt_links SET ends_at = ? WHERE recording_id = ? AND ends_at = 0`, at.UnixMilli(), rec)
	return err
}

// endLostLinks gives an end to the links of recordings that are gone, where the process died before it had one.
func (s *store) endLostLinks(ctx context.Context, at time.Time) error {
	_, err := s.exec(ctx, "end receipt links", `UPDATE receipt_links SET ends_at = ? WHERE ends_at = 0 AND recording_id NOT IN (SELECT id FROM recordings)`, at.UnixMilli())
	return err
}

// dropLinks deletes links whose time is over, and those of recordings that were called off before the given time.
func (s *store) dropLinks(ctx context.Context, now, aborted time.Time) error {
	_, err := s.exec(ctx, "delete receipt links", `DELETE FROM receipt_links WHERE ends_at > 0 AND ends_at <= ? OR recording_id IN
		(SELECT id FROM recordings WHERE state = 'aborted' AND stopped_at <= ?)`, now.UnixMilli(), aborted.UnixMilli())
	return err
}

// filesOf counts what a recording holds of somebody.
func (s *store) filesOf(ctx context.Context, rec RecordingID, who webinar.SubjectID) (int, error) {
	var n int
	err := s.db.WithContext(ctx).Raw(`SELECT count(*) FROM segments WHERE recording_id = ? AND subject_id = ? AND doomed = 0`, rec, who).Scan(&n).Error
	return n, failed("count segments", err)
}
