package polls

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"plenum/sheet"
	"plenum/webinar"
)

// The limits of a guess.
const (
	MaxNumber = 1e12 // on both sides of zero
	MaxUnit   = 20   // runes
	maxBins   = 10
)

// ErrNumber refuses a guess that is no number or outside the bounds of its poll.
var ErrNumber = errors.New("not a number within the bounds of the poll")

// guess asks for a number. A right one may be known; it is told when the poll is closed.
type guess struct{}

func (guess) prepare(d *Draft) error {
	r := d.Rules
	unit, err := webinar.CleanText("unit", r.Unit, MaxUnit, false)
	if err != nil {
		return err
	}
	for field, n := range map[string]*float64{"min": r.Min, "max": r.Max, "truth": r.Truth, "tolerance": &r.Tolerance} {
		if n != nil && !(math.Abs(*n) <= MaxNumber) { // nor NaN
			return &webinar.InvalidError{Field: field, Reason: "malformed"}
		}
	}
	d.Rules = Rules{Unit: unit, Min: r.Min, Max: r.Max, Truth: r.Truth, Tolerance: r.Tolerance}
	switch {
	case r.Min != nil && r.Max != nil && *r.Min >= *r.Max:
		return &webinar.InvalidError{Field: "max", Reason: "malformed"}
	case r.Truth != nil && !d.Rules.allow(*r.Truth):
		return &webinar.InvalidError{Field: "truth", Reason: "malformed"}
	case r.Tolerance < 0 || r.Truth == nil && r.Tolerance > 0:
		return &webinar.InvalidError{Field: "tolerance", Reason: "malformed"}
	}
	return d.need(0, 0)
}

// allow reports whether a number is one and lies within the bounds.
func (r Rules) allow(n float64) bool {
	return math.Abs(n) <= MaxNumber && (r.Min == nil || n >= *r.Min) && (r.Max == nil || n <= *r.Max)
}

func (guess) read(p Poll, a Answer) (Answer, error) {
	if a.Number == nil || !p.Rules.allow(*a.Number) {
		return Answer{}, ErrNumber
	}
	return Answer{Number: new(*a.Number + 0)}, nil // no -0
}

func (guess) counter(p Poll) counter { return &numbers{rules: p.Rules} }

// numbers holds the different guesses in ascending order, and how many times each was made.
type numbers struct {
	rules  Rules
	values []float64
	times  []float64
}

func (g *numbers) add(a Answer) {
	i, found := slices.BinarySearch(g.values, *a.Number)
	if !found {
		g.values, g.times = slices.Insert(g.values, i, *a.Number), slices.Insert(g.times, i, 0)
	}
	g.times[i]++
}

func (g *numbers) result() Tally {
	t := Tally{Bins: g.bins()}
	t.Mean, t.Median = middle(g.values, g.times)
	if c := g.rules.Truth; c != nil {
		right := 0.0
		for i, v := range g.values {
			if math.Abs(v-*c) <= g.rules.Tolerance+1e-9*math.Abs(*c) { // 0.1+0.2 is 0.3
				right += g.times[i]
			}
		}
		t.Right = new(int(right))
	}
	return t
}

func (guess) table(p Poll, t Tally) sheet.Table {
	out := sheet.Table{Head: []string{"from", "to", "votes", "percent"}}
	n := make([]int, len(t.Bins))
	for i, b := range t.Bins {
		n[i] = b.N
	}
	share := percents(n, t.Total)
	for i, b := range t.Bins {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Number(b.From, -1), sheet.Number(b.To, -1), sheet.Int(b.N), share[i]})
	}
	out = withMiddle(out, t)
	if p.Rules.Truth != nil && t.Right != nil {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Text("correct"), sheet.Number(*p.Rules.Truth, -1)},
			[]sheet.Cell{sheet.Text("right"), sheet.Text(""), sheet.Int(*t.Right), percent(*t.Right, t.Total)})
	}
	return out
}

// label is a bin in words.
func (b Bin) label(unit string) string {
	text := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	out := text(b.From)
	if b.To != b.From {
		out += " – " + text(b.To)
	}
	if unit != "" {
		out += " " + unit
	}
	return out
}
