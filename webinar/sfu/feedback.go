package sfu

import (
	"io"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/packetio"
)

// inlet stands in for the receive buffer of one stream of a viewer. Reports are handled where they are decrypted, so
// that no slot needs a goroutine and a buffer to read them; media, which viewers have no business to send, is dropped.
type inlet struct {
	viewer *viewer
	ssrc   uint32
	report bool
	once   sync.Once
	closed chan struct{}
}

// inlet has the form of the setting engine's BufferFactory.
func (v *viewer) inlet(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	v.intake.admits(kind) // beyond the bound the end of the session is on its way
	return &inlet{viewer: v, ssrc: ssrc, report: kind == packetio.RTCPBufferPacket, closed: make(chan struct{})}
}

// Write takes one datagram. It comes once for each stream that it is about.
func (in *inlet) Write(b []byte) (int, error) {
	if in.report && in.viewer.ration.allows(time.Now()) {
		in.viewer.feedback(b, in.ssrc)
	}
	return len(b), nil
}

// Read waits for Close.
func (in *inlet) Read([]byte) (int, error) { <-in.closed; return 0, io.EOF }

// Close ends Read.
func (in *inlet) Close() error { in.once.Do(func() { close(in.closed) }); return nil }

// feedback passes on what the viewer asks for about the stream ssrc.
func (v *viewer) feedback(b []byte, ssrc uint32) {
	s := v.slot(ssrc)
	if s == nil {
		return
	}
	pkts, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, p := range pkts {
		switch p := p.(type) {
		case *rtcp.PictureLossIndication:
			if p.MediaSSRC == ssrc {
				v.shard.offer(job{do: func(*shard) { s.askKeyFrame() }})
			}
		case *rtcp.FullIntraRequest:
			v.shard.offer(job{do: func(*shard) { s.askKeyFrame() }})
		case *rtcp.TransportLayerNack:
			if p.MediaSSRC == ssrc && v.ration.serves(p.Nacks) {
				v.shard.offer(job{do: func(sh *shard) { v.repeat(sh, s, p.Nacks) }})
			}
		case *rtcp.ReceiverReport:
			v.reception(s, p.Reports, time.Now())
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			if len(p.SSRCs) > 0 && p.SSRCs[0] == ssrc { // once, however many streams it names
				v.heard.estimate.Store(uint64(min(max(p.Bitrate, 1), mostBudget)))
				v.heard.judged.Store(time.Now().UnixMilli())
			}
		}
	}
}

// reception takes the block about s of a receiver report (RFC 3550 section 6.4.2).
func (v *viewer) reception(s *slot, blocks []rtcp.ReceptionReport, now time.Time) {
	b := s.bound.Load()
	for _, r := range blocks {
		if b == nil || r.SSRC != b.ssrc {
			continue
		}
		s.heard.loss.Store(uint32(r.FractionLost))
		s.heard.at.Store(now.UnixMilli())
		if r.LastSenderReport != 0 {
			// The middle 32 bits of NTP time, in units of 1/65536 s.
			if gone := uint32(toNTP(now)>>16) - r.LastSenderReport - r.Delay; gone < 1<<31 {
				v.heard.rtt.Store(int64(gone) * int64(time.Second) / 65536)
			}
		}
	}
}

// slot finds what is sent as ssrc.
func (v *viewer) slot(ssrc uint32) *slot {
	for _, s := range v.slots {
		if b := s.bound.Load(); b != nil && b.ssrc == ssrc {
			return s
		}
	}
	return nil
}

func (v *viewer) repeat(sh *shard, s *slot, nacks []rtcp.NackPair) {
	now := time.Now()
	for _, n := range nacks {
		for _, seq := range n.PacketList() {
			if s.repeat(seq, now, &sh.desk) != nil {
				v.failed.Add(1)
				return
			}
		}
	}
}
