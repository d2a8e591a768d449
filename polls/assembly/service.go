package assembly

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gorm.io/gorm"

	"plenum/webinar"
)

// Tickets gives members their personal seats.
type Tickets interface {
	// SeatAll makes one seat for each name, all or none; the secrets are returned here and nowhere else.
	SeatAll(ctx context.Context, w webinar.Webinar, names []string) ([]webinar.Ticket, []string, error)
	// Unseat takes seats away, as far as they are there.
	Unseat(ctx context.Context, w webinar.ID, tickets []webinar.TicketID) error
	// Renew gives a seat another secret.
	Renew(ctx context.Context, w webinar.ID, t webinar.TicketID) (secret string, err error)
}

// Service keeps the lists. All its methods may be called concurrently.
type Service struct {
	store   store
	tickets Tickets
	events  webinar.Publisher
}

// New keeps lists in db.
func New(db *gorm.DB, tickets Tickets, events webinar.Publisher) *Service {
	return &Service{store{db}, tickets, events}
}

// Invitation is a member and the secret of their personal link.
type Invitation struct {
	Member Member
	Secret string
}

// Import replaces the list, and gives every member a personal link. It is refused as soon as anybody has arrived.
// Errors: *ListError, ErrBegun, webinar.ErrEnded.
func (s *Service) Import(ctx context.Context, w webinar.Webinar, list io.Reader) ([]Invitation, error) {
	if w.State == webinar.Ended {
		return nil, webinar.ErrEnded
	}
	members, err := ReadList(list)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	seats, secrets, err := s.tickets.SeatAll(ctx, w, names)
	if err != nil {
		return nil, fmt.Errorf("seats of members: %w", err)
	}
	out := make([]Invitation, len(members))
	for i := range members {
		members[i].Ticket = seats[i].ID
		out[i] = Invitation{members[i], secrets[i]}
	}
	var before Roll
	err = s.store.transaction(ctx, func(tx store) error {
		switch begun, err := tx.begun(w.ID); {
		case err != nil:
			return err
		case begun:
			return ErrBegun
		}
		rules, err := tx.rules(ctx, w.ID)
		if err != nil && !errors.Is(err, ErrNoAssembly) {
			return err
		}
		if err := check(Roll{rules, members}); err != nil {
			return err
		}
		if err := tx.setRules(w.ID, rules); err != nil {
			return err
		}
		if before, err = tx.roll(ctx, w.ID); err != nil {
			return err
		}
		return tx.replace(ctx, w.ID, members)
	})
	gone := before.Members
	if err != nil { // the seats are nobody's
		gone = members
	}
	if undo := s.tickets.Unseat(context.WithoutCancel(ctx), w.ID, tickets(gone)); undo != nil && err == nil {
		err = undo
	}
	if err != nil {
		return nil, err
	}
	return out, s.changed(ctx, w.ID)
}

func tickets(members []Member) []webinar.TicketID {
	out := make([]webinar.TicketID, 0, len(members))
	for _, m := range members {
		if m.Ticket != "" {
			out = append(out, m.Ticket)
		}
	}
	return out
}

// check holds a list against the rules.
func check(r Roll) error {
	held := map[MemberID]int{}
	for _, m := range r.Members {
		if m.Proxy == "" {
			continue
		}
		if held[m.Proxy]++; r.Rules.Proxies > 0 && held[m.Proxy] > r.Rules.Proxies {
			return ErrProxyFull
		}
	}
	return nil
}

// Roll returns the list and the rules. Errors: ErrNoAssembly.
func (s *Service) Roll(ctx context.Context, w webinar.ID) (Roll, error) { return s.store.roll(ctx, w) }

// SetRules changes the rules of the meeting. Errors: *webinar.InvalidError, ErrProxyFull when somebody holds more
// proxies already.
func (s *Service) SetRules(ctx context.Context, w webinar.ID, r Rules) error {
	if err := r.Validate(); err != nil {
		return err
	}
	err := s.store.transaction(ctx, func(tx store) error {
		if err := tx.setRules(w, r); err != nil {
			return err
		}
		roll, err := tx.roll(ctx, w)
		if err != nil {
			return err
		}
		return check(roll)
	})
	if err != nil {
		return err
	}
	return s.changed(ctx, w)
}

