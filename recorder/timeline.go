package recorder

import (
	"cmp"
	"context"
	"slices"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// Timeline says what of a recording lies where. Every duration in it counts from the recording's start.
type Timeline struct {
	Recording Recording
	Duration  time.Duration // up to now while the recording is active
	Pauses    []Pause
	Parts     []Part
	Chapters  []Chapter
	Polls     []PollPart
	Lines     []LinePart
	Program   Program
	Made      []Made // what can be made of it here; nil without ffmpeg
	Captions  []Captions
	Trim      Trim // the rest is told, but not played
}

// Pause is a span of which nothing is recorded.
type Pause struct {
	From, To time.Duration
	Reason   Reason
}

// Part is a finished segment and whose it is: people are numbered in the order in which they come, from 1.
type Part struct {
	Segment
	Speaker int
}

// ChapterKind says what begins with a chapter.
type ChapterKind string

// The kinds of chapter.
const (
	StartChapter  ChapterKind = "start"
	PauseChapter  ChapterKind = "pause"
	ResumeChapter ChapterKind = "resume"
	PollChapter   ChapterKind = "poll"     // titled with its question
	AskedChapter  ChapterKind = "question" // titled with it
	ScreenChapter ChapterKind = "screen"   // titled with the name of who shows it, if there is one
)

// Chapter is a place worth going to.
type Chapter struct {
	At    time.Duration
	Kind  ChapterKind
	Title string
}

// Poll is a poll of a webinar that was opened, as its room knows it.
type Poll struct {
	ID       string
	Question string
	Options  []string
	OpenedAt time.Time
	ClosedAt time.Time // zero: still open
	Votes    []int     // of each option, once closed: that is when everybody sees them
	Total    int       // people who answered
	Result   []byte    // as the web page draws it, which knows the kinds of polls; JSON, nil before the poll is closed
}

// LeastGroup is how many people have to have answered before a recording tells what (I21): of fewer, those who know each
// other could tell who it was. How many they were is told.
const LeastGroup = 5

// PollPart is a poll as it lies in a recording. Closed is 0 and there is no result when its end is not in it; and only
// Total when Few people answered.
type PollPart struct {
	Poll
	Opened, Closed time.Duration
	Few            bool
}

// ProgramState is where the one-file version of a recording is.
type ProgramState string

// The states of a program.
const (
	NoProgram       ProgramState = "none" // nothing to make it of, or not yet
	QueuedProgram   ProgramState = "queued"
	BuildingProgram ProgramState = "building"
	ReadyProgram    ProgramState = "ready"
	FailedProgram   ProgramState = "failed" // given up until the recording changes
)

// Program is the one file that is cut together from the masters.
type Program struct {
	State    ProgramState
	Progress float64 // 0 to 1, while it is built
	ID       string
	Bytes    int64
	From     time.Duration // where it begins on the recording's clock, at a key frame before a cut; less than 0: not known
	Duration time.Duration // of the file, which leaves the pauses out
	Mixed    bool          // everybody is heard; else who speaks
}

// Timeline returns what of a recording lies where. Errors: ErrNotFound, ErrState before the start, ErrStorage.
func (s *Service) Timeline(ctx context.Context, w webinar.ID, id RecordingID) (Timeline, error) {
	d, err := s.Get(ctx, w, id)
	if err != nil {
		return Timeline{}, err
	}
	rec := d.Recording
	if rec.StartedAt.IsZero() {
		return Timeline{}, ErrState
	}
	end := rec.StoppedAt
	if rec.active() || end.IsZero() {
		end = time.Now()
	}
	t := Timeline{Recording: rec, Duration: max(end.Sub(rec.StartedAt), 0).Truncate(time.Millisecond)}
	if t.Program, err = s.program(ctx, id); err != nil {
		return Timeline{}, err
	}
	if t.Trim, err = s.rows.trim(ctx, id); err != nil {
		return Timeline{}, err
	}
	if t.Parts, err = s.parts(ctx, id); err != nil {
		return Timeline{}, err
	}
	if t.Captions, err = s.rows.captioned(ctx, id); err != nil {
		return Timeline{}, err
	}
	if t.Made, err = s.made(ctx, id, t.Parts); err != nil {
		return Timeline{}, err
	}
	turns, err := s.ledger.Turns(ctx, w, id)
	if err != nil {
		return Timeline{}, failed("read turns", err)
	}
	t.Pauses = t.pauses(turns)
	if s.c.Polls != nil {
		polls, err := s.c.Polls(ctx, w)
		if err != nil {
			return Timeline{}, failed("read polls", err)
		}
		t.Polls = t.polls(polls)
	}
	if t.Lines, err = s.lines(ctx, w, t); err != nil {
		return Timeline{}, err
	}
	t.Chapters = t.chapters()
	return t, nil
}

// parts lists the finished segments of a recording that nobody took back, in the order of their beginnings.
func (s *Service) parts(ctx context.Context, id RecordingID) ([]Part, error) {
	rows, err := s.rows.segments(ctx, `recording_id = ? AND doomed = 0 AND state <> 'writing'`, id)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	out := make([]Part, len(rows))
	for i, row := range rows {
		if numbers[row.SubjectID] == 0 {
			numbers[row.SubjectID] = len(numbers) + 1
		}
		out[i] = Part{Segment: row.segment(), Speaker: numbers[row.SubjectID]}
	}
	return out, nil
}

// pauses reads the spans between a pause and the next resume. A pause that a restart made began when the files end, not
// when the server came back.
func (t *Timeline) pauses(turns []consent.Turn) []Pause {
	var out []Pause
	open := false
	for _, turn := range turns {
		at := min(max(turn.At.Sub(t.Recording.StartedAt), 0), t.Duration).Truncate(time.Millisecond)
		switch turn.Kind {
		case consent.Pause:
			from := at
			if Reason(turn.Reason) == ByRestart {
				from = t.lastBefore(at, out)
			}
			out, open = append(out, Pause{From: from, To: t.Duration, Reason: Reason(turn.Reason)}), true
		case consent.Resume:
			if open {
				out[len(out)-1].To, open = at, false
			}
		default: // the start and the end are no pauses
		}
	}
	return slices.DeleteFunc(out, func(p Pause) bool { return p.To <= p.From })
}

// lastBefore is the end of what was recorded before at and after the last pause.
func (t *Timeline) lastBefore(at time.Duration, pauses []Pause) time.Duration {
	last := time.Duration(0)
	if n := len(pauses); n > 0 {
		last = pauses[n-1].To
	}
	for _, p := range t.Parts {
		if p.Start < at {
			last = max(last, min(p.Start+p.Duration, at))
		}
	}
	return last
}

// recorded is the first moment from at on that is recorded, and false if none is.
func (t *Timeline) recorded(at time.Duration) (time.Duration, bool) {
	at = max(at, 0)
	for _, p := range t.Pauses {
		if p.From <= at && at < p.To {
			at = p.To
		}
	}
	return at, at < t.Duration
}

// polls places the polls that were open at a recorded moment. What was asked and closed in one pause is not told; a
// result that came in a pause stands where the recording goes on.
func (t *Timeline) polls(list []Poll) []PollPart {
	var out []PollPart
	for _, p := range list {
		opened, ok := t.recorded(p.OpenedAt.Sub(t.Recording.StartedAt).Truncate(time.Millisecond))
		if p.OpenedAt.IsZero() || !ok {
			continue
		}
		part := PollPart{Poll: p, Opened: opened}
		if !p.ClosedAt.IsZero() {
			closed, ok := t.recorded(p.ClosedAt.Sub(t.Recording.StartedAt).Truncate(time.Millisecond))
			if closed <= opened {
				continue
			}
			if ok {
				part.Closed = closed
			}
		}
		if part.Closed == 0 {
			part.hush()
			part.Total, part.ClosedAt = 0, time.Time{}
		} else if part.Total < LeastGroup {
			part.Few = part.Total > 0
			part.hush()
		}
		out = append(out, part)
	}
	slices.SortStableFunc(out, func(a, b PollPart) int { return cmp.Compare(a.Opened, b.Opened) })
	return out
}

func (p *PollPart) hush() { p.Votes, p.Result = nil, nil }

// chapters lists the start, the pauses, the polls, the questions and the screens.
func (t *Timeline) chapters() []Chapter {
	out := []Chapter{{Kind: StartChapter}}
	for _, p := range t.Pauses {
		out = append(out, Chapter{At: p.From, Kind: PauseChapter})
		if p.To < t.Duration {
			out = append(out, Chapter{At: p.To, Kind: ResumeChapter})
		}
	}
	for _, p := range t.Polls {
		out = append(out, Chapter{At: p.Opened, Kind: PollChapter, Title: p.Question})
	}
	for _, l := range t.Lines {
		out = append(out, Chapter{At: l.Offset, Kind: AskedChapter, Title: l.Text})
	}
	for _, p := range t.Parts {
		if p.Group == ScreenGroup && p.Video {
			out = append(out, Chapter{At: p.Start, Kind: ScreenChapter, Title: p.Label})
		}
	}
	slices.SortStableFunc(out, func(a, b Chapter) int { return cmp.Compare(a.At, b.At) })
	return out
}
