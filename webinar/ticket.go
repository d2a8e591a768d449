package webinar

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// JoinRequest is what somebody brings to the door.
type JoinRequest struct {
	Name   string // may be empty
	Secret string // a ticket; empty: a new seat as attendee
}

// Join seats somebody: with a ticket in its seat, without one in a new seat as attendee. The returned secret is the
// one to keep. A name replaces that of the seat. After the end there are new seats only while something outlives the
// webinar, such as a survey, and seats lead back as long as they last. Errors: *InvalidError, ErrTicketInvalid, ErrEnded.
func (s *Service) Join(ctx context.Context, w Webinar, r JoinRequest) (Ticket, string, error) {
	name, err := CleanText("name", r.Name, MaxName, false)
	if err != nil {
		return Ticket{}, "", err
	}
	if r.Secret == "" {
		return s.newcomer(ctx, w, name)
	}
	t, err := s.BySecret(ctx, w.ID, r.Secret)
	if err != nil {
		return Ticket{}, "", err
	}
	if name != "" {
		t.Name = name
	}
	t.Used = true
	return t, r.Secret, s.store.useTicket(ctx, t)
}

// HostSeat returns the seat of the account that owns w, which is made at its first use.
func (s *Service) HostSeat(ctx context.Context, w Webinar, u User) (Ticket, error) {
	if w.Owner != u.ID {
		return Ticket{}, ErrForbidden
	}
	t := s.newTicket(w, Host, u.Name)
	t.User, t.Used = u.ID, true
	return s.store.hostTicket(ctx, t, time.Now())
}

// BySecret returns the ticket of secret in that webinar, or ErrTicketInvalid.
func (s *Service) BySecret(ctx context.Context, id ID, secret string) (Ticket, error) {
	return s.store.ticketBySecret(ctx, id, HashSecret(secret), time.Now())
}

// Ticket returns one seat of a webinar, or ErrNotFound.
func (s *Service) Ticket(ctx context.Context, id ID, t TicketID) (Ticket, error) {
	return s.store.ticket(ctx, id, t, time.Now())
}

// Issue makes a personal ticket for a speaker or an attendee; its secret is returned here and nowhere else.
func (s *Service) Issue(ctx context.Context, w Webinar, role Role, name string) (Ticket, string, error) {
	if w.State == Ended {
		return Ticket{}, "", ErrEnded
	}
	if role != Speaker && role != Attendee {
		return Ticket{}, "", &InvalidError{Field: "role", Reason: "malformed"}
	}
	name, err := CleanText("name", name, MaxName, false)
	if err != nil {
		return Ticket{}, "", err
	}
	return s.seat(ctx, w, role, name, true)
}

// Issued returns the personal tickets that were made by Issue, oldest first.
func (s *Service) Issued(ctx context.Context, id ID) ([]Ticket, error) {
	return s.store.issuedTickets(ctx, id, time.Now())
}

// Revoke takes a seat away; what its owner sends and hears ends. The host's own seat cannot be revoked.
func (s *Service) Revoke(ctx context.Context, id ID, t TicketID) error {
	if err := s.store.deleteTicket(ctx, id, t); err != nil {
		return err
	}
	if s.hooks.Revoked != nil {
		s.hooks.Revoked(id, t)
	}
	return nil
}

func (s *Service) seat(ctx context.Context, w Webinar, role Role, name string, issued bool) (Ticket, string, error) {
	t := s.newTicket(w, role, name)
	t.Used = !issued
	return s.put(ctx, t, issued)
}

func (s *Service) put(ctx context.Context, t Ticket, issued bool) (Ticket, string, error) {
	secret := NewSecret(TicketPrefix)
	return t, secret, s.store.putTicket(ctx, t, HashSecret(secret), issued)
}

// newcomer seats whoever has no ticket. After the end the seat lasts as long as those of who was there.
func (s *Service) newcomer(ctx context.Context, w Webinar, name string) (Ticket, string, error) {
	if w.State != Ended {
		return s.seat(ctx, w, Attendee, name, false)
	}
	needed, err := s.needed(ctx, w.ID)
	if err != nil {
		return Ticket{}, "", err
	}
	if !needed.After(time.Now()) {
		return Ticket{}, "", ErrEnded
	}
	t := s.newTicket(w, Attendee, name)
	t.Used, t.Expires = true, later(w.EndedAt.Add(s.keep.Seat), needed)
	return s.put(ctx, t, false)
}

// needed is when seats are needed for the last time; zero: not after the end.
func (s *Service) needed(ctx context.Context, id ID) (time.Time, error) {
	if s.hooks.Needed == nil {
		return time.Time{}, nil
	}
	needed, err := s.hooks.Needed(ctx, id)
	if err != nil {
		return time.Time{}, fmt.Errorf("ask what outlives the webinar: %w", err)
	}
	return needed, nil
}

// SeatAll makes a personal seat as attendee for each name, all or none. The secrets are returned here and nowhere else.
// Unlike those of Issue they are of a list that another room keeps, and Issued does not name them.
func (s *Service) SeatAll(ctx context.Context, w Webinar, names []string) ([]Ticket, []string, error) {
	seats, secrets, hashes := make([]Ticket, len(names)), make([]string, len(names)), make([][]byte, len(names))
	for i, name := range names {
		seats[i], secrets[i] = s.newTicket(w, Attendee, name), NewSecret(TicketPrefix)
		hashes[i] = HashSecret(secrets[i])
	}
	return seats, secrets, s.store.putTickets(ctx, seats, hashes)
}

// Unseat takes seats away, as far as they are there.
func (s *Service) Unseat(ctx context.Context, id ID, seats []TicketID) error {
	for _, t := range seats {
		if err := s.Revoke(ctx, id, t); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// Renew gives a seat another secret; the old one works no more. Errors: ErrNotFound.
func (s *Service) Renew(ctx context.Context, id ID, t TicketID) (string, error) {
	secret := NewSecret(TicketPrefix)
	return secret, s.store.setSecret(ctx, id, t, HashSecret(secret))
}

func (s *Service) newTicket(w Webinar, role Role, name string) Ticket {
	now := time.Now()
	return Ticket{
		ID: TicketID(NewID()), Webinar: w.ID, Subject: SubjectID(NewID()), Role: role, Name: name,
		Created: now, Expires: later(now, w.StartsAt).Add(s.keep.MaxLive + s.keep.Seat),
	}
}
