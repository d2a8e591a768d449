package webinar

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Retention says how long things live.
type Retention struct {
	Webinar time.Duration // after the end, or after the start of one that never went live
	Seat    time.Duration // tickets, after the end
	MaxLive time.Duration // a webinar that nobody ended is ended after so long

	Recording time.Duration // the longest that a recording may be kept after its end, at least a day
}

// Hooks lets other rooms follow a webinar without this package knowing them. All are called without a lock held;
// a nil one is skipped.
type Hooks struct {
	Live    func(ID)
	End     func(context.Context, ID) error // media, polls and recordings end
	Keep    func(context.Context, ID) (bool, error)
	Needed  func(context.Context, ID) (time.Time, error) // when seats are needed for the last time, such as for a survey; zero: not after the end
	Erase   func(context.Context, ID) error              // before the rows go
	Revoked func(ID, TicketID)                           // the ticket's media and streams end
	Reseat  func(Ticket)                                 // the ticket's role is another one: its streams follow, and its media ends unless it may publish
}

// Service runs webinars and knows who sits in them.
type Service struct {
	store  store
	events Publisher
	keep   Retention
	hooks  Hooks
}

// NewService keeps webinars in db and tells events what changes.
func NewService(db *gorm.DB, events Publisher, keep Retention, hooks Hooks) *Service {
	return &Service{store: newStore(db), events: events, keep: keep, hooks: hooks}
}

// Create makes a webinar. The same owner and key again returns the first one.
func (s *Service) Create(ctx context.Context, owner User, d Draft) (Webinar, error) {
	if err := d.Validate(); err != nil {
		return Webinar{}, err
	}
	plan, err := d.Recording.clean(s.keep.Recording)
	if err != nil {
		return Webinar{}, err
	}
	now := time.Now()
	if d.StartsAt.IsZero() {
		d.StartsAt = now
	}
	w := Webinar{
		ID: ID(NewID()), Owner: owner.ID, HostName: owner.Name, Title: d.Title, Lang: d.Lang, State: Scheduled,
		StartsAt: d.StartsAt, Expires: s.expiry(later(now, d.StartsAt)), Recording: plan,
	}
	return s.store.createWebinar(ctx, w, d.Key)
}

// CleanPlan is p as a webinar would keep it, or its first fault as an *InvalidError.
func (s *Service) CleanPlan(p Plan) (Plan, error) { return p.clean(s.keep.Recording) }

