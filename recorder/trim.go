package recorder

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"gorm.io/gorm"

	"plenum/recorder/program"
	"plenum/webinar"
)

// Trim is what the organizer left of a recording, after its start; the zero value is all of it.
type Trim struct{ From, To time.Duration }

// All reports that nothing is cut off.
func (t Trim) All() bool { return t == Trim{} }

// shortest is the least that a trim leaves.
const shortest = time.Second

// ErrTrim refuses a trim that lies outside of the recording or leaves less than a second.
var ErrTrim = errors.New("trim out of range")

type trimRow struct{ FromMs, ToMs int64 }

func (s *store) trim(ctx context.Context, rec RecordingID) (Trim, error) {
	var rows []trimRow
	if err := s.db.WithContext(ctx).Raw(`SELECT from_ms, to_ms FROM trims WHERE recording_id = ?`, rec).Scan(&rows).Error; err != nil || len(rows) == 0 {
		return Trim{}, failed("read trim", err)
	}
	return Trim{From: time.Duration(rows[0].FromMs) * time.Millisecond, To: time.Duration(rows[0].ToMs) * time.Millisecond}, nil
}

// retrim keeps a trim and renews what is made, or neither: nobody may go on downloading what was cut off.
func (s *store) retrim(ctx context.Context, rec RecordingID, t Trim, can able) error {
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		in := &store{db: tx}
		return errors.Join(in.setTrim(ctx, rec, t), in.renew(ctx, rec, can))
	})
	return failed("trim", err)
}

func (s *store) setTrim(ctx context.Context, rec RecordingID, t Trim) error {
	if t.All() {
		_, err := s.exec(ctx, "undo trim", `DELETE FROM trims WHERE recording_id = ?`, rec)
		return err
	}
	_, err := s.exec(ctx, "save trim", `INSERT INTO trims (recording_id, from_ms, to_ms) VALUES (?, ?, ?)
		ON CONFLICT (recording_id) DO UPDATE SET from_ms = excluded.from_ms, to_ms = excluded.to_ms`, rec, t.From.Milliseconds(), t.To.Milliseconds())
	return err
}

// Kept is the timeline without what was cut off: of a poll or pause that reaches into what is left, all is told.
func (t Timeline) Kept() Timeline {
	if t.Trim.All() {
		return t
	}
	in := func(from, to time.Duration) bool { return from < t.Trim.To && to > t.Trim.From }
	at := func(d time.Duration) bool { return d >= t.Trim.From && d < t.Trim.To }
	t.Pauses = kept(t.Pauses, func(p Pause) bool { return in(p.From, p.To) })
	t.Polls = kept(t.Polls, func(p PollPart) bool { return p.Closed == 0 && p.Opened < t.Trim.To || in(p.Opened, p.Closed) })
	t.Lines = kept(t.Lines, func(l LinePart) bool { return at(l.Offset) })
	t.Chapters = kept(t.Chapters, func(c Chapter) bool { return at(c.At) })
	return t
}

func kept[T any](list []T, keep func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !keep(x) })
}

// SetTrim cuts the start and the end of a recording off for whoever plays or downloads it, or undoes that with the zero
// Trim. The masters stay whole; the program is made anew. Errors: ErrNotFound, ErrActive, ErrState when nothing was
// recorded, ErrTrim.
func (s *Service) SetTrim(ctx context.Context, w webinar.ID, id RecordingID, t Trim) error {
	line, err := s.Timeline(ctx, w, id)
	if err != nil {
		return err
	}
	if line.Recording.active() {
		return ErrActive
	}
	t = Trim{From: t.From.Truncate(time.Millisecond), To: t.To.Truncate(time.Millisecond)}
	if !t.All() && (t.From < 0 || t.To > line.Duration || t.To-t.From < shortest) {
		return ErrTrim
	}
	if t == line.Trim {
		return nil
	}
	return s.renewed(id, s.rows.retrim(ctx, id, t, s.can()))
}

// Clip is a master as it is downloaded: what the trim left of it. The part's times and bytes are those of the clip.
type Clip struct {
	Part
	io.Reader
	io.Closer
}

// OpenClip opens what the trim leaves of a part; ErrNotFound when that is nothing or the part is gone. It begins at a
// place where a picture can begin, so up to a few seconds early. ctx must live as long as the clip.
func (s *Service) OpenClip(ctx context.Context, t Timeline, p Part) (Clip, error) {
	f, seg, err := s.OpenSegment(ctx, t.Recording.Webinar, t.Recording.ID, p.ID)
	if err != nil {
		return Clip{}, err
	}
	end := p.Start + p.Duration
	if t.Trim.All() || t.Trim.From <= p.Start && t.Trim.To >= end {
		p.Bytes = seg.Bytes
		return Clip{Part: p, Reader: f, Closer: f}, nil
	}
	cut, err := program.Cut(f, t.Trim.From-p.Start, t.Trim.To-p.Start)
	if err == nil {
		p.Start, p.Duration, p.Bytes = p.Start+cut.From, cut.Duration, cut.Size
		return Clip{Part: p, Reader: cut, Closer: f}, nil
	}
	if errors.Is(err, program.ErrEmpty) {
		err = ErrNotFound
	} else {
		err = failed("cut segment", err)
	}
	return Clip{}, errors.Join(err, f.Close())
}
