package recorder

import (
	"context"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Line is something that a person wrote in a webinar with their name: a question, or a line of chat.
type Line struct {
	ID     string
	Author webinar.SubjectID
	Name   string
	Text   string
	At     time.Time
}

// LinePart is a line as it lies in a recording. Its name is empty if the author did not allow it.
type LinePart struct {
	ID, Name, Text string
	Offset         time.Duration
}

// lines places what was written while a recording ran, of those authors who allowed it and have not taken it back.
func (s *Service) lines(ctx context.Context, w webinar.ID, t Timeline) ([]LinePart, error) {
	all, err := s.allowedLines(ctx, w, t.Recording.ID)
	out := make([]LinePart, 0, len(all))
	for _, l := range all {
		out = append(out, LinePart{ID: l.ID, Name: l.Name, Text: l.Text, Offset: max(l.At.Sub(t.Recording.StartedAt), 0).Truncate(time.Millisecond)})
	}
	return out, err
}

// allowedLines are those that may stand in a recording, without the names that may not.
func (s *Service) allowedLines(ctx context.Context, w webinar.ID, id RecordingID) ([]Line, error) {
	if s.c.Lines == nil {
		return nil, nil
	}
	all, err := s.c.Lines(ctx, w)
	if err != nil {
		return nil, failed("read lines", err)
	}
	if len(all) == 0 {
		return nil, nil
	}
	book, err := s.room(w).open(ctx)
	if err != nil {
		return nil, err
	}
	may, err := book.Lines(ctx, id)
	if err != nil {
		return nil, failed("read ledger", err)
	}
	var out []Line
	for _, l := range all {
		if !may.Allow(l.Author, consent.Chat, l.At) {
			continue
		}
		if !may.Allow(l.Author, consent.Name, l.At) {
			l.Name = ""
		}
		out = append(out, l)
	}
	return out, nil
}