func (s *Service) expiry(from time.Time) time.Time { return from.Add(s.keep.Webinar) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Get returns ErrNotFound for a webinar that does not exist or has expired.
func (s *Service) Get(ctx context.Context, id ID) (Webinar, error) {
	return s.store.webinar(ctx, id, time.Now())
}

// List returns the webinars of an account, the latest start first.
func (s *Service) List(ctx context.Context, owner UserID) ([]Webinar, error) {
	return s.store.webinarsOf(ctx, owner, time.Now())
}

// ByCode finds the webinar of a short code, however it was typed; ErrNotFound for every wrong one.
func (s *Service) ByCode(ctx context.Context, code string) (ID, error) {
	return s.store.webinarByCode(ctx, NormalCode(code), time.Now())
}

// Running returns the webinars that are live, so that a restarted server opens their stages again.
func (s *Service) Running(ctx context.Context) ([]ID, error) {
	return s.store.liveSince(ctx, time.Now())
}

// Patch changes what is not nil.
type Patch struct {
	Title    *string
	StartsAt *time.Time
	Lang     *Lang

	Recording *Plan // as a whole; a recording that was announced keeps what it said
}

// Update changes a webinar that has not ended.
func (s *Service) Update(ctx context.Context, id ID, p Patch) (Webinar, error) {
	return s.change(ctx, id, func(w *Webinar) error {
		if w.State == Ended {
			return ErrEnded
		}
		d := Draft{Title: w.Title, Lang: w.Lang}
		if p.Title != nil {
			d.Title = *p.Title
		}
		if p.Lang != nil {
			d.Lang = *p.Lang
		}
		if err := d.Validate(); err != nil {
			return err
		}
		w.Title, w.Lang = d.Title, d.Lang
		if p.Recording != nil {
			plan, err := p.Recording.clean(s.keep.Recording)
			if err != nil {
				return err
			}
			w.Recording = plan
		}
		if p.StartsAt != nil {
			w.StartsAt, w.Expires = *p.StartsAt, s.expiry(later(time.Now(), *p.StartsAt))
		}
		return nil
	})
}

// GoLive opens the stage to everybody. A live webinar stays as it is.
func (s *Service) GoLive(ctx context.Context, id ID) (Webinar, error) {
	w, err := s.change(ctx, id, func(w *Webinar) error {
		switch w.State {
		case Ended:
			return ErrEnded
		case Scheduled:
			w.State, w.LiveAt = Live, time.Now()
		case Live: // as asked
		}
		return nil
	})
	if err == nil && s.hooks.Live != nil {
		s.hooks.Live(id)
	}
	return w, err
}

// End ends a webinar for all, and what belongs to it. An ended webinar stays as it is, but its parts are ended again,
// so that a call after a fault mends what was left.
func (s *Service) End(ctx context.Context, id ID) (Webinar, error) {
	needed, err := s.needed(ctx, id)
	if err != nil {
		return Webinar{}, err
	}
	w, err := s.change(ctx, id, func(w *Webinar) error {
		if w.State != Ended {
			w.State, w.EndedAt = Ended, time.Now()
			w.Expires = later(s.expiry(w.EndedAt), needed)
		}
		return nil
	})
	if err != nil {
		return w, err
	}
	if err := s.store.shortenTickets(ctx, id, later(w.EndedAt.Add(s.keep.Seat), needed)); err != nil {
		return w, err
	}
	if s.hooks.End != nil {
		if err := s.hooks.End(ctx, id); err != nil {
			return w, fmt.Errorf("end what belongs to the webinar: %w", err)
		}
	}
	return w, nil
}

// Delete ends a webinar and erases it with all that belongs to it.
func (s *Service) Delete(ctx context.Context, id ID) error {
	if _, err := s.End(ctx, id); err != nil {
		return err
	}
	return s.erase(ctx, id)
}

func (s *Service) erase(ctx context.Context, id ID) error {
	if s.hooks.Erase != nil {
		if err := s.hooks.Erase(ctx, id); err != nil {
			return fmt.Errorf("erase what belongs to the webinar: %w", err)
		}
	}
	return s.store.deleteWebinar(ctx, id)
}

func (s *Service) change(ctx context.Context, id ID, f func(*Webinar) error) (Webinar, error) {
	w, changed, err := s.store.changeWebinar(ctx, id, time.Now(), f)
	if err == nil && changed {
		s.events.Publish(Event{Webinar: id, To: Everyone(), Body: Changed{w}})
	}
	return w, err
}

// Sweep ends webinars that were live for too long and erases what has expired. It goes on after a fault and returns
// all of them.
func (s *Service) Sweep(ctx context.Context) error {
	now := time.Now()
	forgotten, errs := s.store.liveSince(ctx, now.Add(-s.keep.MaxLive))
	for _, id := range forgotten {
		_, err := s.End(ctx, id)
		errs = errors.Join(errs, err)
	}
	expired, err := s.store.expired(ctx, now)
	errs = errors.Join(errs, err)
	for _, id := range expired {
		errs = errors.Join(errs, s.sweepOne(ctx, id))
	}
	return errors.Join(errs, s.store.sweepTickets(ctx, now), accountStore{s.store.db}.sweep(ctx, now))
}

// sweepOne erases an expired webinar unless something of it, such as a recording, has a later date.
func (s *Service) sweepOne(ctx context.Context, id ID) error {
	if s.hooks.Keep != nil {
		if keep, err := s.hooks.Keep(ctx, id); keep || err != nil {
			return err
		}
	}
	return s.erase(ctx, id)
}
