package recorder

import (
	"math"
	"time"
)

// The barrier is the mathematics of one question: was this packet captured after the person's click? Nothing here
// knows of locks, permits or files. Design and measurements: an instant on the sender's report clock, the latest of
// the click, the commit and the newest timestamp, plus a margin; latched once, judged for ever. The sender's reports need
// not agree: see doubtOf.

// instant is a point on some clock, in nanoseconds since 1970. The server's own come from its monotonic clock.
type instant int64

func (i instant) add(d time.Duration) instant { return i + instant(d) }

func (i instant) sub(o instant) time.Duration { return time.Duration(i - o) }

// ntpEpoch is 1970 in seconds since 1900.
const ntpEpoch = 2208988800

// ntpInstant converts 32.32 fixed point seconds since 1900 (RFC 3550 section 4).
func ntpInstant(ntp uint64) instant {
	sec := int64(ntp>>32) - ntpEpoch
	frac := int64((ntp & math.MaxUint32) * uint64(time.Second) >> 32)
	return instant(sec*int64(time.Second) + frac)
}

const (
	minMargin    = 250 * time.Millisecond
	minRTT       = 50 * time.Millisecond
	maxRTT       = 10 * time.Second // a longer one is a lie or no conversation
	baseSlack    = 150 * time.Millisecond
	clickAhead   = 5 * time.Second // a click this far behind the commit is on a broken clock
	mappingJump  = 100 * time.Millisecond
	doubtMost    = 24 * time.Hour   // keeps the reckoning with a clock that says anything within 64 bits
	reportWait   = 10 * time.Second // for a usable sender report
	fallbackPast = 3 * time.Second
	maxStreams   = 8 // SSRCs of one source
)

// order is what a gate is armed with.
type order struct {
	fresh  bool    // the source was first registered after the durable grant, while the recording ran: no barrier
	commit instant // server's clock, after the entry was durable
	rtt    time.Duration
	click  instant // page's clock; 0: a server event such as a start
	page   time.Duration
	// page is the least (server receive − page epoch): how far the page's clock is behind the server's
}

// barrier judges the packets of one source.
type barrier struct {
	video   bool
	rate    uint32 // Hz
	margin  time.Duration
	streams map[uint32]*stream // by SSRC

	armed bool
	order order
	bound instant // on the sender's clock, margin included
	known bool    // bound could be reckoned: some report has come
}

// stream is what is known of one SSRC.
type stream struct {
	seen   bool
	newest uint32 // RTP time, by timestamp and not by sequence

	ntp     instant // newest sender report
	rtp     uint32
	mapped  bool
	doubt   time.Duration // what the newest report's contradiction of the one before adds to the margin
	jumped  bool          // more than mappingJump: the barrier need not wait for reports for ever
	waiting instant       // since when a usable report is missing

	begun   bool // commit is known
	commit  uint32
	latched bool
	min     uint32 // nothing older passes, ever
	through bool   // key frame seen, or the one sound packet dropped
	asked   bool   // for the key frame ahead of the barrier
}

func newBarrier(video bool, rate uint32, margin time.Duration) barrier {
	return barrier{video: video, rate: max(rate, 1), margin: max(margin, minMargin), streams: map[uint32]*stream{}}
}

// ticks is d on the RTP clock.
func (b *barrier) ticks(d time.Duration) uint32 {
	return uint32(int64(d) / int64(time.Microsecond) * int64(b.rate) / 1e6)
}

// after reports ts ≥ o on a clock that wraps.
func after(ts, o uint32) bool { return int32(ts-o) >= 0 }

func (b *barrier) stream(ssrc uint32) *stream {
	s := b.streams[ssrc]
	if s == nil && len(b.streams) < maxStreams {
		s = &stream{}
		b.streams[ssrc] = s
	}
	return s
}

// arm sets a new barrier. offset is the least (report arrival − report NTP) of the sender, known if any report came.
func (b *barrier) arm(o order, now instant, offset time.Duration, known bool) {
	o.rtt = min(max(o.rtt, minRTT), maxRTT)
	b.armed, b.order, b.known, b.bound = true, o, false, math.MinInt64
	for _, s := range b.streams {
		s.begun, s.commit = s.seen, s.newest
		s.latched, s.through, s.asked = false, false, false
		s.waiting = now
	}
	b.reckon(offset, known)
}

func (b *barrier) disarm() { b.armed = false }

