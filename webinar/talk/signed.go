package talk

import (
	"context"
	"fmt"
	"time"

	"plenum/webinar"
)

// Signed is a question that was asked with a name, with who asked.
type Signed struct {
	Question
	Author webinar.SubjectID
}

// Signed returns the questions of a webinar that everybody may read and that were asked with a name, oldest first.
// Those whose author's seat is gone are left out: nobody can say any more what that person allows.
func (s *Questions) Signed(ctx context.Context, w webinar.ID) ([]Signed, error) {
	return s.store.signed(ctx, w)
}

func (s store) signed(ctx context.Context, w webinar.ID) ([]Signed, error) {
	var rows []questionRow
	err := s.db.WithContext(ctx).Raw(`SELECT q.*, t.subject_id FROM questions q JOIN webinars w ON w.id = q.webinar_id JOIN tickets t ON t.id = q.ticket_id
		WHERE q.webinar_id = ? AND (w.ended_at = 0 OR w.ended_at > ?) AND q.state IN ('shown', 'answering', 'answered') ORDER BY q.asked_at, q.id`,
		w, time.Now().Add(-s.keep).UnixMilli()).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read signed questions: %w", err)
	}
	out := make([]Signed, len(rows))
	for i, r := range rows {
		out[i] = Signed{r.view(Author{}).Question, webinar.SubjectID(r.SubjectID)}
	}
	return out, nil
}
