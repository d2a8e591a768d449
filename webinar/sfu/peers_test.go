package sfu

import (
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// line is a socket that can be cut, to let a client vanish.
type line struct {
	net.PacketConn
	cut  atomic.Bool
	deaf atomic.Bool
}

func (l *line) WriteTo(b []byte, a net.Addr) (int, error) {
	if l.cut.Load() {
		return len(b), nil
	}
	return l.PacketConn.WriteTo(b, a)
}

func newPeer(t testing.TB) (*webrtc.PeerConnection, *line) {
	t.Helper()
	return newPeerAt(t, "127.0.0.1:0")
}

// newPeerAt makes a client with a socket at addr, and with more header extensions than the usual.
func newPeerAt(t testing.TB, addr string, extend ...func(*webrtc.MediaEngine) error) (*webrtc.PeerConnection, *line) {
	t.Helper()
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	level := webrtc.RTPHeaderExtensionCapability{URI: audioLevelURI}
	if err := m.RegisterHeaderExtension(level, webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	for _, f := range extend {
		if err := f(m); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	// As much as the server's, as far as the system allows: what waits for a client that gets no time is not lost.
	_ = conn.(*net.UDPConn).SetReadBuffer(socketBuffer)
	l := &line{PacketConn: conn}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: l, Logger: quiet().NewLogger("test")})
	se := webrtc.SettingEngine{LoggerFactory: quiet()}
	patientClient(&se)
	se.SetICEUDPMux(mux)
	se.SetIncludeLoopbackCandidate(true)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(se), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		pc.GracefulClose()
		mux.Close()
	})
	return pc, l
}

func makeOffer(t testing.TB, pc *webrtc.PeerConnection) string {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-done
	return pc.LocalDescription().SDP
}

func accept(t testing.TB, pc *webrtc.PeerConnection, answer string) {
	t.Helper()
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "connection", func() bool { return pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
}

// speaker publishes made-up media whose payloads count.
type speaker struct {
	t            testing.TB
	pc           *webrtc.PeerConnection
	session      string
	answer       string
	audio, video *webrtc.TrackLocalStaticRTP
	sender       *webrtc.RTPSender // of video
	plis         atomic.Int64
	line         *line
	tag          byte

	mu      sync.Mutex
	n       uint32
	aseq    uint16
	vseq    uint16
	wantKey bool
	deaf    bool // ignores requests for key frames
	size    int  // bytes that make a picture larger
}

func publish(t testing.TB, e *Engine, room string, p Publisher, tag byte) *speaker {
	t.Helper()
	pc, l := newPeer(t)
	return publishFrom(t, e, room, p, tag, pc, l)
}

func publishFrom(t testing.TB, e *Engine, room string, p Publisher, tag byte, pc *webrtc.PeerConnection, l *line) *speaker {
	t.Helper()
	s := &speaker{t: t, pc: pc, line: l, tag: tag, aseq: 65000, vseq: 65500, wantKey: true}
	s.audio = s.add(webrtc.MimeTypeOpus, 48000, 2, func([]rtcp.Packet) {})
	s.video = s.add(webrtc.MimeTypeVP8, 90000, 0, func(pkts []rtcp.Packet) {
		for _, p := range pkts {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				s.plis.Add(1)
				s.mu.Lock()
				s.wantKey = s.wantKey || !s.deaf
				s.mu.Unlock()
			}
		}
	})
	id, answer, err := e.Publish(t.Context(), room, p, makeOffer(t, pc))
	if err != nil {
		t.Fatal(err)
	}
	s.session, s.answer = id, answer
	accept(t, pc, answer)
	return s
}

func (s *speaker) add(mime string, clock uint32, channels uint16, feedback func([]rtcp.Packet)) *webrtc.TrackLocalStaticRTP {
	s.t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clock, Channels: channels}, mime, "stream")
	if err != nil {
		s.t.Fatal(err)
	}
	tr, err := s.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		s.t.Fatal(err)
	}
	if clock == 90000 {
		s.sender = tr.Sender()
	}
	go func() { // ends with the connection, which the test closes
		for {
			pkts, _, err := tr.Sender().ReadRTCP()
			if err != nil {
				return
			}
			feedback(pkts)
		}
	}()
	return track
}

// vp8 is a one-packet frame with all descriptor fields.
func vp8(key bool, pic uint16, tl0 byte, tag byte, n uint32) []byte {
	b := []byte{0x90, 0xc0, 0x80 | byte(pic>>8), byte(pic), tl0, 1, tag, 0, 0, 0, 0}
	if key {
		b[5] = 0
	}
	binary.BigEndian.PutUint32(b[7:], n)
	return b
}

