package polls

import (
	"context"
	"errors"
	"slices"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// Why a count of ballots on paper was refused.
var (
	ErrPaperMany    = errors.New("more ballots on paper than members who vote on paper")
	ErrPaperAgreed  = errors.New("two people agree on the ballots on paper already")
	ErrPaperPending = errors.New("the ballots on paper were counted by one person only, or with different results")
)

// PaperClass is how many ballots on paper were counted, of votes that weigh the same.
type PaperClass struct {
	Weight  int
	Votes   []int // for each option
	Invalid int
}

func (c PaperClass) ballots() int {
	n := c.Invalid
	for _, v := range c.Votes {
		n += v
	}
	return n
}

// Paper is one person's count, by ascending weight.
type Paper []PaperClass

// PaperCount is how far the counting on paper is, as one of those who count may know it.
type PaperCount struct {
	Classes []assembly.Class // how many ballots on paper there can be
	Mine    Paper            // nil: not counted yet
	Others  int              // people who have counted besides
	Theirs  []Paper          // what they counted, for who has counted too and differs
	Agreed  Paper            // nil: no two agree yet
}

// PaperCounted tells everybody that somebody has counted, but not what.
type PaperCounted struct{ Poll PollID }

// complete puts a count into the form in which it is kept and compared: each class of the list once, in its order.
func (p Poll) complete(in Paper, classes []assembly.Class) (Paper, error) {
	out := make(Paper, len(classes))
	for i, c := range classes {
		out[i] = PaperClass{Weight: c.Weight, Votes: make([]int, len(p.Options))}
	}
	seen := map[int]bool{}
	for _, c := range in {
		i := slices.IndexFunc(classes, func(k assembly.Class) bool { return k.Weight == c.Weight })
		if len(c.Votes) != len(p.Options) || seen[c.Weight] || c.Invalid < 0 || slices.ContainsFunc(c.Votes, func(n int) bool { return n < 0 || n > assembly.MaxMembers }) {
			return nil, &webinar.InvalidError{Field: "classes", Reason: "malformed"}
		}
		seen[c.Weight] = true
		switch {
		case c.ballots() == 0:
		case i < 0 || c.ballots() > classes[i].Members:
			return nil, ErrPaperMany
		default:
			out[i] = c
		}
	}
	return out, nil
}

// same reports whether two counts say the same; a class without ballots says nothing.
func (a Paper) same(b Paper) bool {
	full := func(p Paper) Paper {
		return slices.DeleteFunc(slices.Clone(p), func(c PaperClass) bool { return c.ballots() == 0 })
	}
	return slices.EqualFunc(full(a), full(b), func(x, y PaperClass) bool {
		return x.Weight == y.Weight && x.Invalid == y.Invalid && slices.Equal(x.Votes, y.Votes)
	})
}

// CountPaper takes one person's count of the ballots on paper; host says that they run the webinar, else they have to be a
// teller. As soon as two people have counted the same, it is in the tally, and who votes on paper has voted; where the
// motion waited for nothing else, it closes. Errors:
// ErrNotFound, ErrNotMotion, ErrNotOpen, ErrClosed, ErrPaperMany, ErrPaperAgreed, webinar.ErrForbidden,
// *webinar.InvalidError.
func (s *Service) CountPaper(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, host bool, in Paper) (PaperCount, error) {
	var out PaperCount
	var p stored
	var box *count
	var others []stored
	err := s.writer.submit(&job{ctx: ctx, do: func(tx *txn) (err error) {
		box = nil
		if p, err = tx.paperPoll(w, id, true); err != nil {
			return err
		}
		roll, err := tx.teller(p.Poll, who, host)
		if err != nil {
			return err
		}
		counts, err := tx.paperCounts(id)
		if err != nil {
			return err
		}
		if p.paper != nil {
			if !in.same(p.paper) {
				return ErrPaperAgreed
			}
			out = counts.seenBy(who, p.paper, nil)
			return nil
		}
		classes, err := tx.paperClasses(p.Poll, roll)
		if err != nil {
			return err
		}
		mine, err := p.complete(in, classes)
		if err != nil {
			return err
		}
		if err := tx.keepPaper(id, who, mine); err != nil {
			return err
		}
		if counts[who] = mine; counts.agree(who) {
			p.paper = mine
			if err := tx.agreePaper(p.Poll, roll, mine); err != nil {
				return err
			}
			if p.Counting() {
				others, err = tx.finish(&p, s.wall())
			} else {
				box, err = s.recountIn(tx, p.Poll)
			}
			if err != nil {
				return err
			}
		}
		out = counts.seenBy(who, p.paper, classes)
		return nil
	}, kept: func() {
		switch {
		case box != nil:
			s.open.recounted(box)
		case p.State == StateClosed:
			s.closed(p, others)
		}
		s.tellPaper(w, id)
	}})
	if err != nil {
		return PaperCount{}, err
	}
	return out, nil
}

// PaperCount tells somebody who counts how far it is. Errors: ErrNotFound, ErrNotMotion, ErrNotOpen, webinar.ErrForbidden.
func (s *Service) PaperCount(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID, host bool) (PaperCount, error) {
	tx := &txn{store{s.store.db.WithContext(ctx)}}
	p, err := tx.paperPoll(w, id, false)
	if err != nil {
		return PaperCount{}, err
	}
	roll, err := tx.teller(p.Poll, who, host)
	if err != nil {
		return PaperCount{}, err
	}
	counts, err := tx.paperCounts(id)
	if err != nil {
		return PaperCount{}, err
	}
	classes, err := tx.paperClasses(p.Poll, roll)
	return counts.seenBy(who, p.paper, classes), err
}

// DropPaper throws away what was counted on paper, unless two people agree on it. Errors: as of CountPaper.
func (s *Service) DropPaper(ctx context.Context, w webinar.ID, id PollID) error {
	return s.writer.submit(&job{ctx: ctx, do: func(tx *txn) error {
		switch p, err := tx.paperPoll(w, id, true); {
		case err != nil:
			return err
		case p.paper != nil:
			return ErrPaperAgreed
		}
		return tx.dropPaper(id)
	}, kept: func() { s.tellPaper(w, id) }})
}

func (s *Service) tellPaper(w webinar.ID, id PollID) {
	s.events.Publish(webinar.Event{Webinar: w, To: webinar.Everyone(), Body: PaperCounted{id}, Coalesce: "paper:" + string(id)})
}

// paperPoll returns a motion that was opened, and if need be is open still: it is for those who count, also when its time is up.
func (t *txn) paperPoll(w webinar.ID, id PollID, open bool) (stored, error) {
	p, err := t.get(context.Background(), w, id)
	switch {
	case err != nil:
		return p, err
	case !p.IsMotion():
		return p, ErrNotMotion
	case p.State == StateDraft:
		return p, ErrNotOpen
	case open && p.State == StateClosed:
		return p, ErrClosed
	}
	return p, nil
}

// recountIn counts an open poll anew.
func (s *Service) recountIn(tx *txn, p Poll) (*count, error) {
	box, err := tx.ballots(context.Background(), p.ID)
	if err != nil {
		return nil, err
	}
	c, err := countBox(p, box)
	return c, fault("count ballots", err)
}

// papers is what each person counted.
type papers map[webinar.TicketID]Paper

// agree reports whether somebody else has counted what who has.
func (c papers) agree(who webinar.TicketID) bool {
	for other, p := range c {
		if other != who && p.same(c[who]) {
			return true
		}
	}
	return false
}

// seenBy shows nobody what others counted before they have counted themselves.
func (c papers) seenBy(who webinar.TicketID, agreed Paper, classes []assembly.Class) PaperCount {
	out := PaperCount{Classes: classes, Mine: c[who], Agreed: agreed}
	for other, p := range c {
		if other == who {
			continue
		}
		out.Others++
		if out.Mine != nil && !p.same(out.Mine) {
			out.Theirs = append(out.Theirs, p)
		}
	}
	return out
}
