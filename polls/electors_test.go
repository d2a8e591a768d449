package polls

import (
	"errors"
	"fmt"
	"testing"

	"plenum/polls/assembly"
)

func TestWhatCannotBeSecretDoesNotOpen(t *testing.T) {
	electors := func(paper int, weights ...int) (out []assembly.Elector) {
		for i, w := range weights {
			id := assembly.MemberID(fmt.Sprint("m", i))
			out = append(out, assembly.Elector{Member: id, Holder: id, Weight: w, Paper: i < paper})
		}
		return out
	}
	represented := func(n int, of []assembly.Elector) []assembly.Elector { // the last ones, by the first
		for i := range n {
			of[len(of)-1-i].Holder = of[0].Member
		}
		return of
	}
	many := make([]int, 0, 5*(maxWeights+1))
	for w := range maxWeights + 1 {
		many = append(many, w+1, w+1, w+1, w+1, w+1)
	}
	for name, c := range map[string]struct {
		electors    []assembly.Elector
		asked, told error // before and after the host knows that they are few
	}{
		"nobody":                   {nil, ErrNobodyHere, ErrNobodyHere},
		"one":                      {electors(0, 1), ErrAlone, ErrAlone},
		"one with votes of others": {represented(5, electors(0, 1, 1, 1, 1, 1, 1)), ErrAlone, ErrAlone},
		"four, one for others":     {represented(2, electors(0, 1, 1, 1, 1, 1, 1)), ErrFewVoters, nil},
		"five, one for another":    {represented(1, electors(0, 1, 1, 1, 1, 1, 1)), nil, nil},
		"four of another weight, one for another": {represented(1, electors(0, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9)), nil, nil},
		"one for five of another weight":          {represented(5, electors(0, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9)), ErrTelling, ErrTelling},
		"two":                                     {electors(0, 1, 1), ErrFewVoters, nil},
		"five":                                    {electors(0, 1, 1, 1, 1, 1), nil, nil},
		"one of another weight":                   {electors(0, 1, 1, 1, 1, 1, 9), ErrTelling, ErrTelling},
		"four of another weight":                  {electors(0, 1, 1, 1, 1, 1, 9, 9, 9, 9), ErrTelling, ErrTelling},
		"five of each":                            {electors(0, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9), nil, nil},
		"one on paper":                            {electors(1, 1, 1, 1, 1, 1, 1), ErrFewVoters, nil},
		"five on paper":                           {electors(5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), nil, nil},
		"all but one on paper":                    {electors(5, 1, 1, 1, 1, 1, 1), ErrAlone, ErrAlone},
		"one of another weight on paper":          {electors(1, 9, 1, 1, 1, 1, 1), ErrTelling, ErrTelling},
		"five of another weight on paper":         {electors(5, 9, 9, 9, 9, 9, 1, 1, 1, 1, 1), nil, nil},
		"another weight, one of it on paper":      {electors(1, 9, 9, 9, 9, 9, 9, 1, 1, 1, 1, 1), ErrFewVoters, nil},
		"all on paper":                            {electors(5, 1, 1, 1, 1, 1), nil, nil},
		"as many weights as possible":             {electors(0, many[5:]...), nil, nil},
		"too many weights":                        {electors(0, many...), ErrWeights, ErrWeights},
	} {
		if got := hidden(c.electors, false); !errors.Is(got, c.asked) {
			t.Errorf("%s: %v", name, got)
		}
		if got := hidden(c.electors, true); !errors.Is(got, c.told) {
			t.Errorf("%s, known: %v", name, got)
		}
	}
	f := newFixture(t, 6)
	f.members(t, 0, 1, 1, 1, 1, 1, 9)
	d := Draft{Question: "?", Options: []string{"a", "b"}, Motion: Motion{Majority: SimpleMajority}, Secrecy: Secret}
	p, err := f.Create(t.Context(), room, d)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenPoll(t.Context(), room, p.ID, Opening{SmallKnown: true}); !errors.Is(err, ErrTelling) {
		t.Errorf("one of weight 9: %v", err)
	}
	d.Motion.Heads = true
	if _, err := f.Update(t.Context(), room, p.ID, d); err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenPoll(t.Context(), room, p.ID, Opening{}); err != nil {
		t.Errorf("by heads: %v", err)
	}
}
