package polls

import (
	"context"

	"plenum/webinar"
)

// Signed is a ballot of a named poll with who cast it.
type Signed struct {
	Ballot
	Ticket webinar.TicketID
	Name   string // empty: the seat has none, or is gone
}

// Signed returns the ballots of a named poll by the names of who cast them. Errors: ErrNotFound, ErrNotOpen, ErrNotNamed.
func (s *Service) Signed(ctx context.Context, w webinar.ID, id PollID) ([]Signed, error) {
	p, err := s.store.get(ctx, w, id)
	switch {
	case err != nil:
		return nil, err
	case p.State == StateDraft:
		return nil, ErrNotOpen
	case p.Secrecy != Named:
		return nil, ErrNotNamed
	}
	return s.store.signed(ctx, id)
}
