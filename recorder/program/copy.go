package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"plenum/recorder/webm"
)

// copier takes what the plan says from the masters, all at once and in order of time.
type copier struct {
	plan  *plan
	mux   *webm.Writer
	open  map[*tape]bool // whose samples are in the open cluster
	taken bool           // somebody took a master back
	mix   *oggReader     // the sound of everybody; nil: it is copied, too
	heard []byte         // the next packet of it
	at    int64          // its time, ms
}

func newCopier(f webm.File, p *plan) (*copier, error) {
	c := &copier{plan: p, open: map[*tape]bool{}}
	tracks := []webm.Track{{Number: audioTrack, Codec: webm.Opus, Channels: 2}}
	if p.codec != 0 {
		tracks = append([]webm.Track{{Number: videoTrack, Codec: p.codec}}, tracks...)
	}
	mux, err := webm.NewWriter(f, tracks, webm.Options{Admit: c.admit})
	c.mux = mux
	return c, err
}

// admit is asked right before a cluster is written.
func (c *copier) admit(uint8) bool {
	if c.mix != nil { // whoever is in the sound is in every cluster
		for _, t := range c.plan.tapes {
			c.open[t] = true
		}
	}
	for t := range c.open {
		if t.Allowed != nil && !t.Allowed() {
			c.taken = true
		}
	}
	return !c.taken
}

// reel is a master that is being copied.
type reel struct {
	t      *tape
	in     io.ReadCloser
	r      *webm.Reader
	sample webm.Sample
	at     int64 // session ms of sample
}

// step reads the next sample; false at the end.
func (r *reel) step() (bool, error) {
	s, err := r.r.Next()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("program: read master: %w", err)
	}
	r.sample, r.at = s, r.t.start+s.MS
	return true, nil
}

// run copies. The masters are few: the one with the earliest sample is sought each time.
func (c *copier) run(ctx context.Context, progress func(float64)) (err error) {
	var reels []*reel
	defer func() {
		for _, r := range reels {
			err = errors.Join(err, r.in.Close())
		}
	}()
	for _, t := range c.plan.tapes {
		if !c.plan.uses(t) {
			continue
		}
		in, err := t.Open(ctx)
		if err != nil {
			return fmt.Errorf("program: open master: %w", err)
		}
		r := &reel{t: t, in: in}
		reels = append(reels, r)
		if r.r, err = webm.NewReader(in); err != nil {
			return fmt.Errorf("program: read master: %w", err)
		}
	}
	live := make([]*reel, 0, len(reels))
	for _, r := range reels {
		more, err := r.step()
		if err != nil {
			return err
		}
		if more {
			live = append(live, r)
		}
	}
	length := float64(c.plan.length())
	for n := 0; len(live) > 0; n++ {
		if n%256 == 0 {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			progress(float64(c.plan.place(live[0].at)) / length)
		}
		i := earliest(live)
		if err := c.put(live[i]); err != nil {
			return err
		}
		more, err := live[i].step()
		if err != nil {
			return err
		}
		if !more {
			live = append(live[:i], live[i+1:]...)
		}
	}
	return nil
}

func earliest(live []*reel) (best int) {
	for i, r := range live {
		if r.at < live[best].at {
			best = i
		}
	}
	return best
}

// put writes a sample if it is the one to be seen or heard at its time.
func (c *copier) put(r *reel) error {
	s := r.sample
	track, list := uint8(audioTrack), c.plan.sound
	if r.r.Codec(s.Track).Video() {
		track, list = videoTrack, c.plan.picture
	} else if c.mix != nil {
		return nil
	}
	if at(list, r.at) != r.t || !c.plan.keeps(r.at) {
		return nil
	}
	ms := c.plan.place(r.at)
	if err := c.hear(ms); err != nil {
		return err
	}
	return c.write(r.t, track, ms, s.Key, s.Data)
}

// write puts a sample of a tape, or of the mix, into the open cluster or the next one.
func (c *copier) write(t *tape, track uint8, ms int64, key bool, data []byte) error {
	if c.mux.Due(track, ms, key) {
		if err := c.flush(); err != nil {
			return err
		}
	}
	if t != nil {
		c.open[t] = true
	}
	return c.mux.Write(track, ms, key, data)
}

// hear writes the mixed sound up to a moment.
func (c *copier) hear(until int64) error {
	for c.mix != nil {
		if c.heard == nil {
			ms, data, err := c.mix.next()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			c.at, c.heard = ms, data
		}
		if c.at > until {
			return nil
		}
		if err := c.write(nil, audioTrack, c.at, true, c.heard); err != nil {
			return err
		}
		c.heard = nil
	}
	return nil
}

func (c *copier) flush() error {
	err := c.mux.Flush()
	clear(c.open)
	if c.taken {
		return ErrTakenBack
	}
	return err
}

// finish writes the last cluster, cues and chapters.
func (c *copier) finish(chapters []Chapter) (Result, error) {
	if err := errors.Join(c.hear(c.plan.length()-1), c.flush()); err != nil {
		return Result{}, err
	}
	var list []webm.Chapter
	for _, ch := range chapters {
		if !c.plan.before(ch.At.Milliseconds()) {
			break
		}
		w := webm.Chapter{MS: c.plan.place(ch.At.Milliseconds()), Title: ch.Title, Lang: ch.Lang}
		if n := len(list); n > 0 && list[n-1].MS == w.MS { // the pause between them is left out
			list[n-1] = w
			continue
		}
		list = append(list, w)
	}
	st, err := c.mux.Finalize(list...)
	if errors.Is(err, webm.ErrNoCluster) {
		err = ErrEmpty
	}
	if err != nil {
		return Result{}, err
	}
	res := Result{Bytes: st.Bytes, From: time.Duration(c.plan.spans[0].from) * time.Millisecond, Duration: st.Duration, Audio: st.Has(false), Video: st.Has(true), Cuts: len(c.plan.picture)}
	for _, t := range st.Tracks {
		if t.Codec.Video() {
			res.Width, res.Height = t.Width, t.Height
		}
	}
	return res, nil
}

// uses reports whether anything of a tape is taken.
func (p *plan) uses(t *tape) bool {
	for _, list := range [][]cut{p.sound, p.picture} {
		for _, c := range list {
			if c.from == t {
				return true
			}
		}
	}
	return false
}
