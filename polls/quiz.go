package polls

import (
	"math"
	"slices"
	"time"

	"plenum/sheet"
	"plenum/webinar"
)

// fullScore is what a right answer brings; where speed counts, one in the last moment brings half of it.
const fullScore = 1000

// quiz asks for what is right: one option, or several. Which they are, and the result, are secret until it closes.
type quiz struct{ choice }

func (quiz) prepare(d *Draft) error {
	if err := d.need(MinOptions, MaxOptions); err != nil {
		return err
	}
	right := slices.Compact(slices.Sorted(slices.Values(d.Rules.Correct)))
	switch {
	case len(right) == 0:
		return &webinar.InvalidError{Field: "correct", Reason: "too-few", Limit: 1}
	case len(right) == len(d.Options): // nothing to know
		return &webinar.InvalidError{Field: "correct", Reason: "too-many", Limit: len(d.Options) - 1}
	case right[0] < 0 || right[len(right)-1] >= len(d.Options):
		return &webinar.InvalidError{Field: "correct", Reason: "unknown"}
	case d.Rules.Speed && d.OpenFor == 0:
		return &webinar.InvalidError{Field: "open_for_ms", Reason: "empty"}
	}
	d.Rules = Rules{Least: 1, Most: 1, Correct: right, Speed: d.Rules.Speed}
	d.Changeable = false // a second try would bring the points of a first
	if len(right) > 1 {
		d.Rules.Most = len(d.Options)
	}
	return nil
}

func (q quiz) table(p Poll, t Tally) sheet.Table {
	out := q.choice.table(p, t)
	out.Head = append(out.Head, "correct")
	for i := range out.Rows {
		mark := ""
		if slices.Contains(p.Rules.Correct, i) {
			mark = "x"
		}
		out.Rows[i] = append(out.Rows[i], sheet.Text(mark))
	}
	return out
}

// right reports whether an answer that was read names all that is correct and nothing else.
func (p Poll) right(a Answer) bool {
	return slices.EqualFunc(a.Options, p.Rules.Correct, func(o OptionID, i int) bool { return p.index(o) == i })
}

// points is what an answer brings that came so long after the opening, of the time that there is; 0: no limit.
func (p Poll) points(a Answer, after, limit time.Duration) int {
	switch {
	case !p.right(a):
		return 0
	case !p.Rules.Speed || limit <= 0:
		return fullScore
	}
	late := min(1, max(0, after.Seconds()/limit.Seconds()))
	return int(math.Round(fullScore * (1 - late/2)))
}

// forVoters is the poll without what would give its answer away.
func (p Poll) forVoters() Poll {
	if p.Kind == Quiz && !p.SeenBy(true) {
		p.Rules.Correct = nil
	}
	if !p.told() {
		p.Rules.Truth = nil
	}
	return p
}
