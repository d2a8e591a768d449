package sfu

import (
	"sync"
	"time"
)

// ntpEpoch is 1900, where NTP time begins, as Unix seconds.
const ntpEpoch = -2208988800

// ntpTime reads the 32.32 fixed point of RFC 3550 section 4.
func ntpTime(ntp uint64) time.Time {
	return time.Unix(int64(ntp>>32)+ntpEpoch, int64(ntp&0xffffffff*1e9>>32))
}

// toNTP is the inverse of [ntpTime].
func toNTP(t time.Time) uint64 {
	return uint64(t.Unix()-ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// senderClock estimates how far a publisher's report clock is from ours, as the least transit seen: the smallest
// arrival − NTP of the last one to two minutes. One for all sources of a publication, so that picture and sound of a
// person keep their distance and different persons come close to one another.
type senderClock struct {
	mu      sync.Mutex
	since   time.Time
	current time.Duration
	before  time.Duration
	has     bool
}

const clockWindow = time.Minute

// local maps a report's instant to our clock.
func (c *senderClock) local(ntp uint64, at time.Time) time.Time {
	theirs := ntpTime(ntp)
	transit := at.Sub(theirs)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.has:
		c.has, c.since, c.current, c.before = true, at, transit, transit
	case at.Sub(c.since) > clockWindow:
		c.since, c.before, c.current = at, c.current, transit
	default:
		c.current = min(c.current, transit)
	}
	return theirs.Add(min(c.current, c.before))
}

// rtpClock says which instant of ours an RTP timestamp of a source is.
type rtpClock struct {
	rtp uint32
	at  time.Time
}
