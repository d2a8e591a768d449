package recorder

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"plenum/recorder/archive"
	"plenum/recorder/ffmpeg"
	"plenum/recorder/master"
	"plenum/recorder/program"
)

// spooled is where a derivative lies until it is stored.
func (s *Service) spooled(row derivedRow) string { return filepath.Join(s.c.Spool, row.ID+row.form()) }

// loose is a file whose bytes become durable once, at the end: what a crash leaves of a derivative is thrown away.
type loose struct{ *os.File }

func (loose) Sync() error { return nil }

// spool has f write a derivative into the spool and hands it to the archive, if it is still wanted by then.
func (s *Service) spool(ctx context.Context, row *derivedRow, write func(*os.File) (master.Info, error)) error {
	s.setLive(row.ID, true) // until the archive knows the file, and nobody erases it before
	defer s.letGo(context.WithoutCancel(ctx), row.ID)
	path := s.spooled(*row)
	info, err := writeWhole(path, write)
	info.Path = path
	kept := false
	if err == nil {
		row.Bytes, row.DurationMs = info.Bytes, info.Duration.Milliseconds()
		kept, err = s.keep(context.WithoutCancel(ctx), row)
	}
	if err != nil || !kept { // not wanted any more
		return errors.Join(err, remove(path))
	}
	ctx = context.WithoutCancel(ctx)
	err = s.c.Archive.Add(ctx, row.ID, row.key(), info)
	if errors.Is(err, archive.ErrErased) {
		return remove(path)
	}
	if err != nil {
		return failed("hand over derivative", err)
	}
	s.c.Log.Info("recorder: derivative made", "recording", row.RecordingID, "kind", row.Kind, "bytes", info.Bytes)
	s.wanted(ctx, row.RecordingID) // more can be made of it
	return s.rows.retell(ctx, row.RecordingID)
}

// letGo erases a derivative that somebody took back while it was on its way into the archive.
func (s *Service) letGo(ctx context.Context, id string) {
	s.setLive(id, false)
	if err := s.eraseDerived(ctx, `id = ?`, id); err != nil {
		s.c.Log.Warn("recorder: erasure must be tried again", "derivative", id, "error", err)
	}
}

// keep notes what lies in the spool; false if nobody wants it any more. A mix becomes the program, and what that was goes.
func (s *Service) keep(ctx context.Context, row *derivedRow) (bool, error) {
	if row.Kind != mixKind {
		return s.rows.made(ctx, *row, "sealed")
	}
	kept, err := s.rows.swap(ctx, *row)
	if err == nil && kept {
		row.Kind = programKind
		err = s.eraseDerived(ctx, `recording_id = ?`, row.RecordingID)
	}
	if err != nil && kept {
		s.c.Log.Warn("recorder: erasure must be tried again", "recording", row.RecordingID, "error", err)
		err = nil
	}
	return kept, err
}

func writeWhole(path string, write func(*os.File) (master.Info, error)) (info master.Info, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return info, failed("derivative", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if info, err = write(f); err != nil {
		return info, err
	}
	i, err := f.Stat()
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return info, failed("derivative", err)
	}
	info.Bytes = i.Size()
	return info, nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return failed("remove derivative", err)
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

// film is a program that lies on this machine for a while, where nobody else can find it.
type film struct {
	*os.File
	Program
	program.Look
}

// film takes a copy of the program, whose size the disk must hold so many times. ErrNotFound without a program.
func (s *Service) film(ctx context.Context, rec Recording, times int64) (_ film, err error) {
	in, p, err := s.OpenProgram(ctx, rec.Webinar, rec.ID)
	if err != nil {
		return film{}, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := s.roomFor(times * p.Bytes); err != nil {
		return film{}, err
	}
	f, err := ffmpeg.Hidden(s.c.Spool)
	if err != nil {
		return film{}, failed("copy program", err)
	}
	look := program.Look{}
	if _, err = io.Copy(f, patient{ctx, in}); err != nil {
		err = failed("copy program", err)
	} else if _, err = f.Seek(0, io.SeekStart); err == nil {
		look, err = program.LookAt(f)
	}
	if err != nil {
		return film{}, errors.Join(err, f.Close())
	}
	return film{f, p, look}, nil
}

// patient reads until ctx ends.
type patient struct {
	ctx context.Context
	in  io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.in.Read(b)
}

// derivedArchived tells the recorder what became of a derivative.
func (s *Service) derivedArchived(ctx context.Context, res archive.Result) error {
	rows, err := s.rows.derived(ctx, `id = ? AND state = 'sealed'`, res.Segment)
	if err != nil || len(rows) == 0 {
		return err
	}
	if res.Err != nil {
		s.c.Log.Error("recorder: a derivative is lost", "recording", rows[0].RecordingID, "kind", rows[0].Kind, "error", res.Err)
		if rows[0].Kind == programKind { // made again, with all that is made of it
			return s.stale(ctx, rows[0].RecordingID)
		}
		return s.rows.dropDerived(ctx, res.Segment)
	}
	if _, err := s.rows.turn(ctx, res.Segment, "sealed", "ready"); err != nil {
		return err
	}
	return s.rows.retell(ctx, rows[0].RecordingID)
}
