package sfu

import "time"

// rewriter gives the packets that pass a slot one continuous numbering, whatever sources follow one another in it:
// decoders see a single stream whose sequence numbers have no gaps of ours, whose timestamps advance with real time
// and whose VP8 picture ids go on counting. Within one source and epoch all offsets are constant, so a late packet
// gets the very number that its neighbours left free.
type rewriter struct {
	used   bool // something was sent already
	active bool // an epoch of a source is running
	epoch  uint32

	start   int64 // first packet of the epoch at the source
	squeeze squeeze
	seqOff  uint16
	tsOff   uint32
	picOff  uint16
	tl0Off  uint8

	lastExt int64  // the highest sent, as the source numbers it
	lastSeq uint16 // the same in the slot, and what went with it
	lastTS  uint32
	lastAt  time.Time
	lastPic uint16
	lastTL0 uint8
}

// squeeze makes the past shorter: what is older than an instant of the source comes close to it, so that a decoder
// which is given the pictures since the last key frame plays them as fast as they come. The zero value changes nothing.
type squeeze struct {
	factor uint32 // 0: none
	ts     uint32 // the instant on the RTP clock
	at     time.Time
}

// ticks maps an RTP timestamp.
func (q squeeze) ticks(ts uint32) uint32 {
	if old := q.ts - ts; q.factor > 1 && old < 1<<31 {
		return q.ts - old/q.factor
	}
	return ts
}

// time maps an arrival.
func (q squeeze) time(at time.Time) time.Time {
	if old := q.at.Sub(at); q.factor > 1 && old > 0 {
		return q.at.Add(-old / time.Duration(q.factor))
	}
	return at
}

// numbers are what a packet carries in the slot.
type numbers struct {
	seq uint16
	ts  uint32
	pic uint16
	tl0 uint8
	new bool // pic or tl0 differ from the source's
}

// lowNumbers masks the first sequence number of a slot.
const lowNumbers = 1<<14 - 1

// stop ends the epoch: the next packet needs a begin.
func (r *rewriter) stop() { r.active = false }

// runs reports whether packets of epoch may pass.
func (r *rewriter) runs(epoch uint32) bool { return r.active && r.epoch == epoch }

// begin lets p follow what was sent last. ClockRate is in Hz, minDelta in ticks; q shortens what lies in the past.
func (r *rewriter) begin(p *packet, clockRate, minDelta uint32, q squeeze) {
	r.active, r.epoch, r.start, r.squeeze = true, p.epoch, p.ext, q
	h, ids := &p.rtp.Header, p.frame.pic
	// A receiver that misses the first packets can still tell how often the number has wrapped, if it begins low
	// (RFC 3711 section 3.3.1).
	r.seqOff = h.SequenceNumber&lowNumbers - h.SequenceNumber
	if r.used {
		gone := max(q.time(p.at).Sub(r.lastAt), 0)
		delta := max(uint32(uint64(gone)*uint64(clockRate)/uint64(time.Second)), minDelta)
		r.seqOff = r.lastSeq + 1 - h.SequenceNumber
		r.tsOff = r.lastTS + delta - q.ticks(h.Timestamp)
		if ids.picAt != 0 {
			r.picOff = r.lastPic + 1 - ids.pic
		}
		if ids.tl0At != 0 {
			r.tl0Off = r.lastTL0 + 1 - ids.tl0
		}
	}
	r.lastExt = p.ext - 1
}

// apply returns p's numbers in the slot; ok is false for a packet from before the epoch's begin.
func (r *rewriter) apply(p *packet) (n numbers, ok bool) {
	if !r.runs(p.epoch) || p.ext < r.start {
		return n, false
	}
	h, ids := &p.rtp.Header, p.frame.pic
	n.seq, n.ts = h.SequenceNumber+r.seqOff, r.squeeze.ticks(h.Timestamp)+r.tsOff
	mask := uint16(0x7f)
	if ids.wide {
		mask = 0x7fff
	}
	n.pic, n.tl0 = (ids.pic+r.picOff)&mask, ids.tl0+r.tl0Off
	n.new = ids.picAt != 0 && n.pic != ids.pic || ids.tl0At != 0 && n.tl0 != ids.tl0
	if p.ext > r.lastExt {
		r.used, r.lastExt, r.lastSeq, r.lastTS, r.lastAt = true, p.ext, n.seq, n.ts, r.squeeze.time(p.at)
		if ids.picAt != 0 {
			r.lastPic = n.pic
		}
		if ids.tl0At != 0 {
			r.lastTL0 = n.tl0
		}
	}
	return n, true
}

// source tells which packet of the source carried seq in the slot; ok is false for one of an earlier epoch, or one
// that was not sent.
func (r *rewriter) source(seq uint16) (ext int64, ok bool) {
	ext = r.lastExt + int64(int16(seq-r.lastSeq))
	return ext, r.active && ext >= r.start && ext <= r.lastExt
}
