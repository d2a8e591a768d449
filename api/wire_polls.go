package api

import (
	"time"

	"plenum/polls"
)

type pollRequestJSON struct {
	Question   string        `json:"question"`
	Kind       string        `json:"kind"`
	Options    []string      `json:"options"`
	Rules      pollRulesJSON `json:"rules"`
	Key        string        `json:"key"`
	Secrecy    string        `json:"secrecy"`
	Changeable bool          `json:"changeable"`
	pollPlanJSON
}

// pollRulesJSON, pollAnswerJSON and tallyJSON are the domain's own structs with the names of the wire: the conversions do not
// compile when one side gets a field that the other does not have.
type pollRulesJSON struct {
	Least int `json:"least,omitempty"`
	Most  int `json:"most,omitempty"`
}

type pollAnswerJSON struct {
	Options []polls.OptionID `json:"options"`
}

type tallyJSON struct {
	Poll  polls.PollID `json:"poll"`
	Total int          `json:"total"`
	Votes []int        `json:"votes"`
}

func tallyWire(t polls.Tally) tallyJSON {
	t.Votes = append([]int{}, t.Votes...) // never null
	return tallyJSON(t)
}

type pollJSON struct {
	ID         string        `json:"id"`
	Position   int           `json:"position"`
	Kind       string        `json:"kind"`
	Question   string        `json:"question"`
	Options    []optionJSON  `json:"options"`
	Rules      pollRulesJSON `json:"rules"`
	State      string        `json:"state"`
	Secrecy    string        `json:"secrecy"`
	Changeable bool          `json:"changeable"`
	OpenedAt   *time.Time    `json:"opened_at,omitempty"`
	ClosedAt   *time.Time    `json:"closed_at,omitempty"`
	Voted      bool          `json:"voted"`
	Tally      *tallyJSON    `json:"tally,omitempty"`
	pollPlanJSON
	pollLifeJSON
}

type optionJSON struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

func pollWire(v polls.View) pollJSON {
	p := v.Poll
	out := pollJSON{
		ID: string(p.ID), Position: p.Position, Kind: string(p.Kind), Question: p.Question,
		Options: make([]optionJSON, len(p.Options)), Rules: pollRulesJSON(p.Rules), State: string(p.State),
		Secrecy: string(p.Secrecy), Changeable: p.Changeable, OpenedAt: instant(p.OpenedAt), ClosedAt: instant(p.ClosedAt), Voted: v.Voted,
		pollPlanJSON: planWire(p.Plan), pollLifeJSON: lifeWire(p),
	}
	for i, o := range p.Options {
		out.Options[i] = optionJSON{ID: string(o.ID), Text: o.Text}
	}
	if v.Tally != nil {
		out.Tally = new(tallyWire(*v.Tally))
	}
	return out
}

func pollsWire(views []polls.View) []pollJSON {
	out := make([]pollJSON, len(views))
	for i, v := range views {
		out[i] = pollWire(v)
	}
	return out
}

type pollDeletedJSON struct {
	ID string `json:"id"`
}
