package turn

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/turn/v5"
)

var errRefused = errors.New("turn: it leads to the media port and nowhere else")

// generator makes the allocations.
type generator struct{ s *Server }

// Validate implements [turn.RelayAddressGenerator].
func (generator) Validate() error { return nil }

// AllocateListener implements [turn.RelayAddressGenerator]: there is no relaying to TCP (RFC 6062).
func (generator) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errRefused
}

// AllocateConn implements [turn.RelayAddressGenerator].
func (generator) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errRefused }

// AllocatePacketConn implements [turn.RelayAddressGenerator]. The relayed address is a name only: nobody can send to
// it, since the media port ignores what clients say of themselves and answers to where their checks come from.
func (g generator) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	peers := g.s.cfg.Peers()
	i := slices.IndexFunc(peers, func(p netip.AddrPort) bool { return p.Addr().Is6() == (c.Network == "udp6") })
	if i < 0 || c.UserID == "" || c.RequestedPort != 0 {
		return nil, nil, errRefused
	}
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	if !g.s.mayRelay(c.UserID) {
		return nil, nil, errRefused
	}
	g.s.total++
	g.s.relays[c.UserID]++
	g.s.serial++
	const first, count = 1024, 65536 - 1024
	r := &relay{
		s: g.s, user: c.UserID, addr: &net.UDPAddr{IP: peers[i].Addr().AsSlice(), Port: first + g.s.serial%count},
		in: make(chan datagram, 16), done: make(chan struct{}), legs: map[netip.AddrPort]*net.UDPConn{},
	}
	return r, r.addr, nil
}

// relay is one allocation's way to the media port: a socket of this machine for each of our addresses that the client
// uses, so that what comes back can be told to have come from there.
type relay struct {
	s    *Server
	user string
	addr net.Addr
	in   chan datagram
	done chan struct{}

	mu     sync.Mutex
	closed bool
	legs   map[netip.AddrPort]*net.UDPConn
}

type datagram struct {
	data []byte
	from net.Addr
}

// WriteTo implements [net.PacketConn]: what is meant for the media port goes there, all else nowhere.
func (r *relay) WriteTo(b []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errRefused
	}
	a := u.AddrPort()
	if a.Addr().Is4In6() {
		a = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	leg, err := r.leg(a)
	if err != nil {
		return 0, err
	}
	_, err = leg.Write(b)
	if errors.Is(err, net.ErrClosed) {
		return 0, err
	}
	return len(b), nil // a full buffer is a loss like any other
}

// leg opens the way to one of our addresses.
func (r *relay) leg(a netip.AddrPort) (*net.UDPConn, error) {
	r.mu.Lock()
	leg, few, closed := r.legs[a], len(r.legs) < maxLegs, r.closed
	r.mu.Unlock()
	switch {
	case closed:
		return nil, net.ErrClosed
	case leg != nil:
		return leg, nil
	case !few || !slices.Contains(r.s.cfg.Peers(), a):
		return nil, errRefused
	}
	leg, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.s.media))
	if err != nil {
		return nil, err
	}
	if !r.s.room(leg) {
		leg.Close()
		return nil, errRefused
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.legs[a]; other != nil || r.closed {
		leg.Close() // somebody was faster
		if other == nil {
			return nil, net.ErrClosed
		}
		return other, nil
	}
	r.legs[a] = leg
	r.s.wg.Go(func() { r.listen(leg, net.UDPAddrFromAddrPort(a)) })
	return leg, nil
}

// listen passes on what the media port answers. When the client does not keep up the system drops what comes.
func (r *relay) listen(leg *net.UDPConn, from net.Addr) {
	buf := make([]byte, 1600)
	for {
		n, err := leg.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // the media port is gone for a moment
			select {
			case <-time.After(100 * time.Millisecond):
				continue
			case <-r.done:
				return
			}
		}
		select {
		case r.in <- datagram{append([]byte(nil), buf[:n]...), from}:
		case <-r.done:
			return
		}
	}
}

// ReadFrom implements [net.PacketConn].
func (r *relay) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-r.in:
		return copy(b, d.data), d.from, nil
	case <-r.done:
		return 0, nil, net.ErrClosed
	}
}

// Close implements [net.PacketConn].
func (r *relay) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	close(r.done)
	legs := r.legs
	r.legs = nil
	r.mu.Unlock()
	for _, l := range legs {
		l.Close()
	}
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.relays[r.user]--; s.relays[r.user] == 0 {
		delete(s.relays, r.user)
	}
	return nil
}

// LocalAddr implements [net.PacketConn].
func (r *relay) LocalAddr() net.Addr { return r.addr }

// SetDeadline implements [net.PacketConn]; nothing here waits longer than Close.
func (r *relay) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.PacketConn].
func (r *relay) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements [net.PacketConn].
func (r *relay) SetWriteDeadline(time.Time) error { return nil }
