package polls

import (
	"cmp"
	"errors"
	"slices"

	"plenum/sheet"
)

// The points that people can be given to distribute.
const (
	DefaultSum = 100
	MaxSum     = 1000
)

// ErrSum refuses points that are negative or do not add up to what the poll gives.
var ErrSum = errors.New("points that do not add up to what the poll gives")

// points asks to distribute a sum over the options, to the last point.
type points struct{}

func (points) prepare(d *Draft) error {
	d.Rules = Rules{Sum: cmp.Or(d.Rules.Sum, DefaultSum)}
	if err := between("sum", d.Rules.Sum, 1, MaxSum); err != nil {
		return err
	}
	return d.need(MinOptions, MaxOptions)
}

// read leaves options out that get nothing. Errors: ErrUnknownOption, ErrSum.
func (points) read(p Poll, a Answer) (Answer, error) {
	out, sum := Answer{Points: map[OptionID]int{}}, 0
	for o, n := range a.Points {
		switch {
		case p.index(o) < 0:
			return Answer{}, ErrUnknownOption
		case n < 0 || n > p.Rules.Sum:
			return Answer{}, ErrSum
		case n > 0:
			out.Points[o] = n
		}
		sum += n
	}
	if sum != p.Rules.Sum {
		return Answer{}, ErrSum
	}
	return out, nil
}

func (points) counter(p Poll) counter { return &sums{p, make([]int, len(p.Options))} }

// sums adds up what each option got.
type sums struct {
	poll Poll
	of   []int
}

func (s *sums) add(a Answer) {
	for o, n := range a.Points {
		s.of[s.poll.index(o)] += n
	}
}

func (s *sums) result() Tally { return Tally{Points: slices.Clone(s.of)} }

func (points) table(p Poll, t Tally) sheet.Table {
	out := sheet.Table{Head: []string{"option", "points", "percent"}}
	share := percents(t.Points, t.Total*p.Rules.Sum)
	for i, o := range p.Options {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Text(o.Text), sheet.Int(t.Points[i]), share[i]})
	}
	return out
}
