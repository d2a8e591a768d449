package sfu

import (
	"slices"
	"unsafe"

	"plenum/webinar/sfu/ahead"
)

// tour is the way of a visit: every slot that carries something, those of one viewer in a row. It is planned anew when a
// slot comes or goes, and now and then, since viewers move to other addresses.
type tour struct {
	stops []stop
	moved bool // the plan is out of date
}

// stop is one slot, and where in memory lies what a packet for it looks into.
type stop struct {
	slot *slot
	feed *feed // that the slot carries
	warm ahead.Lines
}

// early is how many stops ahead memory is asked for. More were measured and are slower.
const early = 1

// cancel forgets the plan, and with it who has left.
func (t *tour) cancel() {
	clear(t.stops)
	t.stops, t.moved = t.stops[:0], true
}

// plan lists the stops: pictures first, for a train of datagrams may end with a shorter one.
func (t *tour) plan(viewers []*viewer) {
	t.cancel()
	for _, v := range viewers {
		for _, s := range slices.Backward(v.slots) {
			if s.feed == nil || s.catching || v.onStage && !s.video {
				continue
			}
			t.stops = append(t.stops, stop{slot: s, feed: s.feed})
			s.lines(&t.stops[len(t.stops)-1].warm)
		}
	}
	t.moved = false
}

// walk goes to each slot that has a part to get and that is wanted.
func (t *tour) walk(wanted func(*slot) bool, visit func(*slot, []*packet)) {
	due := func(s *stop) bool { return len(s.feed.part) > 0 && wanted(s.slot) }
	next := 0
	for i := range t.stops {
		for ; next < min(i+early+1, len(t.stops)); next++ {
			if s := &t.stops[next]; due(s) {
				s.warm.Fetch()
			}
		}
		if s := &t.stops[i]; due(s) {
			visit(s.slot, s.feed.part)
		}
	}
}

// lines notes what [slot.write] looks into for each packet.
func (s *slot) lines(l *ahead.Lines) {
	p := &s.viewer.passage
	l.Add(unsafe.Pointer(s), unsafe.Offsetof(s.bound)+unsafe.Sizeof(s.bound))
	l.Add(unsafe.Pointer(&s.rw), unsafe.Offsetof(s.format)+unsafe.Offsetof(s.format.codec)-unsafe.Offsetof(s.rw))
	l.Add(unsafe.Pointer(&s.viewer.ready), 1)
	l.Add(unsafe.Pointer(p), unsafe.Offsetof(p.secrets))
	if b := s.bound.Load(); b != nil {
		l.Add(unsafe.Pointer(b), unsafe.Sizeof(*b))
		if d, ok := b.out.(*direct); ok {
			l.Add(unsafe.Pointer(d), unsafe.Offsetof(d.repeats))
		}
	}
	if h := p.at.Load(); h != nil {
		l.Add(unsafe.Pointer(h), unsafe.Offsetof(h.conn))
	}
	if p.sender != nil {
		p.sender.Places(l.Add)
	}
}
