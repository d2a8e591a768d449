package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain is the server as well, when a test starts it.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{"bench", stockServer}) {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := Main(ctx, os.Args[2:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func TestFanoutOfTheStockServer(t *testing.T) {
	var out bytes.Buffer
	if err := Main(t.Context(), []string{"fanout", "--stock", "--viewers", "2", "--seconds", "1", "--json"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var r Result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Viewers != 2 || r.Path != "stock" || r.Delivered < 99 || r.Delivered > 100 || r.ForwardedPPS < 200 || r.CPU <= 0 || r.P50 <= 0 || r.FirstP99 <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"fan"}, {"fanout", "--viewers", "0"}, {"fanout", "--path", "pigeon"}, {"fanout", "--seconds", "x"}, {"fanout", "more"}} {
		if err := Main(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, ErrUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestMeterCountsTheWindow(t *testing.T) {
	m := newMeter()
	b := make([]byte, 100)
	take := func(number uint64, flags byte, gap bool) bool {
		m.stamp(b, true, 1, number, flags)
		return m.take(b, gap)
	}
	take(1, 0, true)
	m.from.Store(2)
	m.to.Store(5)
	if !take(2, 0, false) || !take(3, flagKey, true) || take(4, flagAudio, false) {
		t.Error("pictures and sound are mixed up")
	}
	take(5, 0, true)
	if m.packets.Load() != 3 || m.gaps.Load() != 1 || m.take(b[:10], true) {
		t.Errorf("%d packets, %d gaps", m.packets.Load(), m.gaps.Load())
	}
	if m.key.quantile(0.5) != 0.25 || m.audio.quantile(0.5) != 0.25 {
		t.Error("latencies in the wrong place")
	}
}

func TestQuantiles(t *testing.T) {
	var h histogram
	for i := range 100 {
		h.add(time.Duration(i) * time.Millisecond)
	}
	h.add(-time.Second)
	h.add(time.Hour)
	if p := h.quantile(0.5); p < 49 || p > 51 {
		t.Errorf("median %v", p)
	}
	if p := h.quantile(1); p != 0 {
		t.Errorf("beyond the end %v", p)
	}
}
