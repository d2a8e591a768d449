package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Store is the durable queue.
type Store struct{ db *gorm.DB }

// NewStore keeps the queue in the table archive of db.
func NewStore(db *gorm.DB) *Store { return &Store{db: db} }

const (
	queued  = "queued"  // in the spool
	stored  = "stored"  // verified in the store, spool file perhaps still there, Done not told yet
	done    = "done"    // in the store only
	lost    = "lost"    // the spool file vanished before it was stored
	erasing = "erasing" // everything of it is to go
)

type row struct {
	Segment  string
	Key      string
	Path     string // relative to the spool, "" if unknown
	Size     int64
	UploadID string
	State    string
	Tries    int
	QueuedAt int64 // ms
}

const columns = `segment, key, path, size, upload_id, state, tries, queued_at`

func now() int64 { return time.Now().UnixMilli() }

// add queues a segment. A segment that is known stays as it is, but one that is being erased takes the path, so that a
// late spool file goes too. It returns the row as it is afterwards.
func (s *Store) add(ctx context.Context, r row) (row, error) {
	var kept []row
	err := s.db.WithContext(ctx).Raw(`INSERT INTO archive (segment, key, path, size, state, queued_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (segment) DO UPDATE SET path = CASE state WHEN 'erasing' THEN excluded.path ELSE path END
		RETURNING `+columns, r.Segment, r.Key, r.Path, r.Size, queued, now()).Scan(&kept).Error
	if err != nil || len(kept) != 1 {
		return row{}, fmt.Errorf("queue segment: %w", errors.Join(err, oneRow(len(kept))))
	}
	return kept[0], nil
}

// note makes a row of something that goes to the store at once; errErasing if it is on its way out.
func (s *Store) note(ctx context.Context, r row) error {
	return s.change(ctx, `INSERT INTO archive (segment, key, path, size, state, queued_at, stored_at) VALUES (?, ?, '', ?, 'done', ?, ?)
		ON CONFLICT (segment) DO UPDATE SET size = excluded.size, stored_at = excluded.stored_at WHERE state = 'done'`, r.Segment, r.Key, r.Size, now(), now())
}

// erase marks a segment, known or not, for erasure; the row is durable when it returns.
func (s *Store) erase(ctx context.Context, segment, key string) error {
	err := s.db.WithContext(ctx).Exec(`INSERT INTO archive (segment, key, path, size, state, queued_at) VALUES (?, ?, '', 0, ?, ?)
		ON CONFLICT (segment) DO UPDATE SET state = excluded.state, tries = 0`, segment, key, erasing, now()).Error
	if err != nil {
		return fmt.Errorf("queue erasure: %w", err)
	}
	return nil
}

// next returns what has been tried least, erasures before uploads.
func (s *Store) next(ctx context.Context) (row, bool, error) {
	return s.one(ctx, `SELECT `+columns+` FROM archive WHERE state <> 'done' AND state <> 'lost'
		ORDER BY tries, state <> 'erasing', queued_at, segment LIMIT 1`)
}

func (s *Store) get(ctx context.Context, segment string) (row, bool, error) {
	return s.one(ctx, `SELECT `+columns+` FROM archive WHERE segment = ?`, segment)
}

// byPath returns the segment that a spool file still is of. One that was given up as lost needs what is left of it no more.
func (s *Store) byPath(ctx context.Context, path string) (row, bool, error) {
	return s.one(ctx, `SELECT `+columns+` FROM archive WHERE path = ? AND state <> 'lost' LIMIT 1`, path)
}

func (s *Store) one(ctx context.Context, sql string, args ...any) (row, bool, error) {
	var rows []row
	if err := s.db.WithContext(ctx).Raw(sql, args...).Scan(&rows).Error; err != nil {
		return row{}, false, fmt.Errorf("read archive queue: %w", err)
	}
	if len(rows) == 0 {
		return row{}, false, nil
	}
	return rows[0], true, nil
}

// began keeps the id of a multipart upload; errErasing if the segment is no longer wanted.
func (s *Store) began(ctx context.Context, segment, upload string) error {
	return s.change(ctx, `UPDATE archive SET upload_id = ? WHERE segment = ? AND state = 'queued'`, upload, segment)
}

// tried counts a failure, whatever the state.
func (s *Store) tried(ctx context.Context, segment string) error {
	err := s.change(ctx, `UPDATE archive SET tries = tries + 1, tried_at = ? WHERE segment = ?`, now(), segment)
	if errors.Is(err, errErasing) {
		return nil
	}
	return err
}

// stored notes that the object is verified; errErasing if the segment is no longer wanted.
func (s *Store) stored(ctx context.Context, segment string) error {
	return s.change(ctx, `UPDATE archive SET state = 'stored', upload_id = '', stored_at = ? WHERE segment = ? AND state = 'queued'`, now(), segment)
}

// end makes a segment done or lost; errErasing if it is no longer wanted.
func (s *Store) end(ctx context.Context, segment, state string) error {
	return s.change(ctx, `UPDATE archive SET state = ?, tries = 0 WHERE segment = ? AND state <> 'erasing'`, state, segment)
}

// forget removes an erased segment.
func (s *Store) forget(ctx context.Context, segment string) error {
	if err := s.db.WithContext(ctx).Exec(`DELETE FROM archive WHERE segment = ? AND state = 'erasing'`, segment).Error; err != nil {
		return fmt.Errorf("forget segment: %w", err)
	}
	return nil
}

// uploads returns the keys of the multipart uploads that are to be resumed, by their id.
func (s *Store) uploads(ctx context.Context) (map[string]string, error) {
	var rows []row
	err := s.db.WithContext(ctx).Raw(`SELECT ` + columns + ` FROM archive WHERE state = 'queued' AND upload_id <> ''`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read archive queue: %w", err)
	}
	keys := make(map[string]string, len(rows))
	for _, r := range rows {
		keys[r.UploadID] = r.Key
	}
	return keys, nil
}

// errErasing says that a segment is gone or going.
var errErasing = errors.New("the segment is being erased")

func (s *Store) change(ctx context.Context, sql string, args ...any) error {
	r := s.db.WithContext(ctx).Exec(sql, args...)
	if r.Error != nil {
		return fmt.Errorf("write archive queue: %w", r.Error)
	}
	if r.RowsAffected == 0 {
		return errErasing
	}
	return nil
}

func oneRow(n int) error {
	if n != 1 {
		return fmt.Errorf("%d rows instead of 1", n)
	}
	return nil
}
