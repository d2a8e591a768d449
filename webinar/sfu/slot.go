package sfu

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// slot is one m-line of a viewer, a [webrtc.TrackLocal] of our own. It is negotiated once; what it carries changes
// without any. Everything below the line belongs to the shard of its viewer.
type slot struct {
	viewer *viewer
	video  bool
	index  int
	bound  atomic.Pointer[binding]
	heard  heardSlot

	want *source // under the engine's lock: what the shard was last told

	// ---
	src     *source
	feed    *feed // src's; nil with it
	rw      rewriter
	rtxSeq  uint16
	packets uint32
	octets  uint32
	second  int64 // the second that repeats counts in
	repeats int
}

// binding is what the negotiation made of the slot.
type binding struct {
	codec    codec
	out      webrtc.TrackLocalWriter
	ssrc     uint32
	rtxSSRC  uint32 // 0: repeats go out as they are
	pt, rtxT uint8
}

// maxRepeats is the most retransmissions a slot sends in a second: a viewer that asks for more is not served by more.
const maxRepeats = 600

// Bind implements [webrtc.TrackLocal].
func (s *slot) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	all := c.CodecParameters()
	for _, p := range all {
		k, ok := codecOf(s.video, p.MimeType)
		if !ok {
			continue
		}
		b := &binding{codec: k, out: c.WriteStream(), ssrc: uint32(c.SSRC()), pt: uint8(p.PayloadType)}
		if t := rtxType(all, p.PayloadType); t != 0 {
			b.rtxSSRC, b.rtxT = uint32(c.SSRCRetransmission()), t
		}
		s.bound.Store(b)
		return p, nil
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind implements [webrtc.TrackLocal].
func (s *slot) Unbind(webrtc.TrackLocalContext) error { s.bound.Store(nil); return nil }

// ID implements [webrtc.TrackLocal].
func (s *slot) ID() string {
	if s.video {
		return "video" + strconv.Itoa(s.index)
	}
	return "audio" + strconv.Itoa(s.index)
}

// RID implements [webrtc.TrackLocal].
func (s *slot) RID() string { return "" }

// StreamID implements [webrtc.TrackLocal]. Voice and picture of one index are one stream, see [arrange].
func (s *slot) StreamID() string { return "slot" + strconv.Itoa(s.index) }

// Kind implements [webrtc.TrackLocal].
func (s *slot) Kind() webrtc.RTPCodecType {
	if s.video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}

// turn makes the slot carry src, nil for nothing.
func (s *slot) turn(src *source) {
	s.src = src
	s.rw.stop()
	s.askKeyFrame()
}

// askKeyFrame asks the source for a picture to start with.
func (s *slot) askKeyFrame() {
	if s.src != nil && s.video && s.viewer.ready.Load() {
		s.src.RequestKeyFrame()
	}
}

// write forwards p. A video slot that starts waits for a key frame.
func (s *slot) write(p *packet, d *desk) error {
	b := s.bound.Load()
	if b == nil || !s.viewer.ready.Load() {
		return nil
	}
	if !s.rw.runs(p.epoch) {
		if b.codec.params.MimeType != s.src.codec.params.MimeType {
			return nil
		}
		if s.video && !p.frame.key {
			s.askKeyFrame()
			return nil
		}
		s.rw.begin(p, b.codec.params.ClockRate, b.codec.minDelta)
	}
	n, ok := s.rw.apply(p)
	if !ok {
		return nil
	}
	d.header = rtp.Header{Version: 2, Marker: p.rtp.Marker, PayloadType: b.pt, SequenceNumber: n.seq, Timestamp: n.ts, SSRC: b.ssrc}
	payload := renumber(p, n, d.buf)
	if _, err := b.out.WriteRTP(&d.header, payload); err != nil {
		return err
	}
	s.packets++
	s.octets += uint32(len(payload))
	d.tally.packets++
	d.tally.bytes += uint64(len(payload))
	return nil
}

// renumber returns the payload with the numbers of the slot, in scratch if they differ.
func renumber(p *packet, n numbers, scratch []byte) []byte {
	if !n.new || len(p.rtp.Payload) > len(scratch) {
		return p.rtp.Payload
	}
	payload := scratch[:copy(scratch, p.rtp.Payload)]
	patchVP8(payload, p.frame.pic, n.pic, n.tl0)
	return payload
}

// repeat answers a NACK for seq, as RTX (RFC 4588) if that was negotiated.
func (s *slot) repeat(seq uint16, now time.Time, d *desk) error {
	b := s.bound.Load()
	ext, ok := s.rw.source(seq)
	if b == nil || !ok || s.src == nil {
		return nil
	}
	p := s.src.cache.get(ext, s.rw.epoch)
	if p == nil {
		return nil
	}
	if sec := now.Unix(); sec != s.second {
		s.second, s.repeats = sec, 0
	}
	if s.repeats++; s.repeats > maxRepeats {
		return nil
	}
	n, ok := s.rw.apply(p)
	if !ok {
		return nil
	}
	h, scratch := &d.header, d.buf
	*h = rtp.Header{Version: 2, Marker: p.rtp.Marker, PayloadType: b.pt, SequenceNumber: n.seq, Timestamp: n.ts, SSRC: b.ssrc}
	payload := renumber(p, n, scratch[2:])
	if b.rtxSSRC != 0 {
		if len(payload)+2 > len(scratch) {
			return nil
		}
		copy(scratch[2:], payload)
		scratch[0], scratch[1] = byte(n.seq>>8), byte(n.seq)
		payload = scratch[:len(payload)+2]
		s.rtxSeq++
		h.PayloadType, h.SequenceNumber, h.SSRC = b.rtxT, s.rtxSeq, b.rtxSSRC
	}
	_, err := b.out.WriteRTP(h, payload)
	if err == nil {
		d.tally.repeats++
	}
	return err
}

// report is the slot's sender report: the publisher's clock, in the numbers of the slot, extrapolated to now.
func (s *slot) report(now time.Time) *rtcp.SenderReport {
	b := s.bound.Load()
	if b == nil || s.src == nil || !s.rw.active || s.packets == 0 {
		return nil
	}
	c := s.src.clock.Load()
	if c == nil {
		return nil
	}
	ticks := int64(now.Sub(c.at)) / 1000 * int64(b.codec.params.ClockRate) / 1_000_000
	return &rtcp.SenderReport{SSRC: b.ssrc, NTPTime: toNTP(now), RTPTime: c.rtp + s.rw.tsOff + uint32(ticks), PacketCount: s.packets, OctetCount: s.octets}
}
