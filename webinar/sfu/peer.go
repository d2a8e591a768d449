package sfu

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"

	"plenum/webinar/sfu/egress"
	"plenum/webinar/sfu/ingress"
)

// timing says how long a peer may be silent or take to connect, and how much it may send.
type timing struct {
	disconnected, failed, keepAlive time.Duration // ICE
	connect                         time.Duration // from the answer to the first packet
	sleep                           time.Duration // a layer that nobody watches is switched off after so long
	stranger                        time.Duration // a connection over TCP, until its first check
	rate                            func(video bool) rate
}

// defaultTiming has a vanished peer gone within 30 s.
func defaultTiming() timing {
	return timing{disconnected: 5 * time.Second, failed: 12 * time.Second, keepAlive: 2 * time.Second, connect: 20 * time.Second, sleep: 8 * time.Second, stranger: 5 * time.Second, rate: defaultRate}
}

const socketBuffer = 4 << 20 // bytes

// loopNet shows pion a single interface. With one muxed socket each further local address would only cost every peer
// another goroutine; the addresses to offer are written into the answer by us.
type loopNet struct {
	*stdnet.Net
	interfaces []*transport.Interface
}

// Interfaces implements [transport.Net].
func (n *loopNet) Interfaces() ([]*transport.Interface, error) { return n.interfaces, nil }

func newLoopNet(v6 bool) (*loopNet, error) {
	std, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	lo := transport.NewInterface(net.Interface{Index: 1, MTU: 65536, Name: "lo", Flags: net.FlagUp | net.FlagLoopback})
	lo.AddAddress(&net.IPNet{IP: net.IPv4(127, 0, 0, 1), Mask: net.CIDRMask(8, 32)})
	if v6 {
		// Not ::1, which pion takes for an address of another kind and leaves out, and all IPv6 with it.
		lo.AddAddress(&net.IPNet{IP: net.ParseIP("fd00::1"), Mask: net.CIDRMask(128, 128)})
	}
	return &loopNet{std, []*transport.Interface{lo}}, nil
}

// port is the media socket as the library uses it: many datagrams are read at a time, single ones are written at once.
type port struct {
	*ingress.Conn
	out *egress.Socket
}

// WriteToAddrPort implements [ice.AddrPortReaderWriter].
func (p *port) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if p.out.Send(b, to) {
		return len(b), nil
	}
	return p.Conn.WriteToAddrPort(b, to)
}

// quiet silences pion, whose messages name addresses.
func quiet() *logging.DefaultLoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}}
}

// stack is what all peers share: the socket, the certificate and one pion API per direction.
type stack struct {
	conn     *net.UDPConn
	mux      *ice.UDPMuxDefault
	narrow   *narrowMux   // the mux as sessions see it
	listener net.Listener // for tcp
	tcp      *tcpMux      // nil: UDP only
	egress   *egress.Socket
	addr     netip.AddrPort
	addrs    func() []netip.Addr // to offer
	settings webrtc.SettingEngine
	received *webrtc.MediaEngine   // of publishers; each connection takes a copy
	chain    *interceptor.Registry // for publishers
	formats  *webrtc.MediaEngine   // for viewers; each connection takes a copy
	config   webrtc.Configuration
}

func newStack(cfg Config, tm timing, b *books) (*stack, error) {
	at, err := net.ResolveUDPAddr("udp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("sfu: listen address: %w", err)
	}
	conn, listener, err := listen(at, cfg.TCP)
	if err != nil {
		return nil, fmt.Errorf("sfu: %w", err)
	}
	// One socket carries everything: room for the bursts of all peers, as far as the system allows (net.core.rmem_max).
	// Smaller buffers work too, so an error is none.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	s := &stack{conn: conn, listener: listener, addr: conn.LocalAddr().(*net.UDPAddr).AddrPort()} //nolint:forcetypeassert // a UDP socket has no other
	if err := s.build(cfg, tm, b); err != nil {
		conn.Close()
		if listener != nil {
			listener.Close()
		}
		return nil, fmt.Errorf("sfu: %w", err)
	}
	return s, nil
}

// listen opens the port for UDP and, if wanted, for TCP: the same number, so that one rule in a firewall names both.
func listen(at *net.UDPAddr, tcp bool) (*net.UDPConn, net.Listener, error) {
	for try := 0; ; try++ {
		conn, err := net.ListenUDP("udp", at)
		if err != nil || !tcp {
			return conn, nil, err
		}
		got := conn.LocalAddr().(*net.UDPAddr) //nolint:forcetypeassert // a UDP socket has no other
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: at.IP, Port: got.Port, Zone: at.Zone})
		if err == nil {
			return conn, l, nil
		}
		conn.Close()
		if at.Port != 0 || try == 20 { // a free UDP port may be a taken TCP port
			return nil, nil, err
		}
	}
}

