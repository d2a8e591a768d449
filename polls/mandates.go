package polls

import (
	"cmp"
	"context"

	"plenum/polls/assembly"
	"plenum/webinar"
)

// Mandate is a member for whom somebody may vote in a motion.
type Mandate struct {
	Member assembly.Member
	Voted  bool // never told of a secret vote
	Drawn  bool // of a secret vote: a token was signed for them
}

// Bar is why a member has no vote of their own to cast on the page.
type Bar string

// The bars. An empty one is none.
const (
	BarAway        Bar = "away"        // has not checked in
	BarPaper       Bar = "paper"       // votes on paper
	BarVoted       Bar = "voted"       // votes on paper, and a vote in their name is in the box
	BarMissed      Bar = "missed"      // votes on paper, and came after two people had counted it
	BarLate        Bar = "late"        // came after a secret vote had opened
	BarRepresented Bar = "represented" // was not here when a secret vote opened, so that another one votes for them
)

// lost reports whether somebody who is here can cast no vote, in whichever way.
func (b Bar) lost() bool { return b == BarMissed || b == BarLate || b == BarRepresented }

// bar says why a member has no vote of their own. Elector is theirs in a secret motion; nil: they are none.
func (p stored) bar(m assembly.Member, voted bool, elector *assembly.Elector) Bar {
	paper := m.Paper
	if p.Secrecy == Secret {
		switch {
		case elector == nil:
			return BarLate
		case elector.Holder != m.ID:
			return BarRepresented
		}
		paper = elector.Paper
	} else if !m.Here {
		return BarAway
	}
	switch {
	case !paper:
		return ""
	case voted:
		return BarVoted
	case p.paper != nil:
		return BarMissed
	}
	return BarPaper
}

// Mandates is for whom a member may vote in a motion.
type Mandates struct {
	Self assembly.Member
	All  []Mandate // themselves first
	Bar  Bar       // why they are not among them
}

// Mandates returns who came with a ticket, and for whom they may vote in a motion. Errors: ErrNotFound, ErrNotMotion,
// assembly.ErrNotFound for who is no member.
func (s *Service) Mandates(ctx context.Context, w webinar.ID, id PollID, who webinar.TicketID) (Mandates, error) {
	p, err := s.store.get(ctx, w, id)
	if err != nil || p.State == StateDraft {
		return Mandates{}, cmp.Or(err, ErrNotFound)
	}
	if !p.IsMotion() {
		return Mandates{}, ErrNotMotion
	}
	self, members, err := s.store.mandates(ctx, w, who)
	if err != nil {
		return Mandates{}, err
	}
	voted, err := s.store.votedMembers(ctx, id)
	if err != nil {
		return Mandates{}, err
	}
	out := Mandates{Self: self}
	if p.Secrecy == Secret {
		return s.secretMandates(ctx, p, out, voted[self.ID])
	}
	out.Bar = p.bar(self, voted[self.ID], nil)
	for _, m := range members {
		out.All = append(out.All, Mandate{Member: m, Voted: voted[m.ID]})
	}
	return out, nil
}

// secretMandates are those that were laid down at the opening.
func (s *Service) secretMandates(ctx context.Context, p stored, out Mandates, voted bool) (Mandates, error) {
	electors, err := s.store.electorsWhere(ctx, "poll_id = ? AND (holder_id = ? OR member_id = ?)", p.ID, out.Self.ID, out.Self.ID)
	if err != nil {
		return out, err
	}
	handed, err := s.store.handed(ctx, p.ID)
	if err != nil {
		return out, err
	}
	roll, err := assembly.In(s.store.db).Roll(ctx, p.Webinar)
	if err != nil {
		return out, listFault(err)
	}
	byMember := map[assembly.MemberID]*assembly.Elector{}
	for i := range electors {
		byMember[electors[i].Member] = &electors[i]
	}
	add := func(m assembly.Member) {
		if e := byMember[m.ID]; e != nil && e.Holder == out.Self.ID && !e.Paper {
			out.All = append(out.All, Mandate{Member: m, Drawn: handed[m.ID]})
		}
	}
	add(out.Self)
	for _, m := range roll.Members {
		if m.ID != out.Self.ID {
			add(m)
		}
	}
	out.Bar = p.bar(out.Self, voted, byMember[out.Self.ID])
	return out, nil
}

// Lost is a member who is here and can cast no vote in an open motion, neither on the page nor on paper.
type Lost struct {
	Poll     PollID
	Question string
	Member   assembly.MemberID
	Bar      Bar
}

// Lost returns who of a roll can cast no vote in a motion that is open, for the hosts at the door.
func (s *Service) Lost(ctx context.Context, w webinar.ID, roll assembly.Roll) ([]Lost, error) {
	found, err := s.store.find(ctx, "webinar_id = ? AND polls.state = 'open' AND motion <> ''", w)
	if err != nil {
		return nil, err
	}
	var out []Lost
	for _, p := range found {
		voted, err := s.store.votedMembers(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		electors, err := s.store.electors(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		byMember := map[assembly.MemberID]*assembly.Elector{}
		for i := range electors {
			byMember[electors[i].Member] = &electors[i]
		}
		for _, m := range roll.Members {
			if bar := p.bar(m, voted[m.ID], byMember[m.ID]); m.Here && bar.lost() {
				out = append(out, Lost{p.ID, p.Question, m.ID, bar})
			}
		}
	}
	return out, nil
}
