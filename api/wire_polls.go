package api

import (
	"time"

	"plenum/polls"
	"plenum/webinar"
)

type pollRequestJSON struct {
	Question   string        `json:"question"`
	Kind       string        `json:"kind"`
	Options    []string      `json:"options"`
	Rules      pollRulesJSON `json:"rules"`
	Key        string        `json:"key"`
	Secrecy    string        `json:"secrecy"`
	Changeable bool          `json:"changeable"`
	Motion     *motionJSON   `json:"motion"`
	pollPlanJSON

	Pictures []draftPictureJSON `json:"pictures"`
}

type draftPictureJSON struct {
	Option int    `json:"option"`
	ID     string `json:"id"`
	Alt    string `json:"alt"`
}

// pollRulesJSON and pollAnswerJSON are the domain's own structs with the names of the wire: the conversions do not
// compile when one side gets a field that the other does not have.
type pollRulesJSON struct {
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

type pollAnswerJSON struct {
	Options []polls.OptionID       `json:"options"`
	Points  map[polls.OptionID]int `json:"points"`
	Number  *float64               `json:"number"`

	Texts   []string `json:"texts"`
	Removed int      `json:"-"`
}

type tallyJSON struct {
	Poll   polls.PollID `json:"poll"`
	Total  int          `json:"total"`
	Votes  []int        `json:"votes"`
	Points []int        `json:"points,omitempty"`
	Mean   *float64     `json:"mean,omitempty"`
	Median *float64     `json:"median,omitempty"`
	Bins   []binJSON    `json:"bins,omitempty"`
	Right  *int         `json:"right,omitempty"`

	Motion *outcomeJSON `json:"motion,omitempty"`

	Texts  []string          `json:"texts,omitempty"`
	States []polls.TextState `json:"-"`
}

type binJSON struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
	N    int     `json:"n"`
}

func tallyWire(t polls.Tally) tallyJSON {
	out := tallyJSON{Poll: t.Poll, Total: t.Total, Votes: append([]int{}, t.Votes...), // never null
		Points: t.Points, Mean: t.Mean, Median: t.Median, Right: t.Right, Texts: t.Texts, States: t.States}
	for _, b := range t.Bins {
		out.Bins = append(out.Bins, binJSON(b))
	}
	if t.Motion != nil {
		out.Motion = new(outcomeJSON(*t.Motion))
	}
	return out
}

type pollJSON struct {
	ID         string          `json:"id"`
	Position   int             `json:"position"`
	Kind       string          `json:"kind"`
	Question   string          `json:"question"`
	Options    []optionJSON    `json:"options"`
	Rules      pollRulesJSON   `json:"rules"`
	State      string          `json:"state"`
	Secrecy    string          `json:"secrecy"`
	Changeable bool            `json:"changeable"`
	OpenedAt   *time.Time      `json:"opened_at,omitempty"`
	ClosedAt   *time.Time      `json:"closed_at,omitempty"`
	Motion     *motionJSON     `json:"motion,omitempty"`
	Attendance *attendanceJSON `json:"attendance,omitempty"`
	Voted      bool            `json:"voted"`
	Tally      *tallyJSON      `json:"tally,omitempty"`
	pollPlanJSON
	pollLifeJSON
}

type optionJSON struct {
	ID      string             `json:"id"`
	Text    string             `json:"text"`
	Picture *optionPictureJSON `json:"picture,omitempty"`
}

type pictureJSON struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type optionPictureJSON struct {
	pictureJSON
	Alt string `json:"alt"`
}

func pictureWire(w webinar.ID, p polls.Picture) pictureJSON {
	return pictureJSON{ID: string(p.ID), URL: "/api/webinars/" + string(w) + "/pictures/" + string(p.ID), Width: p.Width, Height: p.Height}
}

func optionWire(w webinar.ID, o polls.Option) optionJSON {
	out := optionJSON{ID: string(o.ID), Text: o.Text}
	if o.Picture != nil {
		out.Picture = &optionPictureJSON{pictureWire(w, *o.Picture), o.Picture.Alt}
	}
	return out
}

func pollWire(v polls.View) pollJSON {
	p := v.Poll
	out := pollJSON{
		ID: string(p.ID), Position: p.Position, Kind: string(p.Kind), Question: p.Question,
		Options: make([]optionJSON, len(p.Options)), Rules: pollRulesJSON(p.Rules), State: string(p.State),
		Secrecy: string(p.Secrecy), Changeable: p.Changeable, Motion: motionWire(p), Attendance: attendanceOf(p.Attendance), OpenedAt: instant(p.OpenedAt), ClosedAt: instant(p.ClosedAt), Voted: v.Voted,
		pollPlanJSON: planWire(p.Plan), pollLifeJSON: lifeWire(p),
	}
	for i, o := range p.Options {
		out.Options[i] = optionWire(p.Webinar, o)
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
