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
	"os"
	"path/filepath"
	"strconv"
	"time"

	"plenum/recorder"
)

// ErrUsage is a command line that makes no sense.
var ErrUsage = errors.New("plenum bench record --minutes M [--kbps K] [--json]")

// Result of a run: what the process of the recorder takes. The object store is a process of its own, as the S3 of others
// would be, and the program is built by a thread that gives way to all others; both are told apart. CPUPerMinute, MaxRSS
// and, for 90 minutes, Finalize have bars: 65 ms, 45 MiB and 10 s.
type Result struct {
	CPUPerMinute float64 `json:"cpu_ms_per_minute"`       // from the start to the verified object, less Idle
	Idle         float64 `json:"idle_ms_per_minute"`      // of its twin meanwhile, which makes the same RTP for nobody
	StoreCPU     float64 `json:"store_cpu_ms_per_minute"` // of the store's process meanwhile
	MaxRSS       float64 `json:"max_rss_mib"`             // of the whole process, the pages of the program file among them; mostly its peak is the start of the program
	RecordingRSS float64 `json:"recording_rss_mib"`       // the same, counted from the start of the recording
	MaxOwn       float64 `json:"max_own_mib"`             // without the program file, which the kernel drops and reads again as it likes; looked at once a second
	Finalize     float64 `json:"finalize_ms"`             // from the stop until the master can be played
	Stored       float64 `json:"stored_ms"`               // from the stop until the object is verified
	Program      float64 `json:"program_ms"`              // from the stop until the program can be played
	ProgramCPU   float64 `json:"program_cpu_ms"`          // of the thread that builds it, for the whole recording; 0 where a process of the least priority cannot tell it apart
	Minutes      float64 `json:"minutes"`
	Bytes        int64   `json:"bytes"` // of the master
}

func (r Result) String() string {
	return fmt.Sprintf("%.1f min recorded, %d bytes: %.1f ms CPU a minute on top of %.1f for the test itself (the store's process: %.1f), %.1f MiB at most (%.1f from the start of the recording on; %.1f without the program file); after the stop the master plays in %.0f ms, is stored in %.0f ms, the program plays in %.0f ms for %.0f ms CPU",
		r.Minutes, r.Bytes, r.CPUPerMinute, r.Idle, r.StoreCPU, r.MaxRSS, r.RecordingRSS, r.MaxOwn, r.Finalize, r.Stored, r.Program, r.ProgramCPU)
}

// Main runs "plenum bench record ARGS".
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 2 && args[0] == storeWord {
		return serveStore(ctx, args[1], os.Stdin, stdout)
	}
	if len(args) == 3 && args[0] == twinWord {
		kbps, err := strconv.Atoi(args[2])
		if err != nil {
			return ErrUsage
		}
		return serveTwin(ctx, args[1], kbps, os.Stdin, stdout, stderr)
	}
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
	r, err := run(ctx, time.Duration(*minutes*float64(time.Minute)), *kbps, stderr)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(stdout).Encode(r)
	}
	_, err = fmt.Fprintln(stdout, r)
	return err
}

// warm is how long both recorders act for nobody before anything is counted: the first seconds of a process cost more.
const warm = 5 * time.Second

func run(ctx context.Context, length time.Duration, kbps int, stderr io.Writer) (r Result, err error) {
	dir, err := os.MkdirTemp("", "plenum-bench-record")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return r, err
	}
	s, err := newStudio(ctx, dir, stderr)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	other, err := startTwin(ctx, dir, kbps, stderr)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, other.close()) }()
	early, cancel := context.WithTimeout(ctx, warm)
	defer cancel()
	if err := s.rehearse(early, kbps); err != nil {
		return r, err
	}
	rec, err := s.begin(ctx)
	if err != nil {
		return r, err
	}
	idle, err := other.spent()
	if err != nil {
		return r, err
	}
	started := maxRSS()
	forgetPeak()
	before := s.spent()
	var stop time.Time
	err = s.act(ctx, length, kbps, func() error {
		stop = time.Now()
		_, err := s.recorder.Stop(ctx, s.webinar, rec.ID, s.host.Subject)
		return err
	})
	if err != nil {
		return r, err
	}
	after, err := other.spent()
	if err != nil {
		return r, err
	}
	r = Result{Minutes: length.Minutes(), Idle: perMinute(after-idle, length), MaxRSS: started}
	err = s.follow(ctx, rec.ID, stop, before, length, &r)
	return r, err
}

// spent is what the clocks show.
type spent struct{ recorder, aside, store time.Duration }

func (s *studio) spent() spent {
	return spent{recorder: cpuTime(), aside: cpuAside(), store: cpuStore(s.store.cmd.Process.Pid)}
}

// Between two looks at the recording after the stop. Looking costs CPU too, so it is less often once the master plays.
const (
	soon  = 20 * time.Millisecond
	later = 100 * time.Millisecond
)

// follow measures what comes after the stop.
func (s *studio) follow(ctx context.Context, id recorder.RecordingID, stop time.Time, before spent, length time.Duration, r *Result) error {
	since := func() float64 { return float64(time.Since(stop).Microseconds()) / 1000 }
	err := s.until(ctx, id, soon, func(d recorder.Detail) bool { return s.plays(ctx, d) })
	if err != nil {
		return err
	}
	r.Finalize = since()
	return s.until(ctx, id, later, func(d recorder.Detail) bool {
		if p, err := s.recorder.Program(ctx, s.webinar, id); r.Program == 0 && err == nil && p.State == recorder.ReadyProgram {
			r.Program, r.ProgramCPU = since(), float64((cpuAside()-before.aside).Microseconds())/1000
		}
		if r.Stored == 0 && d.Recording.State == recorder.Available {
			now := s.spent()
			r.Stored, r.RecordingRSS, r.MaxOwn = since(), maxRSS(), max(s.own, ownMemory())
			r.MaxRSS = max(r.MaxRSS, r.RecordingRSS)
			r.CPUPerMinute = perMinute(now.recorder-before.recorder, length) - r.Idle
			r.StoreCPU = perMinute(now.store-before.store, length)
		}
		r.Bytes = d.Segments[0].Bytes
		return r.Stored > 0 && r.Program > 0
	})
}

// perMinute is so much CPU time in milliseconds a minute of length.
func perMinute(cpu, length time.Duration) float64 {
	return float64(cpu.Microseconds()) / 1000 / length.Minutes()
}

// patience is how long anything may take after the stop.
const patience = 10 * time.Minute

// until asks for the recording every so often until it is as wished.
func (s *studio) until(ctx context.Context, id recorder.RecordingID, often time.Duration, ok func(recorder.Detail) bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(often)
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
