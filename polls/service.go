package polls

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"plenum/webinar"
)

// Service prepares, opens and closes polls and takes the votes. All its methods may be called concurrently; all
// changes have one order, in which they are stored and published.
type Service struct {
	store  store
	events webinar.Publisher
	open   *openTallies
	writer *writer
}

// New counts the ballots of the polls that are open, from what is stored, and starts the writer. Close ends it.
func New(ctx context.Context, db *gorm.DB, events webinar.Publisher, log *slog.Logger) (*Service, error) {
	s := &Service{store: store{db}, events: events, open: newOpenTallies()}
	found, err := s.store.find(ctx, "state = 'open'")
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		c, err := s.recount(ctx, p.Poll)
		if err != nil {
			return nil, err
		}
		s.open.set(c)
	}
	s.writer = start(s.store, s.publishTallies, log)
	return s, nil
}

// Close returns when the last commit is done. Later changes and those still waiting are refused with ErrStopped.
func (s *Service) Close() error {
	s.writer.stop()
	return nil
}

// Create adds a draft at the end of the run-sheet. A key that was used in this webinar before returns the poll that
// it made then. Errors: *webinar.InvalidError, webinar.ErrNotFound, webinar.ErrEnded.
func (s *Service) Create(ctx context.Context, w webinar.ID, d Draft) (Poll, error) {
	if err := d.Validate(); err != nil {
		return Poll{}, err
	}
	var p Poll
	var made bool
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		p = Poll{ID: PollID(webinar.NewID()), Webinar: w, Kind: d.Kind, Secrecy: Anonymous,
			Question: d.Question, Options: newOptions(d), Rules: d.Rules, State: StateDraft}
		made = false
		if err := tx.running(w); err != nil {
			return err
		}
		if d.Key != "" {
			switch before, err := tx.one(context.Background(), "webinar_id = ? AND create_key = ?", w, d.Key); {
			case err == nil:
				p = before.Poll
				return nil
			case !errors.Is(err, ErrNotFound):
				return err
			}
		}
		made = true
		return tx.insert(&p, d.Key)
	}, kept: func() {
		if made {
			s.publish(p, nil)
		}
	}})
	if err != nil { // p may still be the writer's
		return Poll{}, err
	}
	return p, nil
}

func newOptions(d Draft) []Option {
	out := make([]Option, len(d.Options))
	for i, text := range d.Options {
		out[i] = Option{OptionID(webinar.NewID()), text}
	}
	return out
}

// Update replaces the question and the options of a draft; the options get new ids. Errors: *webinar.InvalidError,
// ErrNotFound, ErrNotDraft.
func (s *Service) Update(ctx context.Context, w webinar.ID, id PollID, d Draft) (Poll, error) {
	if err := d.Validate(); err != nil {
		return Poll{}, err
	}
	var p stored
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if p, err = tx.draft(w, id); err != nil {
			return err
		}
		p.Question, p.Options, p.Kind, p.Rules = d.Question, newOptions(d), d.Kind, d.Rules
		return tx.rewrite(&p.Poll)
	}, kept: func() { s.publish(p.Poll, nil) }})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// Delete erases a draft. Errors: ErrNotFound, ErrNotDraft.
func (s *Service) Delete(ctx context.Context, w webinar.ID, id PollID) error {
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		if _, err := tx.draft(w, id); err != nil {
			return err
		}
		return tx.delete(id)
	}, kept: func() { s.events.Publish(webinar.Event{Webinar: w, To: webinar.Hosts(), Body: Deleted{id}}) }})
}

