package sfu

import (
	"bytes"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// simulcaster publishes a picture in three layers; the tag of a packet is its rid.
type simulcaster struct {
	t       *testing.T
	session string
	pc      *webrtc.PeerConnection
	rids    []string
	tracks  []*webrtc.TrackLocalStaticRTP
	plis    [3]atomic.Int64
	off     [3]atomic.Bool
	wants   [3]atomic.Bool
	mid     string
	ids     [2]uint8 // extensions: mid, rid
	n       uint32
	seq     [3]uint16
}

// sizes of a packet in each layer, in bytes.
var layerSizes = [3]int{100, 400, 1100}

func simulcast(t *testing.T, e *Engine, room, owner string) *simulcaster {
	t.Helper()
	s := &simulcaster{t: t, rids: []string{"q", "h", "f"}}
	pc, _ := newPeerAt(t, "127.0.0.1:0", webrtc.ConfigureSimulcastExtensionHeaders)
	s.pc = pc
	var sender *webrtc.RTPSender
	for i, rid := range s.rids {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "stream", webrtc.WithRTPStreamID(rid))
		if err != nil {
			t.Fatal(err)
		}
		s.tracks = append(s.tracks, track)
		if i > 0 {
			if err := sender.AddEncoding(track); err != nil {
				t.Fatal(err)
			}
			continue
		}
		tr, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			t.Fatal(err)
		}
		sender = tr.Sender()
	}
	for i, rid := range s.rids {
		s.wants[i].Store(true)
		go func() { // ends with the connection
			for {
				pkts, _, err := sender.ReadSimulcastRTCP(rid)
				if err != nil {
					return
				}
				for _, p := range pkts {
					if _, ok := p.(*rtcp.PictureLossIndication); ok {
						s.plis[i].Add(1)
						s.wants[i].Store(true)
					}
				}
			}
		}()
	}
	id, answer, err := e.Publish(t.Context(), room, Publisher{Owner: owner}, makeOffer(t, pc))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(answer, "a=simulcast:recv q;h;f") {
		t.Fatalf("the answer takes no layers:\n%s", answer)
	}
	s.session = id
	accept(t, pc, answer)
	s.mid = pc.GetTransceivers()[0].Mid()
	for _, x := range sender.GetParameters().HeaderExtensions {
		switch x.URI {
		case sdp.SDESMidURI:
			s.ids[0] = uint8(x.ID)
		case sdp.SDESRTPStreamIDURI:
			s.ids[1] = uint8(x.ID)
		}
	}
	return s
}

// send writes one picture in each layer that is on.
func (s *simulcaster) send() {
	s.n++
	for i, track := range s.tracks {
		if s.off[i].Load() {
			continue
		}
		s.seq[i]++
		key := s.wants[i].Swap(false)
		payload := append(vp8(key, uint16(s.n), byte(s.n), s.rids[i][0], s.n), make([]byte, layerSizes[i])...)
		p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: s.seq[i], Timestamp: s.n * 1800}, Payload: payload}
		if p.SetExtension(s.ids[0], []byte(s.mid)) != nil || p.SetExtension(s.ids[1], []byte(s.rids[i])) != nil || track.WriteRTP(p) != nil {
			s.t.Error("a packet could not be written")
			return
		}
	}
}

func (s *simulcaster) pump() { pumped(s.t, s.send) }

// report tells the server about the player's picture, as a browser would.
func (p *player) report(t *testing.T, slot string, loss uint8) {
	t.Helper()
	p.mu.Lock()
	ssrc := p.ssrc[slot]
	p.mu.Unlock()
	if err := p.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: ssrc, FractionLost: loss}}}}); err != nil {
		t.Fatal(err)
	}
}

// recent is what the last packets of a slot were tagged with.
func (p *player) recent(slot string) byte {
	pkts := p.packets(slot)
	if len(pkts) == 0 {
		return 0
	}
	return pkts[len(pkts)-1].Payload[6]
}

