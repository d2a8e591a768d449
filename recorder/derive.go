package recorder

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/ffmpeg"
	"plenum/recorder/master"
	"plenum/recorder/program"
)

// How often a derivative is tried that fails for a cause of its own, and how long it waits.
const (
	deriveTries = 6
	deriveWait  = 5 * time.Second // doubles with each try, up to deriveMax
	deriveMax   = 10 * time.Minute
	deriveLook  = 5 * time.Second // how late a postponed one may be seen
)

// build is a derivative being made.
type build struct {
	stop     context.CancelFunc
	kind     string
	void     atomic.Bool   // somebody took something back
	progress atomic.Uint32 // in thousandths
}

// derive makes derivatives, one at a time, until ctx ends. The thread it runs on gives way to everything else.
func (s *Service) derive(ctx context.Context) {
	giveWay()
	for ctx.Err() == nil {
		if s.deriveNext(ctx) {
			continue
		}
		timer := time.NewTimer(deriveLook)
		select {
		case <-ctx.Done():
		case <-s.kickDerive:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *Service) wakeDerive() {
	select {
	case s.kickDerive <- struct{}{}:
	default:
	}
}

// deriveNext makes what is due first; false if nothing is.
func (s *Service) deriveNext(ctx context.Context) bool {
	row, ok, err := s.rows.due(ctx, time.Now())
	inner, stop := context.WithCancel(ctx)
	defer stop()
	b := &build{stop: stop, kind: row.Kind}
	if err == nil && ok {
		s.setBuild(row.RecordingID, b) // before anybody can see it being built
		defer s.setBuild(row.RecordingID, nil)
		ok, err = s.rows.turn(ctx, row.ID, "queued", "building")
	}
	if err != nil && ctx.Err() == nil {
		s.c.Log.Error("recorder: derivatives wait", "error", err)
	}
	if err != nil || !ok {
		return false
	}
	err = s.makeDerived(inner, row, b)
	s.settleDerived(context.WithoutCancel(ctx), ctx.Err() != nil, row, b, err)
	return true
}

func (s *Service) makeDerived(ctx context.Context, row derivedRow, b *build) error {
	if row.foreign() && s.c.FFmpeg == nil {
		return ErrNotFound // it was there before the restart
	}
	switch row.Kind {
	case programKind, mixKind:
		return s.makeProgram(ctx, row, b)
	case sheetKind, peaksKind:
		return s.makeSmall(ctx, row, b)
	case string(MP4), string(Composite):
		return s.makeFilm(ctx, row, b)
	}
	return s.storeTimeline(ctx, row)
}

// tell keeps how far a build is.
func (b *build) tell(share float64) { b.progress.Store(uint32(share * 1000)) }

// settleDerived follows a try.
func (s *Service) settleDerived(ctx context.Context, ending bool, row derivedRow, b *build, err error) {
	due, to := time.Now(), "queued"
	switch {
	case err == nil:
		return
	case errors.Is(err, program.ErrAlone):
		if err := s.rows.unmixed(ctx, row); err != nil {
			s.c.Log.Error("recorder: program not kept as it is", "recording", row.RecordingID, "error", err)
		}
		s.wanted(ctx, row.RecordingID)
		return
	case errors.Is(err, program.ErrEmpty) || errors.Is(err, ErrNotFound):
		s.giveUp(ctx, row, err)
		return
	case ending || b.void.Load(): // as if it had not been begun
	default:
		s.c.Log.Warn("recorder: derivative must be tried again", "recording", row.RecordingID, "kind", row.Kind, "tries", row.Tries+1, "error", err)
		due = due.Add(min(deriveMax, deriveWait<<min(row.Tries, 8)))
		if row.Tries++; errors.Is(err, ErrStorage) || errors.Is(err, ErrDisk) { // patience costs nothing
			row.Tries = min(row.Tries, deriveTries-2)
		} else if row.Tries >= deriveTries || errors.Is(err, ffmpeg.ErrTime) || errors.Is(err, ffmpeg.ErrSize) {
			to = "failed"
		}
	}
	if err := s.rows.postpone(ctx, row.ID, to, row.Tries, due); err != nil {
		s.c.Log.Error("recorder: derivative not postponed", "recording", row.RecordingID, "error", err)
	}
	if to == "failed" {
		s.wanted(ctx, row.RecordingID) // what waited for it does without
	}
}

// giveUp drops a derivative that there is nothing to make of. A film that has only lost its program waits for the next; one
// in which nothing would be seen is not waited for.
func (s *Service) giveUp(ctx context.Context, row derivedRow, why error) {
	err := s.rows.dropDerived(ctx, row.ID)
	if errors.Is(why, program.ErrEmpty) {
		err = errors.Join(err, s.rows.unask(ctx, row))
	}
	if err != nil {
		s.c.Log.Error("recorder: derivative not dropped", "recording", row.RecordingID, "error", err)
	}
}

func (s *Service) setBuild(rec RecordingID, b *build) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b == nil {
		delete(s.builds, rec)
		return
	}
	s.builds[rec] = b
}

func (s *Service) building(rec RecordingID) *build {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.builds[rec]
}

// void stops whatever is being made of a recording.
func (s *Service) void(rec RecordingID) {
	if b := s.building(rec); b != nil {
		b.void.Store(true)
		b.stop()
	}
}

// stale follows a change of what a recording holds or may say: the program and all that was made of it goes. What is
// always made, or was asked for, is made anew; the timeline is written again.
func (s *Service) stale(ctx context.Context, rec RecordingID) error {
	s.void(rec)
	return s.renewed(rec, s.rows.renew(ctx, rec, s.can()))
}

// renewed stops a build that began before its rows were renewed, and has the next begin.
func (s *Service) renewed(rec RecordingID, err error) error {
	s.void(rec)
	s.wakeDerive()
	return err
}

// wanted queues what a recording that has ended lacks.
func (s *Service) wanted(ctx context.Context, rec RecordingID) {
	if err := s.rows.want(context.WithoutCancel(ctx), rec, s.can()); err != nil {
		s.c.Log.Error("recorder: derivatives not queued", "recording", rec, "error", err)
		return
	}
	s.wakeDerive()
}

// eraseDerived erases what is doomed and not on its way into the archive: the archive forgets what it has erased, and would
// take it afterwards. What fails is tried again by Run.
func (s *Service) eraseDerived(ctx context.Context, where string, args ...any) error {
	rows, err := s.rows.derived(ctx, `state = 'doomed' AND `+where, args...)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if s.Live(row.ID) {
			continue
		}
		e := s.c.Archive.Erase(ctx, row.key())
		if e != nil && !errors.Is(e, archive.ErrPending) && !errors.Is(e, archive.ErrNotFound) {
			err = errors.Join(err, failed("erase derivative", e))
			continue
		}
		err = errors.Join(err, s.rows.dropDerived(ctx, row.ID))
	}
	return err
}

