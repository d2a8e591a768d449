// Package record measures what recording one person costs: RTP of a camera and a microphone goes in at the pace of life,
// through the gate of somebody who agreed, into the spool and on into the embedded object store; the clock stops when the
// object is verified. Everything is real but the network: decrypting is the SFU's work and measured elsewhere.
package record

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"plenum/recorder"
)

// ErrUsage is a command line that makes no sense.
var ErrUsage = errors.New("plenum bench record --minutes M [--kbps K] [--json]")

// Result of a run. CPUPerMinute, MaxRSS and, for 90 minutes, Finalize have bars: 65 ms, 45 MiB and 10 s.
type Result struct {
	CPUPerMinute float64 `json:"cpu_ms_per_minute"`  // from the start to the verified object, less Idle
	Idle         float64 `json:"idle_ms_per_minute"` // of the same process just before, making the same RTP for nobody
	MaxRSS       float64 `json:"max_rss_mib"`        // of the whole process, the pages of the program file among them
	MaxOwn       float64 `json:"max_own_mib"`        // without those, which the kernel drops and reads again as it likes; looked at once a second
	Finalize     float64 `json:"finalize_ms"`        // from the stop until the master can be played
	Stored       float64 `json:"stored_ms"`          // from the stop until the object is verified
	Program      float64 `json:"program_ms"`         // from the stop until the program can be played
	Minutes      float64 `json:"minutes"`
	Bytes        int64   `json:"bytes"` // of the master
}

func (r Result) String() string {
	return fmt.Sprintf("%.1f min recorded, %d bytes: %.1f ms CPU a minute on top of %.1f for the test itself, %.1f MiB at most (%.1f without the program file); after the stop the master plays in %.0f ms, is stored in %.0f ms, the program plays in %.0f ms",
		r.Minutes, r.Bytes, r.CPUPerMinute, r.Idle, r.MaxRSS, r.MaxOwn, r.Finalize, r.Stored, r.Program)
}

// Main runs "plenum bench record ARGS".
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("bench record", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	minutes := fs.Float64("minutes", 1, "")
	kbps := fs.Int("kbps", 1500, "")
	asJSON := fs.Bool("json", false, "")
	if err := fs.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if fs.NArg() > 0 || *minutes < 0.05 || *minutes > 24*60 || *kbps < 100 || *kbps > 50_000 {
		return ErrUsage
	}
	r, err := run(ctx, time.Duration(*minutes*float64(time.Minute)), *kbps, slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(r)
	}
	_, err = fmt.Fprintln(stdout, r)
	return err
}

func run(ctx context.Context, length time.Duration, kbps int, log *slog.Logger) (r Result, err error) {
	dir, err := os.MkdirTemp("", "plenum-bench-record")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return r, err
	}
	s, err := newStudio(ctx, dir, log)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	prelude := min(max(length/3, 5*time.Second), time.Minute)
	idle, err := s.rehearse(ctx, prelude, kbps)
	if err != nil {
		return r, err
	}
	r.Idle = perMinute(idle, prelude)
	rec, err := s.begin(ctx)
	if err != nil {
		return r, err
	}
	cpu := cpuTime()
	var stop time.Time
	err = s.act(ctx, length, kbps, func() error {
		stop = time.Now()
		_, err := s.recorder.Stop(ctx, s.webinar, rec.ID, s.host.Subject)
		return err
	})
	if err != nil {
		return r, err
	}
	since := func() float64 { return float64(time.Since(stop).Microseconds()) / 1000 }
	if err := s.until(ctx, rec.ID, func(d recorder.Detail) bool { return s.plays(ctx, d) }); err != nil {
		return r, err
	}
	r.Finalize = since()
	if err := s.until(ctx, rec.ID, func(d recorder.Detail) bool { return d.Recording.State == recorder.Available }); err != nil {
		return r, err
	}
	r.Stored, r.MaxRSS, r.MaxOwn = since(), maxRSS(), max(s.own, ownMemory())
	r.CPUPerMinute = perMinute(cpuTime()-cpu, length) - r.Idle
	r.Minutes = length.Minutes()
	err = s.until(ctx, rec.ID, func(d recorder.Detail) bool {
		r.Bytes = d.Segments[0].Bytes
		p, err := s.recorder.Program(ctx, s.webinar, rec.ID)
		return err == nil && p.State == recorder.ReadyProgram
	})
	r.Program = since()
	return r, err
}

// perMinute is so much CPU time in milliseconds a minute of length.
func perMinute(cpu, length time.Duration) float64 {
	return float64(cpu.Microseconds()) / 1000 / length.Minutes()
}

// patience is how long anything may take after the stop.
const patience = 10 * time.Minute

// until asks for the recording until it is as wished.
func (s *studio) until(ctx context.Context, id recorder.RecordingID, ok func(recorder.Detail) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		d, err := s.recorder.Get(ctx, s.webinar, id)
		if err != nil {
			return err
		}
		if len(d.Segments) == 0 {
			return errors.New("nothing was recorded")
		}
		if ok(d) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("still not there after the stop: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// plays reads the first bytes of every master.
func (s *studio) plays(ctx context.Context, d recorder.Detail) bool {
	for _, seg := range d.Segments {
		f, _, err := s.recorder.OpenSegment(ctx, s.webinar, d.Recording.ID, seg.ID)
		if err != nil {
			return false
		}
		_, err = io.ReadFull(f, make([]byte, 1<<10))
		if errors.Join(err, f.Close()) != nil {
			return false
		}
	}
	return true
}