// close ends the sockets. All sessions have ended.
func (s *stack) close() error {
	err := s.mux.Close()
	if s.tcp != nil {
		err = errors.Join(err, s.tcp.Close())
	}
	return err
}

func (s *stack) build(cfg Config, tm timing, b *books) error {
	ip := s.addr.Addr().Unmap()
	v6 := s.addr.Addr().Is6()
	switch {
	case len(cfg.Advertise) > 0:
		s.addrs = func() []netip.Addr { return cfg.Advertise }
	case ip.IsUnspecified():
		s.addrs = func() []netip.Addr { return machineAddrs(v6) }
	default:
		s.addrs = func() []netip.Addr { return []netip.Addr{ip} }
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return err
	}
	s.config = webrtc.Configuration{Certificates: []webrtc.Certificate{*cert}, BundlePolicy: webrtc.BundlePolicyMaxBundle}
	lo, err := newLoopNet(v6)
	if err != nil {
		return err
	}
	path, err := egress.ParsePath(cmp.Or(cfg.Egress, egress.Auto.String()))
	if err != nil {
		return err
	}
	if s.egress, err = egress.Open(s.conn, path); err != nil {
		return err
	}
	if s.settings, err = newSettings(lo, tm); err != nil {
		return err
	}
	if s.received, err = mediaEngine(true); err != nil {
		return err
	}
	if s.chain, err = publishInterceptors(s.received); err != nil {
		return err
	}
	if s.formats, err = mediaEngine(false); err != nil {
		return err
	}
	in, err := ingress.New(s.conn, ingress.Wishes{})
	if err != nil {
		return err
	}
	// Last, because these have goroutines.
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: &port{Conn: in, out: s.egress}, Net: lo, Logger: quiet().NewLogger("ice")})
	s.narrow = &narrowMux{UDPMux: s.mux, dropped: &b.remotesFull}
	if s.listener != nil {
		s.tcp = newTCPMux(s.listener, tm.stranger, cfg.Room)
	}
	return nil
}

// publisherAPI makes the connection of one publisher, whose streams in bounds. Passive says that the publisher waits for
// us to begin the DTLS handshake, as ffmpeg does.
func (s *stack) publisherAPI(in *intake, passive bool) (*webrtc.API, error) {
	settings := s.settings
	settings.SetICEUDPMux(s.narrow)
	if s.tcp != nil {
		settings.SetICETCPMux(s.tcp)
	}
	settings.BufferFactory = in.buffer
	if passive {
		if err := settings.SetAnsweringDTLSRole(webrtc.DTLSRoleClient); err != nil {
			return nil, err
		}
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(s.received), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(s.chain)), nil
}

// viewerAPI makes the connection of one viewer, without interceptors: its media goes a way of its own, see [course],
// what it reports to its inlets.
func (s *stack) viewerAPI(v *viewer) *webrtc.API {
	settings := s.settings
	settings.SetICEUDPMux(&outlet{UDPMux: s.narrow, viewer: v})
	if s.tcp != nil {
		settings.SetICETCPMux(&tcpOutlet{TCPMux: s.tcp, viewer: v})
	}
	settings.SetDTLSServerHelloMessageHook(v.passage.secrets.hello)
	settings.SetDTLSKeyLogWriter(&v.passage.secrets)
	settings.SetDTLSInsecureSkipHelloVerify(true) // ICE has proven the address already
	settings.BufferFactory = v.inlet
	return webrtc.NewAPI(webrtc.WithMediaEngine(s.formats), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

func newSettings(n transport.Net, tm timing) (webrtc.SettingEngine, error) {
	se := webrtc.SettingEngine{LoggerFactory: quiet()}
	se.SetNet(n)
	se.SetLite(true)
	se.DisableActiveTCP(true) // a remote candidate must never make us dial
	se.SetIncludeLoopbackCandidate(true)
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4})
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICETimeouts(tm.disconnected, tm.failed, tm.keepAlive)
	// GCM costs half of what AES-CM with HMAC-SHA1 does. The server chooses, so it must be the DTLS server.
	se.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	return se, se.SetAnsweringDTLSRole(webrtc.DTLSRoleServer)
}

// negotiate answers o on pc. Prepare runs between the two descriptions.
func (s *stack) negotiate(ctx context.Context, pc *webrtc.PeerConnection, o offer, publish bool, prepare func() error) (answer string, err error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.text}); err != nil {
		return "", refuse("the session description does not fit together")
	}
	if err := prepare(); err != nil {
		return "", err
	}
	desc, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", refuse("the session description does not fit together")
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(desc); err != nil {
		return "", fmt.Errorf("sfu: answer: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return finish(pc.LocalDescription().SDP, publish, candidatesFor(s.addrs(), s.addr.Port(), s.tcp != nil))
}
