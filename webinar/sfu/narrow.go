package sfu

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
)

// maxRemotes is how many addresses of one family an ICE session may be checked from. Browsers use one for each network
// and relay of theirs; the library would keep a candidate for every port of whoever has the credentials.
const maxRemotes = 16

// narrowMux is the mux with sessions that know few remote addresses.
type narrowMux struct {
	ice.UDPMux
	dropped *atomic.Uint64 // checks from one address too many
}

// addrPortConn is what a mux hands out for a socket that knows [netip.AddrPort].
type addrPortConn interface {
	net.PacketConn
	ice.AddrPortReaderWriter
}

var errNoAddrPort = errors.New("sfu: the mux has no address ports")

// GetConn implements [ice.UDPMux].
func (m *narrowMux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	c, err := m.UDPMux.GetConn(ufrag, addr)
	if err != nil {
		return nil, err
	}
	a, ok := c.(addrPortConn)
	if !ok {
		return nil, errors.Join(errNoAddrPort, c.Close())
	}
	return &narrowConn{addrPortConn: a, dropped: m.dropped, proven: map[netip.AddrPort]struct{}{}}, nil
}

// narrowConn passes checks on from addresses that were answered, or may still be. The library answers only who has shown
// the password, so a stranger cannot use up the places; and the mux lets nothing but checks through from other addresses.
type narrowConn struct {
	addrPortConn
	dropped *atomic.Uint64

	mu     sync.Mutex
	proven map[netip.AddrPort]struct{}
}

// ReadFromAddrPort implements [ice.AddrPortReaderWriter].
func (c *narrowConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.addrPortConn.ReadFromAddrPort(b)
		if err != nil || !isCheck(b[:n]) || c.may(from, false) {
			return n, from, err
		}
		c.dropped.Add(1)
	}
}

// WriteToAddrPort implements [ice.AddrPortReaderWriter].
func (c *narrowConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if isCheck(b) && !c.may(to, true) {
		return len(b), nil
	}
	return c.addrPortConn.WriteToAddrPort(b, to)
}

// may reports whether there is a place for an address, and with take gives it one.
func (c *narrowConn) may(addr netip.AddrPort, take bool) bool {
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.proven[addr]; known {
		return true
	}
	if len(c.proven) >= maxRemotes {
		return false
	}
	if take {
		c.proven[addr] = struct{}{}
	}
	return true
}
