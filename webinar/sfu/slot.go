package sfu

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// slot is one m-line of a viewer, a [webrtc.TrackLocal] of our own. It is negotiated once; what it carries changes
// without any. Everything below the line belongs to the shard of its viewer. What each packet looks into comes first
// there, see [slot.lines].
type slot struct {
	viewer *viewer
	video  bool
	index  int
	bound  atomic.Pointer[binding]
	heard  heardSlot

	want *source // under the engine's lock: what the shard was last told

	// ---
	rw       rewriter
	packets  uint32
	octets   uint32
	format   format
	src      *source
	feed     *feed // the layer of src that it carries
	next     *feed // the layer that it will carry from its next key frame on
	catching bool  // up with feed, by its group of pictures
	group    uint64
	cursor   int       // in the group
	squeeze  squeeze   // of the group
	until    time.Time // waits so long for a fresh key frame
	rtxSeq   uint16
	second   int64 // the second that repeats counts in
	repeats  int
}

// binding is what the negotiation made of the slot.
type binding struct {
	formats []format
	out     mediaWriter
	ssrc    uint32
	rtxSSRC uint32 // 0: repeats go out as they are
}

// format is how one codec is sent.
type format struct {
	pt, rtxT uint8 // payload types; rtxT 0: no retransmission format
	codec    codec
}

// maxRepeats is the most retransmissions a slot sends in a second: a viewer that asks for more is not served by more.
const maxRepeats = 600

// Bind implements [webrtc.TrackLocal].
func (s *slot) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	all := c.CodecParameters()
	b := &binding{out: s.viewer.writer(c), ssrc: uint32(c.SSRC()), rtxSSRC: uint32(c.SSRCRetransmission())}
	first := -1
	for i, p := range all {
		k, ok := codecOf(s.video, p.MimeType)
		if !ok || slices.ContainsFunc(b.formats, func(f format) bool { return strings.EqualFold(f.codec.params.MimeType, p.MimeType) }) {
			continue
		}
		if first < 0 {
			first = i
		}
		b.formats = append(b.formats, format{uint8(p.PayloadType), rtxType(all, p.PayloadType), k})
	}
	if first < 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.bound.Store(b)
	return all[first], nil
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

// carry prepares for the packets of l.
func (s *slot) carry(l *layer) {
	s.viewer.changed = time.Now()
	s.format = format{}
	if b := s.bound.Load(); b != nil {
		for _, f := range b.formats {
			if strings.EqualFold(f.codec.params.MimeType, l.src.codec.params.MimeType) {
				s.format = f
			}
		}
	}
}

// askKeyFrame asks for a picture to start with: of the layer that it waits for, or of what it carries.
func (s *slot) askKeyFrame() {
	if !s.video || !s.viewer.ready.Load() {
		return
	}
	if f := cmp.Or(s.next, s.feed); f != nil {
		f.layer.askKeyFrame()
	}
}

// write forwards p of the layer that the slot carries. A picture that starts waits for a key frame.
func (s *slot) write(p *packet, d *desk) error {
	b := s.bound.Load()
	if b == nil || s.format.pt == 0 || !s.viewer.ready.Load() {
		return nil
	}
	if !s.rw.runs(p.epoch) {
		if s.video && !p.frame.key {
			s.askKeyFrame()
			return nil
		}
		s.rw.begin(p, s.format.codec.params.ClockRate, s.format.codec.minDelta, s.squeeze)
	}
	n, ok := s.rw.apply(p)
	if !ok {
		return nil
	}
	d.header = rtp.Header{Version: 2, Marker: p.rtp.Marker, PayloadType: s.format.pt, SequenceNumber: n.seq, Timestamp: n.ts, SSRC: b.ssrc}
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
	p.frame.pic.patch(payload, n.pic, n.tl0)
	return payload
}

// repeat answers a NACK for seq, as RTX (RFC 4588) if that was negotiated.
func (s *slot) repeat(seq uint16, now time.Time, d *desk) error {
	b := s.bound.Load()
	ext, ok := s.rw.source(seq)
	if b == nil || !ok || s.feed == nil {
		return nil
	}
	p := s.feed.layer.cache.get(ext, s.rw.epoch)
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
	*h = rtp.Header{Version: 2, Marker: p.rtp.Marker, PayloadType: s.format.pt, SequenceNumber: n.seq, Timestamp: n.ts, SSRC: b.ssrc}
	payload := renumber(p, n, scratch[2:])
	if b.rtxSSRC != 0 && s.format.rtxT != 0 {
		if len(payload)+2 > len(scratch) {
			return nil
		}
		copy(scratch[2:], payload)
		scratch[0], scratch[1] = byte(n.seq>>8), byte(n.seq)
		payload = scratch[:len(payload)+2]
		s.rtxSeq++
		h.PayloadType, h.SequenceNumber, h.SSRC = s.format.rtxT, s.rtxSeq, b.rtxSSRC
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
	if b == nil || s.feed == nil || !s.rw.active || s.packets == 0 {
		return nil
	}
	c := s.feed.layer.clock.Load()
	if c == nil {
		return nil
	}
	ticks := int64(now.Sub(c.at)) / 1000 * int64(s.format.codec.params.ClockRate) / 1_000_000
	return &rtcp.SenderReport{SSRC: b.ssrc, NTPTime: toNTP(now), RTPTime: c.rtp + s.rw.tsOff + uint32(ticks), PacketCount: s.packets, OctetCount: s.octets}
}
