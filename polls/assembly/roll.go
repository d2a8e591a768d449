package assembly

import "plenum/webinar"

// Roll is the list of members, in the order of their numbers, with the rules of the meeting.
type Roll struct {
	Rules   Rules
	Members []Member
}

// Attendance counts who is here. A proxy is not passed on: who is represented by somebody that is not here is not
// represented, even if another one votes for that person.
func (r Roll) Attendance() Attendance {
	here := r.here()
	a := Attendance{Quorum: r.Rules.Quorum, Heads: r.Rules.Heads}
	for _, m := range r.Members {
		a.All.add(m)
		switch {
		case m.Here:
			a.Here.add(m)
		case m.Proxy != "" && here[m.Proxy]:
			a.Represented.add(m)
		}
	}
	part, whole := a.Here.Votes+a.Represented.Votes, a.All.Votes
	if a.Heads {
		part, whole = a.Here.Members+a.Represented.Members, a.All.Members
	}
	a.Met = whole > 0 && part*100 >= a.Quorum*whole
	return a
}

func (r Roll) here() map[MemberID]bool {
	out := make(map[MemberID]bool, len(r.Members))
	for _, m := range r.Members {
		if m.Here {
			out[m.ID] = true
		}
	}
	return out
}

// Member finds the member who came with that ticket.
func (r Roll) Member(t webinar.TicketID) (Member, bool) {
	for _, m := range r.Members {
		if m.Ticket == t && t != "" {
			return m, true
		}
	}
	return Member{}, false
}

// of returns a member, or an empty one.
func (r Roll) of(id MemberID) Member {
	for _, m := range r.Members {
		if m.ID == id {
			return m
		}
	}
	return Member{}
}

// onPaper reports whether a paper ballot may be this member's.
func (m Member) onPaper() bool { return m.Here && m.Paper }
