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

func (s *Service) restoreRoom(ctx context.Context, rec Recording) error {
	r := s.room(rec.Webinar)
	book, err := r.open(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	r.mu.Lock()
	r.rec, r.pausedAt = rec, now
	if rec.State != Announced {
		r.alone = now
	}
	interrupted := rec.State == Running || rec.State == Paused && rec.Reason == ByStrict
	if interrupted {
		r.rec.State, r.rec.Reason = Paused, ByRestart
	}
	r.mu.Unlock()
	if phase, _ := book.Phase(rec.ID); phase == consent.Start || phase == consent.Resume {
		if err := book.Mark(ctx, rec.ID, consent.Pause, string(ByRestart), ""); err != nil {
			return err
		}
		interrupted = true
		r.mu.Lock()
		r.rec.State, r.rec.Reason = Paused, ByRestart
		if r.rec.StartedAt.IsZero() {
			r.rec.StartedAt = now
		}
		r.mu.Unlock()
	}
	if !interrupted {
		return nil
	}
	return r.save(ctx)
}

// repairAll finishes the files that were being written or sealed, and hands them on.
func (s *Service) repairAll(ctx context.Context) error {
	rows, err := s.rows.segments(ctx, `state <> 'available' OR doomed = 1`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := s.repairOne(ctx, row); err != nil {
			s.c.Log.Error("recorder: segment not mended", "segment", row.ID, "error", err)
		}
	}
	return nil
}

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
	book, err := s.room(rec.Webinar).open(ctx)
	if err != nil || !book.Allowed(rec.ID, webinar.SubjectID(row.SubjectID)).Has(consent.Name) {
		return ""
	}
	return row.Label
}
