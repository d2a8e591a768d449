package program

import (
	"errors"
	"fmt"
	"io"
	"time"

	"plenum/recorder/webm"
)

// Clip is a part of a master as a file of its own.
type Clip struct {
	io.Reader
	Size           int64         // bytes
	From, Duration time.Duration // of the master
}

// Cut reads what lies of a master between from and to. It begins at a key frame, so up to a few seconds early. Errors:
// ErrEmpty when nothing lies between, those of the file.
func Cut(f io.ReadSeeker, from, to time.Duration) (Clip, error) {
	c, err := webm.NewCut(f, from, to)
	if errors.Is(err, webm.ErrNoCluster) {
		return Clip{}, ErrEmpty
	}
	if err != nil {
		return Clip{}, fmt.Errorf("program: cut master: %w", err)
	}
	return Clip{Reader: c, Size: c.Size(), From: c.From(), Duration: c.Duration()}, nil
}
