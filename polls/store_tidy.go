package polls

import (
	"context"
	"errors"
	"fmt"
)

// tidyLimit is the size in bytes above which rewriting the file would hold up all other writers for too long.
const tidyLimit = 256 << 20

// messy writes down that the file has to be tidied, so that a program that ends before it has done so does it when it
// starts again. Each mark is larger than every one before.
func (t *txn) messy() error {
	return fault("mark untidy", t.db.Exec("INSERT INTO untidy DEFAULT VALUES").Error)
}

func (s store) untidy(ctx context.Context) (untidy bool, err error) {
	err = s.db.WithContext(ctx).Raw("SELECT EXISTS (SELECT 1 FROM untidy)").Row().Scan(&untidy)
	return untidy, fault("read untidy", err)
}

// tidy rewrites the file in the order of the keys and empties the write-ahead log: both would tell in which order
// the votes of a closed poll came in.
func (s store) tidy() error { return s.tidyUpTo(tidyLimit) }

// tidyUpTo rewrites no file that is larger than limit, in bytes; the log of one it empties all the same.
func (s store) tidyUpTo(limit int64) error {
	var size int64
	if err := s.db.Raw("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").Row().Scan(&size); err != nil {
		return fmt.Errorf("read size: %w", err)
	}
	if size > limit {
		return errors.Join(fmt.Errorf("vacuum: %d bytes are too much while people vote", size), s.emptyLog())
	}
	var mark int64 // a later one stands for votes that the vacuum may not have seen
	if err := s.db.Raw("SELECT coalesce(max(id), 0) FROM untidy").Row().Scan(&mark); err != nil {
		return fmt.Errorf("read untidy: %w", err)
	}
	if err := s.db.Exec("VACUUM").Error; err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	if err := s.emptyLog(); err != nil {
		return err
	}
	if err := s.db.Exec("DELETE FROM untidy WHERE id <= ?", mark).Error; err != nil {
		return fmt.Errorf("mark tidy: %w", err)
	}
	return s.emptyLog()
}

// emptyLog takes the write-ahead log into the file and empties it. SQLite calls it no error when a reader is in the way.
func (s store) emptyLog() error {
	var busy, frames, done int
	if err := s.db.Raw("PRAGMA wal_checkpoint(TRUNCATE)").Row().Scan(&busy, &frames, &done); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if busy != 0 {
		return errors.New("checkpoint: somebody is still reading from the write-ahead log")
	}
	return nil
}
