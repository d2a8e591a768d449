package polls

import (
	"errors"
	"slices"

	"plenum/polls/assembly"
)

// A secret motion lays down at its opening whose votes count and who casts them: who came later would stand out, and so
// would a weight that only they have. Each of its electors, or who represents them, has one token signed by the key of
// their weight; the ballots then tell weights and nothing else.

// maxWeights is how many different weights a secret motion can have; each costs a key, about 0.2 s to make.
const maxWeights = 20

// Why a secret motion does not open.
var (
	ErrNobodyHere = errors.New("nobody is here who could vote")
	ErrAlone      = errors.New("only one person votes on a device")
	ErrTelling    = errors.New("too few people cast votes of one weight for a secret vote")
	ErrFewVoters  = errors.New("so few people vote in one way that the result may tell who voted what")
	ErrWeights    = errors.New("more different weights than a secret vote can have")
)

// Why a member has no token of a secret motion.
var (
	ErrLate        = errors.New("checked in after the secret vote opened")
	ErrRepresented = errors.New("was not here when the secret vote opened, so that another member votes for them")
)

// hidden says what stands against the secrecy of a vote of those electors. Known: the host was told of ErrFewVoters.
func hidden(electors []assembly.Elector, known bool) error {
	page := assembly.Voters(electors, func(e assembly.Elector) bool { return !e.Paper })
	paper := assembly.Voters(electors, func(e assembly.Elector) bool { return e.Paper })
	all := assembly.Voters(electors, everybody) // the result adds the weights up, on paper or not
	switch {
	case len(electors) == 0:
		return ErrNobodyHere
	case len(page) > maxWeights:
		return ErrWeights
	case len(page) == 1 && page[0].Members == 1:
		return ErrAlone
	case tellingClasses(page), tellingClasses(all):
		return ErrTelling
	case !known && (slices.ContainsFunc(page, small) || slices.ContainsFunc(paper, small)):
		return ErrFewVoters
	}
	return nil
}

// weightsOf are the weights of the votes that are not on paper.
func weightsOf(electors []assembly.Elector) []int {
	classes := assembly.ElectorClasses(electors, false)
	out := make([]int, 0, len(classes))
	for _, c := range classes {
		out = append(out, c.Weight)
	}
	return out
}

// sealed reports whether nobody may know yet how a poll stands, the hosts neither: who sees both a member's hand and the
// numbers move knows what was cast, and who knows how it stands can sway those who have not voted. A motion is, unless it tells
// who voted what; so is another secret poll until a host shows its result to those who vote. What people write is read to be
// moderated.
func (p Poll) sealed() bool {
	_, written := kindOf(p.Kind).(texts)
	switch {
	case p.State == StateClosed:
		return false
	case p.IsMotion():
		return p.Secrecy != Named
	}
	return p.Secrecy == Secret && !written && !p.SeenBy(true)
}
