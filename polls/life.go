package polls

import (
	"context"
	"time"

	"plenum/webinar"
)

// UndoFor is how long an opening can be undone. A second is added for the way of the request.
const (
	UndoFor   = 5 * time.Second
	undoGrace = time.Second
)

// Opening is how a host opens a poll.
type Opening struct {
	For time.Duration // 0: as its plan says
	// SmallKnown: the host has been told that the weight of a vote may tell whose it is.
	SmallKnown bool
}

// OpenPoll opens a draft; an open poll stays as it is. Several may be open. Ballots that are in the box since an opening
// was undone count. Errors: ErrNotFound, ErrClosed, webinar.ErrEnded, *webinar.InvalidError; of a motion also
// assembly.ErrNoAssembly, ErrSmallClass, ErrNobodyHere, ErrAlone, ErrTelling, ErrWeights, ErrFewVoters.
func (s *Service) OpenPoll(ctx context.Context, w webinar.ID, id PollID, how Opening) (Poll, error) {
	keys, err := s.keysFor(ctx, w, id)
	if err != nil {
		return Poll{}, err
	}
	var p stored
	var box *count
	var changed bool
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		changed = false
		if err := tx.running(w); err != nil {
			return err
		}
		if p, err = tx.get(context.Background(), w, id); err != nil {
			return err
		}
		switch p.State {
		case StateOpen: // as asked
			return nil
		case StateClosed:
			return ErrClosed
		case StateDraft:
		}
		changed = true
		if how.For != 0 {
			p.OpenFor, p.SurveyUntil = how.For, time.Time{}
			if err := p.validate(p.Kind); err != nil {
				return err
			}
		}
		m, err := s.convene(tx, p.Poll, keys, how.SmallKnown)
		if err != nil {
			return err
		}
		box, err = s.opening(tx, &p, keys, m)
		return err
	}, kept: func() {
		if changed {
			s.opened(p, box)
		}
	}})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// convene checks whether a draft can open, and makes the keys that are missing. It writes nothing.
func (s *Service) convene(tx *txn, p Poll, keys tokenKeys, smallKnown bool) (meeting, error) {
	m, err := tx.meet(p, smallKnown)
	if err != nil {
		return m, err
	}
	if p.Secrecy == Secret {
		if err := keys.add(m.weights); err != nil { // somebody has come since they were made
			return m, err
		}
	}
	now := s.wall()
	return m, tx.checkEnd(&p, p.ends(now), now)
}

// opening writes that a draft is open and counts what is in its box.
func (s *Service) opening(tx *txn, p *stored, keys tokenKeys, m meeting) (*count, error) {
	if err := tx.keep(&p.Poll, m); err != nil {
		return nil, err
	}
	if p.Secrecy == Secret {
		if err := tx.keepKeys(p.ID, keys.only(m.weights)); err != nil {
			return nil, err
		}
	}
	now := s.wall()
	ends := p.ends(now)
	if err := tx.plan(&p.Poll); err != nil {
		return nil, err
	}
	if err := tx.open(&p.Poll, now); err != nil {
		return nil, err
	}
	if err := tx.closesAt(&p.Poll, ends); err != nil {
		return nil, err
	}
	if p.Kept == 0 {
		return newCount(p.Poll), nil
	}
	p.Kept = 0
	box, err := tx.ballots(context.Background(), p.ID)
	if err != nil {
		return nil, err
	}
	c, err := countBox(p.Poll, box)
	return c, fault("count ballots", err)
}

// opened tells that a poll is open. It runs in the writer.
func (s *Service) opened(p stored, box *count) {
	s.open.set(box)
	s.openings.set(p.Poll, s.wall())
	s.publish(p.Poll, nil)
}

