package recorder

import (
	"context"
	"time"

	"plenum/webinar"
)

type downloadRow struct {
	ID     string
	Who    string
	What   string
	Object string
	How    string
	At     int64
	TaskAt int64
	DoneAt int64
}

// addDownload writes a download down, unless the same is there already and younger than again.
func (s *store) addDownload(ctx context.Context, rec RecordingID, d Download, again time.Time) error {
	_, err := s.exec(ctx, "insert download", `INSERT INTO downloads (id, recording_id, who, what, object, how, at, subject_id)
		SELECT ?, ?, ?, ?, ?, ?, ?, coalesce((SELECT subject_id FROM segments WHERE id = ?), '')
		WHERE NOT EXISTS (SELECT 1 FROM downloads WHERE recording_id = ? AND who = ? AND what = ? AND object = ? AND how = ? AND at > ? AND task_at = 0)`,
		d.ID, rec, d.Who, string(d.What), d.Object, string(d.How), d.At.UnixMilli(), d.Object,
		rec, d.Who, string(d.What), d.Object, string(d.How), again.UnixMilli())
	return err
}

func (s *store) downloads(ctx context.Context, rec RecordingID) ([]Download, error) {
	var rows []downloadRow
	err := s.db.WithContext(ctx).Raw(`SELECT id, who, what, object, how, at, task_at, done_at FROM downloads WHERE recording_id = ? ORDER BY at DESC, id`, rec).Scan(&rows).Error
	out := make([]Download, len(rows))
	for i, r := range rows {
		out[i] = Download{ID: r.ID, Who: r.Who, What: Taken(r.What), Object: r.Object, How: Taking(r.How), At: fromMillis(r.At), Task: fromMillis(r.TaskAt), Done: fromMillis(r.DoneAt)}
	}
	return out, failed("read downloads", err)
}

// recall makes a task of each copy that may hold what a person takes back in the groups: that person's segments, and
// what is made of everybody's.
func (s *store) recall(ctx context.Context, rec RecordingID, who webinar.SubjectID, groups []Group, now time.Time) error {
	words := make([]string, len(groups))
	for i, g := range groups {
		words[i] = string(g)
	}
	_, err := s.exec(ctx, "recall copies", `UPDATE downloads SET task_at = ? WHERE recording_id = ? AND how = 'download' AND task_at = 0
		AND (what IN ('program', 'mp4', 'composite', 'captions') OR what = 'segment' AND subject_id = ?)
		AND EXISTS (SELECT 1 FROM segments WHERE recording_id = ? AND subject_id = ? AND grp IN ?)`, now.UnixMilli(), rec, who, rec, who, words)
	return err
}

// recallWords makes a task of each copy of the timeline, which holds names and what was written, when a person takes
// that back. Of somebody who has no files, only said tells whether they ever agreed: nobody learns of a refusal.
func (s *store) recallWords(ctx context.Context, rec RecordingID, who webinar.SubjectID, said bool, now time.Time) error {
	_, err := s.exec(ctx, "recall timelines", `UPDATE downloads SET task_at = ? WHERE recording_id = ? AND how = 'download' AND task_at = 0
		AND what = 'timeline' AND (? OR EXISTS (SELECT 1 FROM segments WHERE recording_id = ? AND subject_id = ?))`, now.UnixMilli(), rec, said, rec, who)
	return err
}

// recallReports makes a task of each copy of the consent report that was taken since a person's name could be in it.
func (s *store) recallReports(ctx context.Context, rec RecordingID, since, now time.Time) error {
	_, err := s.exec(ctx, "recall reports", `UPDATE downloads SET task_at = ? WHERE recording_id = ? AND how = 'download' AND task_at = 0
		AND what = 'report' AND at >= ?`, now.UnixMilli(), rec, since.UnixMilli())
	return err
}

func (s *store) copyDeleted(ctx context.Context, download string, at time.Time) error {
	_, err := s.exec(ctx, "note deleted copy", `UPDATE downloads SET done_at = ? WHERE id = ? AND done_at = 0`, at.UnixMilli(), download)
	return err
}
