package sfu

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

func onlyTCP(se *webrtc.SettingEngine, _ *webrtc.Configuration) {
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
}

// TestMediaOverTCP has people on networks that let no UDP out beside others.
func TestMediaOverTCP(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"127.0.0.1:0", ":0"} {
		t.Run(listen, func(t *testing.T) {
			e, _, _ := startEngine(t, Config{Listen: listen, TCP: true}, patientTiming())
			e.SetLive("r", true)
			s := publishFrom(t, e, "r", Publisher{Owner: "anna"}, 'A', newRoamer(t, onlyTCP), nil)
			if udp, tcp := strings.Index(s.answer, " udp "), strings.Index(s.answer, " tcp "); udp < 0 || tcp < udp || !strings.Contains(s.answer, "tcptype passive") {
				t.Fatalf("the candidates are not UDP and then TCP:\n%s", s.answer)
			}
			s.pump()
			over := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, newRoamer(t, onlyTCP), nil)
			beside := watchFrom(t, e, "r", Viewer{Owner: "bob"}, 1, 1, newRoamer(t), nil)
			for range 2 {
				from := s.sent()
				for _, p := range []*player{over, beside} {
					eventually(t, "media", func() bool {
						return newest(p.packets("video0"), true) > from && newest(p.packets("audio0"), false) > from
					})
				}
				over.answer = restartICE(t, over.pc, e.PatchViewer, "eve", over.session, over.answer)
			}
		})
	}
}

// TestChecksOverTCPAreAnswered asks as a client would over either family. (Pion's own client leaves ::1 out.)
func TestChecksOverTCPAreAnswered(t *testing.T) {
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0"} {
		e, _, _ := startEngine(t, Config{Listen: listen, TCP: true}, patientTiming())
		pc := newRoamer(t)
		_, answer, err := e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, makeOffer(t, addSlots(t, pc)))
		if err != nil {
			t.Fatal(err)
		}
		c := dialTCP(t, e)
		for range 2 {
			check, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(ICETag(answer)+":"+valueOf(pc.LocalDescription().SDP, ufragLine)),
				ice.PriorityAttr(1), ice.AttrControlling(1), ice.UseCandidate(), stun.NewShortTermIntegrity(valueOf(answer, pwdLine)), stun.Fingerprint)
			if err != nil {
				t.Fatal(err)
			}
			frameTo(t, c, check.Raw)
			b, err := readFrame(c)
			got := &stun.Message{Raw: b}
			if err != nil || got.Decode() != nil || got.Type != stun.BindingSuccess || got.TransactionID != check.TransactionID {
				t.Fatalf("%s: %v, %v", listen, got, err)
			}
		}
	}
}

// addSlots makes pc a viewer's.
func addSlots(t testing.TB, pc *webrtc.PeerConnection) *webrtc.PeerConnection {
	t.Helper()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			t.Fatal(err)
		}
	}
	return pc
}

// frameTo writes one frame.
func frameTo(t testing.TB, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
		t.Error(err)
	}
}

// checkFor is a check that names a session of ours.
func checkFor(t testing.TB, ufrag string) []byte {
	t.Helper()
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(ufrag+":theirs"))
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// closedByServer fails unless the server hangs up.
func closedByServer(t testing.TB, what string, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // as it comes
			t.Errorf("%s: still connected", what)
		}
	}
}

