package sfu

import (
	"errors"
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
)

// outlet is the mux as one viewer sees it. It learns where the viewer is, see [course], and media that the library
// encrypted goes into the batch of the viewer's shard; all else, which other goroutines write, straight to the socket.
// No write of media has to look for its batch or to take a lock on the way.
type outlet struct {
	ice.UDPMux
	viewer *viewer
}

// GetConn implements [ice.UDPMux].
func (o *outlet) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	c, err := o.UDPMux.GetConn(ufrag, addr)
	if err != nil {
		return nil, err
	}
	a, ok := c.(addrPortConn)
	if !ok {
		return nil, errors.Join(errNoAddrPort, c.Close())
	}
	return &outletConn{addrPortConn: a, viewer: o.viewer}, nil
}

type outletConn struct {
	addrPortConn
	viewer *viewer
}

// WriteToAddrPort implements [ice.AddrPortReaderWriter]. The shard's goroutine is the only one that writes media.
func (c *outletConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	switch out := c.viewer.shard.out; {
	case isRTP(b):
		if out.Add(b, to) {
			return len(b), nil
		}
	case !isCheck(b):
		c.viewer.passage.note(c.addrPortConn, to, nil, out.Carries(to))
	}
	return c.addrPortConn.WriteToAddrPort(b, to)
}

// tcpOutlet is the same for clients that come by TCP, whose writes do not wait.
type tcpOutlet struct {
	ice.TCPMux
	viewer *viewer
}

// GetConnByUfrag implements [ice.TCPMux].
func (o *tcpOutlet) GetConnByUfrag(ufrag string, v6 bool, local net.IP) (net.PacketConn, error) {
	c, err := o.TCPMux.GetConnByUfrag(ufrag, v6, local)
	if err != nil {
		return nil, err
	}
	return &tcpOutletConn{PacketConn: c, viewer: o.viewer}, nil
}

type tcpOutletConn struct {
	net.PacketConn
	viewer *viewer
}

// WriteTo implements [net.PacketConn].
func (c *tcpOutletConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if !isRTP(b) && !isCheck(b) {
		c.viewer.passage.note(c.PacketConn, netip.AddrPort{}, to, false)
	}
	return c.PacketConn.WriteTo(b, to)
}

// isCheck tells STUN (RFC 7983 section 7).
func isCheck(b []byte) bool { return len(b) > 0 && b[0] < 4 }

// isRTP tells RTP from RTCP, DTLS and STUN (RFC 7983 section 7, RFC 5761 section 4).
func isRTP(b []byte) bool {
	return len(b) > 1 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223)
}
