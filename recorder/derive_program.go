package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/recorder/master"
	"plenum/recorder/program"
	"plenum/webinar"
)

// makeProgram cuts the program of a recording in the spool and hands it to the archive.
func (s *Service) makeProgram(ctx context.Context, row derivedRow, b *build) error {
	rec, err := s.rows.one(ctx, `id = ?`, row.RecordingID)
	if err != nil {
		return err
	}
	sources, size, err := s.programSources(ctx, rec, b)
	if err != nil {
		return err
	}
	if err := s.roomFor(size); err != nil {
		return err
	}
	chapters, err := s.programChapters(ctx, rec)
	if err != nil {
		return err
	}
	trim, err := s.rows.trim(ctx, rec.ID)
	if err != nil {
		return err
	}
	s.setLive(row.ID, true) // until the archive knows the file
	defer s.setLive(row.ID, false)
	path := filepath.Join(s.c.Spool, row.ID+".webm")
	res, err := writeProgram(ctx, path, sources, program.Window(trim), chapters, func(p float64) { b.progress.Store(uint32(p * 1000)) })
	kept := false
	if err == nil {
		kept, err = s.rows.made(context.WithoutCancel(ctx), row.ID, "sealed", res.Bytes, res.Duration)
	}
	if err != nil || !kept { // not wanted any more
		return errors.Join(err, remove(path))
	}
	err = s.c.Archive.Add(context.WithoutCancel(ctx), row.ID, row.key(), master.Info{Path: path, Audio: res.Audio, Video: res.Video, Duration: res.Duration, Bytes: res.Bytes})
	if errors.Is(err, archive.ErrErased) {
		return remove(path)
	}
	if err != nil {
		return failed("hand over program", err)
	}
	s.c.Log.Info("recorder: program made", "recording", rec.ID, "bytes", res.Bytes, "cuts", res.Cuts)
	return s.rows.retell(ctx, rec.ID)
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return failed("remove program", err)
	}
	return nil
}

// roomFor refuses to fill the disk to its reserve.
func (s *Service) roomFor(size int64) error {
	free, err := s.c.DiskFree(s.c.Spool)
	if err != nil {
		return failed("disk", err)
	}
	if free-size < s.c.DiskReserve {
		return ErrDisk
	}
	return nil
}

// programSources lists the masters that nobody took back, and the most that a program of them can take.
func (s *Service) programSources(ctx context.Context, rec Recording, b *build) (list []program.Source, size int64, err error) {
	rows, err := s.rows.segments(ctx, `recording_id = ? AND doomed = 0 AND state <> 'writing'`, rec.ID)
	if err != nil {
		return nil, 0, err
	}
	book, err := s.room(rec.Webinar).open(ctx)
	if err != nil {
		return nil, 0, err
	}
	ranks := map[string]int{}
	for _, row := range rows {
		st, err := book.Standing(rec.ID, webinar.SubjectID(row.SubjectID))
		if err != nil { // no word of theirs is not a no, nor a yes
			return nil, 0, failed("read consent", err)
		}
		if st.State == consent.Withdrawn || st.State == consent.Refused {
			continue // on its way to being doomed
		}
		if ranks[row.SubjectID] == 0 {
			ranks[row.SubjectID] = len(ranks) + 1
		}
		size += row.Bytes
		list = append(list, program.Source{
			Person: row.SubjectID, Rank: ranks[row.SubjectID], Screen: Group(row.Grp) == ScreenGroup, Start: row.segment().Start,
			Open: func(ctx context.Context) (io.ReadCloser, error) {
				f, _, err := s.c.Archive.Open(ctx, row.key())
				if err != nil {
					return nil, failed("open segment", err)
				}
				return f, nil
			},
			Allowed: func() bool { return !b.void.Load() },
		})
	}
	return list, size, nil
}

// words of the chapters that have no title of their own.
func chapterWords(l webinar.Lang) map[ChapterKind]string {
	if l == webinar.German {
		return map[ChapterKind]string{StartChapter: "Beginn", ResumeChapter: "Weiter nach der Pause", ScreenChapter: "Bildschirm"}
	}
	return map[ChapterKind]string{StartChapter: "Start", ResumeChapter: "After the pause", ScreenChapter: "Screen"}
}

