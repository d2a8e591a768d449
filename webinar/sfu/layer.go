package sfu

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// layer is one RTP stream of a source: the only one, or one quality of several (simulcast, RFC 8853). The loop of its
// source writes everything but where it says otherwise; the atomics are read by the shards.
type layer struct {
	src   *source
	rid   string // empty if there are no layers to tell apart
	ssrc  uint32
	cache *cache
	clock atomic.Pointer[rtpClock]

	rate    atomic.Int64 // bit/s of the last seconds in which something came
	alive   atomic.Bool  // something came lately
	asleep  atomic.Bool  // the publisher was told that nobody watches
	woken   atomic.Int64 // Unix ms when it was told the opposite
	deaf    atomic.Bool  // the last request for a key frame was not answered
	watched atomic.Int32 // slots that carry it or wait for it; written by the shards
	want    atomic.Bool  // a key frame is wanted; written by anybody

	// Of the loop alone:
	known   bool
	wrap    unwrapper
	first   int64 // what is older than this was sent while muted
	lastPLI time.Time
	pending bool  // no key frame came since
	bits    int64 // since the last measurement
	lastBit time.Time
	area    int       // pixels of the last key frame that told
	since   time.Time // alive without a break
	needed  time.Time // when somebody last watched
}

const (
	// keyFrameGap is the least time between two requests to one encoder: each costs it a picture of many times the
	// usual size.
	keyFrameGap = time.Second
	layerDead   = 700 * time.Millisecond // without a packet
	layerProven = 2 * time.Second        // alive before the recording moves up to it
	layerMissed = 2 * time.Second        // without a packet before the recording moves down: moving costs it a second
	maxLayers   = 3
	measure     = 500 * time.Millisecond
)

func newLayer(s *source, rid string, ssrc uint32) *layer {
	return &layer{src: s, rid: rid, ssrc: ssrc, cache: newCache(s.track.Kind.Video())}
}

// askKeyFrame wants a key frame. Requests are coalesced and repeated until one comes.
func (l *layer) askKeyFrame() {
	if l.src.track.Kind.Video() && !l.want.Swap(true) {
		l.src.kick()
	}
}

// request sends a wanted request, at most one per keyFrameGap, and returns when it is to be called again; 0 for never.
func (l *layer) request(now time.Time) (again time.Duration) {
	if !l.want.Load() {
		return 0
	}
	if l.src.muted {
		return keyFrameGap
	}
	if gone := now.Sub(l.lastPLI); gone < keyFrameGap {
		return keyFrameGap - gone
	}
	l.deaf.Store(l.pending && l.alive.Load())
	l.lastPLI, l.pending = now, true
	l.src.asked.Add(1)
	l.src.e.books.asked(l.src.track.Kind)
	if err := l.src.pub.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: l.ssrc}}); err != nil {
		l.src.e.log.Debug("key frame request failed", "session", l.src.pub.id, "error", err)
	}
	return keyFrameGap
}

// came counts a packet.
func (l *layer) came(size int, now time.Time) {
	l.bits += int64(size) * 8
	l.lastBit = now
	if !l.alive.Load() {
		l.since = now
		l.alive.Store(true)
	}
}

// keyCame notes that a key frame begins.
func (l *layer) keyCame(f frame, now time.Time) {
	l.want.Store(false)
	l.area = cmp.Or(f.area, l.area)
	if l.pending && now.Sub(l.lastPLI) < keyFrameGap {
		l.deaf.Store(false)
	}
	l.pending = false
}

// measured works out the rate over the time since the last call and whether the layer is alive.
func (l *layer) measured(now time.Time, gone time.Duration) {
	rate := l.bits * int64(time.Second) / max(int64(gone), 1)
	l.bits = 0
	if now.Sub(l.lastBit) > layerDead {
		l.alive.Store(false)
		return
	}
	if old := l.rate.Load(); old > 0 {
		rate = (7*old + rate) / 8 // key frames come and go, the rate stays
	}
	l.rate.Store(rate)
}

// guess is what a layer costs that was never measured, by its place from below.
func guess(place int) int64 { return 150_000 << (2 * place) }

// ladder is a source's layers, cheapest first.
type ladder []*layer

// ladder reads the newest order.
func (s *source) ladder() ladder {
	if l := s.order.Load(); l != nil {
		return *l
	}
	return nil
}

// sorted puts the layers in order of their pictures' sizes. Of those whose size is not known, neighbours change places
// only when their rates clearly say so: rates swing with every key frame, and each change of places may move viewers.
func (l ladder) sorted() ladder {
	out := slices.Clone(l)
	for i := 1; i < len(out); i++ {
		for j := i; j > 0; j-- {
			if !out[j-1].over(out[j]) {
				break
			}
			out[j-1], out[j] = out[j], out[j-1]
		}
	}
	return out
}

// over reports that l belongs above x, which stands there now.
func (l *layer) over(x *layer) bool {
	if l.area > 0 && x.area > 0 && l.area != x.area {
		return l.area > x.area
	}
	below, above := l.rate.Load(), x.rate.Load()
	return below > 0 && above > 0 && below*3 >= above*4
}

// top is the best layer that is alive, nil if none is.
func (l ladder) top() *layer {
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].alive.Load() {
			return l[i]
		}
	}
	return nil
}

// above reports whether a is a better layer than b.
func (l ladder) above(a, b *layer) bool { return slices.Index(l, a) > slices.Index(l, b) }

// rids names the layers that the publisher is to send, of those that it offered. One that has never come is wanted: a
// browser begins with the small ones and sends the others once it knows that its line carries them.
func (l ladder) rids(offered []string) []string {
	return slices.DeleteFunc(slices.Clone(offered), func(rid string) bool {
		return slices.ContainsFunc(l, func(x *layer) bool { return x.rid == rid && x.asleep.Load() })
	})
}

// rest puts layers that nobody has watched for a while to sleep and wakes those that somebody waits for. It reports a change. While
// nobody watches any, all stay awake, so that the first viewer need not wait for one.
func (l ladder) rest(now time.Time, kept *layer, after time.Duration) (changed bool) {
	if len(l) < 2 {
		return false
	}
	some := false
	for _, x := range l {
		if x.watched.Load() > 0 || x == kept {
			x.needed, some = now, true
		}
	}
	for _, x := range l {
		asleep := some && now.Sub(x.needed) > after
		if x.asleep.Load() && !asleep {
			x.woken.Store(now.UnixMilli())
		}
		if x.asleep.Swap(asleep) != asleep {
			changed = true
		}
	}
	return changed
}

// recorded says which layer taps are given: the best that proves to be there, without gaps when it goes.
type recorded struct {
	now, next *layer
}

// follow chooses anew. A layer that is to come is asked for a key frame; until then the old one goes on.
func (r *recorded) follow(l ladder, now time.Time) {
	best := l.top()
	switch {
	case best == nil || best == r.now:
		r.next = nil
	case r.now == nil || r.next == best:
	case now.Sub(r.now.lastBit) > layerMissed, r.now.alive.Load() && l.above(best, r.now) && now.Sub(best.since) >= layerProven:
		r.next = best
		best.askKeyFrame()
	}
}

// takes reports whether taps are given p of x.
func (r *recorded) takes(x *layer, p frame) bool {
	if x == r.next && p.key || r.now == nil {
		r.now, r.next = x, nil
	}
	return x == r.now
}
