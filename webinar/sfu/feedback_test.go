package sfu

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"plenum/webinar/media"
)

func TestLostPacketsAreRepeated(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	p := watch(t, e, "r", Viewer{}, 1, 4)
	eventually(t, "media", func() bool { return p.count("video0") > 40 })
	pkts := p.packets("video0")
	lost := []uint16{pkts[10].SequenceNumber, pkts[12].SequenceNumber, pkts[30].SequenceNumber}
	p.mu.Lock()
	ssrc := p.ssrc["video0"]
	p.mu.Unlock()
	never := pkts[0].SequenceNumber - 5
	err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(append([]uint16{never}, lost...))}})
	if err != nil {
		t.Fatal(err)
	}
	repeats := func() []uint16 {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.Clone(p.rtx["video0"])
	}
	eventually(t, "the repeats", func() bool { return len(repeats()) >= 3 })
	if got := repeats(); !slices.Equal(got, lost) {
		t.Errorf("repeated %v, want %v", got, lost)
	}
	gapless(t, p.packets("video0"))
}

func TestKeyFrameRequestsAreCoalesced(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	from := time.Now() // before the first request, so that none of before arrives among those that count
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	var players []*player
	for range 3 {
		players = append(players, watch(t, e, "r", Viewer{}, 0, 2))
	}
	for _, p := range players {
		eventually(t, "media", func() bool { return p.count("video0") > 10 })
	}
	before := s.plis.Load()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 60 {
		<-tick.C
		w.mu.Lock()
		w.sources["anna/camera"].RequestKeyFrame()
		w.mu.Unlock()
		for _, p := range players {
			p.mu.Lock()
			ssrc := p.ssrc["video0"]
			p.mu.Unlock()
			err := p.pc.WriteRTCP([]rtcp.Packet{
				&rtcp.PictureLossIndication{MediaSSRC: ssrc},
				&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	eventually(t, "a request", func() bool { return s.plis.Load() > before })
	got := s.plis.Load()
	if most := int64(time.Since(from)/keyFrameGap) + 1; got > most {
		t.Errorf("the publisher got %d requests in %v, want at most %d", got, time.Since(from), most)
	}
}

func TestPictureBeginsAtKeyFrame(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.deaf, s.wantKey = true, false
	s.pump()
	eventually(t, "the source", func() bool { return w.tap("anna/camera") != nil && w.tap("anna/camera").packets.Load() > 0 })
	p := watch(t, e, "r", Viewer{}, 1, 2)
	eventually(t, "sound", func() bool { return p.count("audio0") > 20 })
	if n := p.count("video0"); n > 0 {
		t.Fatalf("%d packets before a key frame", n)
	}
	s.mu.Lock()
	s.wantKey = true
	s.mu.Unlock()
	eventually(t, "picture", func() bool { return p.count("video0") > 5 })
	if !inspectVP8(p.packets("video0")[0].Payload).key {
		t.Error("the first packet is of no key frame")
	}
}

func TestKeyFrameRequestIsRepeatedUntilAnswered(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.send()
	// Its key frame must be past, or it would be taken for the answer.
	eventually(t, "the picture", func() bool { return w.tap("anna/camera") != nil && w.tap("anna/camera").packets.Load() > 0 })
	w.mu.Lock()
	src := w.sources["anna/camera"]
	w.mu.Unlock()
	src.RequestKeyFrame()
	eventually(t, "the request again", func() bool { return s.plis.Load() >= 2 })
}

// A recorder asks as soon as it hears of a source, which is before the first packet is taken.
func TestKeyFrameRequestBeforeTheFirstPacketIsKept(t *testing.T) {
	s := &source{track: media.Track{Kind: media.Camera}, wake: make(chan struct{}, 1), e: &Engine{}}
	s.RequestKeyFrame()
	l := newLayer(s, "", 1)
	s.adopt(l)
	if !l.want.Load() {
		t.Error("the request is forgotten")
	}
}

// Sound and picture of a person stay together only if the reports map both to one clock.
// TestSenderReportsKeepLipSync looks at the second speaker in a pair of slots, whose numbers are no longer those of the
// speaker.
func TestSenderReportsKeepLipSync(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	before := publish(t, e, "r", Publisher{Owner: "bert"}, 'B')
	stop := before.pump()
	p := watch(t, e, "r", Viewer{}, 1, 2)
	eventually(t, "media of the one before", func() bool { return p.count("video0") > 50 && p.count("audio0") > 50 })
	stop()
	if err := e.Unpublish("r", before.session, "bert"); err != nil {
		t.Fatal(err)
	}
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	eventually(t, "media", func() bool {
		return strings.HasSuffix(string(tags(p.packets("video0"), true)), "A") && strings.HasSuffix(string(tags(p.packets("audio0"), false)), "A")
	})
	// A publisher whose clock is an hour ahead; frame n is at n × 20 ms in both media.
	at := time.Now().Add(time.Hour)
	s.mu.Lock()
	n := s.n
	s.mu.Unlock()
	for _, tr := range s.pc.GetTransceivers() {
		enc := tr.Sender().GetParameters().Encodings[0]
		ts := n * 960
		if tr.Kind() == webrtc.RTPCodecTypeVideo {
			ts = n * 1800
		}
		if err := s.pc.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{SSRC: uint32(enc.SSRC), NTPTime: toNTP(at), RTPTime: ts}}); err != nil {
			t.Fatal(err)
		}
	}
	var a, v *rtcp.SenderReport
	eventually(t, "both reports", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		a, v = p.srs[p.ssrc["audio0"]], p.srs[p.ssrc["video0"]]
		return a != nil && v != nil
	})
	if w.tap("anna/mic").reports.Load() != 1 || w.tap("anna/camera").reports.Load() != 1 {
		t.Error("the taps did not get the reports")
	}
	// When was a frame that both carry, by each report? The picture begins at a key frame, so the first sounds have none.
	var apk, vpk *rtp.Packet
	eventually(t, "a frame in both", func() bool {
		sound := map[string]*rtp.Packet{}
		for _, x := range p.packets("audio0") {
			sound[string(x.Payload[7:12])] = x // with the tag
		}
		pictures := p.packets("video0")
		i := slices.IndexFunc(pictures, func(x *rtp.Packet) bool { return x.Payload[6] == 'A' && sound[string(x.Payload[6:11])] != nil })
		if i >= 0 {
			vpk = pictures[i]
			apk = sound[string(vpk.Payload[6:11])]
		}
		return i >= 0
	})
	when := func(sr *rtcp.SenderReport, ts uint32, clock int64) time.Time {
		return ntpTime(sr.NTPTime).Add(time.Duration(int64(int32(ts-sr.RTPTime)) * int64(time.Second) / clock))
	}
	ta, tv := when(a, apk.Timestamp, 48000), when(v, vpk.Timestamp, 90000)
	if d := ta.Sub(tv).Abs(); d > 2*time.Millisecond {
		t.Errorf("sound and picture are %v apart", d)
	}
	if d := time.Since(ta); d < 0 || d > patience {
		t.Errorf("the frame was sent %v ago by the reports", d)
	}
}

func TestNTPRoundTrip(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.Unix(1795392000, 123456789), time.Unix(2085978495, 999999999)} {
		if d := ntpTime(toNTP(at)).Sub(at).Abs(); d > time.Nanosecond {
			t.Errorf("%v is off by %v", at, d)
		}
	}
}

func TestSenderClockFollowsTheLeastTransit(t *testing.T) {
	var c senderClock
	base := time.Unix(1e9, 0)
	for i, x := range []struct{ sent, transit, want int }{ // milliseconds
		{0, 50, 50}, {1e3, 20, 20}, {2e3, 90, 20}, {70e3, 40, 20}, {140e3, 60, 40},
	} {
		sent := base.Add(time.Duration(x.sent) * time.Millisecond)
		got := c.local(toNTP(sent), sent.Add(time.Duration(x.transit)*time.Millisecond))
		if d := got.Sub(sent) - time.Duration(x.want)*time.Millisecond; d.Abs() > time.Microsecond {
			t.Errorf("report %d: %v behind, want %v ms", i, got.Sub(sent), x.want)
		}
	}
}
