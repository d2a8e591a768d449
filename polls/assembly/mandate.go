package assembly

import (
	"maps"
	"slices"

	"plenum/webinar"
)

// mandate says why self may not vote for m now; nil: self may.
func mandate(self, m Member) error {
	switch {
	case !self.Here:
		return ErrAway
	case m.ID == self.ID && self.Paper:
		return ErrOnPaper
	case m.ID == self.ID:
		return nil
	case m.Proxy != self.ID || m.Here:
		return ErrNoMandate
	}
	return nil
}

// Mandates is for whom the bearer of a ticket may vote now: themselves if they are here, and those absent who have
// named them. Nobody has a mandate who is not here, and who votes on paper has none for themselves.
func (r Roll) Mandates(t webinar.TicketID) []Member {
	self, ok := r.Member(t)
	if !ok {
		return nil
	}
	return mandates(self, r.Members)
}

// mandates picks from members those for whom self votes, self first.
func mandates(self Member, members []Member) []Member {
	var out []Member
	if mandate(self, self) == nil {
		out = append(out, self)
	}
	for _, m := range members {
		if m.ID != self.ID && mandate(self, m) == nil {
			out = append(out, m)
		}
	}
	return out
}

// Class is the members whose votes weigh the same.
type Class struct{ Weight, Members int }

// OnPaper are the members who are here, vote on paper and have not voted otherwise, by the weight of their votes.
func (r Roll) OnPaper(heads bool, voted map[MemberID]bool) []Class {
	return classes(r.Members, heads, func(m Member) bool { return m.Here && m.Paper && !voted[m.ID] })
}

func classes(members []Member, heads bool, counts func(Member) bool) []Class {
	of := map[int]int{}
	for _, m := range members {
		if counts(m) {
			of[m.Counts(heads)]++
		}
	}
	return sorted(of)
}

func sorted(of map[int]int) []Class {
	out := make([]Class, 0, len(of))
	for _, weight := range slices.Sorted(maps.Keys(of)) {
		out = append(out, Class{weight, of[weight]})
	}
	return out
}

// Counts is what the member's vote counts.
func (m Member) Counts(heads bool) int {
	if heads {
		return 1
	}
	return m.Weight
}