// send writes one video frame and one audio packet.
func (s *speaker) send() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	s.vseq++
	s.aseq++
	v := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: s.vseq, Timestamp: s.n * 1800}, Payload: append(vp8(s.wantKey, uint16(s.n), byte(s.n), s.tag, s.n), make([]byte, s.size)...)}
	a := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: s.aseq, Timestamp: s.n * 960}, Payload: append([]byte{s.tag}, vp8(true, 0, 0, s.tag, s.n)...)}
	s.wantKey = false
	if s.video.WriteRTP(v) != nil || s.audio.WriteRTP(a) != nil {
		s.n++
	}
}

// sent returns the number of the last frame.
func (s *speaker) sent() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// pump sends every 20 ms until the test ends or stop is called.
func (s *speaker) pump() (stop func()) { return pumped(s.t, s.send) }

func pumped(t testing.TB, send func()) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				send()
			}
		}
	}()
	stop = sync.OnceFunc(func() { close(quit); <-done })
	t.Cleanup(stop)
	return stop
}

// player watches; it keeps what came in each slot.
type player struct {
	pc      *webrtc.PeerConnection
	session string
	answer  string
	line    *line

	mu   sync.Mutex
	got  map[string][]*rtp.Packet // "audio0"
	rtx  map[string][]uint16      // sequence numbers that came by retransmission
	ssrc map[string]uint32
	srs  map[uint32]*rtcp.SenderReport
}

func watch(t testing.TB, e *Engine, room string, v Viewer, audio, video int) *player {
	t.Helper()
	pc, l := newPeer(t)
	return watchFrom(t, e, room, v, audio, video, pc, l)
}

func watchFrom(t testing.TB, e *Engine, room string, v Viewer, audio, video int, pc *webrtc.PeerConnection, l *line) *player {
	t.Helper()
	p := &player{pc: pc, line: l, got: map[string][]*rtp.Packet{}, rtx: map[string][]uint16{}, ssrc: map[string]uint32{}, srs: map[uint32]*rtcp.SenderReport{}}
	for i := range audio + video {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audio {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	pc.OnTrack(p.read)
	id, answer, err := e.Watch(t.Context(), room, v, makeOffer(t, pc))
	if err != nil {
		t.Fatal(err)
	}
	p.session, p.answer = id, answer
	accept(t, pc, answer)
	return p
}

func (p *player) read(track *webrtc.TrackRemote, recv *webrtc.RTPReceiver) {
	p.mu.Lock()
	p.ssrc[track.ID()] = uint32(track.SSRC())
	p.mu.Unlock()
	go func() {
		for {
			pkts, _, err := recv.ReadRTCP()
			if err != nil {
				return
			}
			p.mu.Lock()
			for _, x := range pkts {
				if sr, ok := x.(*rtcp.SenderReport); ok {
					p.srs[sr.SSRC] = sr
				}
			}
			p.mu.Unlock()
		}
	}()
	for {
		pkt, attr, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.mu.Lock()
		if attr != nil && attr.Get(webrtc.AttributeRtxSsrc) != nil {
			p.rtx[track.ID()] = append(p.rtx[track.ID()], pkt.SequenceNumber)
		} else {
			p.got[track.ID()] = append(p.got[track.ID()], pkt)
		}
		p.mu.Unlock()
	}
}

func (p *player) packets(slot string) []*rtp.Packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got[slot])
}

func (p *player) count(slot string) int { return len(p.packets(slot)) }

// total counts everything in all slots.
func (p *player) total() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.got {
		n += len(g)
	}
	return n
}

// newest returns the highest number of a frame among the packets, 0 if there are none.
func newest(pkts []*rtp.Packet, video bool) (n uint32) {
	at := 8
	if video {
		at = 7
	}
	for _, p := range pkts {
		if len(p.Payload) >= at+4 {
			n = max(n, binary.BigEndian.Uint32(p.Payload[at:]))
		}
	}
	return n
}

// tags lists which speakers were heard in a slot, in order.
func tags(pkts []*rtp.Packet, video bool) []byte {
	at := 7
	if video {
		at = 6
	}
	var out []byte
	for _, p := range pkts {
		if len(p.Payload) > at {
			out = append(out, p.Payload[at])
		}
	}
	return slices.Compact(out)
}

// gapless fails unless the sequence numbers run without a gap.
func gapless(t testing.TB, pkts []*rtp.Packet) {
	t.Helper()
	for i := 1; i < len(pkts); i++ {
		if pkts[i].SequenceNumber != pkts[i-1].SequenceNumber+1 {
			t.Fatalf("packet %d of %d: sequence number %d after %d", i, len(pkts), pkts[i].SequenceNumber, pkts[i-1].SequenceNumber)
		}
		if int32(pkts[i].Timestamp-pkts[i-1].Timestamp) <= 0 {
			t.Fatalf("packet %d: timestamp %d after %d", i, pkts[i].Timestamp, pkts[i-1].Timestamp)
		}
	}
}
