package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Result is what a run of the fan-out measured. All of the server are its process's alone.
type Result struct {
	Viewers      int     `json:"viewers"`
	ForwardedPPS float64 `json:"forwarded_pps"`
	CPU          float64 `json:"cpu_us_per_packet"`
	Delivered    float64 `json:"delivered_pct"` // of sound and the best layer
	Gaps         uint64  `json:"gaps"`
	P50          float64 `json:"latency_ms_p50"` // sound and delta frames, publisher to viewer
	P99          float64 `json:"latency_ms_p99"`
	KeyP99       float64 `json:"latency_key_ms_p99"`
	AudioP99     float64 `json:"latency_audio_ms_p99"`
	FirstP99     float64 `json:"first_ms_p99"` // from the WHEP request to the first packet of a picture
	RSS          float64 `json:"rss_kib_per_viewer"`
	Goroutines   float64 `json:"goroutines_per_viewer"` // beyond those of an idle server
	Path         string  `json:"path"`
	GRO          bool    `json:"gro"`              // viewers cut trains, not the kernel in the server's time
	Layers       []int   `json:"layers,omitempty"` // packets delivered of each layer, lowest first
}

func (r Result) String() string {
	s := fmt.Sprintf("%d viewers over %s: %.0f packets/s, %.2f µs of CPU each, %.3f %% delivered with %d gaps\n"+
		"latency %.1f ms (median), %.1f ms (p99), key frames %.1f ms (p99); first picture %.0f ms (p99); %.0f KiB and %.1f goroutines a viewer",
		r.Viewers, r.Path, r.ForwardedPPS, r.CPU, r.Delivered, r.Gaps, r.P50, r.P99, r.KeyP99, r.FirstP99, r.RSS, r.Goroutines)
	if r.Layers != nil {
		s += fmt.Sprintf("\npackets of each layer, lowest first: %v", r.Layers)
	}
	return s
}

func fanout(ctx context.Context, o options, stderr io.Writer) (r Result, err error) {
	idle, err := idleGoroutines(ctx, o, stderr)
	if err != nil {
		return r, err
	}
	s, err := rehearse(ctx, o, stderr)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	empty, err := s.srv.rss()
	if err != nil {
		return r, err
	}
	all, err := joinAll(ctx, s, o.viewers)
	defer func() { err = errors.Join(err, all.close()) }()
	if err != nil {
		return r, err
	}
	if err := wait(ctx, warmUp); err != nil {
		return r, err
	}
	full, err := s.srv.rss()
	if err != nil {
		return r, err
	}
	t, spent, err := s.window(ctx, time.Duration(o.seconds)*time.Second)
	if err != nil {
		return r, err
	}
	got := t.packets.Load()
	if got == 0 {
		return r, errors.New("nothing was delivered")
	}
	busy, err := s.srv.goroutines()
	if err != nil {
		return r, err
	}
	r = Result{
		Viewers: o.viewers, ForwardedPPS: float64(got) / spent.took.Seconds(), CPU: float64(spent.cpu.Microseconds()) / float64(got),
		Delivered: t.delivered(o.viewers), Gaps: t.gaps.Load(),
		P50: t.delta.quantile(0.5), P99: t.delta.quantile(0.99), KeyP99: t.key.quantile(0.99), AudioP99: t.audio.quantile(0.99),
		FirstP99: quantile(all.each(func(v *viewer) time.Duration { return v.first }), 0.99), RSS: float64(full-empty) / 1024 / float64(o.viewers),
		Goroutines: float64(busy-idle) / float64(o.viewers), Path: s.srv.path(), GRO: o.gro,
	}
	if o.layers > 1 {
		for i := range o.layers {
			r.Layers = append(r.Layers, int(t.layers[i].Load()))
		}
	}
	return r, nil
}

// idleGoroutines counts those of a server that nobody uses.
func idleGoroutines(ctx context.Context, o options, stderr io.Writer) (int, error) {
	srv, err := startServer(ctx, o, stderr)
	if err != nil {
		return 0, err
	}
	n, err := srv.goroutines()
	return n, errors.Join(err, srv.stop())
}
