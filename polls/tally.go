package polls

import (
	"fmt"
	"iter"
	"slices"
)

// Tally is the result of one poll.
type Tally struct {
	Poll  PollID
	Votes []int // in the order of the options
	Total int
}

// NewTally is the result of a poll in which nobody has voted.
func NewTally(p Poll) Tally { return Tally{Poll: p.ID, Votes: make([]int, len(p.Options))} }

// Count counts ballots. A ballot that does not belong to the poll is an error: it cannot have come in honestly.
func Count(p Poll, ballots iter.Seq[Ballot]) (Tally, error) {
	t := NewTally(p)
	for b := range ballots {
		i := p.index(b.Option)
		if b.Poll != p.ID || i < 0 {
			return Tally{}, fmt.Errorf("poll %s: %w: %s", p.ID, ErrUnknownOption, b.Option)
		}
		t.add(i, 1)
	}
	return t, nil
}

func (t *Tally) add(option, n int) {
	t.Votes[option] += n
	t.Total += n
}

func (t Tally) clone() Tally {
	t.Votes = slices.Clone(t.Votes)
	return t
}

// Percent is the share of an option in all votes, from 0 to 100; 0 while there are none.
func (t Tally) Percent(option int) float64 {
	if t.Total == 0 {
		return 0
	}
	return 100 * float64(t.Votes[option]) / float64(t.Total)
}

func count(p Poll, box []Ballot) (Tally, error) { return Count(p, slices.Values(box)) }