// storeTimeline writes the timeline beside the films.
func (s *Service) storeTimeline(ctx context.Context, row derivedRow) error {
	rec, err := s.rows.one(ctx, `id = ?`, row.RecordingID)
	if err != nil {
		return err
	}
	if s.c.Encode == nil {
		_, err := s.rows.made(ctx, row, "ready")
		return err
	}
	t, err := s.Timeline(ctx, rec.Webinar, rec.ID)
	if err != nil {
		return err
	}
	body, err := s.c.Encode(t)
	if err != nil {
		return err
	}
	if err := s.c.Archive.Put(ctx, row.key(), body); err != nil {
		return failed("store timeline", err)
	}
	row.Bytes, row.DurationMs = int64(len(body)), t.Duration.Milliseconds()
	_, err = s.rows.made(ctx, row, "ready")
	return err
}

// restoreDerived begins anew what the last process was making or had given up, and hands on what it had finished.
func (s *Service) restoreDerived(ctx context.Context) error {
	if err := s.rows.revive(ctx); err != nil {
		return err
	}
	rows, err := s.rows.derived(ctx, `state IN ('building', 'sealed')`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		path := s.spooled(row)
		if row.State == "sealed" {
			err = s.c.Archive.Add(ctx, row.ID, row.key(), master.Info{Path: path, Bytes: row.Bytes})
		} else if err = os.Remove(path); err == nil || errors.Is(err, os.ErrNotExist) {
			err = s.rows.postpone(ctx, row.ID, "queued", row.Tries+1, time.Now())
		}
		if err != nil {
			return failed("restore derivative", err)
		}
	}
	ended, err := s.rows.query(ctx, `state IN ('stopped', 'available')`)
	for _, rec := range ended {
		err = errors.Join(err, s.rows.want(ctx, rec.ID, s.can()))
	}
	return err
}
