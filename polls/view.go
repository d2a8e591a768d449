package polls

import (
	"context"

	"plenum/webinar"
)

// List returns the polls of a webinar in the order of the run-sheet, as viewer may see them. All is for hosts: drafts
// and every result.
func (s *Service) List(ctx context.Context, w webinar.ID, viewer webinar.TicketID, all bool) ([]View, error) {
	where := "webinar_id = ?"
	if !all {
		where += " AND polls.state <> 'draft'"
	}
	return s.views(ctx, w, viewer, all, where, w)
}

// Get returns one poll as List would, or ErrNotFound.
func (s *Service) Get(ctx context.Context, w webinar.ID, id PollID, viewer webinar.TicketID, all bool) (View, error) {
	found, err := s.views(ctx, w, viewer, all, "webinar_id = ? AND polls.id = ?", w, id)
	switch {
	case err != nil:
		return View{}, err
	case len(found) == 0 || (!all && found[0].Poll.State == StateDraft):
		return View{}, ErrNotFound
	}
	return found[0], nil
}

// WebinarOf names the webinar of a poll that has been opened. Errors: ErrNotFound.
func (s *Service) WebinarOf(ctx context.Context, id PollID) (webinar.ID, error) {
	found, err := s.store.find(ctx, "polls.id = ?", id)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0 || found[0].State == StateDraft:
		return "", ErrNotFound
	}
	return found[0].Webinar, nil
}

func (s *Service) views(ctx context.Context, w webinar.ID, viewer webinar.TicketID, all bool, where string, args ...any) ([]View, error) {
	found, err := s.store.find(ctx, where, args...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	voted, err := s.store.votedIn(ctx, w, viewer)
	if err != nil {
		return nil, err
	}
	out := make([]View, len(found))
	for i, p := range found {
		out[i] = View{Poll: p.Poll, Voted: voted[p.ID]}
		if !all {
			out[i].Poll = p.forVoters()
		}
		if p.State == StateDraft || (!all && !p.SeenBy(voted[p.ID])) {
			continue
		}
		t, err := s.tally(ctx, p)
		if err != nil {
			return nil, err
		}
		t = p.public(t)
		if !all {
			t = p.veil(t)
		}
		out[i].Tally = &t
	}
	return out, nil
}

// Results returns a poll that was opened, with its result up to now. Errors: ErrNotFound, ErrNotOpen,
// ErrNotClosed while nobody may know how it stands.
func (s *Service) Results(ctx context.Context, w webinar.ID, id PollID) (Poll, Tally, error) {
	p, err := s.store.get(ctx, w, id)
	if err != nil {
		return Poll{}, Tally{}, err
	}
	if p.State == StateDraft {
		return Poll{}, Tally{}, ErrNotOpen
	}
	if p.sealed() {
		return Poll{}, Tally{}, ErrNotClosed
	}
	t, err := s.tally(ctx, p)
	return p.Poll, t, err
}

// Receipts returns what the ballots of a closed poll lie under, ordered by itself, which is as good as random. Errors:
// ErrNotFound, ErrNotClosed.
func (s *Service) Receipts(ctx context.Context, w webinar.ID, id PollID) ([]Receipt, error) {
	p, err := s.store.get(ctx, w, id)
	if err != nil {
		return nil, err
	}
	if p.State != StateClosed {
		return nil, ErrNotClosed
	}
	box, err := s.store.ballots(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]Receipt, len(box))
	for i, b := range box {
		out[i] = b.Receipt
	}
	return out, nil
}

func (s *Service) tally(ctx context.Context, p stored) (Tally, error) {
	if p.State == StateClosed {
		return p.tally, nil
	}
	if t, ok := s.open.get(p.ID); ok {
		return t, nil
	}
	c, err := s.recount(ctx, p.Poll) // closed since it was read
	if err != nil {
		return Tally{}, err
	}
	return c.tally(), nil
}

func (s *Service) recount(ctx context.Context, p Poll) (*count, error) {
	box, err := s.store.ballots(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	return countBox(p, box)
}
