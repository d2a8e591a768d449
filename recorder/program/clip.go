package program

import (
	"errors"
	"fmt"
	"io"
	"time"

	"plenum/recorder/webm"
)

// Cut reads what lies of a master between from and to as a file of its own, and says how long that is in bytes. It begins
// at a key frame, so up to a few seconds early. Errors: ErrEmpty when nothing lies between, those of the file.
func Cut(f io.ReadSeeker, from, to time.Duration) (io.Reader, int64, error) {
	c, err := webm.NewCut(f, from, to)
	if errors.Is(err, webm.ErrNoCluster) {
		return nil, 0, ErrEmpty
	}
	if err != nil {
		return nil, 0, fmt.Errorf("program: cut master: %w", err)
	}
	return c, c.Size(), nil
}
