package recorder

import (
	"math"
	"sync"
	"time"

	"plenum/webinar/media"
)

// window keeps the least of the values of the last five minutes, so that a clock's drift is followed.
const window = 5 * time.Minute

type sample struct {
	at  instant
	val time.Duration
}

// leastOf is a queue of samples in which each is less than all behind it were when it came.
type leastOf struct{ q []sample }

func (l *leastOf) add(at instant, v time.Duration) {
	l.trim(at)
	for len(l.q) > 0 && l.q[len(l.q)-1].val >= v {
		l.q = l.q[:len(l.q)-1]
	}
	l.q = append(l.q, sample{at, v})
}

func (l *leastOf) trim(now instant) {
	for len(l.q) > 1 && now.sub(l.q[0].at) > window {
		l.q = l.q[1:]
	}
}

func (l *leastOf) min() (time.Duration, bool) {
	if len(l.q) == 0 {
		return 0, false
	}
	return l.q[0].val, true
}

// sender is the report clock of one publication, which its sources share.
type sender struct {
	mu      sync.Mutex
	reports leastOf // arrival − NTP
}

func (s *sender) report(at, ntp instant) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports.add(at, at.sub(ntp))
	least, _ := s.reports.min()
	return least
}

func (s *sender) offset() (time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reports.min()
}

// clock reads the server's time as instants that no change of the wall clock moves.
type clock struct{ origin time.Time }

func newClock() clock { return clock{origin: time.Now()} }

func (c clock) at(t time.Time) instant { return instant(c.origin.UnixNano()).add(t.Sub(c.origin)) }

func (c clock) now() instant { return c.at(time.Now()) }

// page is what a person's page says of its own clock: performance.timeOrigin + performance.now().
type page struct {
	base leastOf // server receive − page epoch
	rtt  time.Duration
}

// pageStep: when the page's base seems this much further off than the least seen, it is another page or clock.
const pageStep = time.Second

// hear takes an epoch in milliseconds that arrived at, and a round trip in milliseconds; nonsense is ignored.
func (p *page) hear(at instant, epochMS, rttMS float64) {
	if e, ok := milliseconds(epochMS); ok {
		v := at.sub(e)
		if least, some := p.base.min(); some && v-least > pageStep {
			p.base = leastOf{}
		}
		p.base.add(at, v)
	}
	if rttMS > 0 && rttMS < float64(maxRTT/time.Millisecond) {
		p.rtt = time.Duration(rttMS * float64(time.Millisecond))
	}
}

// click completes an order with a click in milliseconds of the page's clock.
func (p *page) click(o *order, clickMS float64) {
	base, ok := p.base.min()
	if c, good := milliseconds(clickMS); ok && good {
		o.click, o.page = c, base
	}
	o.rtt = p.rtt
}

// milliseconds refuses what is no time between 1970 and 2200.
func milliseconds(ms float64) (instant, bool) {
	if math.IsNaN(ms) || ms <= 0 || ms > 7.26e12 {
		return 0, false
	}
	return instant(ms * float64(time.Millisecond)), true
}

func reportInstant(r media.SenderReport) (instant, bool) {
	return ntpInstant(r.NTP), r.NTP != 0
}
