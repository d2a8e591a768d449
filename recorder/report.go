package recorder

import (
	"context"
	"time"

	"plenum/recorder/consent"
	"plenum/recorder/report"
	"plenum/webinar"
)

// Report tells who agreed to a recording, for its organizer. A name is in it if its owner agrees to that now.
func (s *Service) Report(ctx context.Context, w webinar.ID, id RecordingID) (report.Report, error) {
	if _, err := s.Get(ctx, w, id); err != nil {
		return report.Report{}, err
	}
	r := s.room(w)
	book, err := r.open(ctx)
	if err != nil {
		return report.Report{}, err
	}
	notice, err := book.Notice(id)
	if err != nil {
		return report.Report{}, ErrNotFound
	}
	story, err := s.ledger.Story(ctx, w, id)
	if err != nil {
		return report.Report{}, failed("read ledger", err)
	}
	names, err := s.rows.labels(ctx, id)
	if err != nil {
		return report.Report{}, err
	}
	for _, told := range story { // who agreed and has sent nothing is known to the room alone
		if told.Kind == consent.Grant && names[told.Subject] == "" {
			names[told.Subject] = r.nameOf(told.Subject)
		}
		if !book.Allowed(id, told.Subject).Has(consent.Name) {
			delete(names, told.Subject)
		}
	}
	out := report.New(id, notice, story, names)
	out.Asked, out.Agreed, out.Answered = book.Counts(id)
	return out, nil
}

// recallReports makes tasks of the copies of a report that tell the name of somebody who takes it back.
func (s *Service) recallReports(ctx context.Context, w webinar.ID, id RecordingID, who webinar.SubjectID) error {
	story, err := s.ledger.Story(ctx, w, id)
	if err != nil {
		return failed("read ledger", err)
	}
	for _, told := range story {
		if told.Kind == consent.Grant && told.Subject == who && told.Scopes.Has(consent.Name) {
			return s.rows.recallReports(ctx, id, told.At, time.Now())
		}
	}
	return nil // a report never told that name
}

func (r *room) nameOf(who webinar.SubjectID) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.people[who]; p != nil {
		return p.name
	}
	return ""
}
