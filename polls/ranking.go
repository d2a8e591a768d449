package polls

import (
	"errors"
	"slices"

	"plenum/sheet"
)

// MaxRanked is how many options people can be asked to put in order.
const MaxRanked = 10

// ErrRanking refuses an order that does not name every option exactly once.
var ErrRanking = errors.New("not every option of the poll exactly once")

// ranking asks to put all options in order, the best one first. Counted are the first choices, and points by Borda: of n
// options the first of a ballot gets n-1, the last 0.
type ranking struct{}

func (ranking) prepare(d *Draft) error {
	d.Rules = Rules{}
	return d.need(MinOptions, MaxRanked)
}

// read reports ErrRanking or ErrUnknownOption.
func (ranking) read(p Poll, a Answer) (Answer, error) {
	if len(a.Options) != len(p.Options) {
		return Answer{}, ErrRanking
	}
	seen := make([]bool, len(p.Options))
	for _, o := range a.Options {
		i := p.index(o)
		if i < 0 {
			return Answer{}, ErrUnknownOption
		}
		if seen[i] {
			return Answer{}, ErrRanking
		}
		seen[i] = true
	}
	return Answer{Options: slices.Clone(a.Options)}, nil
}

func (ranking) counter(p Poll) counter {
	return &ranks{poll: p, first: make([]int, len(p.Options)), points: make([]int, len(p.Options))}
}

type ranks struct {
	poll          Poll
	first, points []int
}

func (r *ranks) add(a Answer) {
	r.first[r.poll.index(a.Options[0])]++
	for place, o := range a.Options {
		r.points[r.poll.index(o)] += len(a.Options) - 1 - place
	}
}

func (r *ranks) result() Tally {
	return Tally{Votes: slices.Clone(r.first), Points: slices.Clone(r.points)}
}

func (ranking) table(p Poll, t Tally) sheet.Table {
	out := sheet.Table{Head: []string{"option", "points", "first", "percent"}}
	share := percents(t.Votes, t.Total)
	for i, o := range p.Options {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Text(o.Text), sheet.Int(t.Points[i]), sheet.Int(t.Votes[i]), share[i]})
	}
	return out
}