func TestLayersFollowTheLine(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := simulcast(t, e, "r", "anna")
	s.pump()
	p := watch(t, e, "r", Viewer{}, 1, 1)
	eventually(t, "the best layer", func() bool { return p.recent("video0") == 'f' })
	eventually(t, "a lesser one, for a line that loses", func() bool {
		p.report(t, "video0", 80)
		return slices.Contains([]byte("hq"), p.recent("video0"))
	})
	eventually(t, "the best again", func() bool {
		p.report(t, "video0", 0)
		return p.recent("video0") == 'f'
	})
	pkts := p.packets("video0")
	gapless(t, pkts)
	for i, x := range pkts {
		if i > 0 && x.Payload[6] != pkts[i-1].Payload[6] && !inspectVP8(x.Payload).key {
			t.Errorf("layer %c begins without a key frame", x.Payload[6])
		}
	}
	if got := w.tap("anna/camera").packets.Load(); got == 0 {
		t.Error("the tap heard nothing")
	}
}

func TestPictureGivesWayToSoundAndReturns(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.size = 300
	s.pump()
	p := watch(t, e, "r", Viewer{}, 1, 1)
	eventually(t, "picture", func() bool { return p.count("video0") > 5 })
	v, err := e.viewer("r", p.session, "")
	if err != nil {
		t.Fatal(err)
	}
	paused := func() bool {
		out := make(chan bool, 1)
		if !v.shard.post(func(*shard) { out <- v.poor.Load() && v.video[0].feed == nil && v.audio[0].feed != nil }) {
			return false
		}
		return <-out
	}
	eventually(t, "the picture to stop", func() bool { p.report(t, "video0", 220); return paused() })
	heard := p.count("audio0")
	eventually(t, "what was on its way", func() bool { return p.count("audio0") > heard+20 })
	was := p.count("video0")
	heard = p.count("audio0")
	eventually(t, "sound alone", func() bool { return p.count("audio0") > heard+20 })
	if n := p.count("video0") - was; n > 2 {
		t.Errorf("%d packets of a picture that was stopped", n)
	}
	eventually(t, "the picture to return", func() bool { p.report(t, "audio0", 0); return p.count("video0") > was+20 })
	gapless(t, p.packets("video0"))
}

func TestUnwatchedLayersSleep(t *testing.T) {
	t.Parallel()
	tm := patientTiming()
	tm.sleep = time.Second
	e, _, b := startEngine(t, Config{Listen: "127.0.0.1:0"}, tm)
	e.SetLive("r", true)
	s := simulcast(t, e, "r", "anna")
	s.pump()
	watch(t, e, "r", Viewer{}, 0, 1)
	eventually(t, "the others to be switched off", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return slices.Contains(b.layers, "anna camera f")
	})
	eventually(t, "the best alone to be wanted", func() bool {
		got := e.Layers("r", "anna")
		return len(got) == 1 && slices.Equal(got[0].Rids, []string{"f"})
	})
	s.off[0].Store(true)
	s.off[1].Store(true)
	eventually(t, "them to be gone", func() bool { return !ladderOf(e)[0].alive.Load() && !ladderOf(e)[1].alive.Load() })
	slow := watch(t, e, "r", Viewer{}, 0, 1)
	eventually(t, "a picture", func() bool { return slow.count("video0") > 5 })
	eventually(t, "a lesser layer to be woken", func() bool {
		slow.report(t, "video0", 80)
		return len(e.Layers("r", "anna")[0].Rids) > 1
	})
	s.off[0].Store(false)
	s.off[1].Store(false)
	eventually(t, "it to arrive", func() bool { slow.report(t, "video0", 80); return slow.recent("video0") != 'f' })
	gapless(t, slow.packets("video0"))
}

// Browsers send the large layers only when they know that their line carries them. Until a layer has come it is wanted.
func TestALayerThatHasNotComeYetIsWanted(t *testing.T) {
	tm := patientTiming()
	tm.sleep = 100 * time.Millisecond
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, tm)
	e.SetLive("r", true)
	s := simulcast(t, e, "r", "anna")
	s.off[2].Store(true)
	s.pump()
	p := watch(t, e, "r", Viewer{}, 0, 1)
	eventually(t, "the lowest to be switched off", func() bool {
		all := e.Layers("r", "anna")
		return len(all) == 1 && slices.Equal(all[0].Rids, []string{"h", "f"})
	})
	s.off[2].Store(false)
	eventually(t, "the best layer", func() bool { return p.recent("video0") == 'f' })
	gapless(t, p.packets("video0"))
}

// ladderOf is that of the only picture.
func ladderOf(e *Engine) ladder {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.rooms["r"].sources {
		if s.track.Kind.Video() {
			return s.ladder()
		}
	}
	return nil
}

