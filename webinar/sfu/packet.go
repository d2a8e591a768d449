package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// packet is one RTP packet of a source. It never changes once it left the source loop, so it is shared by the cache
// and all shards.
type packet struct {
	rtp   *rtp.Packet
	ext   int64  // sequence number without wraps
	epoch uint32 // counts the source's unmutings; numbers of different epochs have nothing to do with each other
	at    time.Time
	frame frame
}

// unwrapper turns 16-bit sequence numbers into ones that only grow.
type unwrapper struct {
	started bool
	highest int64
}

// next places seq next to the highest number so far, at most 32767 away.
func (u *unwrapper) next(seq uint16) int64 {
	if !u.started {
		u.started = true
		// Far above zero, so that packets older than the first stay positive.
		u.highest = 1<<16 | int64(seq)
		return u.highest
	}
	ext := u.highest + int64(int16(seq-uint16(u.highest)))
	u.highest = max(u.highest, ext)
	return ext
}

// cache keeps the newest packets of a source, for retransmission and to know repeats. The source loop writes, the
// shards read; the slots are atomic, so neither waits for the other.
type cache struct {
	ring []atomic.Pointer[packet]
}

func newCache(video bool) *cache {
	n := 256 // audio: 5 s
	if video {
		n = 1024 // 1.2 MB at most; 2 to 8 s
	}
	return &cache{ring: make([]atomic.Pointer[packet], n)}
}

func (c *cache) at(ext int64) *atomic.Pointer[packet] {
	return &c.ring[uint64(ext)%uint64(len(c.ring))]
}

// add keeps p. It reports false for what was seen already or is older than the window.
func (c *cache) add(p *packet, highest int64) bool {
	if p.ext <= highest-int64(len(c.ring)) {
		return false
	}
	at := c.at(p.ext)
	if old := at.Load(); old != nil && old.ext >= p.ext {
		return false
	}
	at.Store(p)
	return true
}

// get finds the packet ext of epoch, nil if it is gone.
func (c *cache) get(ext int64, epoch uint32) *packet {
	p := c.at(ext).Load()
	if p == nil || p.ext != ext || p.epoch != epoch {
		return nil
	}
	return p
}

// clear forgets everything.
func (c *cache) clear() {
	for i := range c.ring {
		c.ring[i].Store(nil)
	}
}
