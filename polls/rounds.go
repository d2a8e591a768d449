package polls

import (
	"context"
	"slices"

	"plenum/webinar"
)

// Repeat opens the next round of a closed poll: the same question with an empty box, behind it in the run-sheet. The
// result of the earlier rounds stays. Asked again it returns the round that it opened then. Errors: ErrNotFound,
// ErrNotClosed, webinar.ErrEnded, *webinar.InvalidError, and what stands against the opening of a motion, see [Service.OpenPoll]:
// others may be here than at the first round.
func (s *Service) Repeat(ctx context.Context, w webinar.ID, id PollID, smallKnown bool) (Poll, error) {
	keys, err := s.keysFor(ctx, w, id)
	if err != nil {
		return Poll{}, err
	}
	var next stored
	var box *count
	var order []PollID
	var made bool
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		made = false
		if err := tx.running(w); err != nil {
			return err
		}
		p, err := tx.get(context.Background(), w, id)
		switch {
		case err != nil:
			return err
		case p.State != StateClosed:
			return ErrNotClosed
		}
		next, err = tx.one(context.Background(), "first_id = ? AND round = ?", p.First, p.Round+1)
		if !isNotFound(err) {
			return err
		}
		next = stored{Poll: newPoll(w, p.draft())}
		m, err := s.convene(tx, next.Poll, keys, smallKnown)
		if err != nil {
			return err
		}
		made = true
		next.First, next.Round = p.First, p.Round+1
		if err := tx.insert(&next.Poll, ""); err != nil {
			return err
		}
		if order, err = tx.order(w, func(ids []PollID) []PollID { return behind(ids, next.ID, id) }); err != nil {
			return err
		}
		next.Position = slices.Index(order, next.ID) + 1
		box, err = s.opening(tx, &next, keys, m)
		return err
	}, kept: func() {
		if made {
			s.publishOrder(w, order)
			s.opened(next, box)
		}
	}})
	if err != nil {
		return Poll{}, err
	}
	return next.Poll, nil
}

// behind moves id to the place behind other.
func behind(ids []PollID, id, other PollID) []PollID {
	ids = slices.DeleteFunc(ids, func(p PollID) bool { return p == id })
	return slices.Insert(ids, slices.Index(ids, other)+1, id)
}

// Move puts a poll before another one in the run-sheet, or at its end where before is empty. Errors: ErrNotFound.
func (s *Service) Move(ctx context.Context, w webinar.ID, id, before PollID) error {
	var order []PollID
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if _, err := tx.get(context.Background(), w, id); err != nil || id == before {
			return err
		}
		order, err = tx.order(w, func(ids []PollID) []PollID {
			ids = slices.DeleteFunc(ids, func(p PollID) bool { return p == id })
			switch i := slices.Index(ids, before); {
			case before == "":
				return append(ids, id)
			case i < 0:
				return nil
			default:
				return slices.Insert(ids, i, id)
			}
		})
		return err
	}, kept: func() { s.publishOrder(w, order) }})
}

func (s *Service) publishOrder(w webinar.ID, ids []PollID) {
	if len(ids) > 0 {
		s.events.Publish(webinar.Event{Webinar: w, To: webinar.Hosts(), Body: Ordered{ids}})
	}
}
