package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"plenum/recorder/webm"
)

// ErrAlone says that no two people are in the sound at the same time: there is nothing to mix.
var ErrAlone = errors.New("program: there is nothing to mix")

// Sound is who mixes. Without it the sound is that of who speaks.
type Sound struct {
	// Temp makes an empty file that is gone once it is closed.
	Temp func() (*os.File, error)
	// Mix makes one sound of several WebM files, each of which lies at its place on the program's clock: Ogg Opus in
	// packets of packetMS. Whatever is silent in all of them is silent.
	Mix func(ctx context.Context, lanes []*os.File, length time.Duration, progress func(float64)) (io.ReadCloser, error)
}

// lane is a file into which those of the tapes go that are never heard at the same time.
type lane struct {
	f   *os.File
	mux *webm.Writer
}

// layOut gives each tape that is heard its lane: -1 for the others; and says how many lanes there are.
func layOut(tapes []*tape) (where map[*tape]int, n int) {
	heard := slices.DeleteFunc(slices.Clone(tapes), func(t *tape) bool { return !t.sound })
	slices.SortStableFunc(heard, func(a, b *tape) int { return cmp.Compare(a.start, b.start) })
	where = make(map[*tape]int, len(heard))
	var ends []int64
	for _, t := range heard {
		i := slices.IndexFunc(ends, func(end int64) bool { return end <= t.start })
		if i < 0 {
			i = len(ends)
			ends = append(ends, 0)
		}
		ends[i], where[t] = t.end, i
	}
	return where, len(ends)
}

// mixed returns the sound of everybody. Its packets lie on the program's clock.
func (p *plan) mixed(ctx context.Context, s *Sound, progress func(float64)) (_ *oggReader, err error) {
	where, n := layOut(p.tapes)
	if n < 2 {
		return nil, ErrAlone
	}
	lanes := make([]lane, n)
	defer func() {
		for _, l := range lanes {
			if l.f != nil {
				err = errors.Join(err, l.f.Close())
			}
		}
	}()
	for i := range lanes {
		if lanes[i].f, err = s.Temp(); err != nil {
			return nil, err
		}
		if lanes[i].mux, err = webm.NewWriter(hushed{lanes[i].f}, []webm.Track{{Number: audioTrack, Codec: webm.Opus, Channels: 2}}, webm.Options{}); err != nil {
			return nil, err
		}
	}
	done := 0
	for _, t := range p.tapes {
		if i, heard := where[t]; heard {
			if err := p.fill(ctx, lanes[i].mux, t); err != nil {
				return nil, fmt.Errorf("program: take sound: %w", err)
			}
		}
		done++
		progress(0.5 * float64(done) / float64(len(p.tapes)))
	}
	var files []*os.File
	for _, l := range lanes {
		_, err := l.mux.Finalize()
		if errors.Is(err, webm.ErrNoCluster) { // all of it lies outside
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, l.f)
	}
	if len(files) < 2 {
		return nil, ErrAlone
	}
	in, err := s.Mix(ctx, files, time.Duration(p.length())*time.Millisecond, func(share float64) { progress(0.5 + 0.5*share) })
	if err != nil {
		return nil, fmt.Errorf("program: mix: %w", err)
	}
	return newOggReader(in), nil
}

// fill writes the sound of a tape that the program keeps. Tapes of a lane come in order of time, since theirs is.
func (p *plan) fill(ctx context.Context, to *webm.Writer, t *tape) error {
	return each(ctx, t.Source, func(r *webm.Reader, s webm.Sample) error {
		at := t.start + s.MS
		if r.Codec(s.Track).Video() || !p.keeps(at) {
			return nil
		}
		if t.Allowed != nil && !t.Allowed() {
			return ErrTakenBack
		}
		return to.Write(audioTrack, p.place(at), true, s.Data)
	})
}

// hushed is a file that nobody needs after a crash.
type hushed struct{ *os.File }

func (hushed) Sync() error { return nil }
