package recorder

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/recorder/ffmpeg"
	"plenum/recorder/master"
	"plenum/recorder/program"
	"plenum/webinar"
)

// makeProgram cuts the program of a recording in the spool and hands it to the archive. A mix takes its place.
func (s *Service) makeProgram(ctx context.Context, row derivedRow, b *build) error {
	rec, err := s.rows.one(ctx, `id = ?`, row.RecordingID)
	if err != nil {
		return err
	}
	script, size, err := s.script(ctx, rec, b)
	if err != nil {
		return err
	}
	if err := s.roomFor(size); err != nil {
		return err
	}
	if row.Kind == mixKind {
		script.Sound = s.mixer()
	}
	return s.spool(ctx, &row, func(f *os.File) (master.Info, error) {
		res, err := program.Build(ctx, loose{f}, script)
		from := res.From.Milliseconds()
		row.FromMs = &from
		return master.Info{Audio: res.Audio, Video: res.Video, Duration: res.Duration, Bytes: res.Bytes}, err
	})
}

// script says what a program is made of, and how many bytes it can take at most.
func (s *Service) script(ctx context.Context, rec Recording, b *build) (program.Script, int64, error) {
	sources, size, err := s.programSources(ctx, rec, b)
	if err != nil {
		return program.Script{}, 0, err
	}
	chapters, err := s.programChapters(ctx, rec)
	if err != nil {
		return program.Script{}, 0, err
	}
	trim, err := s.rows.trim(ctx, rec.ID)
	return program.Script{Sources: sources, Only: program.Window(trim), Chapters: chapters, Progress: b.tell}, size, err
}

// mixer has ffmpeg mix.
func (s *Service) mixer() *program.Sound {
	temp := func() (*os.File, error) { return ffmpeg.Hidden(s.c.Spool) }
	return &program.Sound{Temp: temp, Mix: func(ctx context.Context, lanes []*os.File, length time.Duration, progress func(float64)) (io.ReadCloser, error) {
		return s.c.FFmpeg.Mix(ctx, temp, lanes, length, progress)
	}}
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
			Open: s.openMaster(row, b), Allowed: func() bool { return !b.void.Load() },
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
		case title == "":
			title = words[c.Kind]
		case c.Kind == ScreenChapter:
			title = words[c.Kind] + ": " + title
		}
		list = append(list, program.Chapter{At: c.At, Title: title, Lang: string(lang)})
	}
	return list, nil
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
		p = Program{State: ReadyProgram, ID: r.ID, Bytes: r.Bytes, From: -1, Duration: time.Duration(r.DurationMs) * time.Millisecond, Mixed: r.Mixed}
		if r.FromMs != nil {
			p.From = time.Duration(*r.FromMs) * time.Millisecond
		}
	case "building":
		p.Progress = s.progress(rec, r.Kind)
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
