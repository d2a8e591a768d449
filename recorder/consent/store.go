package consent

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"time"

	"gorm.io/gorm"

	"plenum/webinar"
)

// Ledger is the append-only table behind every Book.
type Ledger struct {
	db  *gorm.DB
	key ed25519.PrivateKey
}

// NewLedger uses a database that migrations.Open has opened, and signs checkpoints and receipts with key. Without one,
// recordings cannot start, and nothing can be exported.
func NewLedger(db *gorm.DB, key ed25519.PrivateKey) *Ledger { return &Ledger{db: db, key: key} }

type chainRow struct {
	WebinarID   string
	Seq         uint64
	Prev        []byte
	Kind        string
	RecordingID string
	Commitment  []byte
	Hash        []byte
	Salt        []byte
	Payload     []byte
}

// appendTimeout bounds one append, which a caller who hangs up must not cut short: its outcome would be unknown.
const appendTimeout = 10 * time.Second

// append adds one entry behind the last and returns it once it is durable.
func (l *Ledger) append(ctx context.Context, w webinar.ID, d draft) (Entry, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendTimeout)
	defer cancel()
	var e Entry
	err := l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var last []chainRow
		if err := tx.Raw(`SELECT seq, hash FROM consent_chain WHERE webinar_id = ? ORDER BY seq DESC LIMIT 1`, w).Scan(&last).Error; err != nil {
			return err
		}
		var seq uint64
		var prev [32]byte
		if len(last) == 1 {
			seq = last[0].Seq
			copy(prev[:], last[0].Hash)
		}
		var err error
		if e, err = seal(w, seq+1, prev, d); err != nil {
			return err
		}
		if err := tx.Exec(`INSERT INTO consent_chain (webinar_id, seq, prev, kind, recording_id, commitment, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			w, e.Seq, e.Prev[:], string(d.kind), d.rec, e.Commitment[:], e.Hash[:]).Error; err != nil {
			return err
		}
		if err := tx.Exec(`INSERT INTO consent_payloads (webinar_id, seq, salt, payload) VALUES (?, ?, ?, ?)`, w, e.Seq, e.Salt, e.Payload).Error; err != nil {
			return err
		}
		if d.kind.sealed() {
			return l.mark(tx, w, Head{Seq: e.Seq, Hash: e.Hash}, d.kind)
		}
		return nil
	})
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	return e, nil
}

// attest signs a receipt.
func (l *Ledger) attest(r *Receipt) { r.sign(l.key) }

// each calls f for every entry of a webinar in order and stops at its first error.
func (l *Ledger) each(ctx context.Context, w webinar.ID, f func(Entry) error) error {
	rows, err := l.db.WithContext(ctx).Raw(`SELECT c.webinar_id, c.seq, c.prev, c.kind, c.recording_id, c.commitment, c.hash, p.salt, p.payload
		FROM consent_chain c LEFT JOIN consent_payloads p ON p.webinar_id = c.webinar_id AND p.seq = c.seq
		WHERE c.webinar_id = ? ORDER BY c.seq`, w).Rows()
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r chainRow
		if err := rows.Scan(&r.WebinarID, &r.Seq, &r.Prev, &r.Kind, &r.RecordingID, &r.Commitment, &r.Hash, &r.Salt, &r.Payload); err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
		e := Entry{Webinar: webinar.ID(r.WebinarID), Seq: r.Seq, Kind: Kind(r.Kind), Recording: r.RecordingID, Salt: r.Salt, Payload: r.Payload}
		copy(e.Prev[:], r.Prev)
		copy(e.Commitment[:], r.Commitment)
		copy(e.Hash[:], r.Hash)
		if err := f(e); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	return nil
}

// Of names a recording of a webinar.
type Of struct {
	Webinar   webinar.ID
	Recording RecordingID
}

// ErasePayloads erases what the entries of one recording said about people, when its time is over. The chain stays.
func (l *Ledger) ErasePayloads(ctx context.Context, w webinar.ID, rec RecordingID) error {
	err := l.db.WithContext(ctx).Exec(`DELETE FROM consent_payloads WHERE webinar_id = ? AND seq IN
		(SELECT seq FROM consent_chain WHERE webinar_id = ? AND recording_id = ?)`, w, w, rec).Error
	if err != nil {
		return fmt.Errorf("erase payloads: %w", err)
	}
	return nil
}

// Past returns the recordings that were erased before a time and of which something about people is still there.
func (l *Ledger) Past(ctx context.Context, before time.Time) ([]Of, error) {
	var past []Of
	err := l.db.WithContext(ctx).Raw(`SELECT c.webinar_id AS webinar, c.recording_id AS recording
		FROM consent_chain c JOIN consent_payloads p ON p.webinar_id = c.webinar_id AND p.seq = c.seq
		WHERE c.kind = 'erase' AND CAST(p.payload AS TEXT) ->> '$.at' < ?`, before.UnixMilli()).Scan(&past).Error
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return past, nil
}

// Unerased returns the recordings that were announced and of whose erasure the ledger does not tell.
func (l *Ledger) Unerased(ctx context.Context) ([]Of, error) {
	var left []Of
	err := l.db.WithContext(ctx).Raw(`SELECT c.webinar_id AS webinar, c.recording_id AS recording FROM consent_chain c
		WHERE c.kind = 'announce' AND NOT EXISTS (SELECT 1 FROM consent_chain e
		WHERE e.webinar_id = c.webinar_id AND e.recording_id = c.recording_id AND e.kind = 'erase')`).Scan(&left).Error
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return left, nil
}

// Announced reports whether a recording was ever announced here.
func (l *Ledger) Announced(ctx context.Context, rec RecordingID) (bool, error) {
	var n int
	if err := l.db.WithContext(ctx).Raw(`SELECT count(*) FROM (SELECT 1 FROM consent_chain WHERE recording_id = ? LIMIT 1)`, rec).Scan(&n).Error; err != nil {
		return false, fmt.Errorf("read ledger: %w", err)
	}
	return n > 0, nil
}

// Webinars returns every webinar that has a ledger, in the order of their ids.
func (l *Ledger) Webinars(ctx context.Context) ([]webinar.ID, error) {
	var ids []webinar.ID
	err := l.db.WithContext(ctx).Raw(`SELECT DISTINCT webinar_id FROM consent_chain ORDER BY webinar_id`).Scan(&ids).Error
	if err != nil {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	return ids, nil
}
