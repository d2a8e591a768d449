package polls

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plenum/webinar"
)

func options(n int) (out []Option) {
	for i := range n {
		out = append(out, Option{ID: OptionID(rune('a' + i)), Text: fmt.Sprint("Option ", i+1)})
	}
	return out
}

// one poll of each kind that is new in this file.
func onePollEach() map[Kind]Poll {
	return map[Kind]Poll{
		Rating:  {ID: "p", Kind: Rating, Options: options(5), Rules: Rules{Least: 1, Most: 1}},
		Ranking: {ID: "p", Kind: Ranking, Options: options(4)},
		Points:  {ID: "p", Kind: Points, Options: options(3), Rules: Rules{Sum: 100}},
		Guess:   {ID: "p", Kind: Guess, Rules: Rules{Min: new(-10.0), Max: new(1e6), Truth: new(0.3), Tolerance: 0.1}},
	}
}

func TestAnswersThatDoNotFit(t *testing.T) {
	polls := onePollEach()
	for name, c := range map[string]struct {
		kind   Kind
		answer Answer
		want   error
	}{
		"two steps":               {Rating, chosen("a", "b"), ErrChoices},
		"step of another poll":    {Rating, chosen("z"), ErrUnknownOption},
		"rating by number":        {Rating, Answer{Number: new(3.0)}, ErrChoices},
		"both":                    {Rating, Answer{Options: []OptionID{"a"}, Number: new(3.0)}, ErrAnswer},
		"duplicate rank":          {Ranking, chosen("a", "b", "b", "d"), ErrRanking},
		"rank left out":           {Ranking, chosen("a", "b", "c"), ErrRanking},
		"ranked from elsewhere":   {Ranking, chosen("a", "b", "c", "z"), ErrUnknownOption},
		"10,000 ranks":            {Ranking, Answer{Options: make([]OptionID, 10_000)}, ErrRanking},
		"99 of 100":               {Points, Answer{Points: map[OptionID]int{"a": 99}}, ErrSum},
		"101 of 100":              {Points, Answer{Points: map[OptionID]int{"a": 100, "b": 1}}, ErrSum},
		"less than nothing":       {Points, Answer{Points: map[OptionID]int{"a": 101, "b": -1}}, ErrSum},
		"sums that run over":      {Points, Answer{Points: map[OptionID]int{"a": math.MaxInt, "b": math.MaxInt, "c": 102}}, ErrSum},
		"no points":               {Points, Answer{}, ErrSum},
		"points for another poll": {Points, Answer{Points: map[OptionID]int{"a": 50, "z": 50}}, ErrUnknownOption},
		"no number":               {Guess, Answer{}, ErrNumber},
		"NaN":                     {Guess, Answer{Number: new(math.NaN())}, ErrNumber},
		"infinite":                {Guess, Answer{Number: new(math.Inf(1))}, ErrNumber},
		"below":                   {Guess, Answer{Number: new(-10.5)}, ErrNumber},
		"above":                   {Guess, Answer{Number: new(1e6 + 1)}, ErrNumber},
		"a guess and a choice":    {Guess, Answer{Number: new(1.0), Options: []OptionID{"a"}}, ErrAnswer},
	} {
		if got, err := polls[c.kind].read(c.answer); !errors.Is(err, c.want) || !reflect.DeepEqual(got, Answer{}) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
		}
	}
}

