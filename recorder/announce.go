package recorder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/webinar"
)

// Announce tells everybody that a recording is planned, and freezes its notice. Nothing is created in the store or the
// spool by it. The same key again gives the same recording. Errors: ErrActive, ErrStorage, ErrUnfit, ErrDisk, ErrLedger.
func (s *Service) Announce(ctx context.Context, w webinar.ID, by webinar.SubjectID, strict bool, key string) (Recording, error) {
	r := s.room(w)
	book, err := r.enter(ctx)
	if err != nil {
		return Recording{}, err
	}
	defer r.leave()
	if key != "" {
		old, err := s.rows.one(ctx, `webinar_id = ? AND announce_key = ?`, w, key)
		if !errors.Is(err, ErrNotFound) {
			return old, err
		}
	}
	if last := r.current(); last.active() {
		return last, ErrActive
	}
	if s.c.Archive.State().Health == archive.Retrying {
		return Recording{}, s.storeFails(ErrStorage)
	}
	if err := s.storeExamined(); err != nil {
		return Recording{}, err
	}
	if err := s.diskReserve(); err != nil {
		return Recording{}, err
	}
	plan, err := s.plan(ctx, w)
	if err != nil {
		return Recording{}, err
	}
	now := time.Now()
	rec := Recording{ID: webinar.NewID(), Webinar: w, State: Announced, Strict: strict, Announcement: 1, AnnouncedAt: now,
		StartAllowedAt: now.Add(s.c.AnnounceDelay), Keep: plan.Keep(s.c.Retention)}
	if err := book.Announce(ctx, rec.ID, s.NoticeOf(plan, strict), by, key); err != nil {
		return Recording{}, err
	}
	if err := s.rows.insert(ctx, rec, key); err != nil {
		return Recording{}, errors.Join(err, book.Mark(ctx, rec.ID, consent.Abort, string(ByStorage), ""))
	}
	r.mu.Lock()
	r.rec = rec
	r.resumeAt, r.pausedAt, r.silent = time.Time{}, time.Time{}, false
	for _, p := range r.people { // beats begin now
		p.beat, p.lapsed, p.granted = now, false, moment{}
	}
	r.mu.Unlock()
	s.wake()
	r.tell()
	r.tellCounts()
	s.c.Archive.Look() // a store that has fallen silent is known of before the start
	return rec, nil
}

// NoticeOf is the text that a recording with such a plan announces.
func (s *Service) NoticeOf(plan webinar.Plan, strict bool) consent.Notice {
	return consent.NewNotice(consent.Terms{Strict: strict, Keep: plan.Keep(s.c.Retention), Purpose: plan.Purpose, Viewers: plan.Viewers})
}

func (s *Service) plan(ctx context.Context, w webinar.ID) (webinar.Plan, error) {
	if s.c.Plan == nil {
		return webinar.Plan{}, nil
	}
	plan, err := s.c.Plan(ctx, w)
	if err != nil {
		return webinar.Plan{}, fmt.Errorf("read what was said of the recording: %w", err)
	}
	return plan, nil
}

// diskReserve refuses when the spool's file system is below its reserve.
func (s *Service) diskReserve() error {
	free, err := s.c.DiskFree(s.c.Spool)
	if err != nil {
		return failed("disk", err)
	}
	if free < s.c.DiskReserve {
		return ErrDisk
	}
	return nil
}
