package api

import (
	"context"
	"io"

	"golang.org/x/time/rate"
)

// A player asks for everything from the place where it is, takes what it is given, and throws it away at the next jump:
// how much that is depends on the line. So it is given some seconds at once, and then what plays any film at double speed
// several times over.
const (
	playAtOnce = 4 << 20 // bytes
	playPace   = 4 << 20 // bytes a second
)

// playing is a film at the pace of somebody who watches it.
type playing struct {
	io.ReadSeeker
	ctx  context.Context
	pace *rate.Limiter
}

func newPlaying(ctx context.Context, film io.ReadSeeker) playing {
	return playing{ReadSeeker: film, ctx: ctx, pace: rate.NewLimiter(playPace, playAtOnce)}
}

// Read implements [io.Reader]. It ends with the fault of the context when the player has gone.
func (p playing) Read(b []byte) (int, error) {
	n, err := p.ReadSeeker.Read(b[:min(len(b), playAtOnce)])
	if wait := p.pace.WaitN(p.ctx, n); wait != nil {
		return 0, wait
	}
	return n, err
}
