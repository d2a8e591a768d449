package turn

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for what must come, on a machine that is busy elsewhere too.
const patience = 2 * time.Minute

// echo is a media port that answers with what it hears, and counts.
func echo(t testing.TB) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { c.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1600)
		for {
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if _, err := c.WriteToUDPAddrPort(buf[:n], from); err != nil {
				return
			}
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func certificate(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// public is an address that clients know us by, which is none of this machine's: we are behind a NAT.
const public = "203.0.113.7"

func newServer(t testing.TB, listen string) (*Server, netip.AddrPort) {
	t.Helper()
	media := echo(t)
	offered := []netip.AddrPort{
		netip.AddrPortFrom(netip.MustParseAddr(public), media.Port()), netip.AddrPortFrom(netip.MustParseAddr("2001:db8::7"), media.Port()),
	}
	s, err := New(Config{Listen: listen, TLSListen: listen, TLS: certificate(t), Media: media, Peers: func() []netip.AddrPort { return offered }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, offered[0]
}

// client is somebody with or without credentials, over one of the transports.
func client(t testing.TB, s *Server, transport, username, password string) *turn.Client {
	t.Helper()
	c, _ := clientOn(t, s, transport, username, password)
	return c
}

// clientOn also tells the connection that the client has.
func clientOn(t testing.TB, s *Server, transport, username, password string) (*turn.Client, io.Closer) {
	t.Helper()
	var conn net.PacketConn
	var at string
	dial := func(addr net.Addr, secure bool) net.PacketConn {
		at = addr.String()
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if secure {
			c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // made above
		}
		return turn.NewSTUNConn(c)
	}
	switch transport {
	case "udp":
		at = s.udp.LocalAddr().String()
		c, err := net.ListenPacket("udp", strings.TrimSuffix(at, at[strings.LastIndex(at, ":")+1:])+"0")
		if err != nil {
			t.Fatal(err)
		}
		conn = c
	case "tcp":
		conn = dial(s.tcp.Addr(), false)
	case "tls":
		conn = dial(s.tls.Addr(), true)
	}
	quiet := &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}}
	c, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: at, STUNServerAddr: at, Conn: conn, Username: username, Password: password, Realm: realm, LoggerFactory: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close() })
	return c, conn
}

// allocate asks for an allocation, which ends with the test.
func allocate(t testing.TB, c *turn.Client) (net.PacketConn, error) {
	t.Helper()
	relay, err := c.Allocate()
	if err == nil {
		t.Cleanup(func() { relay.Close() })
	}
	return relay, err
}

// roundTrip sends over the relay until it is answered.
func roundTrip(t testing.TB, relay net.PacketConn, to netip.AddrPort) {
	t.Helper()
	want := []byte("a packet of media")
	buf := make([]byte, 1600)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if _, err := relay.WriteTo(want, net.UDPAddrFromAddrPort(to)); err != nil {
			t.Fatal(err)
		}
		if err := relay.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, from, err := relay.ReadFrom(buf)
		if err != nil {
			continue
		}
		if from.String() != to.String() || !bytes.Equal(buf[:n], want) {
			t.Fatalf("%q from %s, want it from %s", buf[:n], from, to)
		}
		return
	}
	t.Fatal("no answer")
}

func TestRelaysToTheMediaPort(t *testing.T) {
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0"} {
		s, peer := newServer(t, listen)
		if listen != "127.0.0.1:0" {
			peer = s.cfg.Peers()[1]
		}
		for _, transport := range []string{"udp", "tcp", "tls"} {
			name, password := s.Credentials("anna")
			relay, err := allocate(t, client(t, s, transport, name, password))
			if err != nil {
				t.Fatalf("%s: %v", transport, err)
			}
			roundTrip(t, relay, peer)
			if got := relay.LocalAddr().(*net.UDPAddr).IP.String(); got != peer.Addr().String() {
				t.Errorf("%s: the relayed address is %s", transport, got)
			}
		}
	}
}

