package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pion/transport/v5/stdnet"
)

// Slow is what a viewer on a poor line costs the others, measured in turns without and with it.
type Slow struct {
	Viewers   int     `json:"viewers"` // besides the slow one
	Turns     int     `json:"turns"`
	Ratio     float64 `json:"latency_p99_ratio"`     // with to without
	With      float64 `json:"latency_ms_p99_with"`   // of the others, the median turn
	Without   float64 `json:"latency_ms_p99"`        // sound and delta frames
	KeyRatio  float64 `json:"latency_key_p99_ratio"` // key frames
	Delivered float64 `json:"delivered_pct"`         // to the others, with
	Gaps      uint64  `json:"gaps"`                  // of the others, with and without
	PLIsMax   int     `json:"plis_per_s_max"`
	CPURatio  float64 `json:"cpu_ratio"` // of the server, with to without
	Line      float64 `json:"slow_kbps"` // that came through the poor line
	Lost      uint64  `json:"slow_lost"` // datagrams that the line lost
	SlowSound float64 `json:"slow_audio_pct"`
	Path      string  `json:"path"`
}

func (r Slow) String() string {
	return fmt.Sprintf("%d viewers, %d turns: latency %.2f ms (p99) without a slow one, %.2f ms with it, ratio %.3f; key frames %.3f, CPU %.3f\n"+
		"%.3f %% delivered to the others with %d gaps; at most %d requests for a key frame a second\n"+
		"the slow one got %.0f kbit/s and %.1f %% of the sound; its line lost %d datagrams",
		r.Viewers, r.Turns, r.Without, r.With, r.Ratio, r.KeyRatio, r.CPURatio, r.Delivered, r.Gaps, r.PLIsMax, r.Line, r.SlowSound, r.Lost)
}

const (
	turn   = 5 * time.Second // one window
	settle = time.Second     // after the slow one has come or gone
)

// turns are the windows of one kind.
type turns struct{ p99, key, cpu []float64 }

func (t *turns) add(w *tally, c cost) {
	t.p99, t.key = append(t.p99, w.delta.quantile(0.99)), append(t.key, w.key.quantile(0.99))
	t.cpu = append(t.cpu, c.cpu.Seconds()/c.took.Seconds())
}

func median(all []float64) float64 {
	slices.Sort(all)
	return (all[len(all)/2] + all[(len(all)-1)/2]) / 2
}

// ratio of the medians; 0 if there is nothing to compare with.
func ratio(a, b []float64) float64 {
	if median(b) == 0 {
		return 0
	}
	return median(a) / median(b)
}

func slow(ctx context.Context, o options, stderr io.Writer) (r Slow, err error) {
	s, err := rehearse(ctx, o, stderr)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	all, err := joinAll(ctx, s, o.viewers)
	defer func() { err = errors.Join(err, all.close()) }()
	if err != nil {
		return r, err
	}
	if err := wait(ctx, warmUp); err != nil {
		return r, err
	}
	start := time.Now()
	whole := time.Duration(o.seconds) * time.Second
	d := min(turn, whole)
	var without, with turns
	var best, want float64
	for done := time.Duration(0); done < whole; done += d {
		t, c, err := s.window(ctx, d)
		if err != nil {
			return r, err
		}
		without.add(t, c)
		r.Gaps += t.gaps.Load()
		if t, c, err = s.slowTurn(ctx, d, &r); err != nil {
			return r, err
		}
		with.add(t, c)
		r.Gaps += t.gaps.Load()
		best += float64(t.best.Load())
		want += float64((t.to.Load() - t.from.Load()) * uint64(o.viewers))
	}
	r.Viewers, r.Turns, r.Path = o.viewers, len(with.p99), s.srv.path()
	r.With, r.Without = median(with.p99), median(without.p99)
	r.Ratio, r.KeyRatio, r.CPURatio = ratio(with.p99, without.p99), ratio(with.key, without.key), ratio(with.cpu, without.cpu)
	r.Delivered, r.PLIsMax = 100*best/want, s.pub.asking(start)
	r.Line, r.SlowSound = r.Line/float64(r.Turns), r.SlowSound/float64(r.Turns)
	return r, nil
}

// slowTurn is a window with a slow viewer, which comes before and leaves after it. What it got is added to r.
func (s *stage) slowTurn(ctx context.Context, d time.Duration, r *Slow) (t *tally, c cost, err error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, c, err
	}
	v, err := joinSlowly(ctx, s.srv, n)
	if err != nil {
		return nil, c, err
	}
	if err = wait(ctx, settle); err == nil {
		bytes, lost, sound := v.line.passed.Load(), v.line.lost.Load(), v.sounds.Load()
		begun := time.Now()
		t, c, err = s.window(ctx, d)
		passed, sounds, took := v.line.passed.Load()-bytes, v.sounds.Load()-sound, time.Since(begun)
		r.Line += float64(passed) * bitsPerByte / 1000 / took.Seconds()
		r.Lost += v.line.lost.Load() - lost
		r.SlowSound += 100 * float64(sounds) / (float64(took) / float64(audioEvery))
	}
	err = errors.Join(err, v.leave(ctx))
	if err == nil {
		err = wait(ctx, settle)
	}
	return t, c, err
}
