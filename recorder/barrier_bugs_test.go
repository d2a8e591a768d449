package recorder

import (
	"math"
	"testing"
	"time"
)

// bug is a barrier that was built wrong in one place.
type bug struct {
	*barrier
	onArm    func(*barrier, *order)
	afterArm func(*barrier)
	onReport func(*barrier)
	onJudge  func(b *barrier, s *stream, ts uint32, key bool)
	anyway   bool // once open, everything passes
	opened   bool
}

func (m *bug) arm(o order, now instant, offset time.Duration, known bool) {
	if m.onArm != nil {
		m.onArm(m.barrier, &o)
	}
	m.barrier.arm(o, now, offset, known)
	if m.afterArm != nil {
		m.afterArm(m.barrier)
	}
}

func (m *bug) report(ssrc uint32, ntp instant, rtp uint32, now instant, offset time.Duration) {
	m.barrier.report(ssrc, ntp, rtp, now, offset)
	if m.onReport != nil {
		m.onReport(m.barrier)
	}
}

func (m *bug) judge(ssrc, ts uint32, key bool, now instant) (pass, ask bool) {
	if m.onJudge != nil && m.armed {
		m.onJudge(m.barrier, m.stream(ssrc), ts, key)
	}
	pass, ask = m.barrier.judge(ssrc, ts, key, now)
	m.opened = m.opened || pass
	return pass || m.anyway && m.opened, ask
}

// noC forgets the newest timestamp.
func noC(b *barrier) {
	for _, s := range b.streams {
		s.commit -= b.ticks(time.Hour)
	}
}

func noBound(b *barrier) { b.bound = b.bound.add(-time.Minute) } // reckoned anew by each report

func TestSeededBarrierBugs(t *testing.T) {
	var armed instant
	for name, m := range map[string]bug{
		"a only": {onArm: func(_ *barrier, o *order) { o.commit, o.page = o.click, 0 },
			afterArm: func(b *barrier) { noC(b); b.bound = b.order.click.add(b.margin) }},
		"c only": {afterArm: noBound, onReport: noBound},
		"barrier lowered by a report": {
			afterArm: func(b *barrier) { armed = b.bound },
			onReport: func(b *barrier) { lowered(b, armed) },
		},
		"Date.now() for the click": {onArm: func(_ *barrier, o *order) { o.page = 0 },
			afterArm: func(b *barrier) { noC(b); b.bound = b.order.click.add(-3*time.Second + b.margin) }},
		"not checked after opening":           {anyway: true},
		"key frame before the barrier counts": {onJudge: earlyKey},
		"newest packet received":              {afterArm: newest, onReport: newest},
		"no margin": {afterArm: func(b *barrier) {
			b.bound = b.bound.add(-b.margin)
			for _, s := range b.streams {
				s.commit -= b.ticks(b.margin)
			}
		}},
		"round trip forgotten":       {afterArm: func(b *barrier) { b.bound = b.bound.add(-b.order.rtt) }},
		"jumping reports believed":   {onReport: func(b *barrier) { b.streams[1].doubt = 0 }},
		"no wider margin in doubt":   {onReport: func(b *barrier) { b.streams[1].doubt /= 2 }},
		"no wait for a report":       {afterArm: impatient},
		"SSRC takes another's latch": {onJudge: anySSRC},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range scenarios() {
				faults := s.faults(func(b *barrier) judge {
					one := m
					one.barrier = b
					return &one
				})
				if len(faults) > 0 {
					t.Logf("caught by %q: %s", s.name, faults[0])
					return
				}
			}
			t.Error("survived every scenario")
		})
	}
}

func lowered(b *barrier, bound instant) {
	for _, s := range b.streams {
		if s.latched {
			s.min = s.rtpAt(bound, b.rate)
		}
	}
}

func earlyKey(_ *barrier, s *stream, ts uint32, key bool) {
	if key && !s.through {
		s.latched, s.through, s.min = true, true, ts
	}
}

func newest(b *barrier) {
	for _, s := range b.streams {
		if b.armed && s.seen && !s.latched {
			s.latched, s.min = true, s.newest
		}
	}
}

func impatient(b *barrier) {
	for _, s := range b.streams {
		s.waiting = math.MinInt64 / 2
	}
}

func anySSRC(b *barrier, s *stream, _ uint32, _ bool) {
	for _, o := range b.streams {
		if o.latched && !s.latched {
			s.latched, s.begun = true, true
		}
	}
}