// TestRelaysNowhereElse is how relays of others were made to reach what lies behind them.
func TestRelaysNowhereElse(t *testing.T) {
	s, peer := newServer(t, "127.0.0.1:0")
	trap, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	name, password := s.Credentials("eve")
	c := client(t, s, "udp", name, password)
	relay, err := allocate(t, c)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, relay, peer)
	for _, target := range []string{
		trap.LocalAddr().String(), s.media.String(), s.udp.LocalAddr().String(), "127.0.0.1:22", "127.1:80", "0.0.0.0:80", "10.0.0.1:80", "172.16.0.1:80",
		"192.168.1.1:80", "169.254.169.254:80", "100.64.0.1:80", "100.100.100.200:80", "224.0.0.1:80", "239.255.255.250:1900", "255.255.255.255:80",
		"192.0.2.1:80", "198.51.100.1:80", "8.8.8.8:53", "[::1]:80", "[::ffff:127.0.0.1]:80", "[::ffff:169.254.169.254]:80", "[fe80::1]:80", "[fc00::1]:80",
		"[ff02::1]:80", "[64:ff9b::7f00:1]:80", "[2002:7f00:1::]:80", "[::]:80",
	} {
		a, err := net.ResolveUDPAddr("udp", target)
		if err != nil {
			continue // a name that this resolver does not know
		}
		if err := c.CreatePermission(a); err == nil {
			t.Errorf("a permission for %s", target)
		}
		if n, err := relay.WriteTo([]byte("x"), a); err == nil && !a.IP.Equal(net.ParseIP(public)) {
			t.Errorf("%d bytes were taken for %s", n, target)
		}
	}
	// The right address with another port: permissions are for addresses, but the way leads only to the one port.
	if err := c.CreatePermission(&net.UDPAddr{IP: net.ParseIP(public), Port: 22}); err != nil {
		t.Fatal(err)
	}
	for _, port := range []int{22, int(peer.Port()) + 1, trap.LocalAddr().(*net.UDPAddr).Port} {
		if _, err := relay.WriteTo([]byte("x"), &net.UDPAddr{IP: net.ParseIP(public), Port: port}); err != nil {
			t.Logf("port %d: %v", port, err)
		}
	}
	roundTrip(t, relay, peer) // behind all that was sent
	if err := trap.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := trap.ReadFrom(make([]byte, 10)); err == nil {
		t.Errorf("%d bytes came out elsewhere", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.relays[strings.SplitN(name, ":", 2)[1]] != 1 {
		t.Errorf("%v", s.relays)
	}
}

func TestLegsOnlyToWhatIsOffered(t *testing.T) {
	s, peer := newServer(t, "127.0.0.1:0")
	conn, _, err := generator{s}.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "u"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, target := range []netip.AddrPort{s.media, netip.AddrPortFrom(peer.Addr(), peer.Port()+1), netip.MustParseAddrPort("127.0.0.1:80"), netip.MustParseAddrPort("[::ffff:127.0.0.1]:80")} {
		if _, err := conn.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(target)); err == nil {
			t.Errorf("%s is reached", target)
		}
	}
	if _, err := conn.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(peer)); err != nil {
		t.Error(err)
	}
	g := generator{s}
	if _, _, err := g.AllocateListener(turn.AllocateListenerConfig{Network: "tcp4", UserID: "u"}); err == nil {
		t.Error("a relay to TCP")
	}
	if _, err := g.AllocateConn(turn.AllocateConnConfig{}); err == nil {
		t.Error("a relayed connection")
	}
	if _, _, err := g.AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4", UserID: "u", RequestedPort: 22}); err == nil {
		t.Error("a port of the client's choice")
	}
}

func TestCredentials(t *testing.T) {
	s, _ := newServer(t, "127.0.0.1:0")
	name, password := s.Credentials("anna")
	if strings.Contains(name, "anna") {
		t.Errorf("the user name %s names somebody", name)
	}
	if n, p := s.Credentials("bert"); n == name || p == password {
		t.Error("two people share credentials")
	}
	long := "9999999999" + name[strings.Index(name, ":"):]
	gone := "1000000000" + name[strings.Index(name, ":"):]
	for what, x := range map[string][2]string{
		"another password": {name, "guessed"}, "none": {"", ""}, "no time": {"anna", s.password("anna")}, "no user": {"9999999999:", s.password("9999999999:")},
		"a longer life": {long, password}, "for ever": {long, s.password(long)}, "expired": {gone, s.password(gone)},
	} {
		if _, err := allocate(t, client(t, s, "udp", x[0], x[1])); err == nil {
			t.Errorf("%s: an allocation", what)
		}
	}
	other, _ := newServer(t, "127.0.0.1:0")
	if _, err := allocate(t, client(t, other, "udp", name, password)); err == nil {
		t.Error("credentials of another start are good")
	}
}

func TestQuota(t *testing.T) {
	s, _ := newServer(t, "127.0.0.1:0")
	name, password := s.Credentials("anna")
	var first io.Closer
	for n := range maxRelaysOf {
		c, conn := clientOn(t, s, []string{"udp", "tcp"}[n%2], name, password)
		if _, err := allocate(t, c); err != nil {
			t.Fatalf("allocation %d: %v", n, err)
		}
		if n == 1 {
			first = conn
		}
	}
	more := client(t, s, "udp", name, password)
	if _, err := allocate(t, more); err == nil {
		t.Error("one too many")
	}
	bert, secret := s.Credentials("bert")
	if _, err := allocate(t, client(t, s, "tls", bert, secret)); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		if s.quota(strings.SplitN(name, ":", 2)[1], "", nil) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("a connection that has gone still counts")
		}
	}
}

// TestJunk pours out what no client sends, and then asks whether somebody is still there.
func TestJunk(t *testing.T) {
	s, peer := newServer(t, "127.0.0.1:0")
	random := mathrand.New(mathrand.NewPCG(1, 2))
	junk := func() []byte {
		b := make([]byte, random.IntN(200))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		if len(b) >= 20 && random.IntN(2) == 0 { // looks like STUN
			copy(b, []byte{0, byte(random.IntN(16)), 0, byte(len(b) - 20), 0x21, 0x12, 0xa4, 0x42})
		} else if len(b) >= 4 && random.IntN(2) == 0 { // like channel data
			copy(b, []byte{0x40, 0, 0, byte(len(b) - 4)})
		}
		return b
	}
	udp, err := net.Dial("udp", s.udp.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for range 10_000 {
		if _, err := udp.Write(junk()); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 200 {
		l := s.tcp
		if n%2 == 0 {
			l = s.tls
		}
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			if _, err := c.Write(junk()); err != nil {
				break // hung up on
			}
		}
		c.Close()
	}
	name, password := s.Credentials("anna")
	for _, transport := range []string{"udp", "tcp", "tls"} {
		relay, err := allocate(t, client(t, s, transport, name, password))
		if err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		roundTrip(t, relay, peer)
	}
}

func TestURLs(t *testing.T) {
	s, _ := newServer(t, "127.0.0.1:0")
	port := s.udp.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	got := strings.Join(s.URLs("2001:db8::1"), " ")
	if !strings.HasPrefix(got, "turn:[2001:db8::1]:") || strings.Count(got, "turn") != 3 || !strings.Contains(got, "turns:") || s.tcp.Addr().(*net.TCPAddr).AddrPort().Port() != port {
		t.Error(got)
	}
}