func TestDraftsOfKinds(t *testing.T) {
	words := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("w", i))
		}
		return out
	}
	for name, c := range map[string]struct {
		d     Draft
		field string // of the fault; empty: fine
		want  Rules
	}{
		"rating":                    {Draft{Kind: Rating, Options: words(5), Rules: Rules{Low: " not at all ", High: "very", Sum: 3}}, "", Rules{Least: 1, Most: 1, Low: "not at all", High: "very"}},
		"two steps":                 {Draft{Kind: Rating, Options: words(2)}, "options", Rules{}},
		"eleven steps":              {Draft{Kind: Rating, Options: words(11)}, "options", Rules{}},
		"an end of control letters": {Draft{Kind: Rating, Options: words(3), Rules: Rules{Low: "a\x00"}}, "low", Rules{}},
		"a long end":                {Draft{Kind: Rating, Options: words(3), Rules: Rules{High: strings.Repeat("x", MaxEnd+1)}}, "high", Rules{}},
		"ranking":                   {Draft{Kind: Ranking, Options: words(10), Rules: Rules{Most: 3}}, "", Rules{}},
		"eleven to rank":            {Draft{Kind: Ranking, Options: words(11)}, "options", Rules{}},
		"points":                    {Draft{Kind: Points, Options: words(2)}, "", Rules{Sum: 100}},
		"points of another sum":     {Draft{Kind: Points, Options: words(2), Rules: Rules{Sum: 7}}, "", Rules{Sum: 7}},
		"no points":                 {Draft{Kind: Points, Options: words(2), Rules: Rules{Sum: -1}}, "sum", Rules{}},
		"too many points":           {Draft{Kind: Points, Options: words(2), Rules: Rules{Sum: MaxSum + 1}}, "sum", Rules{}},
		"points for one":            {Draft{Kind: Points, Options: words(1)}, "options", Rules{}},
		"guess":                     {Draft{Kind: Guess, Rules: Rules{Unit: "km", Least: 4}}, "", Rules{Unit: "km"}},
		"guess with options":        {Draft{Kind: Guess, Options: words(2)}, "options", Rules{}},
		"bounds the wrong way":      {Draft{Kind: Guess, Rules: Rules{Min: new(2.0), Max: new(1.0)}}, "max", Rules{}},
		"a bound that is no number": {Draft{Kind: Guess, Rules: Rules{Min: new(math.NaN())}}, "min", Rules{}},
		"correct but not allowed":   {Draft{Kind: Guess, Rules: Rules{Max: new(1.0), Truth: new(2.0)}}, "truth", Rules{}},
		"tolerance below zero":      {Draft{Kind: Guess, Rules: Rules{Truth: new(2.0), Tolerance: -1}}, "tolerance", Rules{}},
		"tolerance of nothing":      {Draft{Kind: Guess, Rules: Rules{Tolerance: 1}}, "tolerance", Rules{}},
	} {
		c.d.Question = "?"
		err := c.d.Validate()
		invalid, bad := errors.AsType[*webinar.InvalidError](err)
		if bad != (c.field != "") || bad && invalid.Field != c.field || !bad && !reflect.DeepEqual(c.d.Rules, c.want) {
			t.Errorf("%s: %v, %+v", name, err, c.d.Rules)
		}
	}
}

// drawAnswer makes an answer that fits.
func drawAnswer(rt *rapid.T, p Poll) Answer {
	pick := func() OptionID { return p.Options[rapid.IntRange(0, len(p.Options)-1).Draw(rt, "option")].ID }
	switch p.Kind {
	case Ranking:
		var all []OptionID
		for _, o := range p.Options {
			all = append(all, o.ID)
		}
		return chosen(rapid.Permutation(all).Draw(rt, "order")...)
	case Points:
		out := map[OptionID]int{}
		for left := p.Rules.Sum; left > 0; {
			n := rapid.IntRange(1, left).Draw(rt, "points")
			out[pick()] += n
			left -= n
		}
		return Answer{Points: out}
	case Guess:
		return Answer{Number: new(rapid.Float64Range(*p.Rules.Min, *p.Rules.Max).Draw(rt, "number"))}
	case SingleChoice, MultipleChoice, Rating, Quiz, OpenText, WordCloud: // one option will do; texts have tests of their own
	}
	return chosen(pick())
}

// Whatever is in the box, the count is what a recount by hand says.
func TestEveryKindMatchesARecount(t *testing.T) {
	for kind, p := range onePollEach() {
		t.Run(string(kind), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				var box []Ballot
				for range rapid.IntRange(0, 40).Draw(rt, "ballots") {
					box = append(box, Ballot{Poll: p.ID, Answer: drawAnswer(rt, p)})
				}
				got, err := Count(p, slices.Values(box))
				if err != nil || got.Total != len(box) {
					rt.Fatalf("%+v, %v", got, err)
				}
				recount(rt, p, box, got)
			})
		})
	}
}

