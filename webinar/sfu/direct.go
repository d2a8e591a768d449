package sfu

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"plenum/webinar/sfu/egress"
	"plenum/webinar/sfu/seal"
)

// mediaWriter is what a slot writes to, from its shard's goroutine only.
type mediaWriter interface {
	WriteRTP(h *rtp.Header, payload []byte) (int, error)
}

// The library's way from a packet to the socket (session, lock, pool, map, mux, agent, pair, candidate, mux) costs more
// than the kernel's. So media goes a way of its own, from the slot into the datagram; reports, handshakes and checks
// stay with the library. Who uses which is decided once, with the first packet, for good: were one SSRC encrypted by
// both, its numbers could be used twice.

// passage is how a viewer's media leaves.
type passage struct {
	course
	settled bool         // of the shard
	sender  *seal.Sender // nil: the library encrypts
	secrets overhear
}

// settle decides who encrypts. Nothing is written before the viewer is connected, so the handshake is over by then.
func (p *passage) settle() { p.settled, p.sender = true, p.secrets.sender() }

// course is where a viewer's media goes now, which is where the library sends what is not a check: ICE has proven that
// address. It is unset until the DTLS handshake has begun over a pair that ICE chose.
type course struct{ at atomic.Pointer[hop] }

// hop is one address and the connection that leads to it.
type hop struct {
	to     netip.AddrPort // for datagrams of our socket
	direct bool           // the shard's batch carries it
	conn   packetWriter
	addr   net.Addr // else
}

// note is told of each datagram that the library sends over c and that is not a check.
func (c *course) note(conn packetWriter, to netip.AddrPort, addr net.Addr, direct bool) {
	now := c.at.Load()
	if now != nil && now.conn == conn && now.to == to && (direct || addr == nil || now.addr.String() == addr.String()) {
		return
	}
	if addr == nil {
		addr = net.UDPAddrFromAddrPort(to)
	}
	c.at.Store(&hop{to: to, direct: direct, conn: conn, addr: addr})
}

// packetWriter must not block for long: the shard waits.
type packetWriter interface {
	WriteTo(b []byte, to net.Addr) (int, error)
}

var (
	errNoCourse = errors.New("sfu: no address to send media to")
	errForm     = errors.New("sfu: a packet is too large or has a header that viewers do not get")
)

// writer is for the slot that is bound by c.
func (v *viewer) writer(c webrtc.TrackLocalContext) mediaWriter {
	return &direct{viewer: v, library: c.WriteStream(), ssrc: uint32(c.SSRC())}
}

// direct writes the packets of one slot past the library.
type direct struct {
	viewer  *viewer
	library mediaWriter // for connections that we have no key of
	ssrc    uint32
	media   seal.Index
	repeats seal.Index // of the SSRC for retransmission
	spare   []byte     // for connections that are no batch's
}

const rtpHeader = 12 // bytes

// WriteRTP implements [mediaWriter]. Viewers negotiate no header extensions, so a header has none.
func (d *direct) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	p := &d.viewer.passage
	if !p.settled {
		p.settle()
		d.viewer.shard.tour.moved = true
	}
	sender := p.sender
	if sender == nil {
		return d.library.WriteRTP(h, payload)
	}
	hop := p.at.Load()
	if hop == nil {
		return 0, errNoCourse
	}
	size := rtpHeader + len(payload) + seal.Overhead
	if size > egress.MaxDatagram || h.Extension || h.Padding || len(h.CSRC) > 0 {
		return 0, errForm
	}
	index := &d.media
	if h.SSRC != d.ssrc {
		index = &d.repeats
	}
	n, err := index.Of(h.SequenceNumber)
	if err != nil {
		return 0, err
	}
	if hop.direct {
		fill(d.viewer.shard.out.Reserve(size, hop.to), sender, h, payload, n)
		return size, nil
	}
	if d.spare == nil {
		d.spare = make([]byte, egress.MaxDatagram)
	}
	fill(d.spare[:size], sender, h, payload, n)
	return hop.conn.WriteTo(d.spare[:size], hop.addr)
}

// fill makes p the encrypted packet. The payload is of all viewers and only read.
func fill(p []byte, sender *seal.Sender, h *rtp.Header, payload []byte, index uint64) {
	p[0], p[1] = 2<<6, h.PayloadType
	if h.Marker {
		p[1] |= 1 << 7
	}
	binary.BigEndian.PutUint16(p[2:], h.SequenceNumber)
	binary.BigEndian.PutUint32(p[4:], h.Timestamp)
	binary.BigEndian.PutUint32(p[8:], h.SSRC)
	sender.Seal(p, rtpHeader, payload, h.SSRC, index)
}

// follow lets the library send something whenever ICE chooses another pair, so that the course is known at once.
func (v *viewer) follow(t *webrtc.ICETransport) {
	t.OnSelectedCandidatePairChange(func(*webrtc.ICECandidatePair) {
		if !v.ready.Load() {
			return // the handshake will show it
		}
		if err := v.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{}}); err != nil {
			v.failed.Add(1)
		}
	})
}
