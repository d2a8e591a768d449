package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"plenum/cmd/plenum/bench"
	"plenum/cmd/plenum/bench/record"
)

// atOnce is how many of the tests that may run beside others do: they wait for servers of their own more than they work.
const atOnce = "4"

// TestMain is the server as well, when the bench starts it, and an object store of its own.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "serve", len(os.Args) > 4 && os.Args[2] == "record" && os.Args[3] != "--minutes":
		main()
	case len(os.Args) > 3 && os.Args[1] == "store":
		fmt.Fprintln(os.Stderr, serveStore(os.Args[2], os.Args[3], os.Stdout))
		os.Exit(1)
	default:
		if err := flag.Set("test.parallel", atOnce); err != nil { // the command line still has the last word
			panic(err)
		}
		os.Exit(m.Run())
	}
}

// TestBenchFanout goes the whole way over the public API, over a path that is forced.
func TestBenchFanout(t *testing.T) {
	for _, path := range []string{"auto", "sendto"} {
		var out bytes.Buffer
		args := []string{"bench", "fanout", "--viewers", "3", "--seconds", "1", "--json", "--path", path}
		if err := run(t.Context(), args, os.Getenv, &out, io.Discard); err != nil {
			t.Fatal(err)
		}
		var r bench.Result
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if path != "auto" && r.Path != path || r.Path == "" || r.Path == "auto" {
			t.Errorf("sent over %q, want %q", r.Path, path)
		}
		if r.Viewers != 3 || r.Delivered < 95 || r.Delivered > 100 || r.Gaps > 0 || r.CPU <= 0 || r.P99 <= 0 || r.RSS <= 0 || r.Goroutines <= 0 {
			t.Errorf("%+v", r)
		}
	}
}

// measured runs "plenum bench ARGS --json" and reads what it prints.
func measured(t *testing.T, into any, args ...string) {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), append(append([]string{"bench"}, args...), "--json"), os.Getenv, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

func TestBenchJoins(t *testing.T) {
	var r bench.Joins
	measured(t, &r, "joins", "--viewers", "4", "--seconds", "1", "--gop", "2")
	if r.Joins != 4 || r.Failed != 0 || r.FirstP50 <= 0 || r.FirstP99 < r.FirstP50 || r.PacketP99 > r.FirstP99 || r.KeyFrames == 0 || r.Path == "" {
		t.Errorf("%+v", r)
	}
}

func TestBenchSlow(t *testing.T) {
	var r bench.Slow
	measured(t, &r, "slow", "--viewers", "2", "--seconds", "2")
	if r.Viewers != 2 || r.Turns != 1 || r.Ratio <= 0 || r.Delivered < 95 || r.Line <= 0 || r.Line > 250 || r.Lost == 0 {
		t.Errorf("%+v", r)
	}
}

func TestBenchVotes(t *testing.T) {
	var r bench.Votes
	measured(t, &r, "votes", "--voters", "60", "--streams", "20", "--seconds", "0.6")
	if r.Voters != 60 || r.Streams != 20 || r.Accepted != 360 || r.Duplicates != 360 || r.Failed+r.Lost+r.Doubled != 0 {
		t.Errorf("votes: %+v", r)
	}
	if r.AckP50 <= 0 || r.AckP99 < r.AckP50 || r.PerSecond <= 0 || r.CPU <= 0 || r.OpenP99 <= 0 || r.Frames <= 0 { // how far apart frames arrive is up to the machine
		t.Errorf("times: %+v", r)
	}
}

func TestBenchRecord(t *testing.T) {
	for _, args := range [][]string{{"--minutes", "0"}, {"--minutes", "x"}, {"more"}} {
		if err := run(t.Context(), append([]string{"bench", "record"}, args...), os.Getenv, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
	var r record.Result
	measured(t, &r, "record", "--minutes", "0.12")
	if r.RecordingRSS <= 0 || r.RecordingRSS > r.MaxRSS {
		t.Errorf("%.1f MiB while recording, %.1f at most", r.RecordingRSS, r.MaxRSS)
	}
	if r.Bytes < 100_000 || r.CPUPerMinute <= 0 || r.MaxRSS < 10 || r.MaxOwn < 1 || r.MaxOwn > r.MaxRSS || r.Idle <= 0 || r.Finalize <= 0 || r.Stored < r.Finalize || r.Program <= 0 || r.StoreCPU <= 0 {
		t.Errorf("%+v", r)
	}
	if told := canYield(t); told != (r.ProgramCPU > 0) {
		t.Errorf("the program took %.1f ms of CPU; a thread can have less priority than the process: %t", r.ProgramCPU, told)
	}
}

// canYield says whether a thread of this process can be given less priority than the others: not if all have the least.
func canYield(t *testing.T) bool {
	t.Helper()
	p, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Fatal(err)
	}
	return runtime.GOOS == "linux" && p > 1 // the system call returns 20 less the nice value
}
