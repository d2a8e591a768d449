package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"os"

	"plenum/recorder/ffmpeg"
	"plenum/recorder/master"
	"plenum/recorder/program"
)

// makeFilm codes the program anew, as somebody asked for.
func (s *Service) makeFilm(ctx context.Context, row derivedRow, b *build) (err error) {
	rec, err := s.rows.one(ctx, `id = ?`, row.RecordingID)
	if err != nil {
		return err
	}
	in, err := s.film(ctx, rec, 2)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	info := master.Info{Audio: in.Audio, Video: in.Video, Duration: in.Duration}
	size := ffmpeg.Size{Width: in.Width, Height: in.Height}
	return s.spool(ctx, &row, func(out *os.File) (master.Info, error) {
		if row.Kind == string(MP4) {
			return info, s.c.FFmpeg.MP4(ctx, in.File, out, size, in.Duration, b.tell)
		}
		return info, s.composite(ctx, rec, in, out, b)
	})
}

// composite puts who speaks into the corner while a screen is shown.
func (s *Service) composite(ctx context.Context, rec Recording, in film, out *os.File, b *build) (err error) {
	script, _, err := s.script(ctx, rec, b)
	if err != nil {
		return err
	}
	corner, err := ffmpeg.Hidden(s.c.Spool)
	if err != nil {
		return failed("corner", err)
	}
	defer func() { err = errors.Join(err, corner.Close()) }()
	const copied = 0.2 // of the work
	script.Progress = func(share float64) { b.tell(copied * share) }
	shown, err := program.Inset(ctx, loose{corner}, script)
	if err != nil {
		return err
	}
	spans := make([]ffmpeg.Span, len(shown))
	for i, w := range shown {
		spans[i] = ffmpeg.Span(w)
	}
	size := ffmpeg.Size{Width: in.Width, Height: in.Height}
	return s.c.FFmpeg.Composite(ctx, in.File, corner, out, size, spans, in.Duration, func(share float64) { b.tell(copied + (1-copied)*share) })
}

// makeSmall makes what the line of time shows.
func (s *Service) makeSmall(ctx context.Context, row derivedRow, b *build) (err error) {
	rec, err := s.rows.one(ctx, `id = ?`, row.RecordingID)
	if err != nil {
		return err
	}
	in, err := s.film(ctx, rec, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	var body []byte
	switch {
	case row.Kind == sheetKind && in.Video:
		body, err = s.c.FFmpeg.Sheet(ctx, in.File, ffmpeg.Previews(in.Duration), b.tell)
	case row.Kind == peaksKind && in.Audio:
		body, err = s.peaks(ctx, in, b)
	}
	if err != nil {
		return err
	}
	if len(body) > 0 {
		if err := s.c.Archive.Put(ctx, row.key(), body); err != nil {
			return failed("store derivative", err)
		}
	}
	row.Bytes, row.DurationMs = int64(len(body)), in.Duration.Milliseconds()
	_, err = s.rows.made(context.WithoutCancel(ctx), row, "ready")
	return errors.Join(err, s.rows.retell(ctx, rec.ID))
}

func (s *Service) peaks(ctx context.Context, in film, b *build) ([]byte, error) {
	p, err := s.c.FFmpeg.Peaks(ctx, in.File, in.Duration, b.tell)
	if err != nil {
		return nil, err
	}
	loud := make([]int, len(p.Loud))
	for i, v := range p.Loud {
		loud[i] = int(v)
	}
	return json.Marshal(map[string]any{"step_ms": p.Step.Milliseconds(), "peaks": loud})
}
