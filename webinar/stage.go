package webinar

import (
	"context"
	"time"
)

// Invite asks an attendee on stage. room is how many people invited or on stage as guests there may be. Errors:
// ErrNotLive, ErrEnded, ErrNotFound, ErrInvited, ErrOnStage, ErrStageFull.
func (s *Service) Invite(ctx context.Context, w Webinar, id TicketID, room int) error {
	if err := stageOpen(w); err != nil {
		return err
	}
	t, err := s.store.moveSeat(ctx, w.ID, id, time.Now(), func(t Ticket, guests, invited int) (string, error) {
		switch {
		case t.Role.OnStage():
			return "", ErrOnStage
		case t.Invited:
			return "", ErrInvited
		case guests+invited >= room:
			return "", ErrStageFull
		}
		return stageInvited, nil
	})
	if err == nil {
		s.tellSeat(t, StepInvited)
	}
	return err
}

// Come brings an invited attendee on stage; whoever is there stays. room is how many guests there may be. Errors:
// ErrNotLive, ErrEnded, ErrNotFound, ErrNotInvited, ErrStageFull.
func (s *Service) Come(ctx context.Context, w Webinar, id TicketID, room int) (Ticket, error) {
	if err := stageOpen(w); err != nil {
		return Ticket{}, err
	}
	already := false
	t, err := s.store.moveSeat(ctx, w.ID, id, time.Now(), func(t Ticket, guests, _ int) (string, error) {
		already = t.Role == Guest
		switch {
		case already:
			return stageGuest, nil
		case !t.Invited:
			return "", ErrNotInvited
		case guests >= room:
			return "", ErrStageFull
		}
		return stageGuest, nil
	})
	if err == nil && !already {
		s.reseat(t, StepCame)
	}
	return t, err
}

// Decline is an invited attendee's "not now". Without an invitation there is nothing to do.
func (s *Service) Decline(ctx context.Context, w ID, id TicketID) (Ticket, error) {
	invited := false
	t, err := s.store.moveSeat(ctx, w, id, time.Now(), func(t Ticket, _, _ int) (string, error) {
		if invited = t.Invited; !invited && t.Role == Guest {
			return "", ErrOnStage // an answer of another tab came first
		}
		return "", nil
	})
	if err == nil && invited {
		s.tellSeat(t, StepDeclined)
	}
	return t, err
}

// LeaveStage sends a guest back among the attendees: by their own wish (StepLeft), or by a host's (StepSentBack), who
// takes an invitation back in the same way. ErrNotInvited if there is neither.
func (s *Service) LeaveStage(ctx context.Context, w ID, id TicketID, why Step) (Ticket, error) {
	guest := false
	t, err := s.store.moveSeat(ctx, w, id, time.Now(), func(t Ticket, _, _ int) (string, error) {
		if guest = t.Role == Guest; !guest && !t.Invited {
			return "", ErrNotInvited
		}
		return "", nil
	})
	switch {
	case err != nil:
		return t, err
	case guest:
		s.reseat(t, why)
	default:
		s.tellSeat(t, why)
	}
	return t, nil
}

// Seats returns those of ids whose seats are good, with names before without, then by name.
func (s *Service) Seats(ctx context.Context, w ID, ids []TicketID) ([]Ticket, error) {
	return s.store.seats(ctx, w, ids, time.Now())
}

func stageOpen(w Webinar) error {
	switch w.State {
	case Ended:
		return ErrEnded
	case Scheduled:
		return ErrNotLive
	case Live:
	}
	return nil
}

// reseat lets the other rooms follow before anybody hears of it.
func (s *Service) reseat(t Ticket, step Step) {
	if s.hooks.Reseat != nil {
		s.hooks.Reseat(t)
	}
	s.tellSeat(t, step)
}

func (s *Service) tellSeat(t Ticket, step Step) {
	s.events.Publish(Event{Webinar: t.Webinar, To: Only(t.ID), Body: SeatChanged{t}})
	s.events.Publish(Event{Webinar: t.Webinar, To: Hosts(), Body: StageStep{t, step}})
}
