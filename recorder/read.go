package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/webinar"
)

// Current returns the recording that is announced, runs or is paused, and whether there is one.
func (s *Service) Current(w webinar.ID) (Recording, bool) {
	rec := s.room(w).current()
	if !rec.active() {
		return Recording{}, false
	}
	return rec, true
}

// Last returns the newest recording of a webinar that was started and is not erased, and whether there is one.
func (s *Service) Last(ctx context.Context, w webinar.ID) (Recording, bool, error) {
	recs, err := s.rows.query(ctx, `webinar_id = ? AND started_at > 0 ORDER BY announced_at DESC, id LIMIT 1`, w)
	if err != nil || len(recs) == 0 {
		return Recording{}, false, err
	}
	return recs[0], true, nil
}

// Counts returns the counts of the last recording.
func (s *Service) Counts(w webinar.ID) Counts { return s.room(w).counts() }

// List returns the recordings of a webinar with their segments, newest first.
func (s *Service) List(ctx context.Context, w webinar.ID) ([]Detail, error) {
	recs, err := s.rows.query(ctx, `webinar_id = ? ORDER BY announced_at DESC, id`, w)
	if err != nil {
		return nil, err
	}
	out := make([]Detail, len(recs))
	for i, rec := range recs {
		if out[i], err = s.detail(ctx, rec); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Get returns one recording with its segments, or ErrNotFound.
func (s *Service) Get(ctx context.Context, w webinar.ID, id RecordingID) (Detail, error) {
	rec, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w)
	if err != nil {
		return Detail{}, err
	}
	return s.detail(ctx, rec)
}

func (s *Service) detail(ctx context.Context, rec Recording) (Detail, error) {
	if last := s.room(rec.Webinar).current(); last.ID == rec.ID {
		rec = last // the row may be a moment behind
	}
	rows, err := s.rows.segments(ctx, `recording_id = ? AND doomed = 0`, rec.ID)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Recording: rec, Segments: make([]Segment, len(rows))}
	for i, r := range rows {
		d.Segments[i] = r.segment()
	}
	d.Storage, d.Fault = s.storage(), s.c.Archive.State().Fault
	return d, nil
}

// OpenSegment opens the WebM file of a sealed segment. ErrNotFound also for one that is being written or erased, or was
// lost; ErrStorage when it cannot be had now. ctx must live as long as the reader.
func (s *Service) OpenSegment(ctx context.Context, w webinar.ID, id RecordingID, segment string) (io.ReadSeekCloser, Segment, error) {
	rows, err := s.rows.segments(ctx, `id = ? AND recording_id = ? AND doomed = 0 AND state <> 'writing'
		AND EXISTS (SELECT 1 FROM recordings r WHERE r.id = recording_id AND r.webinar_id = ?)`, segment, id, w)
	if err != nil {
		return nil, Segment{}, err
	}
	if len(rows) == 0 {
		return nil, Segment{}, ErrNotFound
	}
	f, size, err := s.c.Archive.Open(ctx, rows[0].key())
	switch {
	case errors.Is(err, archive.ErrNotFound):
		return nil, Segment{}, ErrNotFound
	case err != nil:
		return nil, Segment{}, fmt.Errorf("%w: %w", ErrStorage, err)
	}
	seg := rows[0].segment()
	seg.Bytes = size
	return f, seg, nil
}

// Notice returns the frozen notice of a recording.
func (s *Service) Notice(ctx context.Context, w webinar.ID, id RecordingID) (consent.Notice, error) {
	book, err := s.room(w).open(ctx)
	if err != nil {
		return consent.Notice{}, err
	}
	n, err := book.Notice(id)
	if err != nil {
		return n, ErrNotFound
	}
	return n, nil
}

// MyConsent returns where a person stands towards a recording.
func (s *Service) MyConsent(ctx context.Context, w webinar.ID, id RecordingID, who webinar.Ticket) (consent.Standing, error) {
	if who.Webinar != w {
		return consent.Standing{}, webinar.ErrForbidden
	}
	r := s.room(w)
	book, err := r.open(ctx)
	if err != nil {
		return consent.Standing{}, err
	}
	st, err := book.Standing(id, who.Subject)
	if err == nil && !st.Untold() { // a page begins with this, and hears what comes
		r.mu.Lock()
		r.seats[who.Subject] = who.ID
		r.mu.Unlock()
		st, err = book.Standing(id, who.Subject)
	}
	if err != nil {
		return st, ErrNotFound
	}
	return st, nil
}

// Asked reports whether a person was shown the question of the recording that is announced or runs. Where there is none
// there is nothing to show.
func (s *Service) Asked(ctx context.Context, w webinar.ID, who webinar.Ticket) (bool, error) {
	r, ok := s.Current(w)
	if !ok || !r.active() {
		return true, nil
	}
	st, err := s.MyConsent(ctx, w, r.ID, who)
	return st.State != consent.None, err
}

// Ledger writes the consent ledger of a webinar as JSON lines.
func (s *Service) Ledger(ctx context.Context, w webinar.ID, to io.Writer) error {
	return s.ledger.Export(ctx, w, to)
}
