package polls

import (
	"errors"

	"plenum/sheet"
	"plenum/webinar"
)

// Kind is how a poll is answered.
type Kind string

// The kinds.
const (
	SingleChoice   Kind = "single"   // exactly one option
	MultipleChoice Kind = "multiple" // some options, see [Rules.Least] and [Rules.Most]
	Rating         Kind = "rating"   // one step of a scale
	Ranking        Kind = "ranking"  // all options in order
	Points         Kind = "points"   // a sum distributed over the options
	Guess          Kind = "guess"    // a number
	OpenText       Kind = "text"     // people's own sentences
	WordCloud      Kind = "cloud"    // and words
	Quiz           Kind = "quiz"     // options, some of which are correct
)

// Rules is what a poll lays down besides its options. Each kind uses its own part and leaves the rest zero.
type Rules struct {
	Least int // options that an answer names at least: single, multiple, rating
	Most  int // and at most

	Low, High string // rating: what the ends of the scale mean, may be empty

	Sum int // points that are distributed

	Unit      string   // guess: of the number, may be empty
	Min, Max  *float64 // guess: its bounds, which are allowed themselves; nil: none
	Truth     *float64 // guess: the right number; nil: none, or not to be told yet
	Tolerance float64  // guess: how far from it is right too

	Length  int   // text, cloud: of each text, in runes
	AtOnce  bool  // text: shown without waiting for a host
	Correct []int // quiz: places of the options that are correct, from 0
	Speed   bool  // quiz: who answers sooner gets more points
}

// ErrAnswer refuses an answer that has parts which polls of the kind do not ask for.
var ErrAnswer = errors.New("not the answer that polls of this kind ask for")

// kind is what the polls of one kind have in common. Each has a file of its own; kindOf lists them.
type kind interface {
	// prepare completes a draft, the texts of which are clean, and reports its first fault as a *webinar.InvalidError. It
	// leaves nothing in the rules that the kind does not use.
	prepare(*Draft) error
	// read checks an answer and returns it in the only form in which it is stored and counted. What was read once can be
	// read again and stays the same.
	read(Poll, Answer) (Answer, error)
	// counter begins a count.
	counter(Poll) counter
	// table is the result as the rows of a sheet.
	table(Poll, Tally) sheet.Table
}

// counter counts answers that were read.
type counter interface {
	add(Answer)
	// result is what was counted up to now, without the poll and the number of ballots. It shares nothing with the counter.
	result() Tally
}

// Kinds lists the kinds.
func Kinds() []Kind {
	return []Kind{SingleChoice, MultipleChoice, Rating, Ranking, Points, Guess, OpenText, WordCloud, Quiz}
}

// kindOf is the table of kinds.
func kindOf(k Kind) kind {
	switch k {
	case SingleChoice:
		return choice{}
	case MultipleChoice:
		return choice{several: true}
	case Rating:
		return rating{}
	case Ranking:
		return ranking{}
	case Points:
		return points{}
	case Guess:
		return guess{}
	case OpenText:
		return texts{}
	case WordCloud:
		return texts{cloud: true}
	case Quiz:
		return quiz{choice{several: true}}
	}
	return unknown{}
}

// unknown stands for a kind that this version does not have. It refuses everything.
type unknown struct{}

func (unknown) prepare(*Draft) error { return &webinar.InvalidError{Field: "kind", Reason: "unknown"} }

func (unknown) read(Poll, Answer) (Answer, error) { return Answer{}, ErrAnswer }

func (unknown) counter(Poll) counter { return unknown{} }

func (unknown) table(Poll, Tally) sheet.Table { return sheet.Table{} }

func (unknown) add(Answer) {}

func (unknown) result() Tally { return Tally{} }

// between checks a number of a draft.
func between(field string, n, least, most int) error {
	switch {
	case n < least:
		return &webinar.InvalidError{Field: field, Reason: "too-few", Limit: least}
	case n > most:
		return &webinar.InvalidError{Field: field, Reason: "too-many", Limit: most}
	}
	return nil
}

// need checks the number of options of a draft.
func (d *Draft) need(least, most int) error { return between("options", len(d.Options), least, most) }
