package sfu

import (
	"errors"
	"net"
	"net/netip"

	"github.com/pion/ice/v4"

	"plenum/webinar/sfu/egress"
)

// outlet is the mux as the viewers of one shard see it: media that the shard writes goes into the shard's batch, all
// else, which other goroutines write, straight to the socket. Because every shard has its own, no write of media has
// to look for its batch or to take a lock on the way.
type outlet struct {
	ice.UDPMux
	batch *egress.Batch
}

// addrPortConn is what a mux hands out for a socket that knows [netip.AddrPort].
type addrPortConn interface {
	net.PacketConn
	ice.AddrPortReaderWriter
}

var errNoAddrPort = errors.New("sfu: the mux has no address ports")

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
	return &outletConn{addrPortConn: a, batch: o.batch}, nil
}

type outletConn struct {
	addrPortConn
	batch *egress.Batch // of the shard's goroutine, the only one that writes RTP to a viewer
}

// WriteToAddrPort implements [ice.AddrPortReaderWriter].
func (c *outletConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if isRTP(b) && c.batch.Add(b, to) {
		return len(b), nil
	}
	return c.addrPortConn.WriteToAddrPort(b, to)
}

// isRTP tells RTP from RTCP, DTLS and STUN (RFC 7983 section 7, RFC 5761 section 4).
func isRTP(b []byte) bool {
	return len(b) > 1 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223)
}