// recount counts the slow way.
func recount(rt *rapid.T, p Poll, box []Ballot, got Tally) {
	votes, pointsOf := map[OptionID]int{}, map[OptionID]int{}
	var numbers []float64
	for _, b := range box {
		for i, o := range b.Answer.Options {
			if i == 0 {
				votes[o]++
				numbers = append(numbers, float64(1+strings.Index("abcdefghij", string(o))))
			}
			if p.Kind == Ranking {
				pointsOf[o] += len(p.Options) - 1 - i
			}
		}
		for o, n := range b.Answer.Points {
			pointsOf[o] += n
		}
		if b.Answer.Number != nil {
			numbers = append(numbers, *b.Answer.Number)
		}
	}
	for i, o := range p.Options {
		if got.Votes != nil && got.Votes[i] != votes[o.ID] || got.Points != nil && got.Points[i] != pointsOf[o.ID] {
			rt.Fatalf("%s: %+v; want votes %v, points %v", p.Kind, got, votes, pointsOf)
		}
	}
	if (p.Kind == Rating || p.Kind == Guess) && len(numbers) > 0 {
		slices.Sort(numbers)
		n, sum := len(numbers), 0.0
		for _, v := range numbers {
			sum += v
		}
		if want := (numbers[(n-1)/2] + numbers[n/2]) / 2; *got.Median != want || math.Abs(*got.Mean-sum/float64(n)) > 1e-6*max(1, math.Abs(sum)) {
			rt.Fatalf("%v: median %v, mean %v", numbers, *got.Median, *got.Mean)
		}
	}
	if p.Kind == Guess {
		checkGuesses(rt, p, numbers, got)
	}
}

func checkGuesses(rt *rapid.T, p Poll, numbers []float64, got Tally) {
	right, sum := 0, 0
	for _, v := range numbers {
		if math.Abs(v-*p.Rules.Truth) <= p.Rules.Tolerance {
			right++
		}
	}
	for i, b := range got.Bins {
		in := 0
		for _, v := range numbers {
			if v == b.From || v > b.From && v < b.To || v == b.To && i == len(got.Bins)-1 {
				in++
			}
		}
		if in != b.N || b.From > b.To {
			rt.Fatalf("%d guesses in %+v of %v", in, b, got.Bins)
		}
		sum += b.N
	}
	if *got.Right != right || sum != len(numbers) || len(got.Bins) > 4*maxBins {
		rt.Fatalf("right %d, want %d; %d of %d in %d bins", *got.Right, right, sum, len(numbers), len(got.Bins))
	}
}

// One who types a million too much does not squeeze all others into one bar.
func TestBinsAreRoundAndIgnoreOutliers(t *testing.T) {
	c := newCount(Poll{Kind: Guess})
	for i := range 40 {
		c.add(Answer{Number: new(float64(100 + 5*i))})
	}
	c.add(Answer{Number: new(1e9)})
	bins := c.tally().Bins
	if len(bins) < 5 || bins[0] != (Bin{100, 150, 10}) || bins[len(bins)-1].To != 1e9 || bins[len(bins)-1].N != 1 {
		t.Errorf("%v", bins)
	}
}

// FuzzAnswer reads whatever JSON comes as an answer to every kind: it is refused, or stored in a form that is read
// again as the same and can be counted.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"options":["a"]}`, `{"options":["d","c","b","a"]}`, `{"points":{"a":40,"b":60}}`, `{"number":-0.0}`, `{"number":1e308,"options":null}`, `{}`} {
		f.Add(seed)
	}
	polls := onePollEach()
	polls[SingleChoice] = Poll{ID: "p", Kind: SingleChoice, Options: options(3), Rules: Rules{Least: 1, Most: 1}}
	polls[MultipleChoice] = Poll{ID: "p", Kind: MultipleChoice, Options: options(3), Rules: Rules{Least: 1, Most: 2}}
	f.Fuzz(func(t *testing.T, text string) {
		var in answerJSON
		if json.Unmarshal([]byte(text), &in) != nil {
			return
		}
		for kind, p := range polls {
			read, err := p.read(Answer(in))
			if err != nil {
				continue
			}
			kept, err := json.Marshal(answerJSON(read))
			if err != nil {
				t.Fatal(err)
			}
			var back answerJSON
			if err := json.Unmarshal(kept, &back); err != nil {
				t.Fatal(err)
			}
			again, err := p.read(Answer(back))
			if err != nil || !reflect.DeepEqual(again, read) {
				t.Errorf("%s: %s is read as %+v, %v", kind, kept, again, err)
			}
			if got, err := Count(p, slices.Values([]Ballot{{Poll: "p", Answer: read}})); err != nil || got.Total != 1 {
				t.Errorf("%s: %+v, %v", kind, got, err)
			}
		}
	})
}

