package sfu

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/stun/v4"
)

// What a connection may cost before it has shown that it belongs to a session, and after.
const (
	maxStrangers   = 512
	maxStrangersOf = 16 // of one address, or of one IPv6 network (/64)
	maxConnsOf     = 4  // of one session; a client may try each of our addresses
	maxFrame       = 8 << 10
	acceptPause    = 50 * time.Millisecond // when the system has no descriptors left
)

// tcpMux takes media over TCP (RFC 6544), for networks that let no UDP out: a client connects, its first frame is a
// check that names its session, and frames go both ways (RFC 4571). It implements [ice.TCPMux].
//
// Pion's own would open a place for whoever knocks, and finds a session by the address that was connected to, which
// behind NAT is none of ours.
type tcpMux struct {
	l        net.Listener
	stranger time.Duration // how long a connection may take to its first check
	room     func(net.Conn) bool
	quit     chan struct{}
	wg       sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	sessions  map[string]*tcpEnd // by our username fragment
	strangers map[net.Conn]netip.Prefix
	of        map[netip.Prefix]int // strangers of one network
	serial    uint32
}

func newTCPMux(l net.Listener, stranger time.Duration, room func(net.Conn) bool) *tcpMux {
	m := &tcpMux{l: l, stranger: stranger, room: room, quit: make(chan struct{}), sessions: map[string]*tcpEnd{}, strangers: map[net.Conn]netip.Prefix{}, of: map[netip.Prefix]int{}}
	m.wg.Go(m.accept)
	return m
}

// errNoPlace is what pion hears when there is nothing to listen with.
var errNoPlace = errors.New("sfu: no place for media over TCP")

// GetConnByUfrag implements [ice.TCPMux]. One place takes the clients of both families, see [tcpMux.name].
func (m *tcpMux) GetConnByUfrag(ufrag string, v6 bool, _ net.IP) (net.PacketConn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, io.ErrClosedPipe
	}
	if v6 || m.sessions[ufrag] != nil {
		return nil, errNoPlace
	}
	e := &tcpEnd{mux: m, ufrag: ufrag, local: m.l.Addr(), in: make(chan tcpFrame, 16), done: make(chan struct{}), peers: map[netip.AddrPort]*tcpPeer{}}
	m.sessions[ufrag] = e
	return e, nil
}

// RemoveConnByUfrag implements [ice.TCPMux].
func (m *tcpMux) RemoveConnByUfrag(ufrag string) {
	m.mu.Lock()
	e := m.sessions[ufrag]
	m.mu.Unlock()
	if e != nil {
		e.close()
	}
}

// Close implements [io.Closer]: it ends all connections and waits.
func (m *tcpMux) Close() error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	close(m.quit)
	strangers, ends := slices.Collect(maps.Keys(m.strangers)), slices.Collect(maps.Values(m.sessions))
	m.mu.Unlock()
	err := m.l.Close()
	for _, c := range strangers {
		c.Close()
	}
	for _, e := range ends {
		e.close()
	}
	m.wg.Wait()
	return err
}

func (m *tcpMux) accept() {
	for {
		c, err := m.l.Accept()
		switch {
		case err == nil:
			if m.admit(c) {
				m.wg.Go(func() { m.greet(c) })
			} else {
				c.Close()
			}
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of descriptors, or the client has gone already
			select {
			case <-time.After(acceptPause):
			case <-m.quit:
				return
			}
		}
	}
}

// admit counts a stranger, unless there are too many, or too many descriptors in use: what is left of those is for who is there.
func (m *tcpMux) admit(c net.Conn) bool {
	addr, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok || m.room != nil && !m.room(c) {
		return false
	}
	ip := addr.AddrPort().Addr().Unmap()
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	from, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || len(m.strangers) >= maxStrangers || m.of[from] >= maxStrangersOf {
		return false
	}
	m.strangers[c] = from
	m.of[from]++
	return true
}

func (m *tcpMux) known(c net.Conn) {
	m.mu.Lock()
	defer m.mu.Unlock()
	from := m.strangers[c]
	delete(m.strangers, c)
	if m.of[from]--; m.of[from] == 0 {
		delete(m.of, from)
	}
}

// greet waits for the check that says whose connection this is, and reads on for that session.
func (m *tcpMux) greet(c net.Conn) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 2048)
	err := c.SetReadDeadline(time.Now().Add(m.stranger))
	var first []byte
	if err == nil {
		first, err = readFrame(r)
	}
	m.known(c)
	if err != nil || c.SetReadDeadline(time.Time{}) != nil {
		return
	}
	m.mu.Lock()
	e := m.sessions[namedBy(first)]
	m.serial++
	addr := m.name(c, m.serial)
	m.mu.Unlock()
	if e == nil {
		return
	}
	if p := newTCPPeer(c, addr); e.add(p) {
		defer e.remove(p)
		m.wg.Go(p.write)
		e.read(p, r, first)
	}
}

// name is the address by which pion knows a client. It keeps families apart and would need a second place with a
// second reader for IPv6; so those clients get a name out of a range that nobody has (RFC 1112 section 4).
func (m *tcpMux) name(c net.Conn, serial uint32) netip.AddrPort {
	a := c.RemoteAddr().(*net.TCPAddr).AddrPort() //nolint:forcetypeassert // admit has looked
	if ip := a.Addr().Unmap(); ip.Is4() {
		return netip.AddrPortFrom(ip, a.Port())
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], 0xf0000000|serial&0x07ffffff)
	return netip.AddrPortFrom(netip.AddrFrom4(b), a.Port())
}

// namedBy is the username fragment of ours that a check is for, or empty.
func namedBy(check []byte) string {
	msg := &stun.Message{Raw: check}
	if !stun.IsMessage(check) || msg.Decode() != nil || msg.Type != stun.BindingRequest {
		return ""
	}
	name, err := msg.Get(stun.AttrUsername)
	if err != nil {
		return ""
	}
	ours, _, _ := strings.Cut(string(name), ":")
	return ours
}

// readFrame reads one frame (RFC 4571 section 2).
func readFrame(r io.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(head[:]))
	if n > maxFrame {
		return nil, io.ErrShortBuffer
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
