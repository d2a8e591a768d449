package sfu

import (
	"io"
	"math/bits"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/packetio"
)

// intake bounds what the library keeps for one peer. For each SSRC that a peer sends, or names in a report, it keeps a
// buffer, the state of its decryption and, of media, a goroutine that looks for its track, until the connection
// closes. A peer that uses more of them than any client does is cut off; only what it has encrypted itself counts.
type intake struct {
	media, reports atomic.Int32
	stop           func() // begins the end of the session; set before anything is negotiated
}

// The most streams of one peer. A publisher sends three layers and a sound with their repeats, a viewer nothing; a
// person on stage gets twenty slots and reports about two streams of each.
const (
	maxMediaStreams  = 16
	maxReportStreams = 96
	mediaBuffer      = 512 << 10 // bytes of one stream that wait to be read: several key frames
	reportBuffer     = 64 << 10
)

// admits counts a new stream.
func (in *intake) admits(kind packetio.BufferPacketType) bool {
	var ok bool
	if kind == packetio.RTPBufferPacket {
		ok = in.media.Add(1) <= maxMediaStreams
	} else {
		ok = in.reports.Add(1) <= maxReportStreams
	}
	if !ok {
		in.stop()
	}
	return ok
}

// buffer has the form of the setting engine's BufferFactory.
func (in *intake) buffer(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
	b := &streamBuffer{Buffer: packetio.NewBuffer()}
	switch {
	case !in.admits(kind):
		b.SetLimitSize(1) // takes nothing
	case kind == packetio.RTPBufferPacket:
		b.SetLimitSize(mediaBuffer)
	default:
		b.SetLimitSize(reportBuffer)
	}
	return b
}

// streamBuffer is a packet buffer in the form of a stream's. The attributes of a packet are passed through.
type streamBuffer struct{ *packetio.Buffer }

// Write implements [io.Writer].
func (b *streamBuffer) Write(p []byte) (int, error) { return b.Buffer.Write(p, nil) }

// WriteWithAttributes is what the library asks for.
func (b *streamBuffer) WriteWithAttributes(p []byte, a packetio.Attributes) (int, error) {
	return b.Buffer.Write(p, a)
}

// Read implements [io.Reader].
func (b *streamBuffer) Read(p []byte) (int, error) {
	n, _, err := b.Buffer.Read(p, nil)
	return n, err
}

// ReadWithAttributes is what the library asks for.
func (b *streamBuffer) ReadWithAttributes(p []byte, a packetio.Attributes) (int, packetio.Attributes, error) {
	return b.Buffer.Read(p, a)
}

// The most that the reports of a viewer, or of one stream of a publisher, may cause in a second, far above what a browser
// on the worst line sends.
const (
	maxReports = 400  // datagrams, each for every stream that it is about, and sender reports in them
	maxAsked   = 4000 // sequence numbers in NACKs
)

// ration is what is left of the second. It is of the goroutine that reads from the peer.
type ration struct {
	second         int64
	reports, asked int
}

// allows counts one report.
func (r *ration) allows(now time.Time) bool {
	if s := now.Unix(); s != r.second {
		*r = ration{second: s}
	}
	r.reports++
	return r.reports <= maxReports
}

// serves counts what a NACK asks for.
func (r *ration) serves(pairs []rtcp.NackPair) bool {
	for _, p := range pairs {
		r.asked += 1 + bits.OnesCount16(uint16(p.LostPackets))
	}
	return r.asked <= maxAsked
}
