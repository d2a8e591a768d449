package program

import (
	"context"
	"fmt"
	"io"
	"time"

	"plenum/recorder/webm"
)

// Look says what a program holds.
type Look struct {
	Audio, Video  bool
	Width, Height int // of the largest picture
}

// LookAt reads the head of a program and leaves the file at its beginning.
func LookAt(f io.ReadSeeker) (l Look, err error) {
	r, err := webm.NewReader(f)
	if err != nil {
		return l, fmt.Errorf("program: look: %w", err)
	}
	for _, t := range r.Tracks() {
		if !t.Codec.Video() {
			l.Audio = true
			continue
		}
		l.Video, l.Width, l.Height = true, t.Width, t.Height
	}
	_, err = f.Seek(0, io.SeekStart)
	return l, err
}

// Inset writes, without sound, the cameras of those who speak while a screen fills the program of the same script, and
// says where on the program's clock one is to be seen. Errors: as Build's; ErrEmpty also if there is no such moment.
func Inset(ctx context.Context, f webm.File, s Script) ([]Window, error) {
	progress := s.Progress
	if progress == nil {
		progress = func(float64) {}
	}
	p, err := s.plan(ctx, func(share float64) { progress(0.5 * share) })
	if err != nil {
		return nil, err
	}
	cameras := p.corners()
	p.picture, p.sound = resolve(changes(cameras)), nil
	c, err := newCopier(f, p)
	if err != nil {
		return nil, err
	}
	if err := c.run(ctx, func(share float64) { progress(0.5 + 0.5*share) }); err != nil {
		return nil, err
	}
	if _, err := c.finish(nil); err != nil {
		return nil, err
	}
	shown := p.shown(cameras)
	if len(shown) == 0 {
		return nil, ErrEmpty
	}
	return shown, nil
}

// corners says for each window in which a screen is shown whose camera goes with it.
func (p *plan) corners() []*tape {
	out := make([]*tape, p.windows())
	for i, speaker := range settle(p.floor()) {
		w := int64(i)
		if speaker == nil || p.screen(w) == nil {
			continue
		}
		out[i] = p.first(w, func(t *tape) bool {
			return t.Person == speaker.Person && !t.Screen && t.codec != 0 && t.codec == p.codec && t.shows(w)
		})
	}
	return out
}

// shown lists where a camera is to be seen: from its first key frame on, as long as it is wanted.
func (p *plan) shown(cameras []*tape) (out []Window) {
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	for i, t := range cameras {
		from, to := int64(i)*window, int64(i+1)*window
		if t == nil || at(p.picture, to-1) != t || !p.keeps(from) {
			continue
		}
		for _, c := range p.picture { // not before the key frame
			if c.from == t && from < c.at && c.at < to {
				from = c.at
			}
		}
		s := Window{From: ms(p.place(from)), To: ms(p.place(to))}
		if n := len(out); n > 0 && out[n-1].To >= s.From {
			out[n-1].To = s.To
			continue
		}
		out = append(out, s)
	}
	return out
}
