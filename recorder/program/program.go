// Package program cuts one WebM file together from the masters of a recording, without decoding anything: the picture is
// the screen if one is shown, else who speaks; the sound is that of who speaks. Pictures change at key frames only.
// Spans that no master holds, pauses among them, are left out. What it writes is copied from the masters byte for byte,
// but for a sound that somebody else has mixed of everybody's.
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
	// ErrGone is what Open says of a master that is lost for good: the program is made of the others.
	ErrGone = errors.New("program: a master is gone")
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
	From          time.Duration // session time at which it begins
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

// Script says what a program is made of.
type Script struct {
	Sources  []Source
	Only     Window // what is taken; it may begin a little earlier, at a key frame
	Chapters []Chapter
	Sound    *Sound              // mixes everybody's sound; nil: it is that of who speaks
	Progress func(share float64) // is told a share of the work, 0 to 1; it may be nil
}

// The shares of the work: the masters are read, mixed, copied.
const (
	shareScan = 0.3
	shareMix  = 0.4
)

// Build writes a program into f, which is empty. The masters are read twice, each time from the first to the last byte;
// once more for a mix. Errors: ErrEmpty, ErrTakenBack, ErrAlone, those of Open, of the files, of Sound and of ctx.
func Build(ctx context.Context, f webm.File, s Script) (_ Result, err error) {
	progress := s.Progress
	if progress == nil {
		progress = func(float64) {}
	}
	p, err := s.plan(ctx, func(share float64) { progress(shareScan * share) })
	if err != nil {
		return Result{}, err
	}
	c, err := newCopier(f, p)
	if err != nil {
		return Result{}, err
	}
	done := shareScan
	if s.Sound != nil {
		c.mix, err = p.mixed(ctx, s.Sound, func(share float64) { progress(shareScan + shareMix*share) })
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, c.mix.in.Close()) }()
		done += shareMix
	}
	if err := c.run(ctx, func(share float64) { progress(done + (1-done)*share) }); err != nil {
		return Result{}, err
	}
	return c.finish(s.Chapters)
}

// plan reads the masters and says what is taken of which.
func (s *Script) plan(ctx context.Context, progress func(float64)) (*plan, error) {
	tapes := make([]*tape, 0, len(s.Sources))
	for i := range s.Sources {
		t, err := scan(ctx, &s.Sources[i])
		if err != nil && !errors.Is(err, ErrGone) {
			return nil, fmt.Errorf("program: read master: %w", err)
		}
		if err == nil && t.end > t.start {
			tapes = append(tapes, t)
		}
		progress(float64(i+1) / float64(len(s.Sources)))
	}
	p := newPlan(tapes)
	p.trim(span{s.Only.From.Milliseconds(), s.Only.To.Milliseconds()})
	if p.length() == 0 {
		return nil, ErrEmpty
	}
	return p, nil
}