// OpenPoll opens a draft; an open poll stays as it is. Several may be open. Errors: ErrNotFound, ErrClosed,
// webinar.ErrEnded.
func (s *Service) OpenPoll(ctx context.Context, w webinar.ID, id PollID) (Poll, error) {
	var p stored
	var changed bool
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if err := tx.running(w); err != nil {
			return err
		}
		if p, err = tx.get(context.Background(), w, id); err != nil {
			return err
		}
		changed = p.State == StateDraft
		switch p.State {
		case StateDraft:
			return tx.open(&p.Poll, time.Now())
		case StateClosed:
			return ErrClosed
		case StateOpen: // as asked
		}
		return nil
	}, kept: func() {
		if changed {
			s.open.set(newCount(p.Poll))
			s.publish(p.Poll, nil)
		}
	}})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// ClosePoll closes an open poll; a closed one stays as it is. Once it returns no vote is accepted, and every vote
// that is ever acknowledged is in the count. Errors: ErrNotFound, ErrNotOpen.
func (s *Service) ClosePoll(ctx context.Context, w webinar.ID, id PollID) (Poll, error) {
	var p stored
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
			return tx.close(&p, time.Now())
		case StateClosed: // as asked
		}
		return nil
	}, kept: func() {
		if changed {
			s.closed(p)
		}
	}})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// CloseAll closes every open poll of a webinar, such as at its end.
func (s *Service) CloseAll(ctx context.Context, w webinar.ID) error {
	var found []stored
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if found, err = tx.find(context.Background(), "webinar_id = ? AND state = 'open'", w); err != nil {
			return err
		}
		for i := range found {
			if err := tx.close(&found[i], time.Now()); err != nil {
				return err
			}
		}
		return nil
	}, kept: func() {
		for _, p := range found {
			s.closed(p)
		}
		s.open.dropAll(w) // of polls that went with their webinar
	}})
}

// Vote stores a vote and returns when it is on the disk; the time is for the voter only and is not stored. Errors:
// ErrNotFound, webinar.ErrTicketInvalid, ErrAlreadyVoted, ErrNotOpen, ErrClosed, ErrReceiptTaken, *webinar.InvalidError for
// the receipt, and what the kind of the poll has against the answer. When ctx ends first the vote may have been stored all
// the same: asking again then says ErrAlreadyVoted.
func (s *Service) Vote(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, a Answer, receipt string) (time.Time, error) {
	r, err := ParseReceipt(receipt)
	if err != nil {
		return time.Time{}, err
	}
	var read Answer
	var at time.Time
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		p, open := s.open.poll(w, id)
		if !open { // or not yet known to be: what is stored decides
			found, err := tx.get(context.Background(), w, id)
			if err != nil {
				return err
			}
			p = found.Poll
		}
		var fits error
		read, fits = p.read(a)
		return tx.vote(p, Ballot{Receipt: r, Poll: id, Answer: read}, who, fits, time.Now())
	}, kept: func() {
		at = time.Now()
		s.open.add(id, read)
	}})
	if err != nil { // the job may still be running, so that its variables are not ours
		return time.Time{}, err
	}
	return at.UTC(), nil
}

// closed tells the result of a poll that has just been closed. It runs in the writer.
func (s *Service) closed(p stored) {
	t := p.tally
	s.open.drop(p.ID)
	s.publishTally(p.Webinar, t) // an older one may still wait in the hub
	s.publish(p.Poll, &t)
	s.writer.untidy = true
}

// publish tells that a poll changed; drafts are for hosts only.
func (s *Service) publish(p Poll, t *Tally) {
	to := webinar.Everyone()
	if p.State == StateDraft {
		to = webinar.Hosts()
	}
	s.events.Publish(webinar.Event{Webinar: p.Webinar, To: to, Body: Changed{p.veiled(), t}})
}

func (s *Service) publishTally(w webinar.ID, t Tally) {
	s.events.Publish(webinar.Event{Webinar: w, To: webinar.Everyone(), Body: Tallied{t}, Coalesce: "tally:" + string(t.Poll)})
}

// publishTallies tells the results that have changed since it was last called.
func (s *Service) publishTallies() {
	for _, c := range s.open.takeChanged() {
		s.publishTally(c.webinar, c.tally.veiled())
	}
}
