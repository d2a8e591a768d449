package polls

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// Service prepares, opens and closes polls and takes the votes. All its methods may be called concurrently; all
// changes have one order, in which they are stored and published.
type Service struct {
	store    store
	events   webinar.Publisher
	open     *openTallies
	writer   *writer
	keeper   *keeper
	stopping sync.Once

	openings *openings
	leaders  *leaderboards
	wall     func() time.Time // the clock that is written and shown; it may jump
}

// New counts the ballots of the polls that are open, from what is stored, and starts the writer. Close ends it.
func New(ctx context.Context, db *gorm.DB, events webinar.Publisher, log *slog.Logger) (*Service, error) {
	return build(ctx, db, events, log, time.Now)
}

func build(ctx context.Context, db *gorm.DB, events webinar.Publisher, log *slog.Logger, wall func() time.Time) (*Service, error) {
	s := &Service{store: store{db}, events: events, open: newOpenTallies(), openings: newOpenings(), leaders: newLeaderboards(), wall: wall}
	if err := s.tidyLeft(ctx, log); err != nil {
		return nil, err
	}
	found, err := s.store.find(ctx, "polls.state = 'open'")
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		c, err := s.recount(ctx, p.Poll)
		if err != nil {
			return nil, err
		}
		s.open.set(c)
		s.openings.set(p.Poll, wall())
	}
	s.writer = start(s.store, s.publishTallies, log)
	s.keeper = keep(s, log)
	return s, nil
}

// tidyLeft tidies the file where the program ended before it had.
func (s *Service) tidyLeft(ctx context.Context, log *slog.Logger) error {
	untidy, err := s.store.untidy(ctx)
	if err != nil || !untidy {
		return err
	}
	if err := s.store.tidy(); err != nil {
		log.Warn("database not tidied after a poll", "err", err)
	}
	return nil
}

// Close returns when the last commit is done. Later changes and those still waiting are refused with ErrStopped.
func (s *Service) Close() error {
	s.stopping.Do(s.keeper.stop)
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
		p = newPoll(w, d)
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

// newPoll makes a poll of its own, in its first round, of a valid draft.
func newPoll(w webinar.ID, d Draft) Poll {
	id := PollID(webinar.NewID())
	return Poll{ID: id, Webinar: w, Kind: d.Kind, Secrecy: d.Secrecy, Changeable: d.Changeable, Motion: d.Motion, Question: d.Question, Options: newOptions(d),
		Rules: d.Rules, State: StateDraft, Plan: d.Plan, Life: Life{First: id, Round: 1}}
}

// draft is what makes another poll like this one.
func (p Poll) draft() Draft {
	d := Draft{Question: p.Question, Kind: p.Kind, Secrecy: p.Secrecy, Changeable: p.Changeable, Motion: p.Motion, Options: make([]string, len(p.Options)), Rules: p.Rules, Plan: p.Plan}
	for i, o := range p.Options {
		d.Options[i] = o.Text
		if o.Picture != nil {
			d.Pictures = append(d.Pictures, DraftPicture{Option: i, ID: o.Picture.ID, Alt: o.Picture.Alt, from: p.Webinar})
		}
	}
	return d
}

func newOptions(d Draft) []Option {
	out := make([]Option, len(d.Options))
	for i, text := range d.Options {
		out[i] = Option{ID: OptionID(webinar.NewID()), Text: text}
	}
	for _, at := range d.Pictures {
		out[at.Option].Picture = &Picture{ID: at.ID, Alt: at.Alt, from: at.from}
	}
	return out
}

// Update replaces the question, the options and the plan of a draft; the options get new ids. Errors:
// *webinar.InvalidError, ErrNotFound, ErrNotDraft, ErrKept, ErrRound.
func (s *Service) Update(ctx context.Context, w webinar.ID, id PollID, d Draft) (Poll, error) {
	if err := d.Validate(); err != nil {
		return Poll{}, err
	}
	var p stored
	var out []stored
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		if p, err = tx.draft(w, id); err != nil {
			return err
		}
		left := p.Series
		p.Question, p.Options, p.Kind, p.Rules, p.Plan = d.Question, newOptions(d), d.Kind, d.Rules, d.Plan
		p.Secrecy, p.Changeable, p.Motion = d.Secrecy, d.Changeable, d.Motion
		if err = tx.rewrite(&p.Poll); err == nil && left != "" {
			out, err = tx.release(w, left, s.wall())
		}
		return err
	}, kept: func() {
		s.publish(p.Poll, nil)
		s.released(out)
	}})
	if err != nil {
		return Poll{}, err
	}
	return p.Poll, nil
}

