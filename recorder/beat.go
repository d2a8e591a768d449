package recorder

import (
	"context"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

const (
	announcedFor = time.Hour        // without a start
	grantsFor    = 30 * time.Minute // in a pause
	aloneFor     = 10 * time.Minute // without a host
)

// Beat is the sign of life of a person on stage, with the page's clock and round trip in milliseconds. Gates that its
// absence closed are armed again.
func (s *Service) Beat(w webinar.ID, who webinar.Ticket, epochMS, rttMS float64) {
	if who.Webinar != w || who.Subject == "" {
		return
	}
	r := s.room(w)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hear(who, epochMS, rttMS)
}

// hear takes a sign of life; mu is held.
func (r *room) hear(who webinar.Ticket, epochMS, rttMS float64) {
	r.seats[who.Subject] = who.ID
	p := r.person(who.Subject)
	p.page.hear(r.s.clock.now(), epochMS, rttMS)
	if p.beat.IsZero() {
		r.s.wake() // there is one more to wait for
	}
	p.beat = time.Now()
	if p.lapsed {
		p.lapsed = false
		p.granted = r.moment() // whatever was sent unseen is older than the barrier
		r.later(func(ctx context.Context) error { return r.rearm(ctx, nil) })
	}
}

// due is when the next gate must close for want of beats, or the strict rule may go on; false if nothing is awaited. What
// takes minutes is seen by the way.
func (r *room) due() (at time.Time, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.book == nil || !r.rec.active() {
		return at, false
	}
	if !r.resumeAt.IsZero() {
		at, ok = r.resumeAt, true
	}
	for _, p := range r.people {
		if end := p.beat.Add(r.s.c.BeatLimit); !p.lapsed && (!ok || end.Before(at)) {
			at, ok = end, true
		}
	}
	return at, ok
}

// beat does what time asks for in one room.
func (r *room) beat(now time.Time) {
	r.mu.Lock()
	if r.book == nil || !r.rec.active() {
		r.mu.Unlock()
		return
	}
	id := r.rec.ID
	x := r.lapse(now)
	switch state := r.rec.State; {
	case state == Announced && now.Sub(r.rec.AnnouncedAt) >= announcedFor:
		y, _ := r.halt(Aborted, ByHost, "")
		r.mu.Unlock()
		x.shut()
		y.shut()
		r.tell()
		return
	case state != Announced && !r.alone.IsZero() && now.Sub(r.alone) >= aloneFor:
		y, _ := r.halt(Stopped, ByNoHost, "")
		r.later(func(ctx context.Context) error { r.finish(ctx, id); return nil })
		r.mu.Unlock()
		x.shut()
		y.shut()
		r.tell()
		return
	case state == Paused && now.Sub(r.pausedAt) >= grantsFor:
		r.pausedAt = now
		r.later(func(ctx context.Context) error { return r.endGrants(ctx, id) })
	case state == Paused && !r.resumeAt.IsZero() && !now.Before(r.resumeAt):
		r.later(r.unstrict)
	}
	r.mu.Unlock()
	x.shut()
}

// lapse closes the gates of people whose beats are missing. mu is held; the caller shuts.
func (r *room) lapse(now time.Time) shutting {
	var x shutting
	for who, p := range r.people {
		if p.lapsed || now.Sub(p.beat) < r.s.c.BeatLimit {
			continue
		}
		p.lapsed = true
		r.book.Lapse(r.rec.ID, who)
		y := r.shutting(func(g *gate) bool { return g.track.Subject == string(who) })
		x.gates, x.takes = append(x.gates, y.gates...), append(x.takes, y.takes...)
	}
	return x
}

// endGrants ends every grant of a recording that has been paused for too long.
func (r *room) endGrants(ctx context.Context, id RecordingID) error {
	if rec := r.current(); rec.ID != id || rec.State != Paused {
		return nil
	}
	err := r.book.Mark(ctx, id, consent.Expire, "", "")
	r.mu.Lock()
	r.resumeAt = time.Time{}
	x, _ := r.strict()
	r.mu.Unlock()
	x.shut()
	r.tellCounts()
	r.tellStandings(id)
	return err
}

// SetHosts says how many hosts are in the room. When the last has gone, what runs is paused before this returns; ten
// minutes later it is stopped.
func (s *Service) SetHosts(w webinar.ID, present int) {
	r := s.room(w)
	r.mu.Lock()
	r.deserted = present <= 0
	if present > 0 {
		r.alone = time.Time{}
		r.mu.Unlock()
		return
	}
	if r.alone.IsZero() {
		r.alone = time.Now()
	}
	if r.rec.State != Running && (r.rec.State != Paused || r.rec.Reason != ByStrict) {
		r.mu.Unlock()
		return
	}
	x, _ := r.halt(Paused, ByNoHost, "")
	r.mu.Unlock()
	x.shut()
	r.tell()
}

// watchDisk stops what runs when the disk is below its reserve: a clean stop is finished, a full disk is not.
func (s *Service) watchDisk() {
	if s.diskReserve() == nil {
		return
	}
	for _, r := range s.every() {
		if rec := r.current(); rec.State == Running {
			r.fail(ByDisk)
		}
	}
}