func dialTCP(t testing.TB, e *Engine) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", e.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestTCPStrangersAreTurnedAway(t *testing.T) {
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0", TCP: true}, patientTiming())
	p := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, newRoamer(t, onlyTCP), nil)
	response, err := stun.Build(stun.TransactionID, stun.BindingSuccess, stun.NewUsername(ICETag(p.answer)+":x"))
	if err != nil {
		t.Fatal(err)
	}
	for what, first := range map[string][]byte{
		"nobody's check": checkFor(t, "nobody"), "a response": response.Raw, "no STUN": []byte("GET / HTTP/1.1\r\n\r\n"), "nothing": {},
		"half a check": checkFor(t, ICETag(p.answer))[:30],
	} {
		c := dialTCP(t, e)
		frameTo(t, c, first)
		closedByServer(t, what, c)
	}
	c := dialTCP(t, e)
	if _, err := c.Write([]byte{0xff, 0xff}); err != nil {
		t.Fatal(err)
	}
	closedByServer(t, "an endless frame", c)

	// Who says nothing is put up with for some time, but only so many of one address.
	for range maxStrangersOf {
		dialTCP(t, e)
	}
	eventually(t, "all of them", func() bool {
		e.stack.tcp.mu.Lock()
		defer e.stack.tcp.mu.Unlock()
		return len(e.stack.tcp.strangers) == maxStrangersOf
	})
	closedByServer(t, "one too many", dialTCP(t, e))
	eventually(t, "the others, undisturbed", func() bool { return p.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })

	tm := patientTiming()
	tm.stranger = 10 * time.Millisecond
	e, _, _ = startEngine(t, Config{Listen: "127.0.0.1:0", TCP: true}, tm)
	closedByServer(t, "who never says anything", dialTCP(t, e))
}

// TestTCPKeepsTheReserve turns strangers away while who is there goes on.
func TestTCPKeepsTheReserve(t *testing.T) {
	var full atomic.Bool
	room := func(c net.Conn) bool { _, known := c.(syscall.Conn); return known && !full.Load() }
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0", TCP: true, Room: room}, patientTiming())
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	p := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, newRoamer(t, onlyTCP), nil)
	full.Store(true)
	closedByServer(t, "a newcomer", dialTCP(t, e))
	from := s.sent()
	eventually(t, "media over a connection of before", func() bool { return newest(p.packets("video0"), true) > from })
}

func TestTCPSessionHasFewConnections(t *testing.T) {
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0", TCP: true}, patientTiming())
	p := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, newRoamer(t), nil)
	end := func() *tcpEnd {
		e.stack.tcp.mu.Lock()
		defer e.stack.tcp.mu.Unlock()
		return e.stack.tcp.sessions[ICETag(p.answer)]
	}()
	count := func() int {
		end.mu.Lock()
		defer end.mu.Unlock()
		return len(end.peers)
	}
	var last net.Conn
	for n := range maxConnsOf {
		last = dialTCP(t, e)
		frameTo(t, last, checkFor(t, ICETag(p.answer))) // no password: the session does not answer
		eventually(t, "the connection", func() bool { return count() == n+1 })
	}
	more := dialTCP(t, e)
	frameTo(t, more, checkFor(t, ICETag(p.answer)))
	closedByServer(t, "one too many", more)
	if err := e.Unwatch("r", p.session, "eve"); err != nil {
		t.Fatal(err)
	}
	closedByServer(t, "a connection of a session that has ended", last)
}

// TestSlowTCPReaderCostsOnlyItself writes to one that reads nothing: the writer is never held up.
func TestSlowTCPReaderCostsOnlyItself(t *testing.T) {
	ours, theirs := net.Pipe() // has no buffer of its own
	defer theirs.Close()
	p := newTCPPeer(ours, netAddr(t, "192.0.2.1:1"))
	done := make(chan struct{})
	go func() { defer close(done); p.write() }()
	b := make([]byte, 1200)
	for range 1000 { // would wait for ever here
		p.send(b)
	}
	if d := p.dropped.Load(); d < 1000-2*maxWaiting/1200 || d > 999 {
		t.Errorf("%d of 1000 packets were dropped", d)
	}
	for range 100 {
		if f, err := readFrame(theirs); err != nil || len(f) != len(b) {
			t.Fatalf("%d bytes, %v", len(f), err)
		}
	}
	p.close()
	<-done
}

func netAddr(t testing.TB, s string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