// The way of each kind through the file: asked, answered, closed and read again after a restart, right answers hidden
// meanwhile.
func TestKindsAreStored(t *testing.T) {
	f := newFixture(t, 2)
	drafts := map[Kind]Draft{
		Rating:  {Options: []string{"1", "2", "3"}, Rules: Rules{Low: "weak"}},
		Ranking: {Options: []string{"x", "y", "z"}},
		Points:  {Options: []string{"x", "y"}, Rules: Rules{Sum: 10}},
		Guess:   {Rules: Rules{Unit: "m", Min: new(0.0), Truth: new(5.0), Tolerance: 1}},
	}
	for _, kind := range slices.Sorted(maps.Keys(drafts)) {
		d := drafts[kind]
		d.Question, d.Kind = "?", kind
		p, err := f.Create(t.Context(), room, d)
		if err != nil {
			t.Fatal(kind, err)
		}
		if p, err = f.OpenPoll(t.Context(), room, p.ID, Opening{}); err != nil {
			t.Fatal(kind, err)
		}
		answer := map[Kind]func() Answer{
			Rating:  func() Answer { return chosen(p.Options[2].ID) },
			Ranking: func() Answer { return chosen(p.Options[2].ID, p.Options[0].ID, p.Options[1].ID) },
			Points:  func() Answer { return Answer{Points: map[OptionID]int{p.Options[1].ID: 10}} },
			Guess:   func() Answer { return Answer{Number: new(6.0)} },
		}[kind]()
		if _, err := f.Vote(t.Context(), room, p.ID, "t0", answer, receiptOf(string(p.ID))); err != nil {
			t.Fatal(kind, err)
		}
		for _, e := range f.events.take() {
			if c, ok := e.Body.(Changed); ok && c.Poll.State == StateOpen && c.Poll.Rules.Truth != nil {
				t.Errorf("%s: the right answer was published", kind)
			}
			if c, ok := e.Body.(Tallied); ok && c.Tally.Right != nil {
				t.Errorf("%s: published who is right", kind)
			}
		}
		guest, err := f.Get(t.Context(), room, p.ID, "t0", false)
		if err != nil || guest.Tally == nil || guest.Poll.Rules.Truth != nil || guest.Tally.Right != nil {
			t.Errorf("%s: a voter sees %+v, %v", kind, guest, err)
		}
		if p, err = f.ClosePoll(t.Context(), room, p.ID); err != nil {
			t.Fatal(kind, err)
		}
		f.events.take()
		_, before, err := f.Results(t.Context(), room, p.ID)
		if err != nil {
			t.Fatal(kind, err)
		}
		f.restart(t)
		q, after, err := f.Results(t.Context(), room, p.ID)
		if err != nil || !reflect.DeepEqual(q, p) || !reflect.DeepEqual(before, after) || after.Total != 1 {
			t.Errorf("%s: %+v, %+v, %+v, %v", kind, q, before, after, err)
		}
		if kind == Guess && (after.Right == nil || *after.Right != 1 || q.Rules.Truth == nil) {
			t.Errorf("the right answer is not told at the end: %+v %+v", q, after)
		}
		var out bytes.Buffer
		if err := WriteCSV(&out, q, after); err != nil || strings.Count(out.String(), "\r\n") < 2 {
			t.Errorf("%s: %q, %v", kind, out.String(), err)
		}
		if labels, n := after.Bars(q); len(labels) != len(n) || len(n) == 0 {
			t.Errorf("%s: bars %v %v", kind, labels, n)
		}
	}
}