// Delete erases a draft. Errors: ErrNotFound, ErrNotDraft, ErrKept.
func (s *Service) Delete(ctx context.Context, w webinar.ID, id PollID) error {
	var out []stored
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		p, err := tx.draft(w, id)
		if err != nil && !errors.Is(err, ErrRound) {
			return err
		}
		if err := tx.delete(id); err != nil || p.Series == "" {
			return err
		}
		out, err = tx.release(w, p.Series, s.wall())
		return err
	}, kept: func() {
		s.events.Publish(webinar.Event{Webinar: w, To: webinar.Hosts(), Body: Deleted{id}})
		s.released(out)
	}})
}

// Vote stores a vote and returns when it is on the disk; the time is for the voter only and is not stored. Errors:
// ErrNotFound, ErrNeedsToken, webinar.ErrTicketInvalid, ErrAlreadyVoted, ErrNotOpen, ErrClosed, ErrReceiptTaken, *webinar.InvalidError for
// the receipt, and what the kind of the poll has against the answer. When ctx ends first the vote may have been stored all
// the same: asking again then says ErrAlreadyVoted, but in a named poll, which knows whose ballot it is, no error.
func (s *Service) Vote(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, a Answer, receipt string) (time.Time, error) {
	return s.cast(ctx, w, id, voter{ticket: who}, a, receipt, nil)
}

// voter is who votes, and for which member of the list; empty: for themselves.
type voter struct {
	ticket webinar.TicketID
	member assembly.MemberID
}

// VoteFor stores a vote in a motion for a member of the list, as Vote does. Errors besides: ErrNotMotion, assembly.ErrGuest,
// assembly.ErrAway, assembly.ErrOnPaper, assembly.ErrNoMandate.
func (s *Service) VoteFor(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, member assembly.MemberID, a Answer, receipt string) (time.Time, error) {
	return s.cast(ctx, w, id, voter{who, member}, a, receipt, nil)
}

// cast stores a vote, and the score of the player as whom it comes; nil: none.
func (s *Service) cast(ctx context.Context, w webinar.ID, id PollID, who voter, a Answer, receipt string, as *entry) (time.Time, error) {
	r, err := ParseReceipt(receipt)
	if err != nil {
		return time.Time{}, err
	}
	a.Removed = 0 // is for hosts
	var read Answer
	var weight int
	var at time.Time
	err = s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		p, err := s.votable(tx, w, id)
		if err != nil {
			return err
		}
		var fits error
		read, fits = p.read(a)
		if fits == nil && as != nil {
			fits = tx.seatPlayer(p, as.Player)
		}
		weight, err = tx.vote(p, Ballot{Receipt: r, Poll: id, Answer: read}, who, standing{fits: fits, over: s.openings.over(id)}, s.wall())
		if err != nil || as == nil {
			return err
		}
		after, limit := s.openings.elapsed(id, as.began)
		return tx.score(p, as.Player, p.points(read, after, limit))
	}, kept: func() {
		at = s.wall()
		s.open.add(id, read, weight)
	}})
	switch {
	case errors.Is(err, errCounted):
		return s.wall().UTC(), nil
	case err != nil: // the job may still be running, so that its variables are not ours
		return time.Time{}, err
	}
	return at.UTC(), nil
}

// votable returns the poll that a vote is for, whatever its state.
func (s *Service) votable(tx *txn, w webinar.ID, id PollID) (Poll, error) {
	if p, open := s.open.poll(w, id); open {
		return p, nil
	}
	found, err := tx.get(context.Background(), w, id) // or not yet known to be open: what is stored decides
	return found.Poll, err
}
