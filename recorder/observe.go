package recorder

import (
	"context"
	"time"

	"plenum/webinar"
	"plenum/webinar/media"
)

// SourceOpened puts a gate before a source. It returns before the source's first packet is forwarded, with every gate
// closed if the strict rule is broken by it. It implements media.Observer.
func (s *Service) SourceOpened(name string, src media.Source, muted bool) {
	r := s.room(webinar.ID(name))
	t := src.Track()
	r.mu.Lock()
	snd := r.senders[t.Session]
	if snd == nil {
		snd = &sender{}
		r.senders[t.Session] = snd
	}
	g := newGate(src, s.clock, snd, s.c.Margin)
	g.born, g.muted = r.moment(), muted
	if !t.Since.IsZero() {
		g.born.at = t.Since // what was sent between may still come
	}
	r.gates[t.ID] = g
	src.Keep(r.rec.active())
	if p := r.person(webinar.SubjectID(t.Subject)); !p.lapsed {
		p.beat = time.Now() // the first beat has as long as any other
	}
	x, changed := r.strict()
	if r.mayOpen(g) {
		r.later(func(ctx context.Context) error { return r.rearm(ctx, nil) })
	}
	r.mu.Unlock()
	x.shut()
	untap := src.Tap(g)
	r.mu.Lock()
	g.untap = untap
	r.mu.Unlock()
	if changed {
		r.tell()
	}
	if !g.writable {
		r.tellCounts()
	}
}

// SourceMuted follows a source going quiet or live. It implements media.Observer.
func (s *Service) SourceMuted(name string, src media.Source, muted bool) {
	r := s.room(webinar.ID(name))
	r.mu.Lock()
	g := r.gates[src.Track().ID]
	if g == nil {
		r.mu.Unlock()
		return
	}
	g.muted = muted
	x, changed := r.strict()
	r.mu.Unlock()
	x.shut()
	if changed {
		r.tell()
	}
}

// SourceClosed takes a source's gate away; the last of a publication ends its segment. It implements media.Observer.
func (s *Service) SourceClosed(name string, src media.Source) {
	r := s.room(webinar.ID(name))
	t := src.Track()
	r.mu.Lock()
	g := r.gates[t.ID]
	if g == nil {
		r.mu.Unlock()
		return
	}
	delete(r.gates, t.ID)
	x := shutting{gates: []*gate{g}}
	last, lastOfTake := true, g.take != nil
	for _, o := range r.gates {
		last = last && o.track.Session != t.Session
		lastOfTake = lastOfTake && o.take != g.take
	}
	if last {
		delete(r.senders, t.Session)
	}
	if lastOfTake {
		g.take.closing = true
		x.takes = append(x.takes, g.take)
	}
	g.take = nil
	y, changed := r.strict()
	untap := g.untap
	r.mu.Unlock()
	if untap != nil {
		untap()
	}
	x.shut()
	y.shut()
	if changed {
		r.tell()
	}
	if !g.writable {
		r.tellCounts()
	}
}
