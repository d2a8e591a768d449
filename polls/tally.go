package polls

import (
	"fmt"
	"iter"
	"slices"
)

// Tally is the result of one poll. Each kind fills in its own part.
type Tally struct {
	Poll  PollID
	Total int   // ballots
	Votes []int // single, multiple, rating, quiz: ballots that name an option, in the order of the options; ranking: as the first; text, cloud: in the order of the texts

	Points []int // of each option: by Borda (ranking), or what it was given (points)

	Mean, Median *float64 // rating, by the number of the step from 1, and guess; nil while there are none
	Bins         []Bin    // guess: ascending, without gaps
	Right        *int     // guess: ballots that are right; nil if that is not known, or not to be told yet

	Motion *Outcome // motions: what the ballots weigh, and what was decided

	Texts  []string    // text, cloud: what was said, equal texts once
	States []TextState // of the texts, for hosts
}

// Bars is the result as labels with a number each, for whoever draws it without knowing the kinds. A motion's
// numbers are what the ballots weigh.
func (t Tally) Bars(p Poll) (labels []string, n []int) {
	for _, b := range t.Bins {
		labels, n = append(labels, b.label(p.Rules.Unit)), append(n, b.N)
	}
	for _, o := range p.Options {
		labels = append(labels, o.Text)
	}
	if len(p.Options) > 0 {
		switch {
		case t.Motion != nil:
			n = t.Motion.Votes
		case t.Votes != nil:
			n = t.Votes
		default:
			n = t.Points
		}
	}
	return labels, n
}

// told reports whether everybody may know what is right.
func (p Poll) told() bool { return p.State == StateClosed && !p.PublishedAt.IsZero() }

// veil takes from a result what would tell who is right, until everybody is told.
func (p Poll) veil(t Tally) Tally {
	if !p.told() {
		t.Right = nil
	}
	return t
}

// count is a count that goes on.
type count struct {
	poll    Poll
	counter counter
	total   int
	motion  *Outcome // nil: the poll is none
}

// newCount begins with the ballots on paper.
func newCount(p Poll) *count {
	c := &count{poll: p, counter: kindOf(p.Kind).counter(p)}
	if !p.IsMotion() {
		return c
	}
	c.motion = &Outcome{Votes: make([]int, len(p.Options)), Paper: make([]int, len(p.Options))}
	for _, class := range p.paper {
		c.motion.Invalid += class.Invalid
		c.motion.OnPaper += class.ballots()
		for i, n := range class.Votes {
			c.motion.Paper[i] += n
			for range n {
				c.addWeighing(Answer{Options: []OptionID{p.Options[i].ID}}, class.Weight)
			}
		}
	}
	return c
}

// add counts an answer that was read.
func (c *count) add(a Answer) { c.addWeighing(a, 1) }

// addWeighing counts an answer whose vote has a weight, of which only motions take notice.
func (c *count) addWeighing(a Answer, weight int) {
	c.counter.add(a)
	c.total++
	if c.motion != nil {
		for _, o := range a.Options {
			c.motion.Votes[c.poll.index(o)] += max(1, weight)
		}
	}
}

// A taker can take an answer out of its count. Where a counter is none, a changed ballot costs a recount.
type taker interface{ take(Answer) }

func (c *count) takesBack() bool {
	_, ok := c.counter.(taker)
	return ok
}

// swap counts an answer in the place of one that was counted.
func (c *count) swap(was, now Answer) {
	if t, ok := c.counter.(taker); ok {
		t.take(was)
		c.counter.add(now)
	}
}

func (c *count) tally() Tally {
	t := c.counter.result()
	t.Poll, t.Total = c.poll.ID, c.total
	if m := c.motion; m != nil {
		t.Motion = new(Outcome{Votes: slices.Clone(m.Votes), Paper: slices.Clone(m.Paper), Invalid: m.Invalid, Decision: c.poll.decide(m.Votes), OnPaper: m.OnPaper}.told(c.poll, c.total))
	}
	return t
}

// countAll counts ballots. A ballot that does not belong to the poll is an error: it cannot have come in honestly.
func countAll(p Poll, ballots iter.Seq[Ballot]) (*count, error) {
	c := newCount(p)
	for b := range ballots {
		a, err := p.read(b.Answer)
		if err == nil && b.Poll != p.ID {
			err = ErrUnknownOption
		}
		if err != nil {
			return nil, fmt.Errorf("poll %s: %w", p.ID, err)
		}
		c.addWeighing(a, b.Weight)
	}
	return c, nil
}

// Count counts ballots, all of which have to belong to the poll.
func Count(p Poll, ballots iter.Seq[Ballot]) (Tally, error) {
	c, err := countAll(p, ballots)
	if err != nil {
		return Tally{}, err
	}
	return c.tally(), nil
}

func countBox(p Poll, box []Ballot) (*count, error) { return countAll(p, slices.Values(box)) }
