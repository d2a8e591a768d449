package polls

import (
	"encoding/json"
)

// What the kinds lay down, take and count is stored as JSON. These are the domain's own structs with names that last: the
// conversions do not compile when one side gets a field that the other does not have.

type rulesJSON struct {
	Least     int      `json:"least,omitempty"`
	Most      int      `json:"most,omitempty"`
	Low       string   `json:"low,omitempty"`
	High      string   `json:"high,omitempty"`
	Sum       int      `json:"sum,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Min       *float64 `json:"min,omitempty"`
	Max       *float64 `json:"max,omitempty"`
	Truth     *float64 `json:"truth,omitempty"`
	Tolerance float64  `json:"tolerance,omitempty"`

	Length  int   `json:"length,omitempty"`
	AtOnce  bool  `json:"at_once,omitempty"`
	Correct []int `json:"correct,omitempty"`
	Speed   bool  `json:"speed,omitempty"`
}

type answerJSON struct {
	Options []OptionID       `json:"options,omitempty"`
	Points  map[OptionID]int `json:"points,omitempty"`
	Number  *float64         `json:"number,omitempty"`

	Texts   []string `json:"texts,omitempty"`
	Removed int      `json:"removed,omitempty"`
}

type tallyJSON struct {
	Poll   PollID   `json:"-"`
	Total  int      `json:"total"`
	Votes  []int    `json:"votes,omitempty"`
	Points []int    `json:"points,omitempty"`
	Mean   *float64 `json:"mean,omitempty"`
	Median *float64 `json:"median,omitempty"`
	Bins   []Bin    `json:"bins,omitempty"`
	Right  *int     `json:"right,omitempty"`

	Motion *Outcome `json:"motion,omitempty"`

	Texts  []string    `json:"texts,omitempty"`
	States []TextState `json:"-"`
}

func (p Poll) rulesJSON() (string, error) {
	out, err := json.Marshal(rulesJSON(p.Rules))
	return string(out), fault("write rules", err)
}

// stored reads a poll with its result, which is empty before the closing.
func (r pollRow) stored(tally string) (stored, error) {
	p, err := r.poll()
	if err != nil || tally == "" {
		return stored{Poll: p}, err
	}
	var t tallyJSON
	err = json.Unmarshal([]byte(tally), &t)
	t.Poll = p.ID
	if m := t.Motion; m != nil && m.OnPaper == 0 { // of a motion that closed before this was kept
		for _, n := range m.Paper {
			m.OnPaper += n
		}
		m.OnPaper += m.Invalid
	}
	return stored{p, Tally(t)}, err
}
