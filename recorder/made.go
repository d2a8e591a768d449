package recorder

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/ffmpeg"
	"plenum/webinar"
)

// Making is something that is made of a recording where ffmpeg is present.
type Making string

// What can be made. The first three are made without being asked for.
const (
	Mix       Making = mixKind     // the program with everybody's sound, which takes its place
	Sheet     Making = sheetKind   // small pictures for the line of time, WebP
	Peaks     Making = peaksKind   // how loud it is over time, JSON
	MP4       Making = "mp4"       // the program as H.264 and AAC
	Composite Making = "composite" // the program with who speaks in the corner of the screen
)

// ErrUnable refuses to make what cannot be made here, or of this recording.
var ErrUnable = errors.New("it cannot be made")

// Made is where one of them is.
type Made struct {
	Making   Making
	State    ProgramState // NoProgram: nobody asked for it, or not yet
	Progress float64      // 0 to 1, while it is built
	ID       string
	Bytes    int64 // 0: there is nothing of that in the recording
	Duration time.Duration
	Pictures *Pictures // of a sheet
}

// Pictures says how a sheet is read: Count pictures lie in rows of Columns, one for each Step of the program.
type Pictures struct {
	Step           time.Duration
	Count, Columns int
	Width, Height  int // of each, in pixels
}

// can says what can be made here.
func (s *Service) can() able {
	t := s.c.FFmpeg
	return able{mix: t != nil, sheet: t != nil && t.Sheets(), peaks: t != nil, mp4: t != nil && t.MP4s(), composite: t != nil && t.Composites()}
}

// makings lists what can be made of those parts.
func (s *Service) makings(parts []Part) (list []Making) {
	t := s.c.FFmpeg
	if t == nil || len(parts) == 0 {
		return nil
	}
	shows := func(g Group) bool {
		return slices.ContainsFunc(parts, func(p Part) bool { return p.Video && p.Group == g })
	}
	list = []Making{Mix, Peaks}
	if t.Sheets() {
		list = append(list, Sheet)
	}
	if t.MP4s() {
		list = append(list, MP4)
	}
	if t.Composites() && shows(ScreenGroup) && shows(CameraGroup) {
		list = append(list, Composite)
	}
	return list
}

// made says where each of what can be made is.
func (s *Service) made(ctx context.Context, rec RecordingID, parts []Part) ([]Made, error) {
	list := s.makings(parts)
	if len(list) == 0 {
		return nil, nil
	}
	rows, err := s.rows.derived(ctx, `recording_id = ? AND state <> 'doomed'`, rec)
	out := make([]Made, len(list))
	for i, k := range list {
		out[i] = Made{Making: k, State: NoProgram}
		for _, r := range rows {
			if r.Kind == string(k) {
				out[i] = s.madeOf(r)
			}
		}
	}
	return out, err
}

func (s *Service) madeOf(r derivedRow) Made {
	m := Made{Making: Making(r.Kind), State: ProgramState(r.State)}
	switch r.State {
	case "sealed", "ready":
		m.State, m.ID, m.Bytes, m.Duration = ReadyProgram, r.ID, r.Bytes, time.Duration(r.DurationMs)*time.Millisecond
	case "building":
		m.Progress = s.progress(r.RecordingID, r.Kind)
	}
	if m.Making == Sheet && m.Bytes > 0 {
		p := ffmpeg.Previews(m.Duration)
		m.Pictures = &Pictures{Step: p.Step, Count: p.Count, Columns: p.Columns, Width: p.Width, Height: p.Height}
	}
	return m
}

// progress is how far the build of a kind is.
func (s *Service) progress(rec RecordingID, kind string) float64 {
	if b := s.building(rec); b != nil && b.kind == kind {
		return float64(b.progress.Load()) / 1000
	}
	return 0
}

// Ask has an MP4 or a composite made, again if that failed before. It lasts as long as its recording; when somebody takes
// something back it goes at once, and is made again of what is left. Errors: ErrNotFound, ErrUnable.
func (s *Service) Ask(ctx context.Context, w webinar.ID, id RecordingID, what Making) error {
	if _, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w); err != nil {
		return err
	}
	parts, err := s.parts(ctx, id)
	if err != nil {
		return err
	}
	if what != MP4 && what != Composite || !slices.Contains(s.makings(parts), what) {
		return ErrUnable
	}
	queued, err := s.rows.ask(ctx, id, what)
	if err == nil && !queued {
		err = ErrUnable
	}
	s.wakeDerive()
	return err
}

// Made returns where something is that is made of a recording. ErrNotFound, also if it is not made here.
func (s *Service) Made(ctx context.Context, w webinar.ID, id RecordingID, what Making) (Made, error) {
	if _, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w); err != nil {
		return Made{}, err
	}
	rows, err := s.rows.derived(ctx, `recording_id = ? AND kind = ? AND state <> 'doomed'`, id, string(what))
	if err == nil && (len(rows) == 0 || !rows[0].foreign() || what == Mix) {
		err = ErrNotFound
	}
	if err != nil {
		return Made{}, err
	}
	return s.madeOf(rows[0]), nil
}

// OpenMade opens it. ErrNotFound while there is nothing; ErrStorage when it cannot be had now. ctx must live as long as
// the reader.
func (s *Service) OpenMade(ctx context.Context, w webinar.ID, id RecordingID, what Making) (io.ReadSeekCloser, Made, error) {
	m, err := s.Made(ctx, w, id, what)
	if err != nil {
		return nil, m, err
	}
	if m.State != ReadyProgram || m.Bytes == 0 {
		return nil, m, ErrNotFound
	}
	f, size, err := s.c.Archive.Open(ctx, derivedRow{ID: m.ID, RecordingID: id, Kind: string(what)}.key())
	switch {
	case errors.Is(err, archive.ErrNotFound):
		return nil, m, ErrNotFound
	case err != nil:
		return nil, m, failed("open derivative", err)
	}
	m.Bytes = size
	return f, m, nil
}