// UndoOpening makes a draft of a poll that was opened a moment ago; a draft stays as it is. Nothing is lost: ballots that
// were cast meanwhile stay in the box and count when the poll opens again, and as long as there are any its question
// does not change. Errors: ErrNotFound, ErrClosed, ErrTooLate.
func (s *Service) UndoOpening(ctx context.Context, w webinar.ID, id PollID) (Poll, error) {
	var p stored
	var changed bool
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		changed = false
		if p, err = tx.get(context.Background(), w, id); err != nil {
			return err
		}
		o, ok := s.openings.get(id)
		switch {
		case p.State == StateDraft: // as asked
			return nil
		case p.State == StateClosed || p.Counting() || o.over():
			return ErrClosed
		case !ok || time.Since(o.since) > UndoFor+undoGrace || p.paper != nil:
			return ErrTooLate
		}
		changed = true
		if err := tx.dropPaper(id); err != nil {
			return err
		}
		return tx.unopen(&p.Poll)
	}, kept: func() {
		if !changed {
			return
		}
		s.open.drop(id)
		s.openings.drop(id)
		s.events.Publish(webinar.Event{Webinar: w, To: webinar.Everyone(), Body: Deleted{id}})
		s.publish(p.Poll, nil)
	}})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// SetEnd says when an open poll closes by itself; zero: when a host closes it. Errors: ErrNotFound, ErrNotOpen, ErrClosed,
// *webinar.InvalidError.
func (s *Service) SetEnd(ctx context.Context, w webinar.ID, id PollID, at time.Time) (Poll, error) {
	at = timeOf(milli(at))
	return s.changeOpened(ctx, w, id, func(tx *txn, p *stored) (bool, error) {
		switch {
		case p.State == StateClosed || p.Counting() || s.openings.over(id):
			return false, ErrClosed
		case p.ClosesAt.Equal(at):
			return false, nil
		case at.IsZero() && p.survey():
			return false, &webinar.InvalidError{Field: "closes_at", Reason: "empty"}
		}
		now := s.wall()
		if !at.IsZero() && !at.After(now) {
			return false, &webinar.InvalidError{Field: "closes_at", Reason: "past"}
		}
		if err := tx.checkEnd(&p.Poll, at, now); err != nil {
			return false, err
		}
		return true, tx.closesAt(&p.Poll, at)
	})
}

// SetResults says who sees the result of a poll that was opened. Of a closed one, ResultsHidden takes it back and
// everything else publishes it. Errors: ErrNotFound, ErrNotOpen, ErrHeld, *webinar.InvalidError.
func (s *Service) SetResults(ctx context.Context, w webinar.ID, id PollID, r Results) (Poll, error) {
	if err := r.validate(); err != nil {
		return Poll{}, err
	}
	return s.changeOpened(ctx, w, id, func(tx *txn, p *stored) (bool, error) {
		out := p.PublishedAt
		switch {
		case r == ResultsHidden:
			out = time.Time{}
		case p.Held && out.IsZero():
			return false, ErrHeld
		case p.State == StateClosed && out.IsZero():
			out = timeOf(s.wall().UnixMilli())
		}
		if p.Results == r && p.PublishedAt.Equal(out) {
			return false, nil
		}
		p.Results, p.PublishedAt = r, out
		return true, tx.results(p.Poll)
	})
}

// changeOpened changes a poll that was opened once and tells of it. Change reports whether it did anything.
func (s *Service) changeOpened(ctx context.Context, w webinar.ID, id PollID, change func(*txn, *stored) (bool, error)) (Poll, error) {
	var p stored
	var changed bool
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		changed = false
		if p, err = tx.get(context.Background(), w, id); err != nil {
			return err
		}
		if p.State == StateDraft {
			return ErrNotOpen
		}
		changed, err = change(tx, &p)
		return err
	}, kept: func() {
		if !changed {
			return
		}
		t := p.tally
		if p.State == StateOpen {
			s.openings.set(p.Poll, s.wall())
			t, _ = s.open.get(id)
		}
		s.leaders.drop(w)
		s.publishTally(p.Poll, t) // in the place of one that still waits in the hub, for another audience
		s.publish(p.Poll, &t)
	}})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// ClosePoll closes an open poll; a closed one stays as it is. Once it returns no vote is accepted, and every vote
// that is ever acknowledged is in the count. Errors: ErrNotFound, ErrNotOpen, ErrPaperPending, ErrPaperUncounted.
func (s *Service) ClosePoll(ctx context.Context, w webinar.ID, id PollID) (Poll, error) {
	return s.closeByHand(ctx, w, id, false)
}

