package recorder

import (
	"context"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Sharing says whether a recording may be given to people who were not its organizers: only when everybody in it has
// agreed to its publication. Who has not is nobody's business, so there are counts only.
type Sharing struct {
	People  int // who are in the recording, with a film or with words
	Lacking int // of them, who did not agree to publication
}

// Allowed reports whether the recording may be shared. Whatever hands recordings to attendees asks this each time: consent
// can be taken back.
func (s Sharing) Allowed() bool { return s.People > 0 && s.Lacking == 0 }

// Sharing counts who of a recording's people agreed to its publication. Errors: ErrNotFound, ErrLedger, ErrStorage.
func (s *Service) Sharing(ctx context.Context, w webinar.ID, id RecordingID) (Sharing, error) {
	if _, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w); err != nil {
		return Sharing{}, err
	}
	rows, err := s.rows.segments(ctx, `recording_id = ? AND doomed = 0`, id)
	if err != nil {
		return Sharing{}, err
	}
	words, err := s.allowedLines(ctx, w, id)
	if err != nil {
		return Sharing{}, err
	}
	book, err := s.room(w).open(ctx)
	if err != nil {
		return Sharing{}, err
	}
	people := map[webinar.SubjectID]bool{}
	for _, row := range rows {
		people[webinar.SubjectID(row.SubjectID)] = true
	}
	for _, l := range words {
		people[l.Author] = true
	}
	out := Sharing{People: len(people)}
	for who := range people {
		st, err := book.Standing(id, who)
		if err != nil || st.State != consent.Granted || !st.Publish {
			out.Lacking++
		}
	}
	return out, nil
}