// programChapters are those of the timeline. Pauses are left out, as their time is.
func (s *Service) programChapters(ctx context.Context, rec Recording) ([]program.Chapter, error) {
	t, err := s.Timeline(ctx, rec.Webinar, rec.ID)
	if err != nil {
		return nil, err
	}
	lang := webinar.English
	if s.c.Lang != nil {
		if lang, err = s.c.Lang(ctx, rec.Webinar); err != nil && !errors.Is(err, webinar.ErrNotFound) {
			return nil, failed("read language", err)
		}
	}
	words := chapterWords(lang)
	var list []program.Chapter
	for _, c := range t.Chapters {
		title := c.Title
		switch {
		case c.Kind == PauseChapter:
			continue
		case c.Kind == ScreenChapter && title != "":
			title = words[c.Kind] + ": " + title
		case c.Kind != PollChapter:
			title = words[c.Kind]
		}
		list = append(list, program.Chapter{At: c.At, Title: title, Lang: string(lang)})
	}
	return list, nil
}

// loose is a file whose bytes become durable once, at the end: what a crash leaves of a program is thrown away.
type loose struct{ *os.File }

func (loose) Sync() error { return nil }

func writeProgram(ctx context.Context, path string, sources []program.Source, only program.Window, chapters []program.Chapter, progress func(float64)) (res program.Result, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return res, failed("program", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if res, err = program.Build(ctx, loose{f}, sources, only, chapters, progress); err != nil {
		return res, fmt.Errorf("build program: %w", err)
	}
	if err := f.Sync(); err != nil {
		return res, failed("program", err)
	}
	return res, nil
}

// program returns where the program of a recording is.
func (s *Service) program(ctx context.Context, rec RecordingID) (Program, error) {
	rows, err := s.rows.derived(ctx, `recording_id = ? AND kind = 'program' AND state <> 'doomed'`, rec)
	if err != nil || len(rows) == 0 {
		return Program{State: NoProgram}, err
	}
	r := rows[0]
	p := Program{State: ProgramState(r.State)}
	switch r.State {
	case "sealed", "ready":
		p = Program{State: ReadyProgram, ID: r.ID, Bytes: r.Bytes, Duration: time.Duration(r.DurationMs) * time.Millisecond}
	case "building":
		if b := s.building(rec); b != nil {
			p.Progress = float64(b.progress.Load()) / 1000
		}
	}
	return p, nil
}

// Program returns where the program of a recording is, or ErrNotFound.
func (s *Service) Program(ctx context.Context, w webinar.ID, id RecordingID) (Program, error) {
	if _, err := s.rows.one(ctx, `id = ? AND webinar_id = ?`, id, w); err != nil {
		return Program{}, err
	}
	return s.program(ctx, id)
}

// OpenProgram opens the program of a recording. ErrNotFound while there is none; ErrStorage when it cannot be had now.
// ctx must live as long as the reader.
func (s *Service) OpenProgram(ctx context.Context, w webinar.ID, id RecordingID) (io.ReadSeekCloser, Program, error) {
	p, err := s.Program(ctx, w, id)
	if err != nil {
		return nil, p, err
	}
	if p.State != ReadyProgram {
		return nil, p, ErrNotFound
	}
	f, size, err := s.c.Archive.Open(ctx, objectKey(id, p.ID))
	switch {
	case errors.Is(err, archive.ErrNotFound):
		return nil, p, ErrNotFound
	case err != nil:
		return nil, p, failed("open program", err)
	}
	p.Bytes = size
	return f, p, nil
}

// derivedArchived tells the recorder what became of a program.
func (s *Service) derivedArchived(ctx context.Context, res archive.Result) error {
	rows, err := s.rows.derived(ctx, `id = ? AND state = 'sealed'`, res.Segment)
	if err != nil || len(rows) == 0 {
		return err
	}
	if res.Err != nil {
		s.c.Log.Error("recorder: a program is lost and will be made again", "recording", rows[0].RecordingID, "error", res.Err)
		return s.stale(ctx, rows[0].RecordingID)
	}
	if _, err := s.rows.turn(ctx, res.Segment, "sealed", "ready"); err != nil {
		return err
	}
	return s.rows.retell(ctx, rows[0].RecordingID)
}
