// Package program cuts one WebM file together from the masters of a recording, without decoding anything: the picture is
// the screen if one is shown, else who speaks; the sound is that of who speaks. Pictures change at key frames only.
// Spans that no master holds, pauses among them, are left out. What it writes is copied from the masters byte for byte.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"plenum/recorder/webm"
)

// Faults of a build.
var (
	// ErrEmpty says that there is nothing to make a program of.
	ErrEmpty = errors.New("program: the masters hold nothing")
	// ErrTakenBack says that somebody took back a master while it was copied. Nothing of the build may be kept.
	ErrTakenBack = errors.New("program: a master was taken back")
)

// Source is one master.
type Source struct {
	Person string        // whose it is
	Rank   int           // of the person; the lowest goes first when several speak and when nobody does
	Screen bool          // a screen with its sound, else a camera with its microphone
	Start  time.Duration // session time at which the file begins
	Open   func(ctx context.Context) (io.ReadCloser, error)
	// Allowed is asked again before each cluster that holds something of the master is written.
	Allowed func() bool
}

// Chapter is a place in session time.
type Chapter struct {
	At    time.Duration
	Title string
	Lang  string
}

// Window is what is taken of the session; the zero value is all of it.
type Window struct{ From, To time.Duration }

// Result says what was written.
type Result struct {
	Bytes         int64
	Duration      time.Duration
	Audio, Video  bool
	Cuts          int // changes of the picture
	Width, Height int
}

// The numbers of the program's tracks.
const (
	videoTrack = 1
	audioTrack = 2
)

// Build writes the program of what the sources hold in the window into f, which is empty. It may begin a little earlier, at
// a key frame. Progress is told a share of the work, 0 to 1; it may
// be nil. The masters are read twice, each time from the first to the last byte. Errors: ErrEmpty, ErrTakenBack, those
// of Open, of the files and of ctx.
func Build(ctx context.Context, f webm.File, sources []Source, only Window, chapters []Chapter, progress func(float64)) (Result, error) {
	if progress == nil {
		progress = func(float64) {}
	}
	tapes := make([]*tape, 0, len(sources))
	for i := range sources {
		t, err := scan(ctx, &sources[i])
		if err != nil {
			return Result{}, fmt.Errorf("program: read master: %w", err)
		}
		if t.end > t.start {
			tapes = append(tapes, t)
		}
		progress(0.3 * float64(i+1) / float64(len(sources)))
	}
	p := newPlan(tapes)
	p.trim(span{only.From.Milliseconds(), only.To.Milliseconds()})
	if p.length() == 0 {
		return Result{}, ErrEmpty
	}
	c, err := newCopier(f, p)
	if err != nil {
		return Result{}, err
	}
	if err := c.run(ctx, func(share float64) { progress(0.3 + 0.7*share) }); err != nil {
		return Result{}, err
	}
	return c.finish(chapters)
}
