package master

import "time"

// How RTP time becomes session time. Every sender stamps with clocks of its own; what people did at the same moment
// must stand at the same moment of all files.
const (
	slew       = 200              // a correction moves what is written by 1/slew of the time that passes at most: 5 ms a second
	jumpReset  = 30 * time.Second // a clock that jumps this far is a new clock
	delaySpan  = 30 * time.Second // the least delay is sought in the last one to two spans
	aheadLimit = 500 * time.Millisecond
	stallLimit = 250 * time.Millisecond // timestamps that stay behind arrivals by more ...
	stallTime  = 2 * time.Second        // ... for this long have stood still and will not catch up
	baseSpread = time.Second            // tracks of one sender whose delays differ by more share no clock
)

// groupClock is what the tracks of one sender share: its wall clock, and how far that lies from the session clock.
type groupClock struct {
	tracks []*trackClock
	epoch  uint64 // NTP time that counts as zero, 0 before the first report
	base   minWindow
}

// trackClock maps the RTP timestamps of one track. All instants are durations since the session's origin. Without
// enough sender reports a timestamp's place is its nominal time plus the least delay seen between that and arrival;
// with them it is the sender's wall clock plus the least delay of the whole group, which aligns sound and picture.
type trackClock struct {
	group *groupClock
	rate  int64

	started  bool
	newest   int64 // unwrapped RTP time of the newest packet, counted from the first
	newestTS uint32
	arrival  time.Duration // of the newest packet
	onTime   time.Duration // last arrival of a packet whose delay was ordinary
	own      minWindow     // arrival − nominal time
	fit      regression    // sender's wall clock − nominal time
	wall     minWindow     // arrival − sender's wall clock

	mapped bool
	step   bool          // take the next correction at once
	off    time.Duration // session time − nominal time, in use
	at     time.Duration // nominal time off was last corrected at
	last   time.Duration // newest output
}

func (g *groupClock) track(rate uint32) *trackClock {
	c := &trackClock{group: g, rate: int64(max(rate, 1))}
	g.tracks = append(g.tracks, c)
	return c
}

// restart forgets the stream (another SSRC, a jump) but not how far the output has come.
func (c *trackClock) restart() {
	*c = trackClock{group: c.group, rate: c.rate, last: c.last}
}

// nominal is the time between the stream's first packet and u if the sender's sampling clock were exact.
func (c *trackClock) nominal(u int64) time.Duration {
	return time.Duration(u/c.rate)*time.Second + time.Duration(u%c.rate)*time.Second/time.Duration(c.rate)
}

func (c *trackClock) unwrap(ts uint32) int64 { return c.newest + int64(int32(ts-c.newestTS)) }

// observe learns from a packet as it arrives. Repeats must not come here: they are late by seconds.
func (c *trackClock) observe(ts uint32, arrival time.Duration) {
	if c.started {
		moved := c.nominal(c.unwrap(ts)) - c.nominal(c.newest)
		if abs(moved-(arrival-c.arrival)) >= jumpReset {
			c.restart()
		}
	}
	if !c.started {
		c.started, c.newestTS, c.newest = true, ts, 0
		c.onTime = arrival
	}
	u := c.unwrap(ts)
	if u >= c.newest {
		c.newest, c.newestTS = u, ts
	}
	c.arrival = max(c.arrival, arrival)

	delay := arrival - c.nominal(u)
	if !c.own.some || delay <= c.own.min()+stallLimit || c.fit.ready() {
		c.onTime = arrival
	} else if arrival-c.onTime > stallTime {
		c.own.reset()
		c.step, c.onTime = true, arrival
	}
	c.own.add(delay, arrival)
	if c.fit.ready() {
		d := arrival - c.wallTime(u)
		c.wall.add(d, arrival)
		c.group.base.add(d, arrival)
	}
}

// wallTime is the sender's wall clock at u by its reports.
func (c *trackClock) wallTime(u int64) time.Duration {
	n := c.nominal(u)
	return n + c.fit.at(n)
}

// report learns from a sender report: at the wall clock ntp (32.32 fixed point seconds) the RTP clock showed ts.
func (c *trackClock) report(ntp uint64, ts uint32) {
	if !c.started || ntp == 0 {
		return
	}
	n := c.nominal(c.unwrap(ts))
	wall := c.group.since(ntp)
	if c.fit.n > 0 && abs(wall-n-c.fit.at(n)) >= jumpReset {
		c.group.reset() // the sender's wall clock was set
		wall = c.group.since(ntp)
	}
	if abs(c.fit.add(n, wall-n)) > stallLimit {
		c.own.reset() // the RTP clock stood still or leapt; arrivals from before mislead
		c.wall.reset()
		c.step = true
	}
}

// since is the sender's wall clock counted from its first report.
func (g *groupClock) since(ntp uint64) time.Duration {
	if g.epoch == 0 {
		g.epoch = ntp
	}
	d := int64(ntp - g.epoch)
	return time.Duration(d>>32)*time.Second + time.Duration((d&0xffffffff)*int64(time.Second)>>32)
}

// reset forgets the sender's wall clock.
func (g *groupClock) reset() {
	g.epoch = 0
	g.base.reset()
	for _, c := range g.tracks {
		c.fit = regression{}
		c.wall.reset()
	}
}

// target is where the newest knowledge puts u, as an offset to its nominal time.
func (c *trackClock) target(u int64) time.Duration {
	if !c.own.some {
		return c.off // just forgotten: the next packet tells
	}
	if !c.fit.ready() || !c.wall.some {
		return c.own.min()
	}
	delay := c.wall.min()
	if c.group.base.some && delay-c.group.base.min() <= baseSpread {
		delay = c.group.base.min()
	}
	return c.wallTime(u) - c.nominal(u) + delay
}

// session is the session time of a timestamp that was observed. It never goes back, and follows corrections by
// 1/slew of the time at most, unless the stream itself has broken.
func (c *trackClock) session(ts uint32) time.Duration {
	u := c.unwrap(ts)
	n, want := c.nominal(u), c.target(u)
	switch {
	case !c.mapped || c.step || n+c.off > c.arrival+aheadLimit:
		c.off = want
	default:
		limit := max(n-c.at, 0) / slew
		c.off += min(max(want-c.off, -limit), limit)
	}
	c.mapped, c.step, c.at = true, c.step && !c.own.some, max(c.at, n)
	out := min(n+c.off, c.arrival+aheadLimit)
	c.last = max(c.last, out, 0)
	return c.last
}

// minWindow is the least value of the last one to two spans.
type minWindow struct {
	some         bool
	now, before  time.Duration
	since        time.Duration
	beforeIsReal bool
}

func (w *minWindow) reset() { *w = minWindow{} }

func (w *minWindow) add(v, at time.Duration) {
	switch {
	case !w.some:
		*w = minWindow{some: true, now: v, since: at}
	case at-w.since >= delaySpan:
		w.before, w.beforeIsReal = w.now, at-w.since < 2*delaySpan
		w.now, w.since = v, at
	default:
		w.now = min(w.now, v)
	}
}

func (w *minWindow) min() time.Duration {
	if w.beforeIsReal {
		return min(w.now, w.before)
	}
	return w.now
}
