package recorder

import (
	"context"
	"errors"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Delete erases a recording that has ended: objects, files, rows. What the store does not give up at once, the archive
// goes on asking for. The ledger stays. Errors: ErrActive, ErrNotFound, ErrStorage (some is left; try again).
func (s *Service) Delete(ctx context.Context, w webinar.ID, id RecordingID) error {
	r := s.room(w)
	book, rec, err := r.enterFor(ctx, id)
	if err != nil {
		return err
	}
	defer r.leave()
	if rec.active() {
		return ErrActive
	}
	if err := s.rows.doom(ctx, id, "", []Group{CameraGroup, ScreenGroup}); err != nil {
		return err
	}
	if err := s.rows.doomDerived(ctx, id); err != nil {
		return err
	}
	s.void(id)
	if err := s.eraseAll(ctx, `recording_id = ? AND doomed = 1`, id); err != nil {
		return err
	}
	if err := s.eraseDerived(ctx, `recording_id = ?`, id); err != nil {
		return err
	}
	if err := s.rows.remove(ctx, id); err != nil {
		return err // a file is being sealed: its owner erases it, and the next try finds nothing left
	}
	if err := s.rows.endLinks(ctx, id, time.Now().Add(linkOutlives)); err != nil {
		s.c.Log.Error("recorder: receipt links stay", "recording", id, "error", err)
	}
	r.mu.Lock()
	if r.rec.ID == id {
		r.rec = Recording{}
	}
	r.mu.Unlock()
	if err := book.Mark(ctx, id, consent.Erase, "", ""); err != nil && !errors.Is(err, consent.ErrUnknown) {
		s.c.Log.Error("recorder: erasure not in the ledger", "recording", id, "error", err)
	}
	return nil
}

// DeleteAll ends and erases every recording of a webinar.
func (s *Service) DeleteAll(ctx context.Context, w webinar.ID) error {
	if err := s.EndWebinar(ctx, w); err != nil && !errors.Is(err, ErrLedger) {
		return err
	}
	recs, err := s.rows.query(ctx, `webinar_id = ?`, w)
	if err != nil {
		return err
	}
	for _, rec := range recs {
		if derr := s.Delete(ctx, w, rec.ID); derr != nil {
			err = errors.Join(err, derr)
		}
	}
	return err
}

// eraseAll erases the doomed segments that nobody is writing.
func (s *Service) eraseAll(ctx context.Context, where string, args ...any) error {
	rows, err := s.rows.segments(ctx, where, args...)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if s.Live(row.ID) {
			continue
		}
		if e := s.erase(ctx, row); e != nil {
			err = errors.Join(err, e)
		}
	}
	return err
}

// sweep erases what is doomed. What fails is tried again by Run.
func (s *Service) sweep(ctx context.Context) {
	if err := errors.Join(s.eraseAll(ctx, `doomed = 1`), s.eraseDerived(ctx, `1`)); err != nil {
		s.c.Log.Error("recorder: erasure must be tried again", "error", err)
	}
}

// expire erases recordings whose time is over.
func (s *Service) expire(ctx context.Context) {
	due, err := s.rows.query(ctx, `expires_at > 0 AND expires_at <= ? AND state IN ('stopped', 'available')`, time.Now().UnixMilli())
	for _, rec := range due {
		if e := s.Delete(ctx, rec.Webinar, rec.ID); e != nil {
			err = errors.Join(err, e)
		}
	}
	err = errors.Join(err, s.rows.dropLinks(ctx, time.Now(), time.Now().Add(-linkOutlives)))
	if err != nil && ctx.Err() == nil {
		s.c.Log.Error("recorder: expiry must be tried again", "error", err)
	}
}

// forget erases what the ledger says of people in recordings that were erased before a time. The chain stays, so the rest can
// still be verified.
func (s *Service) forget(ctx context.Context, before time.Time) {
	past, err := s.ledger.Past(ctx, before)
	for _, of := range past {
		err = errors.Join(err, s.ledger.ErasePayloads(ctx, of.Webinar, of.Recording))
	}
	if err != nil && ctx.Err() == nil {
		s.c.Log.Error("recorder: evidence that is due must be erased again", "error", err)
	}
}
