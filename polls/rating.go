package polls

import (
	"slices"

	"plenum/sheet"
	"plenum/webinar"
)

// The limits of a scale.
const (
	MinSteps = 3
	MaxSteps = 10
	MaxEnd   = 60 // runes of what an end of the scale means
)

// rating asks for one step of a scale. Its steps are the options, from low to high; they count 1, 2, 3 and so on,
// whatever words they have.
type rating struct{}

func (rating) prepare(d *Draft) error {
	if err := d.need(MinSteps, MaxSteps); err != nil {
		return err
	}
	low, err := webinar.CleanText("low", d.Rules.Low, MaxEnd, false)
	if err != nil {
		return err
	}
	high, err := webinar.CleanText("high", d.Rules.High, MaxEnd, false)
	d.Rules = Rules{Least: 1, Most: 1, Low: low, High: high}
	return err
}

func (rating) read(p Poll, a Answer) (Answer, error) { return choice{}.read(p, a) }

func (rating) counter(p Poll) counter { return &steps{votes{p, make([]int, len(p.Options))}} }

// steps counts votes and knows where their middle lies.
type steps struct{ votes }

func (s *steps) result() Tally {
	t := s.votes.result()
	values, weights := make([]float64, 0, len(t.Votes)), make([]float64, 0, len(t.Votes))
	for i, n := range t.Votes {
		values, weights = append(values, float64(i+1)), append(weights, float64(n))
	}
	t.Mean, t.Median = middle(values, weights)
	return t
}

// middle is the mean and the median of ascending values, each there so many times; nil if there are none. Between two
// middle values the median lies half way.
func middle(values, weights []float64) (mean, median *float64) {
	var n, sum float64
	for i, w := range weights {
		n += w
		sum += w * values[i]
	}
	if n == 0 {
		return nil, nil
	}
	at := func(rank float64) float64 { // the value of that rank, from 0
		var seen float64
		i := slices.IndexFunc(weights, func(w float64) bool { seen += w; return seen > rank })
		return values[i]
	}
	half := (n - 1) / 2
	return new(sum / n), new((at(float64(int(half))) + at(float64(int(half+0.5)))) / 2)
}

func (rating) table(p Poll, t Tally) sheet.Table {
	out := choice{}.table(p, t)
	out.Head[0] = "step"
	return withMiddle(out, t)
}

// withMiddle adds the mean and the median below a table.
func withMiddle(out sheet.Table, t Tally) sheet.Table {
	if t.Mean != nil && t.Median != nil {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Text("mean"), sheet.Number(*t.Mean, 2)},
			[]sheet.Cell{sheet.Text("median"), sheet.Number(*t.Median, -1)})
	}
	return out
}
