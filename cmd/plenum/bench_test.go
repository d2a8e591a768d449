package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"testing"

	"plenum/cmd/plenum/bench"
)

// TestMain is the server as well, when the bench starts it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		main()
		return
	}
	os.Exit(m.Run())
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
		if r.Viewers != 3 || r.Delivered < 95 || r.Delivered > 100 || r.Gaps > 0 || r.CPU <= 0 || r.P99 <= 0 || r.RSS <= 0 {
			t.Errorf("%+v", r)
		}
	}
}
