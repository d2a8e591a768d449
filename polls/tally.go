package polls

import (
	"fmt"
	"iter"
	"slices"
)

// Tally is the result of one poll.
type Tally struct {
	Poll  PollID
	Votes []int // ballots that name an option, in the order of the options
	Total int   // ballots
}

// NewTally is the result of a poll in which nobody has voted.
func NewTally(p Poll) Tally { return Tally{Poll: p.ID, Votes: make([]int, len(p.Options))} }

// Count counts ballots. A ballot that does not belong to the poll is an error: it cannot have come in honestly.
func Count(p Poll, ballots iter.Seq[Ballot]) (Tally, error) {
	t := NewTally(p)
	for b := range ballots {
		places, err := p.places(b.Options)
		if err == nil && b.Poll != p.ID {
			err = ErrUnknownOption
		}
		if err != nil {
			return Tally{}, fmt.Errorf("poll %s: %w: %s", p.ID, err, b.Options)
		}
		t.add(places)
	}
	return t, nil
}

// add counts one ballot, which names the options at these places.
func (t *Tally) add(places []int) {
	for _, i := range places {
		t.Votes[i]++
	}
	t.Total++
}

func (t Tally) clone() Tally {
	t.Votes = slices.Clone(t.Votes)
	return t
}

// Percent is the share of the ballots that name an option, from 0 to 100; 0 while there are none. Where a ballot may name
// several, the shares add up to more than 100.
func (t Tally) Percent(option int) float64 {
	if t.Total == 0 {
		return 0
	}
	return 100 * float64(t.Votes[option]) / float64(t.Total)
}

func count(p Poll, box []Ballot) (Tally, error) { return Count(p, slices.Values(box)) }
