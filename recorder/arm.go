package recorder

import (
	"context"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// beatLimit: three beats of 2 s missed.
const beatLimit = 6 * time.Second

// click is a grant's own instant.
type click struct {
	who webinar.SubjectID
	ms  float64 // page clock, milliseconds; 0: none was told
}

// arm gives every gate that may open and is closed a permit, a writer and a barrier. The turn is held. c names the
// grant that caused it, nil after a start, a resume, a new source or a beat.
func (r *room) arm(ctx context.Context, c *click) error {
	made := map[*gate]*take{}
	for _, g := range r.closed() {
		r.mu.Lock()
		known := r.openTake(g) != nil
		r.mu.Unlock()
		for m, t := range made {
			known = known || t.fits(m, g)
		}
		if known {
			continue
		}
		t, err := r.newTake(ctx, g)
		if err != nil {
			r.drop(ctx, made)
			return err
		}
		made[g] = t
	}
	spared := false
	r.mu.Lock()
	for g, t := range made {
		if r.mayOpen(g) && r.openTake(g) == nil {
			r.takes[t] = true
			spared = r.spare(t) || spared
			delete(made, g)
		}
	}
	var ask []*gate
	for _, g := range r.gates {
		if !r.mayOpen(g) {
			continue
		}
		t := r.openTake(g)
		if t == nil {
			continue
		}
		p := r.book.Permit(r.rec.ID, webinar.SubjectID(g.track.Subject), scopeOf(g.track.Kind))
		if !p.Holds() {
			continue
		}
		o := r.order(g, c)
		g.take, g.used = t, true
		g.arm(p, t.out, o)
		if o.fresh && g.track.Kind.Video() {
			ask = append(ask, g)
		}
	}
	r.mu.Unlock()
	if spared {
		r.s.flushOwed()
	}
	for _, g := range ask {
		g.src.RequestKeyFrame()
	}
	r.drop(ctx, made)
	return nil
}

// fits reports whether the take that was made for m serves g too.
func (t *take) fits(m, g *gate) bool {
	return t.session == g.track.Session && groupOf(m.track.Kind) == groupOf(g.track.Kind) && m.track.Subject == g.track.Subject
}

// closed lists the gates that may open and have not.
func (r *room) closed() []*gate {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*gate
	for _, g := range r.gates {
		if r.mayOpen(g) {
			out = append(out, g)
		}
	}
	return out
}

// mayOpen reports whether a closed gate should be armed: never for what no file can hold, so that neither an empty
// segment nor a request for key frames comes of it. It decides nothing else: the permit does. mu is held.
func (r *room) mayOpen(g *gate) bool {
	if g.take != nil || !g.writable || r.rec.State != Running || r.book == nil {
		return false
	}
	s, who := scopeOf(g.track.Kind), webinar.SubjectID(g.track.Subject)
	return s != 0 && !r.person(who).lapsed && r.book.Allowed(r.rec.ID, who).Has(s)
}

// openTake finds the take that a gate's packets belong in. mu is held.
func (r *room) openTake(g *gate) *take {
	for t := range r.takes {
		if !t.closing && t.rec == r.rec.ID && t.session == g.track.Session && t.group == groupOf(g.track.Kind) && string(t.subject) == g.track.Subject {
			return t
		}
	}
	return nil
}

// moment is a place in the order of events; those of one instant have a count.
type moment struct {
	n  uint64
	at time.Time
}

// moment is now, after everything before. mu is held.
func (r *room) moment() moment {
	r.count++
	return moment{r.count, time.Now()}
}

// after reports whether m is later by its count, and no earlier by the clock: a source counts when it comes, and is as old as
// its negotiation.
func (m moment) after(o moment) bool { return m.n > o.n && !m.at.Before(o.at) }

// order is the barrier's input. A source that came after the grant and after the start has nothing older to keep out.
// mu is held.
func (r *room) order(g *gate, c *click) order {
	p := r.person(webinar.SubjectID(g.track.Subject))
	o := order{commit: r.s.clock.now(), rtt: p.page.rtt, fresh: !g.used && p.asking == 0 && g.born.after(r.runs) && g.born.after(p.granted)}
	if c != nil && string(c.who) == g.track.Subject {
		p.page.click(&o, c.ms)
	}
	return o
}

// drop forgets takes that no gate needed after all. They hold nothing.
func (r *room) drop(ctx context.Context, made map[*gate]*take) {
	for _, t := range made {
		t.out.Discard()
		r.s.bg.Go(func() { t.seal(context.WithoutCancel(ctx)) })
	}
}

// shutPerson closes the gates of one person under the scopes that they took back, and everything if the strict rule is
// broken by that. The permits are void already. The erasure is owed from the same moment on, unless it is nil: what begins
// afterwards is spared, and nothing that began before.
func (r *room) shutPerson(id RecordingID, who webinar.SubjectID, lost consent.Scope, e *erasure) {
	r.mu.Lock()
	if e != nil {
		r.owe(e)
	}
	if r.rec.ID != id {
		r.mu.Unlock()
		return
	}
	groups := groupsOf(lost)
	x := r.shutting(func(g *gate) bool {
		for _, gr := range groups {
			if g.track.Subject == string(who) && groupOf(g.track.Kind) == gr {
				return true
			}
		}
		return false
	})
	y, changed := r.strict()
	r.later(func(ctx context.Context) error { return r.rearm(ctx, nil) }) // for what is still allowed
	r.mu.Unlock()
	x.shut()
	y.shut()
	if changed {
		r.tell()
	}
}

// rearm is arm as a job: a spool or database that fails ends the recording.
func (r *room) rearm(ctx context.Context, c *click) error {
	err := r.arm(ctx, c)
	if err != nil {
		r.fail(ByStorage)
	}
	return err
}
