package assembly

// Elector is a member whose vote counts in one secret vote. Who they are is laid down when it opens, and stays.
type Elector struct {
	Member MemberID
	Holder MemberID // who votes: the member, or whom the member has named
	Weight int      // of the vote
	Paper  bool     // votes on paper
}

// Electors are those who can vote now: who is here, and who is represented by somebody who is. With heads, all votes
// weigh the same.
func (r Roll) Electors(heads bool) []Elector {
	here := r.here()
	var out []Elector
	for _, m := range r.Members {
		switch {
		case m.Here:
			out = append(out, Elector{m.ID, m.ID, m.Counts(heads), m.Paper})
		case m.Proxy != "" && here[m.Proxy]:
			out = append(out, Elector{m.ID, m.Proxy, m.Counts(heads), false})
		}
	}
	return out
}

// Voters are the people who cast the votes of those electors that count, by the weight of the votes. Who represents others
// is one person.
func Voters(electors []Elector, counts func(Elector) bool) []Class {
	type hand struct {
		holder MemberID
		weight int
	}
	hands, of := map[hand]bool{}, map[int]int{}
	for _, e := range electors {
		if h := (hand{e.Holder, e.Weight}); counts(e) && !hands[h] {
			hands[h] = true
			of[e.Weight]++
		}
	}
	return sorted(of)
}

// ElectorClasses are the electors who vote on paper, or those who do not, by the weight of their votes.
func ElectorClasses(electors []Elector, paper bool) []Class {
	of := map[int]int{}
	for _, e := range electors {
		if e.Paper == paper {
			of[e.Weight]++
		}
	}
	return sorted(of)
}
