package program

import (
	"context"
	"errors"
	"io"
	"slices"

	"plenum/recorder/webm"
)

// window is how finely speech and pictures are judged, in ms.
const window = 500

// tape is what the plan needs to know of one master; times are session ms.
type tape struct {
	*Source
	start, end int64
	codec      webm.Codec // of the picture, 0 without one
	sound      bool
	keys       []int64       // key frames
	frames     map[int64]int // pictures in each window
	bytes      map[int64]int // of sound in each window
	packets    map[int64]int
	voice      map[int64]bool // windows with speech
}

// scan reads a master from end to end.
func scan(ctx context.Context, src *Source) (*tape, error) {
	t := &tape{Source: src, start: src.Start.Milliseconds(), frames: map[int64]int{}, bytes: map[int64]int{}, packets: map[int64]int{}}
	t.end = t.start
	err := each(ctx, src, func(r *webm.Reader, s webm.Sample) error {
		at := t.start + s.MS
		t.end = max(t.end, at+1)
		if c := r.Codec(s.Track); c.Video() {
			t.codec = c
			t.frames[at/window]++
			if s.Key {
				t.keys = append(t.keys, at)
			}
			return nil
		}
		t.sound = true
		t.bytes[at/window] += len(s.Data)
		t.packets[at/window]++
		return nil
	})
	t.hear()
	return t, err
}

// each opens a master and calls f with every sample.
func each(ctx context.Context, src *Source, f func(*webm.Reader, webm.Sample) error) (err error) {
	in, err := src.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r, err := webm.NewReader(in)
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(r, s); err != nil {
			return err
		}
	}
}

// What is taken for speech. Opus spends its bytes where there is something to hear: with a variable rate, which is what
// browsers send, silence takes a fraction of what speech takes. Without any decoding that is a good ear.
const (
	faint  = 16  // bytes a packet: comfort noise and what is sent while nothing is said
	spread = 1.4 // loud windows must take so many times the bytes of quiet ones, else all of it counts as speech
)

// hear judges in which windows somebody speaks, by the bytes that the sound takes.
func (t *tape) hear() {
	t.voice = make(map[int64]bool, len(t.bytes))
	mean := make([]int, 0, len(t.bytes))
	for w, n := range t.bytes {
		mean = append(mean, n/t.packets[w])
	}
	if len(mean) == 0 {
		return
	}
	slices.Sort(mean)
	quiet, loud := mean[len(mean)/10], mean[len(mean)-1-len(mean)/10]
	limit := faint
	if float64(loud) > spread*float64(quiet) {
		limit = max(faint, (quiet+loud)/2)
	}
	for w, n := range t.bytes {
		t.voice[w] = n/t.packets[w] >= limit
	}
}

// covers reports whether the master holds any of that window.
func (t *tape) covers(w int64) bool { return t.start < (w+1)*window && w*window < t.end }

// shows reports whether there is a picture around a window. A screen on which nothing moves sends little.
func (t *tape) shows(w int64) bool {
	back := int64(1)
	if t.Screen {
		back = 10
	}
	if !t.covers(w) {
		return false
	}
	for i := w - back; i <= w+1; i++ {
		if t.frames[i] > 0 {
			return true
		}
	}
	return false
}
