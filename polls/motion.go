package polls

import (
	"cmp"
	"errors"
	"slices"

	"plenum/polls/assembly"
	"plenum/sheet"
	"plenum/webinar"
)

// Majority is what a motion needs to be carried.
type Majority string

// The majorities. Abstentions and invalid ballots count for neither side.
const (
	SimpleMajority Majority = "simple"     // more votes for it than against
	TwoThirds      Majority = "two-thirds" // two thirds of the votes for and against
	NoMajority     Majority = "none"       // an election: the numbers speak
)

// Why a motion was refused.
var (
	ErrNotMotion  = errors.New("not a vote of the members")
	ErrSmallClass = errors.New("few members have votes of one weight, so the weight may tell who voted what")
)

// Motion is what a vote of the members lays down. Its options are, unless it is an election, for and against.
type Motion struct {
	Majority Majority // empty: the poll is none
	Heads    bool     // each member counts one, whatever the vote weighs
	Abstain  bool     // the last option is an abstention
}

// IsMotion reports whether the members of the list vote, and nobody else.
func (p Poll) IsMotion() bool { return p.Motion.Majority != "" }

// motion checks what a draft lays down of a vote of the members.
func (d *Draft) motion() error {
	if d.Motion.Majority == "" {
		d.Motion = Motion{}
		return nil
	}
	d.Kind, d.Results = cmp.Or(d.Kind, SingleChoice), cmp.Or(d.Results, ResultsClosed)
	sides := len(d.Options)
	if d.Motion.Abstain {
		sides--
	}
	refuse := func(field string) error { return &webinar.InvalidError{Field: field, Reason: "motion"} }
	switch {
	case !slices.Contains([]Majority{SimpleMajority, TwoThirds, NoMajority}, d.Motion.Majority):
		return &webinar.InvalidError{Field: "motion.majority", Reason: "unknown"}
	case d.Kind != SingleChoice:
		return refuse("kind")
	case d.Changeable:
		return refuse("changeable")
	case !d.SurveyUntil.IsZero():
		return refuse("survey_until")
	case d.Results == ResultsVoted, d.Results == ResultsShown:
		return refuse("results")
	case d.Motion.Majority != NoMajority && sides != 2, sides < 1:
		return refuse("options")
	}
	return nil
}

// Decision is what became of a motion.
type Decision string

// The decisions.
const (
	Carried    Decision = "carried"
	NotCarried Decision = "not-carried"
	NoQuorum   Decision = "no-quorum" // too few were there when it opened
)

// Outcome is the result of a motion beside the heads, which are [Tally.Votes]. Ballots on paper are in both.
type Outcome struct {
	Votes    []int    // what the ballots for each option weigh
	Paper    []int    // how many of the ballots for each option are on paper; nil: so few that it is not told
	Invalid  int      // ballots on paper that count for nothing, beyond [Tally.Total]
	Decision Decision // empty: an election
	OnPaper  int      // ballots on paper, those that are invalid too

	Uncounted int // of a closed motion: members who voted on paper, whose ballots nobody has counted and a host let go
}

// told leaves out what the ballots on paper say of a secret motion while few came in that way, or few in the other.
func (o Outcome) told(p Poll, ballots int) Outcome {
	page := ballots + o.Invalid - o.OnPaper
	if few := func(n int) bool { return n > 0 && n < minClass }; p.Secrecy == Secret && (few(o.OnPaper) || few(page) && o.OnPaper > 0) {
		o.Paper = nil
	}
	return o
}

// table is the outcome as rows of a sheet: what the ballots weigh before how many members they are. Percentages are of the
// votes for the sides; an abstention has none.
func (o Outcome) table(p Poll, members []int) sheet.Table {
	sides := len(p.Options)
	if p.Motion.Abstain {
		sides--
	}
	whole := 0
	for _, n := range o.Votes[:sides] {
		whole += n
	}
	shares := percents(o.Votes[:sides], whole)
	out := sheet.Table{Head: []string{"option", "votes", "percent", "members"}}
	if o.Paper != nil {
		out.Head = append(out.Head, "on paper")
	}
	for i, option := range p.Options {
		share := sheet.Text("")
		if i < sides {
			share = shares[i]
		}
		row := []sheet.Cell{sheet.Text(option.Text), sheet.Int(o.Votes[i]), share, sheet.Int(members[i])}
		if o.Paper != nil {
			row = append(row, sheet.Int(o.Paper[i]))
		}
		out.Rows = append(out.Rows, row)
	}
	if o.Uncounted > 0 {
		row := []sheet.Cell{sheet.Text(uncounted), sheet.Text(""), sheet.Text(""), sheet.Int(o.Uncounted)}
		for range len(out.Head) - len(row) {
			row = append(row, sheet.Text(""))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// uncounted is what the table of a motion calls the ballots on paper that are in no other row.
const uncounted = "not counted: on paper"

// decide says what the votes come to. The quorum is that of the opening.
func (p Poll) decide(votes []int) Decision {
	switch {
	case p.Motion.Majority == NoMajority:
		return ""
	case p.Attendance != nil && !p.Attendance.Met:
		return NoQuorum
	case p.Motion.Majority == SimpleMajority && votes[0] > votes[1]:
		return Carried
	case p.Motion.Majority == TwoThirds && votes[0] > 0 && 3*votes[0] >= 2*(votes[0]+votes[1]):
		return Carried
	}
	return NotCarried
}

// minClass is how many members have to have a vote of the same kind for it not to tell whose it is.
const minClass = 5

func small(c assembly.Class) bool { return c.Members < minClass }

// telling reports whether the weight of a ballot can tell who cast it: there are different ones, and few people cast one of
// them.
func (p Poll) telling(r assembly.Roll) bool {
	return p.Secrecy != Named && tellingClasses(assembly.Voters(r.Electors(p.Motion.Heads), everybody))
}

func tellingClasses(classes []assembly.Class) bool {
	return len(classes) > 1 && slices.ContainsFunc(classes, small)
}

func everybody(assembly.Elector) bool { return true }
