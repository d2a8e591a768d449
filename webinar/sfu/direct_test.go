package sfu

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"pgregory.net/rapid"

	"plenum/webinar/sfu/egress"
	"plenum/webinar/sfu/seal"
)

// TestWhoEncrypts has clients of every kind play: what they get is right, whoever encrypted it.
func TestWhoEncrypts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*webrtc.SettingEngine, *webrtc.Configuration)
		direct bool
	}{
		"AEAD_AES_128_GCM": {func(*webrtc.SettingEngine, *webrtc.Configuration) {}, true},
		"a handshake with SHA-384": {func(s *webrtc.SettingEngine, _ *webrtc.Configuration) {
			s.SetDTLSCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)
		}, true},
		"no extended master secret": {func(s *webrtc.SettingEngine, _ *webrtc.Configuration) {
			s.SetDTLSExtendedMasterSecret(dtls.DisableExtendedMasterSecret)
		}, true},
		"AES128_CM_HMAC_SHA1_80": {func(s *webrtc.SettingEngine, _ *webrtc.Configuration) {
			s.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, _, _ := newTestEngine(t)
			e.SetLive("r", true)
			s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
			p := watchFrom(t, e, "r", Viewer{}, 1, 1, newRoamer(t, c.change), nil)
			stop := s.pump()
			eventually(t, "media", func() bool { return p.count("video0") > 20 && p.count("audio0") > 20 })
			stop()
			gapless(t, p.packets("video0"))
			gapless(t, p.packets("audio0"))
			v, err := e.viewer("r", p.session, "")
			if err != nil {
				t.Fatal(err)
			}
			if got := goesDirect(t, v); got != c.direct {
				t.Errorf("past the library: %v", got)
			}
			v.passage.secrets.mu.Lock()
			defer v.passage.secrets.mu.Unlock()
			if v.passage.secrets.keys != nil {
				t.Error("the key was kept")
			}
		})
	}
}

// goesDirect asks v's shard whether its media goes past the library.
func goesDirect(t testing.TB, v *viewer) bool {
	t.Helper()
	answer := make(chan bool, 1)
	v.shard.post(func(*shard) { answer <- v.passage.settled && v.passage.sender != nil })
	return <-answer
}

// plainConn is what a mux gives for one viewer, without the mux.
type plainConn struct{ *net.UDPConn }

func (c plainConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return c.ReadFromUDPAddrPort(b)
}

func (c plainConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.WriteToUDPAddrPort(b, to)
}

type plainMux struct {
	ice.UDPMux
	conn net.PacketConn
}

func (m plainMux) GetConn(string, net.Addr) (net.PacketConn, error) { return m.conn, nil }

type plainTCPMux struct {
	ice.TCPMux
	conn net.PacketConn
}

func (m plainTCPMux) GetConnByUfrag(string, bool, net.IP) (net.PacketConn, error) { return m.conn, nil }

// notes is a connection that keeps what is written.
type notes struct {
	net.PacketConn
	to   []string
	data [][]byte
}

func (n *notes) WriteTo(b []byte, to net.Addr) (int, error) {
	n.to, n.data = append(n.to, to.String()), append(n.data, bytes.Clone(b))
	return len(b), nil
}

