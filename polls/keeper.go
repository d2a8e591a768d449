package polls

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"plenum/webinar"
)

const (
	clockLook = 5 * time.Second        // how often the wall clock is looked at while a poll has an end
	clockSlip = 500 * time.Millisecond // a wall clock that is off by less is left alone
	closeWait = time.Second            // before the next try to close a poll, after a fault of the database
)

// keeper closes polls at their time, whether or not anybody is looking, and follows a wall clock that jumps.
//
// While the program runs, what counts is the monotonic clock: a countdown neither ends early nor goes on for longer when
// somebody sets the clock; instead the written end moves along, so that clocks agree again. A survey ends on a date, and
// a date is what the wall clock says. After a restart the written end is all that is known.
type keeper struct {
	service *Service
	log     *slog.Logger
	quit    chan struct{}
	stopped chan struct{}
}

func keep(s *Service, log *slog.Logger) *keeper {
	k := &keeper{service: s, log: log, quit: make(chan struct{}), stopped: make(chan struct{})}
	go k.run()
	return k
}

// stop returns when the goroutine has ended. It is called once, before the writer stops.
func (k *keeper) stop() {
	close(k.quit)
	<-k.stopped
}

func (k *keeper) run() {
	defer close(k.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-k.quit:
			return
		case <-k.service.openings.changed:
		case <-timer.C:
		}
		k.followClock()
		wait := k.closeDue()
		if len(k.service.openings.timed()) == 0 {
			timer.Stop()
			continue
		}
		timer.Reset(wait)
	}
}

// closeDue closes what is over and returns how long to wait before the next look.
func (k *keeper) closeDue() time.Duration {
	for _, o := range k.service.openings.timed() {
		if !o.over() {
			return min(time.Until(o.until), clockLook)
		}
		if err := k.service.closeOver(o.poll); err != nil {
			k.log.Warn("poll not closed at its time; no vote is taken any more", "poll", o.poll.ID, "err", err)
			return closeWait
		}
	}
	return clockLook
}

// followClock moves the written ends with a wall clock that has jumped.
func (k *keeper) followClock() {
	wall := k.service.wall()
	var off []opening
	for _, o := range k.service.openings.timed() {
		if o.jumped(wall).Abs() >= clockSlip && !o.over() {
			off = append(off, o)
		}
	}
	if len(off) == 0 {
		return
	}
	if err := k.service.moveEnds(off); err != nil {
		k.log.Warn("the ends of polls did not follow the clock", "err", err)
	}
}

// closeOver ends a poll whose time is up, unless it was given more meanwhile. It ended at the time that was promised,
// since no vote was taken after it.
func (s *Service) closeOver(p Poll) error {
	var found stored
	var out []stored
	var gone, done bool
	return s.writer.submit(&job{ctx: context.Background(), do: func(tx *txn) (err error) {
		gone, done, out = false, false, nil
		found, err = tx.get(context.Background(), p.Webinar, p.ID)
		switch {
		case isNotFound(err):
			gone = true
			return nil
		case err != nil:
			return err
		case found.State != StateOpen:
			gone = true
			return nil
		case !s.openings.over(p.ID):
			return nil
		}
		done = true
		out, err = tx.expire(&found, later(found.ClosesAt, found.OpenedAt))
		return err
	}, kept: func() {
		switch {
		case done:
			s.expired(found, out)
		case gone:
			s.open.drop(p.ID)
			s.openings.drop(p.ID)
		}
	}})
}

// moveEnds writes the ends of open polls anew after the wall clock has jumped, and tells everybody what time it is.
func (s *Service) moveEnds(off []opening) error {
	var moved []stored
	return s.writer.submit(&job{ctx: context.Background(), do: func(tx *txn) error {
		moved = nil
		wall := s.wall()
		for _, o := range off {
			p, err := tx.get(context.Background(), o.poll.Webinar, o.poll.ID)
			if isNotFound(err) || (err == nil && p.State != StateOpen) {
				continue
			}
			if err != nil {
				return err
			}
			if now, ok := s.openings.get(p.ID); ok && !p.survey() {
				if err := tx.closesAt(&p.Poll, p.ClosesAt.Add(now.jumped(wall))); err != nil {
					return err
				}
			}
			moved = append(moved, p)
		}
		return nil
	}, kept: func() {
		wall := s.wall()
		var rooms []webinar.ID
		for _, p := range moved {
			s.openings.set(p.Poll, wall)
			if !slices.Contains(rooms, p.Webinar) {
				rooms = append(rooms, p.Webinar)
				s.events.Publish(webinar.Event{Webinar: p.Webinar, To: webinar.Everyone(), Body: ClockMoved{wall.UTC()}, Coalesce: "clock"})
			}
			s.publish(p.Poll, nil)
		}
	}})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
