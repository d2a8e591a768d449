package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"

	"plenum/recorder/archive"
	"plenum/recorder/program"
)

// openMaster says how a master is opened for a program. One that was in the store and is not there any more, though nobody
// took it back, is gone; one that is not there yet is waited for.
func (s *Service) openMaster(row segmentRow, b *build) func(ctx context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		f, size, err := s.c.Archive.Open(ctx, row.key())
		if errors.Is(err, archive.ErrNotFound) && SegmentState(row.State) == Stored && !b.void.Load() {
			s.c.Log.Error("recorder: the store has lost a segment, the program is made without it", "recording", row.RecordingID, "segment", row.ID)
			return nil, program.ErrGone
		}
		if err != nil {
			return nil, failed("open segment", err)
		}
		return &whole{f, size}, nil
	}
}

// whole is a master that is read to its end or fails: what breaks off must pass neither for a shorter film nor for a torn one.
type whole struct {
	io.ReadCloser
	left int64 // bytes
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.left -= int64(n)
	if err == nil || w.left <= 0 && errors.Is(err, io.EOF) {
		return n, err
	}
	return n, fmt.Errorf("read segment: %w: %s", ErrStorage, err.Error()) // its io.EOF would be taken for the end
}