// lonely is a viewer with a key, but without a connection.
func lonely(t *testing.T) (*viewer, *direct) {
	t.Helper()
	keys, err := seal.Export(sha256.New, make([]byte, 48), make([]byte, 32), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{shard: newStall(t).shard}
	v.passage.secrets.keys = keys
	return v, &direct{viewer: v, ssrc: 1}
}

func listenLocal(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// TestMediaGoesWhereICEGoes lets a client wander: media goes to the address that the library uses, at once, and never
// to one that a check alone came from.
func TestMediaGoesWhereICEGoes(t *testing.T) {
	v, w := lonely(t)
	seq := uint16(0)
	write := func() error {
		seq++
		_, err := w.WriteRTP(&rtp.Header{Version: 2, SequenceNumber: seq, SSRC: 1}, []byte("media"))
		v.shard.out.Flush()
		return err
	}
	read := func(c *net.UDPConn, size int) {
		t.Helper()
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2048)
		if n, err := c.Read(buf); err != nil || n != size {
			t.Fatalf("%d bytes, %v, want %d", n, err, size)
		}
	}
	const media = rtpHeader + 5 + seal.Overhead
	check, secret, report := []byte{0, 1, 0, 0}, []byte{22, 254, 253}, []byte{0x80, 200, 0, 0, 0, 0, 0, 0}
	home, cafe := listenLocal(t), listenLocal(t)
	got, err := (&outlet{UDPMux: plainMux{conn: plainConn{listenLocal(t)}}, viewer: v}).GetConn("", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn := got.(*outletConn)
	send := func(b []byte, to *net.UDPConn) {
		t.Helper()
		if _, err := conn.WriteToAddrPort(b, addrOf(to)); err != nil {
			t.Fatal(err)
		}
	}

	if err := write(); !errors.Is(err, errNoCourse) {
		t.Errorf("%v, without any address", err)
	}
	send(check, home)
	read(home, len(check))
	if err := write(); !errors.Is(err, errNoCourse) {
		t.Errorf("%v, after a check", err)
	}
	send(secret, home)
	read(home, len(secret))
	if err := write(); err != nil {
		t.Fatal(err)
	}
	read(home, media)

	send(check, cafe)
	read(cafe, len(check))
	if err := write(); err != nil {
		t.Fatal(err)
	}
	read(home, media)
	send(report, cafe)
	read(cafe, len(report))
	if err := write(); err != nil {
		t.Fatal(err)
	}
	read(cafe, media)
	if s := v.shard.out.Stats(); s.Datagrams != 3 || s.Dropped > 0 {
		t.Errorf("%+v", s)
	}
}

// TestMediaByTCP writes to the connection that ICE uses, whatever it is.
func TestMediaByTCP(t *testing.T) {
	v, w := lonely(t)
	n := &notes{}
	conn, err := (&tcpOutlet{TCPMux: plainTCPMux{conn: n}, viewer: v}).GetConnByUfrag("", false, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, port := range []int{1, 1, 2} {
		to := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
		if _, err := conn.WriteTo([]byte{22, 254, 253}, to); err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteRTP(&rtp.Header{Version: 2, SequenceNumber: uint16(i), SSRC: 1}, []byte("media")); err != nil {
			t.Fatal(err)
		}
		if got := n.to[len(n.to)-1]; got != to.String() || len(n.data[len(n.data)-1]) != rtpHeader+5+seal.Overhead {
			t.Errorf("%d bytes to %s", len(n.data[len(n.data)-1]), got)
		}
	}
	if s := v.shard.out.Stats(); len(n.to) != 6 || s != (egress.Stats{}) {
		t.Errorf("%d writes, %+v", len(n.to), s)
	}
}

func TestHeadersThatViewersDoNotGet(t *testing.T) {
	v, w := lonely(t)
	v.passage.note(nil, netip.MustParseAddrPort("127.0.0.1:9"), nil, true)
	for name, p := range map[string]struct {
		h    rtp.Header
		size int
	}{
		"too large":    {rtp.Header{SSRC: 1}, egress.MaxDatagram},
		"an extension": {rtp.Header{SSRC: 1, Extension: true}, 10},
		"padding":      {rtp.Header{SSRC: 1, Padding: true}, 10},
		"a source":     {rtp.Header{SSRC: 1, CSRC: []uint32{7}}, 10},
	} {
		if _, err := w.WriteRTP(&p.h, make([]byte, p.size)); !errors.Is(err, errForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatIsOverheard shows which handshakes give a key.
func TestWhatIsOverheard(t *testing.T) {
	line := "CLIENT_RANDOM " + string(bytes.Repeat([]byte("ab"), 32)) + " " + string(bytes.Repeat([]byte("cd"), 48)) + "\n"
	suite := uint16(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
	gcm := &extension.UseSRTP{ProtectionProfiles: []extension.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM}}
	for name, c := range map[string]struct {
		suite uint16
		srtp  *extension.UseSRTP
		line  string
		want  bool
	}{
		"as usual":               {suite, gcm, line, true},
		"another profile":        {suite, &extension.UseSRTP{ProtectionProfiles: []extension.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80}}, line, false},
		"a key identifier":       {suite, &extension.UseSRTP{ProtectionProfiles: gcm.ProtectionProfiles, MasterKeyIdentifier: []byte{1}}, line, false},
		"an unknown suite":       {uint16(dtls.TLS_PSK_WITH_AES_128_CCM), gcm, line, false},
		"another protocol":       {suite, gcm, "CLIENT_TRAFFIC_SECRET_0 ab cd\n", false},
		"a line that is cut":     {suite, gcm, line[:60], false},
		"a line that is no code": {suite, gcm, "CLIENT_RANDOM xy zz\n", false},
	} {
		var o overhear
		o.hello(handshake.MessageServerHello{CipherSuiteID: &c.suite, Extensions: []extension.Extension{c.srtp}})
		if n, err := o.Write([]byte(c.line)); n != len(c.line) || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		if first, second := o.sender(), o.sender(); (first != nil) != c.want || second != nil {
			t.Errorf("%s: a key %v, again %v", name, first != nil, second != nil)
		}
	}
	var o overhear
	if _, err := o.Write([]byte(line)); err != nil || o.sender() != nil {
		t.Error("a key without a ServerHello")
	}
}

// ledger is a writer that insists: one number, one packet.
type ledger struct {
	t    *rapid.T
	seen map[uint16]string
}

func (l *ledger) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	b, err := (&rtp.Packet{Header: *h, Payload: payload}).Marshal()
	if err != nil {
		l.t.Fatal(err)
	}
	if old, ok := l.seen[h.SequenceNumber]; ok && old != string(b) {
		l.t.Fatalf("two packets have number %d", h.SequenceNumber)
	}
	l.seen[h.SequenceNumber] = string(b)
	return len(b), nil
}

// TestNoNumberIsUsedTwice lets a slot change between layers, with losses, late packets, mutings and repeats that have
// no SSRC of their own. Two packets with one number would give away both (RFC 7714 section 8.3).
func TestNoNumberIsUsedTwice(t *testing.T) {
	s := newStall(t)
	v := &viewer{shard: s.shard}
	v.ready.Store(true)
	rapid.Check(t, func(t *rapid.T) {
		out := &ledger{t, map[uint16]string{}}
		at := &slot{viewer: v, video: true}
		v.slots, v.video = []*slot{at}, []*slot{at}
		var feeds []*feed
		for range 2 {
			l := newLayer(s.camera.src, "", 1)
			feeds = append(feeds, &feed{layer: l})
		}
		at.bound.Store(&binding{formats: []format{{codec: s.camera.src.codec, pt: 96}}, out: out, ssrc: 1})
		var on int
		var past [2][]*packet // not sent yet
		var epoch [2]uint32
		ext := [2]int64{1<<16 + 65500, 1<<16 + 7}
		s.enter(at, feeds[on])
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"next", "next", "next", "skip", "late", "repeat", "change", "mute"}).Draw(t, "step") {
			case "next":
				p := madePicture(s.camera.src.codec, ext[on], epoch[on], rapid.Bool().Draw(t, "key"))
				ext[on]++
				feeds[on].layer.cache.add(p, p.ext)
				s.write(at, []*packet{p})
			case "skip":
				past[on] = append(past[on], madePicture(s.camera.src.codec, ext[on], epoch[on], false))
				ext[on]++
			case "late":
				if n := len(past[on]); n > 0 {
					s.write(at, past[on][n-1:])
					past[on] = past[on][:n-1]
				}
			case "repeat":
				back := uint16(rapid.IntRange(0, 20).Draw(t, "back"))
				if err := at.repeat(at.rw.lastSeq-back, time.Unix(ext[on], 0), &s.desk); err != nil {
					t.Fatal(err)
				}
			case "change":
				on = 1 - on
				s.enter(at, feeds[on])
			case "mute":
				epoch[on]++
				feeds[on].layer.cache.clear()
			}
		}
	})
}

func madePicture(c codec, ext int64, epoch uint32, key bool) *packet {
	payload := append(vp8(key, uint16(ext), byte(ext), 'A', uint32(ext)), make([]byte, 20)...)
	return &packet{
		ext: ext, epoch: epoch, at: time.Unix(0, ext*int64(time.Millisecond)), frame: c.inspect(payload),
		rtp: &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(ext), Timestamp: uint32(ext) * 3000, Marker: true}, Payload: payload},
	}
}
