package sfu

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"plenum/webinar/sfu/egress"
)

func TestHistogram(t *testing.T) {
	h := newHistogram(0, 1, 2.5)
	for _, v := range []float64{-1, 0, 0.5, 1, 1.1, 2.5, 2.6, 100} {
		h.observe(v)
	}
	if got := h.read(); !slices.Equal(got.Counts, []uint64{2, 2, 2, 2}) || got.Sum < 107.69 || got.Sum > 107.71 {
		t.Errorf("%+v", got)
	}
}

// TestStats follows packets and people through an engine.
func TestStats(t *testing.T) {
	t.Parallel()
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0", Egress: egress.SendMMsg.String()}, patientTiming())
	e.SetLive("r", true)
	if got := e.Stats(); got.Rooms != 0 || got.Path["sendmmsg"] != len(e.shards) || sum(got.Join.Counts) != 0 {
		t.Errorf("at rest: %+v", got)
	}
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	stop := s.pump()
	p := watch(t, e, "r", Viewer{Owner: "x"}, 1, 1)
	eventually(t, "media", func() bool { return p.count("video0") > 20 && p.count("audio0") > 20 })

	// Somebody whose offer is no offer, one who hangs up, and one who is answered and never comes.
	if _, _, err := e.Watch(t.Context(), "r", Viewer{}, "v=0"); err == nil {
		t.Error("rubbish was answered")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	silent := silentOffer(t)
	_, _, _ = e.Watch(gone, "r", Viewer{Owner: "y"}, silent) // answered in time or not, it never connects
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "z"}, silent); err != nil {
		t.Fatal(err)
	}
	if got := e.Stats(); got.Connected != 1 || got.Connecting < 1 {
		t.Errorf("%d connected, %d connecting", got.Connected, got.Connecting)
	}
	e.mu.Lock()
	for _, v := range e.rooms["r"].viewers { // the time of the silent ones is over
		if v.pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
			v.timer.Reset(0)
		}
	}
	e.mu.Unlock()
	eventually(t, "the silent ones", func() bool {
		j := e.Stats().Joins
		return j[JoinSilent]+j[JoinGone] == 2
	})

	p.mu.Lock()
	ssrc, seq := p.ssrc["video0"], p.got["video0"][15].SequenceNumber
	p.mu.Unlock()
	if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{seq})}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the repeat", func() bool { return e.Stats().Repeats == 1 })
	if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the key frame's request", func() bool { return e.Stats().KeyRequests["camera"] > 0 && s.plis.Load() > 0 })
	stop()
	var got Stats
	eventually(t, "the last packets", func() bool {
		got = e.Stats()
		return got.OutPackets == uint64(p.count("video0")+p.count("audio0")) && got.InPackets >= got.OutPackets
	})
	if got.Rooms != 1 || got.Publications != 1 || got.Sources["mic"] != 1 || got.Sources["camera"] != 1 || got.Layers[LayerOnly] != 1 {
		t.Errorf("who is here: %+v", got)
	}
	if got.Joins[JoinConnected] != 1 || got.Joins[JoinOffer] != 1 || sum(got.Join.Counts) != 1 || got.Join.Sum <= 0 {
		t.Errorf("joins: %v, %+v", got.Joins, got.Join)
	}
	if got.KeyRequests["screen"] != 0 || got.KeyRequests["camera"] < uint64(s.plis.Load()) {
		t.Errorf("key frames: %v, the publisher was asked %d times", got.KeyRequests, s.plis.Load())
	}
	if got.OutBytes == 0 || got.InBytes < got.OutBytes || got.SystemCalls == 0 || got.Trains < got.SystemCalls {
		t.Errorf("traffic: %+v", got)
	}
	for cause, n := range got.Drops {
		if n != 0 {
			t.Errorf("%d packets were dropped: %s", n, cause)
		}
	}
}

func TestPicturesAreCountedByLayer(t *testing.T) {
	three := ladder{{}, {}, {}}
	three[0].watched.Store(4)
	three[1].watched.Store(2)
	three[2].watched.Store(1)
	one := ladder{{}}
	one[0].watched.Store(3)
	got := map[string]int{LayerNone: 12}
	three.addTo(got)
	one.addTo(got)
	if want := map[string]int{LayerLow: 4, LayerMiddle: 2, LayerHigh: 1, LayerOnly: 3, LayerNone: 2}; !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// silentOffer is what somebody offers who never connects.
func silentOffer(t *testing.T) string {
	t.Helper()
	pc, _ := newPeer(t)
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo); err != nil {
		t.Fatal(err)
	}
	return makeOffer(t, pc)
}

// TestDropsAreCounted makes packets fall at each place where one can.
func TestDropsAreCounted(t *testing.T) {
	e, _, _ := newTestEngine(t)
	src := &source{e: e, in: make(chan arrival)}
	l := newLayer(src, "", 1)
	src.arrive(arrival{rtp: &rtp.Packet{}})
	src.limit = limiter{second: time.Unix(5, 0).Unix(), packets: 1 << 20}
	if src.admit(arrival{layer: l, rtp: &rtp.Packet{}, at: time.Unix(5, 0)}) != nil {
		t.Error("over the limit, and let in")
	}
	sh := e.shards[0]
	sh.mu.Lock()
	sh.media = maxQueued
	sh.mu.Unlock()
	sh.offer(job{layer: l, packets: []*packet{{}, {}, {}}})
	sh.offer(job{do: func(*shard) {}})
	eventually(t, "all causes", func() bool {
		got := e.Stats()
		return got.Drops[DropArrivals] == 1 && got.Drops[DropLimit] == 1 && got.Drops[DropShard] == 3 && got.Requests == 1 && got.InPackets == 1
	})
}
