package sfu

import (
	"sync/atomic"
	"time"

	"plenum/webinar/sfu/egress"
)

// pressure tells whether the way out of a shard is full: for some seconds the system took less than what the viewers
// there are need. More viewers would only take from those. Full is asked by anybody, feel is of the shard alone.
type pressure struct {
	full atomic.Bool

	before egress.Stats
	until  time.Time
}

const (
	pressureShare = 100             // one dropped datagram in so many is too many
	pressureHold  = 5 * time.Second // since the last second in which it was so
)

// feel looks at the counters once a second. What cannot be sent because of its address is no pressure.
func (p *pressure) feel(now time.Time, s egress.Stats) {
	dropped, sent := s.Dropped-p.before.Dropped, s.Datagrams-p.before.Datagrams
	if s.Choked > p.before.Choked && dropped*pressureShare > dropped+sent {
		p.until = now.Add(pressureHold)
	}
	p.before = s
	p.full.Store(now.Before(p.until))
}

// overloaded reports that some shard cannot send what it should.
func (e *Engine) overloaded() bool {
	for _, sh := range e.shards {
		if sh.pressure.full.Load() {
			return true
		}
	}
	return false
}
