// Package assembly keeps the members of an association that meets: who they are, what their vote weighs, whom they
// have named to vote for them, and who is here. It says at any moment whether the meeting has a quorum, and for whom a
// person may vote. What is voted on is a matter of package polls.
package assembly

import (
	"errors"
	"fmt"

	"plenum/webinar"
)

// The limits of a list; texts in runes.
const (
	MaxMembers = 5000
	MaxNumber  = 32
	MaxName    = webinar.MaxName
	MaxWeight  = 1_000_000
	MaxList    = 1 << 20 // bytes of a list that is read
)

// Why something was refused.
var (
	ErrNotFound   = fmt.Errorf("member %w", webinar.ErrNotFound)
	ErrNoAssembly = errors.New("this webinar has no list of members")
	ErrBegun      = errors.New("a member has arrived or voted already, so the list stays as it is")
	ErrProxySelf  = errors.New("nobody represents themselves")
	ErrProxyFull  = errors.New("represents as many members as the rules allow")
	ErrHere       = errors.New("who is here votes for themselves")
	ErrVoting     = errors.New("a motion is open, so who votes on paper stays as it is")
	ErrCounting   = errors.New("ballots on paper are being counted after the voting, so nobody joins those who vote on paper")

	ErrGuest     = errors.New("not a member of the list")
	ErrAway      = errors.New("has not checked in")
	ErrOnPaper   = errors.New("votes on paper")
	ErrNoMandate = errors.New("has no proxy of that member, or the member is here")
)

// MemberID names a member in one webinar.
type MemberID string

// Member is one who has a vote.
type Member struct {
	ID     MemberID
	Number string // as the association counts them; unique in the list
	Name   string
	Weight int              // of the vote, from 1
	Proxy  MemberID         // who votes for them while they are not here; empty: nobody
	Ticket webinar.TicketID // of their personal link
	Here   bool             // has checked in and not left
	Paper  bool             // votes on paper, in the hall
	Teller bool             // counts the paper ballots
}

// Rules is what the statutes say.
type Rules struct {
	Quorum  int  // per cent that must be here or represented; 0: any number will do
	Heads   bool // the quorum counts members, not the weight of their votes
	Proxies int  // members that one person may represent; 0: as many as ask
}

// Validate reports the first fault as a *webinar.InvalidError.
func (r Rules) Validate() error {
	switch {
	case r.Quorum < 0:
		return &webinar.InvalidError{Field: "quorum", Reason: "too-few"}
	case r.Quorum > 100:
		return &webinar.InvalidError{Field: "quorum", Reason: "too-many", Limit: 100}
	case r.Proxies < 0:
		return &webinar.InvalidError{Field: "proxies", Reason: "too-few"}
	case r.Proxies > MaxMembers:
		return &webinar.InvalidError{Field: "proxies", Reason: "too-many", Limit: MaxMembers}
	}
	return nil
}

// Share is a part of the members, in heads and in votes.
type Share struct{ Members, Votes int }

func (s *Share) add(m Member) { s.Members++; s.Votes += m.Weight }

// Attendance is who is here, and whether that is enough.
type Attendance struct {
	All         Share
	Here        Share // in person
	Represented Share // not here, but somebody who is votes for them
	Quorum      int   // per cent, of the rules
	Heads       bool  // likewise
	Met         bool
}

// AttendanceChanged tells everybody in the webinar.
type AttendanceChanged struct{ Attendance Attendance }

// RollChanged tells hosts that the list has changed, so that they read it anew.
type RollChanged struct{}
