package consent

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"plenum/webinar"
)

type checkpointRow struct {
	WebinarID string
	N         uint64
	Prev      []byte
	Seq       uint64
	Hash      []byte
	At        int64
	Reason    string
	Key       []byte
	Signature []byte
}

func (r checkpointRow) checkpoint() Checkpoint {
	c := Checkpoint{Webinar: webinar.ID(r.WebinarID), N: r.N, Head: Head{Seq: r.Seq}, At: time.UnixMilli(r.At).UTC(), Reason: Kind(r.Reason),
		Key: r.Key, Signature: r.Signature}
	copy(c.Prev[:], r.Prev)
	copy(c.Head.Hash[:], r.Hash)
	return c
}

// mark signs the end of the chain inside the transaction of its last entry.
func (l *Ledger) mark(tx *gorm.DB, w webinar.ID, head Head, why Kind) error {
	var rows []checkpointRow
	if err := tx.Raw(`SELECT * FROM consent_checkpoints WHERE webinar_id = ? ORDER BY n DESC LIMIT 1`, w).Scan(&rows).Error; err != nil {
		return err
	}
	var last Checkpoint
	if len(rows) == 1 {
		last = rows[0].checkpoint()
	}
	c, err := sign(l.key, last, w, head, why)
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO consent_checkpoints (webinar_id, n, prev, seq, hash, at, reason, key, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w, c.N, c.Prev[:], c.Head.Seq, c.Head.Hash[:], c.At.UnixMilli(), string(c.Reason), []byte(c.Key), c.Signature).Error
}

// checkpoints returns those of a webinar in order.
func (l *Ledger) checkpoints(ctx context.Context, w webinar.ID) ([]Checkpoint, error) {
	var rows []checkpointRow
	if err := l.db.WithContext(ctx).Raw(`SELECT * FROM consent_checkpoints WHERE webinar_id = ? ORDER BY n`, w).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	out := make([]Checkpoint, len(rows))
	for i, r := range rows {
		out[i] = r.checkpoint()
	}
	return out, nil
}
