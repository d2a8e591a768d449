package api

import (
	"plenum/polls"
	"plenum/polls/assembly"
)

type motionJSON struct {
	Majority polls.Majority `json:"majority"`
	Heads    bool           `json:"heads"`
	Abstain  bool           `json:"abstain"`
}

func motionWire(p polls.Poll) *motionJSON {
	if !p.IsMotion() {
		return nil
	}
	return new(motionJSON(p.Motion))
}

// motion reads what a request says; nothing: everybody votes.
func (in *motionJSON) motion() polls.Motion {
	if in == nil {
		return polls.Motion{}
	}
	return polls.Motion(*in)
}

type outcomeJSON struct {
	Votes    []int          `json:"votes"`
	Paper    []int          `json:"paper,omitempty"`
	Invalid  int            `json:"invalid"`
	Decision polls.Decision `json:"decision,omitempty"`
	OnPaper  int            `json:"on_paper"`

	Uncounted int `json:"uncounted,omitempty"`
}

type mandateJSON struct {
	Member memberJSON `json:"member"`
	Voted  bool       `json:"voted"`
	Drawn  bool       `json:"drawn"`
}

type mandatesJSON struct {
	Member   memberJSON    `json:"member"`
	Mandates []mandateJSON `json:"mandates"`
	Bar      polls.Bar     `json:"bar,omitempty"`
}

type paperClassJSON struct {
	Weight  int   `json:"weight"`
	Votes   []int `json:"votes"`
	Invalid int   `json:"invalid"`
}

type paperJSON struct {
	Classes []paperClassJSON `json:"classes"`
}

func (in paperJSON) paper() polls.Paper {
	out := make(polls.Paper, len(in.Classes))
	for i, c := range in.Classes {
		out[i] = polls.PaperClass(c)
	}
	return out
}

func paperWire(p polls.Paper) *paperJSON {
	if p == nil {
		return nil
	}
	out := &paperJSON{make([]paperClassJSON, len(p))}
	for i, c := range p {
		out.Classes[i] = paperClassJSON(c)
	}
	return out
}

type weightClassJSON struct {
	Weight  int `json:"weight"`
	Members int `json:"members"`
}

type paperCountJSON struct {
	Classes []weightClassJSON `json:"classes"`
	Mine    *paperJSON        `json:"mine,omitempty"`
	Others  int               `json:"others"`
	Theirs  []paperJSON       `json:"theirs,omitempty"`
	Agreed  *paperJSON        `json:"agreed,omitempty"`
}

func paperCountWire(p polls.PaperCount) paperCountJSON {
	out := paperCountJSON{Classes: make([]weightClassJSON, len(p.Classes)), Mine: paperWire(p.Mine), Others: p.Others, Agreed: paperWire(p.Agreed)}
	for i, c := range p.Classes {
		out.Classes[i] = weightClassJSON(c)
	}
	for _, t := range p.Theirs {
		out.Theirs = append(out.Theirs, *paperWire(t))
	}
	return out
}

type paperCountedJSON struct {
	Poll polls.PollID `json:"poll"`
}

// attendanceOf is who was there when a motion opened.
func attendanceOf(a *assembly.Attendance) *attendanceJSON {
	if a == nil {
		return nil
	}
	return new(attendanceWire(*a))
}
