package polls

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"plenum/webinar"
)

// Change is a ballot in the place of an earlier one.
type Change struct {
	Secret  string // of the earlier ballot, in 64 lower-case hexadecimal digits: its receipt is their bytes' SHA-256
	Answer  Answer
	Receipt string // the new ballot's
}

// Change replaces a ballot of a poll that allows it. Who knows the secret is who cast the ballot: nothing else leads from
// a voter to it. The same change again changes nothing and is no error. Errors: as Vote, and ErrFinal, ErrNoBallot.
func (s *Service) Change(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, c Change) (time.Time, error) {
	next, err := ParseReceipt(c.Receipt)
	if err != nil {
		return time.Time{}, err
	}
	before, err := receiptOfSecret(c.Secret)
	if err != nil {
		return time.Time{}, err
	}
	var box *count
	var was, now Answer
	var at time.Time
	var changed bool
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		changed, box = false, nil
		p, err := s.votable(tx, w, id)
		if err != nil {
			return err
		}
		var fits error
		now, fits = p.read(c.Answer)
		st := replacing{changeable: p.Changeable, standing: standing{fits: fits, over: s.openings.over(id)}}
		was, changed, err = tx.replace(p, before, Ballot{Receipt: next, Poll: id, Answer: now}, who, st, s.wall())
		if err != nil || !changed || s.open.takesBack(id) {
			return err
		}
		all, err := tx.ballots(context.Background(), id)
		if err != nil {
			return err
		}
		box, err = countBox(p, all)
		return fault("count ballots", err)
	}, kept: func() {
		at = s.wall()
		switch {
		case !changed:
		case box != nil:
			s.open.recounted(box)
		default:
			s.open.swap(id, was, now)
		}
	}})
	if err != nil {
		return time.Time{}, err
	}
	return at.UTC(), nil
}

func receiptOfSecret(secret string) (Receipt, error) {
	raw, err := hex.DecodeString(secret)
	if err != nil || len(raw) != sha256.Size || hex.EncodeToString(raw) != secret {
		return "", &webinar.InvalidError{Field: "secret", Reason: "malformed"}
	}
	h := sha256.Sum256(raw)
	return Receipt(hex.EncodeToString(h[:])), nil
}

// replacing is what the database says about a change before it is written.
type replacing struct {
	standing        // receipt: the new one lies in some box already
	changeable bool // the poll allows it
	here       bool // the earlier ballot lies in this box
	done       bool // the new one does, with the same answer
}

func (r replacing) verdict() error {
	switch {
	case !r.ticket:
		return webinar.ErrTicketInvalid
	case !r.changeable:
		return ErrFinal
	case !r.here && r.done: // a retry
		return nil
	case r.state == StateClosed, r.state == StateOpen && r.over:
		return ErrClosed
	case r.state != StateOpen:
		return ErrNotOpen
	case r.fits != nil:
		return r.fits
	case !r.here:
		return ErrNoBallot
	case r.receipt:
		return ErrReceiptTaken
	}
	return nil
}
