package api

import (
	"plenum/polls"
	"plenum/polls/assembly"
)

type rulesJSON struct {
	Quorum  int  `json:"quorum"`
	Heads   bool `json:"heads"`
	Proxies int  `json:"proxies"`
}

type shareJSON struct {
	Members int `json:"members"`
	Votes   int `json:"votes"`
}

type attendanceJSON struct {
	All         shareJSON `json:"all"`
	Here        shareJSON `json:"here"`
	Represented shareJSON `json:"represented"`
	Quorum      int       `json:"quorum"`
	Heads       bool      `json:"heads"`
	Met         bool      `json:"met"`
}

func attendanceWire(a assembly.Attendance) attendanceJSON {
	return attendanceJSON{All: shareJSON(a.All), Here: shareJSON(a.Here), Represented: shareJSON(a.Represented), Quorum: a.Quorum, Heads: a.Heads, Met: a.Met}
}

type memberJSON struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Name   string `json:"name"`
	Weight int    `json:"weight"`
	Proxy  string `json:"proxy,omitempty"`
	Here   bool   `json:"here"`
	Paper  bool   `json:"paper"`
	Teller bool   `json:"teller"`
}

func memberWire(m assembly.Member) memberJSON {
	return memberJSON{ID: string(m.ID), Number: m.Number, Name: m.Name, Weight: m.Weight, Proxy: string(m.Proxy), Here: m.Here, Paper: m.Paper, Teller: m.Teller}
}

func membersWire(members []assembly.Member) []memberJSON {
	out := make([]memberJSON, len(members))
	for i, m := range members {
		out[i] = memberWire(m)
	}
	return out
}

type assemblyJSON struct {
	Rules      rulesJSON      `json:"rules"`
	Members    []memberJSON   `json:"members"`
	Attendance attendanceJSON `json:"attendance"`
	Lost       []lostVoteJSON `json:"lost"`
}

// lostVoteJSON is a member who is here and can cast no vote in an open motion.
type lostVoteJSON struct {
	Poll     polls.PollID      `json:"poll"`
	Question string            `json:"question"`
	Member   assembly.MemberID `json:"member"`
	Bar      polls.Bar         `json:"bar"`
}

type memberChangeJSON struct {
	Here   *bool   `json:"here"`
	Paper  *bool   `json:"paper"`
	Teller *bool   `json:"teller"`
	Proxy  *string `json:"proxy"`
}

type memberLinkJSON struct {
	Member memberJSON `json:"member"`
	Link   string     `json:"link"`
}

type checkInJSON struct {
	Here bool `json:"here"`
}

// membershipJSON is the asker's own.
type membershipJSON struct {
	Member   memberJSON   `json:"member"`
	Mandates []memberJSON `json:"mandates"`
}
