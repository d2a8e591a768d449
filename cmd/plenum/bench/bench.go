// Package bench measures the server from outside: it starts one in a process of its own, with a data folder that is
// thrown away, and loads it over the public API. Client and server share the machine, so both need a core.
//
// The figures are those of loopback, where the kernel does the receiver's half of the work in the sender's name.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// ErrUsage is a command line that makes no sense.
var ErrUsage = errors.New("plenum bench fanout --viewers N --seconds S --kbps K [--path gso|sendmmsg|sendto] [--stock] [--json]")

// options of the fan-out.
type options struct {
	viewers, seconds, kbps int
	path                   string
	stock, json            bool
}

// Result is what a run measured. All of the server are its process's alone.
type Result struct {
	Viewers      int     `json:"viewers"`
	ForwardedPPS float64 `json:"forwarded_pps"`
	CPU          float64 `json:"cpu_us_per_packet"`
	Delivered    float64 `json:"delivered_pct"`
	Gaps         uint64  `json:"gaps"`
	P50          float64 `json:"latency_ms_p50"` // sound and delta frames, publisher to viewer
	P99          float64 `json:"latency_ms_p99"`
	KeyP99       float64 `json:"latency_key_ms_p99"`
	AudioP99     float64 `json:"latency_audio_ms_p99"`
	FirstP99     float64 `json:"first_ms_p99"` // from the WHEP request to the first packet of a picture
	RSS          float64 `json:"rss_kib_per_viewer"`
	Path         string  `json:"path"`
}

// Main runs "plenum bench ARGS".
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 1 && args[0] == stockServer {
		return serveStock(ctx, stdout)
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	r, err := fanout(ctx, o, stderr)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(stdout).Encode(r)
	}
	_, err = fmt.Fprintf(stdout, "%d viewers over %s: %.0f packets/s, %.2f µs of CPU each, %.3f %% delivered with %d gaps\n"+
		"latency %.1f ms (median), %.1f ms (p99), key frames %.1f ms (p99); first picture %.0f ms (p99); %.0f KiB a viewer\n",
		r.Viewers, r.Path, r.ForwardedPPS, r.CPU, r.Delivered, r.Gaps, r.P50, r.P99, r.KeyP99, r.FirstP99, r.RSS)
	return err
}

func parse(args []string) (options, error) {
	o := options{}
	if len(args) == 0 || args[0] != "fanout" {
		return o, ErrUsage
	}
	fs := flag.NewFlagSet("bench fanout", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.IntVar(&o.viewers, "viewers", 100, "")
	fs.IntVar(&o.seconds, "seconds", 10, "")
	fs.IntVar(&o.kbps, "kbps", 1500, "")
	fs.StringVar(&o.path, "path", "auto", "")
	fs.BoolVar(&o.stock, "stock", false, "")
	fs.BoolVar(&o.json, "json", false, "")
	if err := fs.Parse(args[1:]); err != nil {
		return o, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if fs.NArg() > 0 || o.viewers < 1 || o.viewers > 2000 || o.seconds < 1 || o.kbps < 100 || !strings.Contains(" auto gso sendmmsg sendto ", " "+o.path+" ") {
		return o, ErrUsage
	}
	return o, nil
}

const (
	warmUp    = 2 * time.Second        // after the last viewer has a picture
	straggle  = 500 * time.Millisecond // after the window, for what is under way
	joinAhead = 8                      // viewers that join at a time
)

func fanout(ctx context.Context, o options, stderr io.Writer) (r Result, err error) {
	srv, err := startServer(ctx, o, stderr)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, srv.stop()) }()
	m := newMeter()
	pub, err := publish(ctx, srv, o.kbps, m)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, pub.close()) }()
	if err := wait(ctx, time.Second); err != nil {
		return r, err
	}
	empty, err := srv.rss()
	if err != nil {
		return r, err
	}
	all, err := joinAll(ctx, srv, o.viewers, m)
	defer func() { err = errors.Join(err, all.close()) }()
	if err != nil {
		return r, err
	}
	if err := wait(ctx, warmUp); err != nil {
		return r, err
	}
	full, err := srv.rss()
	if err != nil {
		return r, err
	}
	cpu, took, err := window(ctx, srv, m, pub, time.Duration(o.seconds)*time.Second)
	if err != nil {
		return r, err
	}
	got := m.packets.Load()
	if got == 0 {
		return r, errors.New("nothing was delivered")
	}
	want := (m.to.Load() - m.from.Load()) * uint64(o.viewers)
	return Result{
		Viewers: o.viewers, ForwardedPPS: float64(got) / took.Seconds(), CPU: float64(cpu.Microseconds()) / float64(got),
		Delivered: 100 * float64(got) / float64(want), Gaps: m.gaps.Load(),
		P50: m.delta.quantile(0.5), P99: m.delta.quantile(0.99), KeyP99: m.key.quantile(0.99), AudioP99: m.audio.quantile(0.99),
		FirstP99: all.firstP99(), RSS: float64(full-empty) / 1024 / float64(o.viewers), Path: srv.path(),
	}, nil
}

// window measures for d.
func window(ctx context.Context, srv *server, m *meter, pub *publisher, d time.Duration) (cpu, took time.Duration, err error) {
	before, err := srv.cpu()
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	m.from.Store(pub.next.Load())
	if err := wait(ctx, d); err != nil {
		return 0, 0, err
	}
	m.to.Store(pub.next.Load())
	took = time.Since(start)
	after, err := srv.cpu()
	if err != nil {
		return 0, 0, err
	}
	return after - before, took, wait(ctx, straggle)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
