package recorder

import (
	"context"

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

func (r *room) nameOf(who webinar.SubjectID) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.people[who]; p != nil {
		return p.name
	}
	return ""
}
