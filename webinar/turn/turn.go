// Package turn is the relay for networks that let nothing else through: TURN (RFC 8656) over UDP, TCP and TLS. It leads
// to this server's own media port and nowhere else: an allocation has no socket that could reach another address, so
// there is nothing to filter and nothing to forget.
//
// Who may use it is said by credentials that the API hands to people with a seat: valid for minutes, made from a
// secret that lives as long as the process, and naming nobody.
package turn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// The limits.
const (
	Lifetime = 300 * time.Second // of credentials: until when they begin an allocation

	realm          = "plenum"
	allocationLife = 5 * time.Minute // without a refresh
	refreshedFor   = 24 * time.Hour  // after its credentials have expired an allocation lives on so long at most
	maxRelaysOf    = 48              // of one person: browsers take one a transport, network and connection
	maxRelays      = 2048
	maxLegs        = 16 // addresses of ours that one allocation uses
)

// Config says where the relay listens and where it leads to.
type Config struct {
	Listen    string                  // "host:port" for UDP and TCP; empty: neither
	TLSListen string                  // "host:port" for TLS; empty: none
	TLS       *tls.Config             // for TLSListen
	Media     netip.AddrPort          // the media socket; unspecified: all addresses of this machine
	Peers     func() []netip.AddrPort // where clients believe the media port to be: what answers offer
	Log       *slog.Logger
	Room      func(net.Conn) bool // tells whether the system has room for one more connection, this one; nil: always
}

// Server is a running relay.
type Server struct {
	cfg    Config
	secret []byte
	server *turn.Server
	udp    net.PacketConn // nil: not listening
	tcp    net.Listener
	tls    net.Listener
	media  netip.AddrPort
	wg     sync.WaitGroup // legs

	mu     sync.Mutex
	guests map[string]*guest // by remote address
	of     map[netip.Prefix]int
	relays map[string]int // by user
	total  int
	serial int
	closed bool
}

// New opens the ports. Close ends everything.
func New(cfg Config) (s *Server, err error) {
	s = &Server{cfg: cfg, secret: make([]byte, 32), media: cfg.Media, guests: map[string]*guest{}, of: map[netip.Prefix]int{}, relays: map[string]int{}}
	rand.Read(s.secret)
	if ip := s.media.Addr(); ip.IsUnspecified() { // takes both families, so one of them will do
		s.media = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), s.media.Port())
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("turn: %w", err), s.closePorts())
		}
	}()
	if cfg.Listen != "" {
		if err := s.open(cfg.Listen); err != nil {
			return nil, err
		}
	}
	if cfg.TLSListen != "" {
		l, err := net.Listen("tcp", cfg.TLSListen)
		if err != nil {
			return nil, err
		}
		s.tls = l
	}
	config := turn.ServerConfig{
		Realm: realm, AuthHandler: s.authenticate, QuotaHandler: s.quota, AllocationLifetime: allocationLife,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}},
		EventHandler: turn.EventHandler{
			OnAllocationCreated: func(src, _ net.Addr, _, _, _ string, _ net.Addr, _ int) { s.settle(src, true) },
			OnAllocationDeleted: func(src, _ net.Addr, _, _, _ string) { s.settle(src, false) },
		},
	}
	if s.udp != nil {
		config.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: s.udp, RelayAddressGenerator: generator{s}, PermissionHandler: s.permit}}
	}
	for _, l := range s.listeners() {
		config.ListenerConfigs = append(config.ListenerConfigs, turn.ListenerConfig{Listener: l, RelayAddressGenerator: generator{s}, PermissionHandler: s.permit})
	}
	s.server, err = turn.NewServer(config)
	return s, err
}

// open takes the same port for UDP and TCP.
func (s *Server) open(at string) error {
	for try := 0; ; try++ {
		conn, err := net.ListenPacket("udp", at) //nolint:noctx // the name is looked up once, at the start
		if err != nil {
			return err
		}
		port := conn.LocalAddr().(*net.UDPAddr).Port //nolint:forcetypeassert // a UDP socket has no other
		host, asked, err := net.SplitHostPort(at)
		if err == nil {
			s.tcp, err = net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		}
		if err == nil {
			s.udp = conn
			return nil
		}
		err = errors.Join(err, conn.Close())
		if asked != "0" || try == 20 { // a free UDP port may be a taken TCP port
			return err
		}
	}
}

// listeners are the doors, each in its own way guarded.
func (s *Server) listeners() []net.Listener {
	var all []net.Listener
	if s.tcp != nil {
		all = append(all, &door{s.tcp, s})
	}
	if s.tls != nil {
		all = append(all, tls.NewListener(&door{s.tls, s}, s.cfg.TLS))
	}
	return all
}

func (s *Server) closePorts() error {
	var errs []error
	if s.udp != nil {
		errs = append(errs, s.udp.Close())
	}
	for _, l := range []net.Listener{s.tcp, s.tls} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// Close ends all allocations.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	guests := make([]*guest, 0, len(s.guests))
	for _, g := range s.guests {
		guests = append(guests, g)
	}
	s.mu.Unlock()
	err := s.closePorts()
	for _, g := range guests {
		g.Close()
	}
	s.wg.Wait()
	return err
}

// URLs lists the relay's addresses for clients that know this machine as host, the cheapest way first.
func (s *Server) URLs(host string) []string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	var all []string
	if s.udp != nil {
		port := s.udp.LocalAddr().(*net.UDPAddr).Port //nolint:forcetypeassert // as in open
		all = append(all, fmt.Sprintf("turn:%s:%d?transport=udp", host, port), fmt.Sprintf("turn:%s:%d?transport=tcp", host, port))
	}
	if s.tls != nil {
		all = append(all, fmt.Sprintf("turns:%s:%d?transport=tcp", host, s.tls.Addr().(*net.TCPAddr).Port)) //nolint:forcetypeassert // a TCP listener has no other
	}
	return all
}

// Credentials makes a user name and a password for whoever has that seat, valid for [Lifetime].
func (s *Server) Credentials(seat string) (username, password string) {
	sum := sha256.Sum256([]byte(seat))
	username = strconv.FormatInt(time.Now().Add(Lifetime).Unix(), 10) + ":" + hex.EncodeToString(sum[:16])
	return username, s.password(username)
}

func (s *Server) password(username string) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(username))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// authenticate tells the key of a user whose time has not run out. An allocation that has begun may be refreshed.
func (s *Server) authenticate(ra *turn.RequestAttributes) (user string, key []byte, ok bool) {
	until, user, _ := strings.Cut(ra.Username, ":")
	unix, err := strconv.ParseInt(until, 10, 64)
	if err != nil || user == "" || ra.Realm != realm {
		return "", nil, false
	}
	left := time.Until(time.Unix(unix, 0))
	if ra.Method != stun.MethodAllocate {
		left += refreshedFor
	}
	if left <= 0 || left > Lifetime+refreshedFor {
		return "", nil, false
	}
	return user, turn.GenerateAuthKey(ra.Username, realm, s.password(ra.Username)), true
}

// permit lets a client name only addresses of ours; see [relay.WriteTo] for the ports.
func (s *Server) permit(_ net.Addr, peer net.IP) bool {
	ip, ok := netip.AddrFromSlice(peer)
	return ok && slices.ContainsFunc(s.cfg.Peers(), func(p netip.AddrPort) bool { return p.Addr() == ip.Unmap() })
}

func (s *Server) quota(user, _ string, _ net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mayRelay(user)
}

func (s *Server) mayRelay(user string) bool {
	return !s.closed && s.total < maxRelays && s.relays[user] < maxRelaysOf
}
