package polls

import (
	"cmp"
	"slices"

	"plenum/sheet"
)

// choice asks for one of the options, or for some of them.
type choice struct{ several bool }

func (c choice) prepare(d *Draft) error {
	if err := d.need(MinOptions, MaxOptions); err != nil {
		return err
	}
	if !c.several {
		d.Rules = Rules{Least: 1, Most: 1}
		return nil
	}
	d.Rules = Rules{Least: cmp.Or(d.Rules.Least, 1), Most: cmp.Or(d.Rules.Most, len(d.Options))}
	if err := between("most", d.Rules.Most, 1, len(d.Options)); err != nil {
		return err
	}
	return between("least", d.Rules.Least, 1, d.Rules.Most)
}

// read puts the options in the poll's order: that of the clicks is the voter's own. Errors: ErrUnknownOption, ErrChoices,
// the latter also for an option that is named twice.
func (choice) read(p Poll, a Answer) (Answer, error) {
	if len(a.Options) < p.Rules.Least || len(a.Options) > p.Rules.Most {
		return Answer{}, ErrChoices
	}
	places := make([]int, len(a.Options))
	for i, o := range a.Options {
		if places[i] = p.index(o); places[i] < 0 {
			return Answer{}, ErrUnknownOption
		}
	}
	slices.Sort(places)
	out := Answer{Options: make([]OptionID, len(places))}
	for i, place := range places {
		if i > 0 && places[i-1] == place {
			return Answer{}, ErrChoices
		}
		out.Options[i] = p.Options[place].ID
	}
	return out, nil
}

func (choice) counter(p Poll) counter { return &votes{p, make([]int, len(p.Options))} }

// votes counts how many answers name each option.
type votes struct {
	poll Poll
	of   []int
}

func (v *votes) add(a Answer) {
	for _, o := range a.Options {
		v.of[v.poll.index(o)]++
	}
}

func (v *votes) take(a Answer) {
	for _, o := range a.Options {
		v.of[v.poll.index(o)]--
	}
}

func (v *votes) result() Tally { return Tally{Votes: slices.Clone(v.of)} }

func (choice) table(p Poll, t Tally) sheet.Table {
	if t.Motion != nil {
		return t.Motion.table(p, t.Votes)
	}
	out := sheet.Table{Head: []string{"option", "votes", "percent"}}
	share := percents(t.Votes, t.Total)
	for i, o := range p.Options {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Text(o.Text), sheet.Int(t.Votes[i]), share[i]})
	}
	return out
}