// reckon takes the latest of the click and the commit on the sender's clock. A later offset may only raise it.
func (b *barrier) reckon(offset time.Duration, known bool) {
	if !known || !b.armed {
		return
	}
	o := b.order
	latest := o.commit.add(o.rtt - offset)
	if o.click != 0 {
		delta := o.page - offset
		if delta < 0 && delta > -baseSlack {
			delta = 0
		}
		if click := o.click.add(delta); click.sub(latest) <= clickAhead {
			latest = max(latest, click)
		}
	}
	b.bound = max(b.bound, latest.add(b.margin))
	b.known = true
}

// report takes a sender report that arrived now.
func (b *barrier) report(ssrc uint32, ntp instant, rtp uint32, now instant, offset time.Duration) {
	s := b.stream(ssrc)
	if s == nil {
		return
	}
	usable := s.mapped && !s.jumped
	if s.mapped {
		off := ntp.sub(s.at(rtp, b.rate))
		s.doubt = doubtOf(off)
		s.jumped = off > mappingJump || off < -mappingJump
	}
	if usable && s.jumped {
		s.waiting = now
	}
	s.ntp, s.rtp, s.mapped = ntp, rtp, true
	b.reckon(offset, true)
}

// doubtOf is what two reports cost of which the newer maps an RTP time off later than the older. One of them may be wrong,
// nobody knows which; a packet must be past the barrier by both, so the one that maps earlier decides: a newest that maps
// later is put back by off. And the margin, which must be more than the error of a report, is widened by as much as they
// are known to err. So two reports are never kinder than either alone.
func doubtOf(off time.Duration) time.Duration {
	if off > 0 {
		off *= -2
	}
	return min(-off, doubtMost)
}

// at maps an RTP time to the sender's clock by the newest report.
func (s *stream) at(ts, rate uint32) instant {
	d := int64(int32(ts - s.rtp))
	return s.ntp.add(time.Duration(d * int64(time.Second) / int64(rate)))
}

// rtpAt is the reverse, rounded up.
func (s *stream) rtpAt(i instant, rate uint32) uint32 {
	d := int64(i.sub(s.ntp))
	return s.rtp + uint32(int32(ceilDiv(d/1000*int64(rate), 1e6)))
}

func ceilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// judge says whether a packet may be written, and whether the source should be asked for a key frame.
func (b *barrier) judge(ssrc, ts uint32, key bool, now instant) (pass, ask bool) {
	s := b.stream(ssrc)
	if s == nil {
		return false, false
	}
	if b.armed && !s.begun { // the first packet of this SSRC since the commit
		s.begun, s.commit, s.waiting = true, ts, now
	}
	if !s.seen || after(ts, s.newest) {
		s.seen, s.newest = true, ts
	}
	if !b.armed {
		return false, false
	}
	if !s.latched && !b.latch(s, ts, now) {
		return false, b.early(s, ts)
	}
	if !b.order.fresh || s.through {
		if !after(ts, s.min) {
			return false, false
		}
	}
	return b.enter(s, ts, key)
}

// latch decides once for each SSRC where its barrier lies.
func (b *barrier) latch(s *stream, ts uint32, now instant) bool {
	if b.order.fresh {
		s.latched, s.min = true, ts
		return true
	}
	if s.mapped && b.known {
		least, bound := s.commit+b.ticks(b.margin), b.bound.add(s.doubt)
		if s.at(ts, b.rate) >= bound && after(ts, least) {
			s.latched, s.min = true, least
			if m := s.rtpAt(bound, b.rate); after(m, least) {
				s.min = m
			}
			return true
		}
		if !s.jumped {
			return false
		}
	}
	least := s.commit + b.ticks(fallbackPast)
	if now.sub(s.waiting) < reportWait || !after(ts, least) {
		return false
	}
	s.latched, s.min = true, least
	return true
}

// early asks for a key frame one round trip before the barrier, once.
func (b *barrier) early(s *stream, ts uint32) bool {
	if !b.video || s.asked || !s.mapped || !b.known || s.at(ts, b.rate) < b.bound.add(s.doubt-b.order.rtt) {
		return false
	}
	s.asked = true
	return true
}

// enter lets a stream begin where it can be decoded without anything older: video at a key frame, sound one packet on,
// because in-band error correction carries the frame before.
func (b *barrier) enter(s *stream, ts uint32, key bool) (pass, ask bool) {
	switch {
	case s.through:
	case b.video && !key:
		return false, true
	case b.video:
		s.through, s.min = true, ts
	case b.order.fresh:
		s.through, s.min = true, ts
	default:
		s.through, s.min = true, ts+1
		return false, false
	}
	if d := ts - s.min; int32(d) > 1<<30 { // hours on: keep the barrier within half a wrap
		s.min = ts - 1<<29
	}
	return true, false
}
