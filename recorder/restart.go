package recorder

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/recorder/master"
	"plenum/webinar"
)

// restore mends what the last process left. Nothing resumes by itself: a host must.
func (s *Service) restore(ctx context.Context) error {
	s.restoreOwed(ctx)
	if err := s.restoreGone(ctx); err != nil {
		return err
	}
	active, err := s.rows.query(ctx, `state IN ('announced', 'recording', 'paused')`)
	if err != nil {
		return err
	}
	for _, rec := range active {
		if err := s.restoreRoom(ctx, rec); err != nil {
			return err
		}
	}
	if err := s.repairAll(ctx); err != nil {
		return err
	}
	stopped, err := s.rows.query(ctx, `state = 'stopped'`)
	if err != nil {
		return err
	}
	for _, rec := range stopped {
		s.room(rec.Webinar).finish(ctx, rec.ID)
	}
	return s.restoreDerived(ctx)
}

// restoreGone does what is left of a deletion whose process died after the rows were gone: without an erasure in the ledger,
// what people answered has no end, and their links neither.
func (s *Service) restoreGone(ctx context.Context) error {
	left, err := s.ledger.Unerased(ctx)
	if err != nil {
		return err
	}
	recs, err := s.rows.query(ctx, `1`)
	if err != nil {
		return err
	}
	there := map[RecordingID]bool{}
	for _, rec := range recs {
		there[rec.ID] = true
	}
	for _, of := range left {
		if there[of.Recording] {
			continue
		}
		if err := s.room(of.Webinar).gone(ctx, of.Recording); err != nil {
			s.c.Log.Error("recorder: erasure not in the ledger", "recording", of.Recording, "error", err)
		}
	}
	return s.rows.endLostLinks(ctx, time.Now().Add(linkOutlives))
}

// gone tells the ledger that there is nothing of a recording, be it that its announcement was all there ever was.
func (r *room) gone(ctx context.Context, id RecordingID) error {
	book, err := r.open(ctx)
	if err != nil {
		return err
	}
	switch book.Last(id).Kind {
	case consent.Stop, consent.Abort:
	case consent.Announce:
		err = book.Mark(ctx, id, consent.Abort, string(ByRestart), "")
	case consent.Start, consent.Resume, consent.Pause:
		err = book.Mark(ctx, id, consent.Stop, string(ByRestart), "")
	default: // the erasure is owed, or nothing is known any more
		return nil
	}
	return errors.Join(err, book.Mark(ctx, id, consent.Erase, "", ""))
}

// restoreRoom believes the ledger where it says something else than the row.
func (s *Service) restoreRoom(ctx context.Context, rec Recording) error {
	r := s.room(rec.Webinar)
	book, err := r.open(ctx)
	if err != nil {
		return err
	}
	last, was, now := book.Last(rec.ID), rec, time.Now()
	interrupted := rec.State == Running || rec.State == Paused && rec.Reason == ByStrict
	switch last.Kind {
	case consent.Stop, consent.Abort, consent.Erase:
		rec, interrupted = s.ended(rec, last), false
	case consent.Start, consent.Resume:
		if err := book.Mark(ctx, rec.ID, consent.Pause, string(ByRestart), ""); err != nil {
			return err
		}
		interrupted = true
	default: // the row knows more
	}
	if interrupted {
		rec.State, rec.Reason = Paused, ByRestart
	}
	if rec.StartedAt.IsZero() && (rec.State == Paused || rec.State == Stopped) {
		if rec.StartedAt, err = s.began(ctx, rec); err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.rec, r.pausedAt = rec, now
	if rec.State == Paused {
		r.alone = now
	}
	r.mu.Unlock()
	if rec == was {
		return nil
	}
	return r.save(ctx)
}

// ended is a recording whose row was not told of its end.
func (s *Service) ended(rec Recording, last consent.Turn) Recording {
	rec.State, rec.Reason, rec.StoppedAt = Stopped, Reason(last.Reason), last.At
	if last.Kind == consent.Abort {
		rec.State = Aborted
		return rec
	}
	rec.ExpiresAt = last.At.Add(rec.kept(s.c.Retention))
	return rec
}

// began is when a recording started whose row was not told.
func (s *Service) began(ctx context.Context, rec Recording) (time.Time, error) {
	turns, err := s.ledger.Turns(ctx, rec.Webinar, rec.ID)
	if err != nil || len(turns) == 0 {
		return time.Time{}, err
	}
	return turns[0].At, nil
}

// repairAll finishes the files that were being written or sealed, and hands them on. What fails is tried again as what a
// seal could not do, and is live until then: the archive deletes a file that nobody knows.
func (s *Service) repairAll(ctx context.Context) error {
	rows, err := s.rows.segments(ctx, `state <> 'available' OR doomed = 1`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		rec, err := s.rows.one(ctx, `id = ?`, row.RecordingID)
		if err != nil {
			return err
		}
		r := s.room(rec.Webinar)
		if err := r.hold(ctx); err != nil {
			return err
		}
		err = s.repairOne(ctx, row)
		r.leave()
		if err == nil {
			continue
		}
		s.c.Log.Error("recorder: segment not mended, will be tried again", "segment", row.ID, "error", err)
		t := &take{id: row.ID, rec: rec.ID, room: r}
		s.setLive(t.id, true)
		r.mu.Lock()
		r.undone = append(r.undone, t.mend)
		r.mu.Unlock()
	}
	return nil
}

// repairOne does with the file of a row what the row says; the turn of its room is held.
func (s *Service) repairOne(ctx context.Context, row segmentRow) error {
	path := filepath.Join(s.c.Spool, row.ID+".webm")
	switch {
	case row.Doomed:
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return failed("erase segment", err)
		}
		err := s.erase(ctx, row)
		return err
	case SegmentState(row.State) == Sealed:
		seg := row.segment()
		err := s.c.Archive.Add(ctx, row.ID, row.key(), master.Info{Path: path, Audio: seg.Audio, Video: seg.Video, Start: seg.Start, Duration: seg.Duration, Bytes: seg.Bytes})
		if errors.Is(err, archive.ErrErased) {
			return s.rows.forget(ctx, row.ID)
		}
		return err
	}
	info, err := s.c.repair(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s.rows.forget(ctx, row.ID) // nothing had been written yet
	case err != nil:
		return err
	}
	return s.settle(ctx, row.RecordingID, row.ID, s.keptLabel(ctx, row), info)
}

// keptLabel keeps the name only under a grant that still says so.
func (s *Service) keptLabel(ctx context.Context, row segmentRow) string {
	rec, err := s.rows.one(ctx, `id = ?`, row.RecordingID)
	if err != nil {
		return ""
	}
	book, err := s.room(rec.Webinar).openTurned(ctx)
	if err != nil || !book.Allowed(rec.ID, webinar.SubjectID(row.SubjectID)).Has(consent.Name) {
		return ""
	}
	return row.Label
}