func (s *Service) closeByHand(ctx context.Context, w webinar.ID, id PollID, withoutPaper bool) (Poll, error) {
	var p stored
	var out []stored
	var changed bool
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if p, err = tx.get(context.Background(), w, id); err != nil {
			return err
		}
		changed = p.State == StateOpen
		switch p.State {
		case StateDraft:
			return ErrNotOpen
		case StateOpen:
			if err := tx.settled(p, withoutPaper); err != nil {
				return err
			}
			out, err = tx.finish(&p, s.wall())
			return err
		case StateClosed: // as asked
		}
		return nil
	}, kept: func() {
		if changed {
			s.closed(p, out)
		}
	}})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// CloseAll closes every open poll of a webinar at its end, but for the surveys, and lets go what its series still hold
// back for drafts that nobody can open any more. Motions whose ballots on paper are owed take no vote any more and wait for them.
func (s *Service) CloseAll(ctx context.Context, w webinar.ID) error {
	var found, out []stored
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if found, err = tx.find(context.Background(), "webinar_id = ? AND polls.state = 'open' AND survey_until = 0", w); err != nil {
			return err
		}
		for i := range found {
			if _, err := tx.expire(&found[i], s.wall()); err != nil {
				return err
			}
		}
		if err := tx.forget("webinar_id = ? AND state = 'draft'", w); err != nil { // of openings that were undone
			return err
		}
		out, err = tx.release(w, "", s.wall())
		return err
	}, kept: func() {
		for _, p := range found {
			s.expired(p, nil)
		}
		s.released(out)
		s.open.dropAll(w) // of polls that went with their webinar
		s.openings.dropAll(w)
	}})
}

// SurveyEnd is when the last open survey of a webinar ends; zero: there is none.
func (s *Service) SurveyEnd(ctx context.Context, w webinar.ID) (time.Time, error) {
	found, err := s.store.find(ctx, "webinar_id = ? AND polls.state = 'open' AND survey_until > 0", w)
	var last time.Time
	for _, p := range found {
		last = later(last, p.ClosesAt)
	}
	return last, err
}

// closed tells the result of a poll that has just been closed, and of those that its series held back until now. It
// runs in the writer.
func (s *Service) closed(p stored, out []stored) {
	t := p.tally
	s.open.drop(p.ID)
	s.openings.drop(p.ID)
	s.publishTally(p.Poll, t) // an older one may still wait in the hub
	s.publish(p.Poll, &t)
	s.released(out)
	s.leaders.drop(p.Webinar)
	s.writer.untidy = true
}

// released tells results that are out now.
func (s *Service) released(list []stored) {
	for _, p := range list {
		s.leaders.drop(p.Webinar)
		t := p.tally
		s.publishTally(p.Poll, t)
		s.publish(p.Poll, &t)
	}
}

// publish tells that a poll changed; drafts, and results that nobody else may see, are for hosts only.
func (s *Service) publish(p Poll, t *Tally) {
	tell := func(to webinar.Audience, p Poll, t *Tally) {
		s.events.Publish(webinar.Event{Webinar: p.Webinar, To: to, Body: Changed{p, t}})
	}
	if t != nil {
		t = new(p.public(*t))
	}
	switch {
	case p.State == StateDraft:
		tell(webinar.Hosts(), p, nil)
	case t == nil && p.Kind != Quiz:
		tell(webinar.Everyone(), p.forVoters(), nil)
	case p.SeenBy(false):
		tell(webinar.Everyone(), p.forVoters(), new(p.veil(*t)))
	default:
		tell(webinar.Everyone(), p.forVoters(), nil)
		tell(webinar.Hosts(), p, t)
	}
}

func (s *Service) publishTally(p Poll, t Tally) {
	s.events.Publish(webinar.Event{Webinar: p.Webinar, To: p.audience(), Body: Tallied{p.veil(p.public(t))}, Coalesce: "tally:" + string(t.Poll)})
}

// publishTallies tells the results that have changed since it was last called.
func (s *Service) publishTallies() {
	for _, c := range s.open.takeChanged() {
		if o, ok := s.openings.get(c.tally.Poll); ok {
			s.publishTally(o.poll, c.tally)
		}
	}
}
