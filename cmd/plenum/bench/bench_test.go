package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/transport/v5/stdnet"
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
	if r.Viewers != 2 || r.Path != "stock" || r.Delivered < 99 || r.Delivered > 100 || r.ForwardedPPS <= 0 || r.CPU <= 0 || r.P50 <= 0 || r.FirstP99 <= 0 || r.Goroutines < 5 {
		t.Errorf("%+v", r)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"fan"}, {"fanout", "--viewers", "0"}, {"fanout", "--path", "pigeon"}, {"fanout", "--seconds", "x"}, {"fanout", "more"}, {"joins", "--gop", "0"}, {"fanout", "--layers", "2"}, {"slow", "--layers", "3", "--stock"}, {"votes", "--voters", "0"}, {"votes", "--streams", "x"}, {"votes", "more"}} {
		if err := Main(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, ErrUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestMeterCountsTheWindow(t *testing.T) {
	m := newMeter()
	b := make([]byte, 100)
	take := func(number uint64, flags byte, gap bool) byte {
		m.stamp(b, true, 1, number, flags)
		got, ok := m.take(b, gap, 0)
		if !ok {
			t.Error("a stamp was not read")
		}
		return got
	}
	take(1, 0, true)
	now := newTally()
	now.from.Store(2)
	now.to.Store(5)
	m.now.Store(now)
	if take(2, 0, false) != 0 || take(3, flagKey|1<<layerShift|flagLower, true) != flagKey|1<<layerShift|flagLower || take(4, flagAudio, false) != flagAudio {
		t.Error("pictures and sound are mixed up")
	}
	take(5, 0, true)
	if _, ok := m.take(b[:10], true, 0); ok || now.packets.Load() != 3 || now.best.Load() != 2 || now.gaps.Load() != 1 || now.layers[1].Load() != 1 {
		t.Errorf("%d packets, %d of the best, %d gaps", now.packets.Load(), now.best.Load(), now.gaps.Load())
	}
	if now.key.quantile(0.5) == 0 || now.audio.quantile(0.5) == 0 {
		t.Error("latencies in the wrong place")
	}
	if p := now.delivered(1); p < 66 || p > 67 {
		t.Errorf("%v %% delivered", p)
	}
}

func TestFirstPictureIsWhole(t *testing.T) {
	v := &viewer{asked: time.Now().Add(-time.Second), seen: make(chan struct{})}
	c := &counter{viewer: v}
	for i, x := range []struct {
		flags             byte
		begins, ends, gap bool
		whole             bool
	}{
		{0, true, true, false, false},
		{flagKey, false, true, false, false}, // its front is missing
		{flagKey, true, false, false, false},
		{flagKey, false, true, true, false}, // its middle
		{flagKey, true, false, true, false},
		{flagKey, false, false, false, false},
		{flagKey, false, true, false, true},
	} {
		if c.watch(x.flags, x.begins, x.ends, x.gap); (v.whole > 0) != x.whole {
			t.Errorf("packet %d: whole %v", i, v.whole)
		}
	}
	if v.first < time.Second || v.whole < v.first {
		t.Errorf("first %v, whole %v", v.first, v.whole)
	}
}

func TestWorstSecondOfRequests(t *testing.T) {
	at := time.Now()
	l := &layer{}
	for _, ms := range []int{0, 100, 200, 1500, 2480, 3450} {
		l.asked = append(l.asked, at.Add(time.Duration(ms)*time.Millisecond))
	}
	if got := l.asking(at); got != 3 {
		t.Errorf("%d from the begin", got)
	}
	if got := l.asking(at.Add(time.Second)); got != 1 {
		t.Errorf("%d afterwards", got)
	}
}

func TestLayersAreOffered(t *testing.T) {
	media, err := formats()
	if err == nil {
		err = layerExtensions(media)
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{meter: newMeter(), quit: make(chan struct{})}
	if p.pc, err = newPeer(n, &interceptor.Registry{}, media, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.addPicture(options{kbps: 1500, gop: 2, layers: 3}); err != nil {
		t.Fatal(err)
	}
	offer, err := p.pc.CreateOffer(nil)
	if err != nil || !strings.Contains(offer.SDP, "a=simulcast:send q;h;f") || !strings.Contains(offer.SDP, "a=rid:h send") {
		t.Errorf("%v: %s", err, offer.SDP)
	}
	if q, f := p.video[0], p.video[2]; q.delta >= f.delta/5 || f.key != 45_000 {
		t.Errorf("%d and %d bytes a frame, %d a key frame", q.delta, f.delta, f.key)
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
}

func TestRelayIsAPoorLine(t *testing.T) {
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	r := &relay{}
	answer, err := r.answer("v=0\r\na=candidate:1 1 udp 5 127.0.0.1 " + fmt.Sprint(server.LocalAddr().(*net.UDPAddr).Port) + " typ host\r\na=candidate:2 1 tcp 4 127.0.0.1 9 typ host tcptype passive\r\na=end-of-candidates\r\n")
	if err != nil {
		t.Fatal(err)
	}
	var port int
	if _, err := fmt.Sscanf(answer, "v=0\r\na=candidate:1 1 udp 5 127.0.0.1 %d typ host\r\na=end-of-candidates", &port); err != nil || port != r.front.LocalAddr().(*net.UDPAddr).Port {
		t.Fatalf("%v: %q", err, answer)
	}
	client, err := net.DialUDP("udp4", nil, r.front.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var from netip.AddrPort
	buf := make([]byte, 2000)
	for range 5 { // some get lost
		if _, err := client.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
	}
	if _, from, err = server.ReadFromUDPAddrPort(buf); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for r.lost.Load() < 100 { // what is too much for the line
		if _, err := server.WriteToUDPAddrPort(make([]byte, 500), from); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) > 2*time.Minute {
			t.Fatalf("the line takes everything; it lost %d", r.lost.Load())
		}
		<-tick.C
	}
	for range 20 {
		if _, err := client.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 20*500*bitsPerByte*time.Second/relayRate {
		t.Errorf("20 datagrams in %v", took)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
}

// What was acknowledged and is not in the box is lost, what nobody has cast is doubled.
func TestBoxIsComparedWithWhatVotersWereTold(t *testing.T) {
	b := &ballotBox{id: "p", options: []string{"a", "b", "c"}, crowd: make([]*voter, 4), acks: []time.Duration{1, 1, 1, 0}}
	for name, c := range map[string]struct {
		box           []string
		votes         []int
		lost, doubled int
	}{
		"as told":                     {[]string{b.receipt(0), b.receipt(1), b.receipt(2)}, []int{1, 1, 1}, 0, 0},
		"unacknowledged but stored":   {[]string{b.receipt(0), b.receipt(1), b.receipt(2), b.receipt(3)}, []int{2, 1, 1}, 0, 0},
		"one is missing":              {[]string{b.receipt(0), b.receipt(2)}, []int{1, 0, 1}, 1, 0},
		"one twice":                   {[]string{b.receipt(0), b.receipt(0), b.receipt(1), b.receipt(2)}, []int{1, 1, 1}, 0, 1},
		"one of nobody":               {[]string{b.receipt(0), b.receipt(1), b.receipt(2), "ff"}, []int{1, 1, 1}, 0, 1},
		"result and box do not agree": {[]string{b.receipt(0), b.receipt(1), b.receipt(2)}, []int{2, 0, 1}, 1, 1},
	} {
		r := Votes{}
		b.compare(&r, c.box, c.votes)
		if r.Lost != c.lost || r.Doubled != c.doubled {
			t.Errorf("%s: %d lost, %d doubled", name, r.Lost, r.Doubled)
		}
	}
}

func TestScreensCountResults(t *testing.T) {
	s := &screens{all: []*screen{{tallies: map[string]*frames{}}}}
	seen := s.expect("p")
	s.take(s.all[0], "poll", []byte(`{"id":"q","state":"open"}`))
	s.take(s.all[0], "poll", []byte(`{"id":"p","state":"draft"}`))
	s.take(s.all[0], "poll", []byte(`{"id":"p","state":"open"}`))
	if took, err := seen(t.Context()); err != nil || len(took) != 1 {
		t.Errorf("%v, %v", took, err)
	}
	for range 3 {
		s.take(s.all[0], "tally", []byte(`{"poll":"p","votes":[1]}`))
	}
	f := s.all[0].tallies["p"]
	f.last = f.first.Add(time.Second)
	if rate := s.rate("p"); rate != 2 || s.rate("q") != 0 {
		t.Errorf("%v a second", rate)
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
	if p := quantile([]time.Duration{3e6, 1e6, 2e6}, 0.5); p != 2 {
		t.Errorf("median of three %v", p)
	}
	if p := quantile(nil, 0.5) + median([]float64{1, 4, 2, 3}); p != 2.5 {
		t.Errorf("median of four %v", p)
	}
}