// Change is what happens to a member during the meeting; nil leaves a part as it is.
type Change struct {
	Here   *bool
	Paper  *bool
	Teller *bool
	Proxy  *MemberID // empty: nobody any more
}

// Change changes a member. Who arrives votes for themselves from then on. While a motion is open, nobody
// moves between paper and page, and who votes on paper does not leave: else one member could count twice. While the voting
// is over and its paper is counted, nobody joins those who vote on paper: they would be taken for having voted. Errors:
// ErrNotFound, ErrNoAssembly, ErrProxySelf, ErrProxyFull, ErrHere, ErrVoting, ErrCounting.
func (s *Service) Change(ctx context.Context, w webinar.ID, id MemberID, c Change) (Member, error) {
	var out Member
	err := s.store.transaction(ctx, func(tx store) error {
		roll, err := tx.roll(ctx, w)
		if err != nil {
			return err
		}
		before := roll.of(id)
		if out, err = roll.change(id, c); err != nil {
			return err
		}
		if before.Paper != out.Paper || before.onPaper() != out.onPaper() {
			voting, counting, err := tx.voting(w)
			switch {
			case err != nil:
				return err
			case counting && out.onPaper():
				return ErrCounting
			case voting && (before.Paper != out.Paper || before.onPaper()):
				return ErrVoting
			}
		}
		return tx.set(out)
	})
	if err != nil {
		return Member{}, err
	}
	return out, s.changed(ctx, w)
}

// change applies a change to a roll of which nothing else is used afterwards.
func (r Roll) change(id MemberID, c Change) (Member, error) {
	at, proxy := -1, -1
	for i, m := range r.Members {
		if m.ID == id {
			at = i
		}
		if c.Proxy != nil && m.ID == *c.Proxy {
			proxy = i
		}
	}
	if at < 0 || c.Proxy != nil && *c.Proxy != "" && proxy < 0 {
		return Member{}, ErrNotFound
	}
	m := &r.Members[at]
	if c.Here != nil {
		m.Here = *c.Here
	}
	if c.Paper != nil {
		m.Paper = *c.Paper
	}
	if c.Teller != nil {
		m.Teller = *c.Teller
	}
	if c.Proxy != nil {
		switch {
		case *c.Proxy == id:
			return Member{}, ErrProxySelf
		case *c.Proxy != "" && m.Here:
			return Member{}, ErrHere
		}
		m.Proxy = *c.Proxy
	}
	return *m, check(r)
}

// Arrive checks in, or out, the member who came with that ticket. Errors: ErrNotFound, ErrNoAssembly.
func (s *Service) Arrive(ctx context.Context, w webinar.ID, t webinar.TicketID, here bool) error {
	roll, err := s.Roll(ctx, w)
	if err != nil {
		return err
	}
	m, ok := roll.Member(t)
	if !ok {
		return ErrNotFound
	}
	_, err = s.Change(ctx, w, m.ID, Change{Here: &here})
	return err
}

// Link gives a member another personal link, whose secret is returned; the old one works no more.
func (s *Service) Link(ctx context.Context, w webinar.ID, id MemberID) (Invitation, error) {
	roll, err := s.Roll(ctx, w)
	if err != nil {
		return Invitation{}, err
	}
	for _, m := range roll.Members {
		if m.ID == id {
			secret, err := s.tickets.Renew(ctx, w, m.Ticket)
			return Invitation{m, secret}, err
		}
	}
	return Invitation{}, ErrNotFound
}

// changed tells the new attendance.
func (s *Service) changed(ctx context.Context, w webinar.ID) error {
	roll, err := s.Roll(ctx, w)
	if err != nil {
		return err
	}
	s.events.Publish(webinar.Event{Webinar: w, To: webinar.Everyone(), Body: AttendanceChanged{roll.Attendance()}, Coalesce: "attendance"})
	s.events.Publish(webinar.Event{Webinar: w, To: webinar.Hosts(), Body: RollChanged{}, Coalesce: "roll"})
	return nil
}