func TestTheRecordingGetsTheBestLayerThatIsThere(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	s := simulcast(t, e, "r", "anna")
	s.pump()
	newest := func() byte {
		k := w.tap("anna/camera")
		if k == nil {
			return 0
		}
		return byte(k.tag.Load())
	}
	eventually(t, "the best layer", func() bool { return newest() == 'f' })
	s.off[2].Store(true)
	eventually(t, "the next one", func() bool { return newest() == 'h' })
	s.off[2].Store(false)
	eventually(t, "the best again", func() bool { return newest() == 'f' })
	if bad := w.tap("anna/camera").rude.Load(); bad > 0 {
		t.Errorf("%d layers began without a key frame", bad)
	}
}

// Before anybody watches, a recording alone says which layer is wanted.
func TestTheRecordingKeepsTheBestLayer(t *testing.T) {
	t.Parallel()
	tm := patientTiming()
	tm.sleep = 500 * time.Millisecond
	e, w, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, tm)
	s := simulcast(t, e, "r", "anna")
	s.pump()
	eventually(t, "all layers", func() bool {
		l := ladderOf(e)
		return len(l) == 3 && l[0].alive.Load() && l[1].alive.Load() && l[2].alive.Load()
	})
	w.mu.Lock()
	camera := w.sources["anna/camera"]
	w.mu.Unlock()
	camera.Keep(true)
	eventually(t, "the others to be switched off", func() bool {
		all := e.Layers("r", "anna")
		return len(all) == 1 && slices.Equal(all[0].Rids, []string{"f"})
	})
	camera.Keep(false)
	eventually(t, "all to be wanted again", func() bool { return len(e.Layers("r", "anna")[0].Rids) == 3 })
}

// A publisher that ignores requests for key frames: who joins later sees a picture all the same.
func TestJoinersAreGivenTheRunningGroupOfPictures(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.deaf = true
	s.pump()
	eventually(t, "the camera", func() bool { return w.tap("anna/camera") != nil && w.tap("anna/camera").packets.Load() > 0 })
	var p *player
	var begun uint32
	for try := 0; try < 10 && (p == nil || p.count("video0") == 0); try++ { // a group grows too old where the machine is busy elsewhere
		s.mu.Lock()
		s.wantKey, begun = true, s.n+1
		s.mu.Unlock()
		eventually(t, "some pictures", func() bool { return s.sent() > begun+60 })
		p = watch(t, e, "r", Viewer{}, 1, 1)
		eventually(t, "a picture, or the end of its group", func() bool { return p.count("video0") > 0 || groupless(e) })
	}
	eventually(t, "picture", func() bool { return p.count("video0") > 100 })
	pkts := p.packets("video0")
	gapless(t, pkts)
	if first := pkts[0]; !inspectVP8(first.Payload).key || newest(pkts[:1], true) > begun {
		t.Errorf("begins with picture %d, the group with %d", newest(pkts[:1], true), begun)
	}
	last := pkts[len(pkts)-1]
	if span := time.Duration(last.Timestamp-pkts[0].Timestamp) * time.Second / 90000; span > 1500*time.Millisecond {
		t.Errorf("the past of 60 pictures was not squeezed: 100 span %v", span)
	}
	if s.plis.Load() > 2 {
		t.Errorf("%d requests for a key frame", s.plis.Load())
	}
}

// groupless reports whether the only picture's group of pictures was given up.
func groupless(e *Engine) bool {
	out := make(chan bool, 1)
	e.shards[0].post(func(sh *shard) {
		f := sh.feeds[ladderOf(e)[0]]
		out <- f != nil && len(f.gop.packets) == 0
	})
	return <-out
}

func TestMutingEmptiesWhatJoinersAreGiven(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.deaf = true
	s.pump()
	eventually(t, "some pictures", func() bool { return w.tap("anna/camera") != nil && w.tap("anna/camera").packets.Load() > 20 })
	if err := e.Mute("r", s.session, "anna", allMuted()); err != nil {
		t.Fatal(err)
	}
	p := watch(t, e, "r", Viewer{}, 1, 1)
	mark := s.sent()
	eventually(t, "time to pass", func() bool { return s.sent() > mark+20 })
	if n := p.total(); n > 0 {
		t.Errorf("%d packets of somebody who is muted", n)
	}
	if bytes.ContainsAny(tags(p.packets("video0"), true), "A") {
		t.Error("a picture from before the muting")
	}
}
