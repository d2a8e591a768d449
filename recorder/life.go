package recorder

import (
	"context"
	"errors"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Start begins the recording. While somebody who has not agreed is live and the rule is strict, that is a pause with
// its reason. Starting what runs gives the same answer. Errors: *TooEarlyError, ErrNobodyAgreed, ErrStorage and ErrUnfit (the
// store was not examined since the server started), ErrDisk, ErrState, ErrLedger, ErrNotFound.
func (s *Service) Start(ctx context.Context, w webinar.ID, id RecordingID, by webinar.SubjectID) (Recording, error) {
	r := s.room(w)
	book, rec, err := r.enterFor(ctx, id)
	if err != nil {
		return Recording{}, err
	}
	defer r.leave()
	switch {
	case rec.State == Running || rec.State == Paused && rec.Reason == ByStrict:
		return rec, nil
	case rec.State != Announced:
		return rec, ErrState
	case time.Now().Before(rec.StartAllowedAt):
		return rec, &TooEarlyError{At: rec.StartAllowedAt}
	}
	if _, granted, _ := book.Counts(id); granted == 0 {
		return rec, ErrNobodyAgreed
	}
	if err := errors.Join(s.storeExamined(), s.diskReserve()); err != nil {
		return rec, err
	}
	return r.begin(ctx, book, consent.Start, string(ByHost), by)
}

// Resume lets a paused recording go on, announced again. See Start for the strict rule and the errors.
func (s *Service) Resume(ctx context.Context, w webinar.ID, id RecordingID, by webinar.SubjectID) (Recording, error) {
	r := s.room(w)
	book, rec, err := r.enterFor(ctx, id)
	if err != nil {
		return Recording{}, err
	}
	defer r.leave()
	if rec.State == Running {
		return rec, nil
	}
	if rec.State != Paused {
		return rec, ErrState
	}
	if err := errors.Join(s.storeExamined(), s.diskReserve()); err != nil {
		return rec, err
	}
	return r.begin(ctx, book, consent.Resume, string(ByHost), by)
}

// begin writes a start or resume, then opens for those who agreed: the ledger first, then the gates. The turn is held.
func (r *room) begin(ctx context.Context, book *consent.Book, k consent.Kind, reason string, by webinar.SubjectID) (Recording, error) {
	ctx = context.WithoutCancel(ctx) // half begun, it would have to end
	id := r.current().ID
	if err := book.Mark(ctx, id, k, reason, by); err != nil {
		if ledgerFailed(err) && k == consent.Resume {
			r.fail(ByLedger)
			r.drainTurned(ctx)
		}
		return r.current(), err
	}
	r.mu.Lock()
	if r.rec.ID != id || !r.rec.active() { // stopped while it was being written
		rec := r.rec
		r.mu.Unlock()
		return rec, ErrState
	}
	now := time.Now()
	if r.rec.StartedAt.IsZero() {
		r.rec.StartedAt = now
	}
	if k == consent.Resume && reason == string(ByHost) {
		r.rec.Announcement++
	}
	was := r.rec.Reason
	r.rec.State, r.rec.Reason = Running, ""
	r.resumeAt = time.Time{}
	var x shutting
	switch {
	case r.deserted: // as if the last host had gone right afterwards
		r.alone = now
		x, _ = r.halt(Paused, ByNoHost, "")
	case r.rec.Strict && r.offended():
		x, _ = r.halt(Paused, ByStrict, "")
	case book.Run(id):
		r.runs = r.moment()
	default: // paused again while it was being written
		x, _ = r.halt(Paused, was, "")
	}
	running := r.rec.State == Running
	r.mu.Unlock()
	x.shut()
	if running {
		if err := r.arm(ctx, nil); err != nil {
			r.fail(ByStorage)
		}
	}
	r.drainTurned(ctx)
	err := r.save(ctx)
	r.tell()
	return r.current(), err
}

// Pause closes every gate before it returns. Pausing what is paused by itself keeps it so until a host resumes.
func (s *Service) Pause(ctx context.Context, w webinar.ID, id RecordingID, by webinar.SubjectID) (Recording, error) {
	r := s.room(w)
	r.mu.Lock()
	if r.rec.ID != id || r.rec.State != Running && r.rec.State != Paused {
		r.mu.Unlock()
		return r.refuse(ctx, id)
	}
	x, j := r.halt(Paused, ByHost, by)
	r.mu.Unlock()
	x.shut()
	r.tell()
	err := r.wait(ctx, j)
	return r.current(), err
}

// Stop ends a recording, or cancels its announcement, with every gate closed before it returns. What was said until then
// is in the files. Stopping what has stopped changes nothing.
func (s *Service) Stop(ctx context.Context, w webinar.ID, id RecordingID, by webinar.SubjectID) (Recording, error) {
	return s.room(w).stop(ctx, id, ByHost, by)
}

func (r *room) stop(ctx context.Context, id RecordingID, why Reason, by webinar.SubjectID) (Recording, error) {
	if why == ByHost {
		r.wring(ctx, id)
	}
	r.mu.Lock()
	if r.rec.ID != id || !r.rec.active() {
		r.mu.Unlock()
		rec, err := r.find(ctx, id)
		return rec, err
	}
	to := Stopped
	if r.rec.State == Announced {
		to = Aborted
	}
	x, j := r.halt(to, why, by)
	r.mu.Unlock()
	x.shut()
	r.tell()
	err := r.wait(ctx, j)
	r.finish(context.WithoutCancel(ctx), id)
	return r.current(), err
}

// EndWebinar stops whatever is announced or runs.
func (s *Service) EndWebinar(ctx context.Context, w webinar.ID) error {
	rec, ok := s.Current(w)
	if !ok {
		return nil
	}
	_, err := s.room(w).stop(ctx, rec.ID, ByHost, "")
	return err
}

// find returns the recording with that id; ErrNotFound if this webinar has none.
func (r *room) find(ctx context.Context, id RecordingID) (Recording, error) {
	if rec := r.current(); rec.ID == id {
		return rec, nil
	}
	return r.s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, r.id)
}

// refuse is the answer to an act in the wrong state.
func (r *room) refuse(ctx context.Context, id RecordingID) (Recording, error) {
	rec, err := r.find(ctx, id)
	if err == nil {
		err = ErrState
	}
	return rec, err
}
