package api

import (
	"time"

	"plenum/polls"
)

type pollRequestJSON struct {
	Question string   `json:"question"`
	Kind     string   `json:"kind"`
	Options  []string `json:"options"`
	Least    int      `json:"least"`
	Most     int      `json:"most"`
	Key      string   `json:"key"`

	Pictures []draftPictureJSON `json:"pictures"`
}

type draftPictureJSON struct {
	Option int    `json:"option"`
	ID     string `json:"id"`
	Alt    string `json:"alt"`
}

type pollJSON struct {
	ID       string       `json:"id"`
	Position int          `json:"position"`
	Kind     string       `json:"kind"`
	Question string       `json:"question"`
	Options  []optionJSON `json:"options"`
	Least    int          `json:"least"`
	Most     int          `json:"most"`
	State    string       `json:"state"`
	Secrecy  string       `json:"secrecy"`
	OpenedAt *time.Time   `json:"opened_at,omitempty"`
	ClosedAt *time.Time   `json:"closed_at,omitempty"`
	Voted    bool         `json:"voted"`
	Tally    *tallyJSON   `json:"tally,omitempty"`
}

type optionJSON struct {
	ID      string             `json:"id"`
	Text    string             `json:"text"`
	Picture *optionPictureJSON `json:"picture,omitempty"`
}

type pictureJSON struct {
	ID     string `json:"id"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

type optionPictureJSON struct {
	pictureJSON
	Alt string `json:"alt"`
}

func pictureWire(p polls.Picture) pictureJSON {
	return pictureJSON{ID: string(p.ID), Width: p.Width, Height: p.Height}
}

func optionWire(o polls.Option) optionJSON {
	out := optionJSON{ID: string(o.ID), Text: o.Text}
	if o.Picture != nil {
		out.Picture = &optionPictureJSON{pictureWire(*o.Picture), o.Picture.Alt}
	}
	return out
}

func pollWire(v polls.View) pollJSON {
	p := v.Poll
	out := pollJSON{
		ID: string(p.ID), Position: p.Position, Kind: string(p.Kind), Least: p.Least, Most: p.Most, Question: p.Question, Options: make([]optionJSON, len(p.Options)), State: string(p.State),
		Secrecy: string(p.Secrecy), OpenedAt: instant(p.OpenedAt), ClosedAt: instant(p.ClosedAt), Voted: v.Voted,
	}
	for i, o := range p.Options {
		out.Options[i] = optionWire(o)
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

type tallyJSON struct {
	Poll  string `json:"poll"`
	Votes []int  `json:"votes"`
	Total int    `json:"total"`
}

func tallyWire(t polls.Tally) tallyJSON {
	return tallyJSON{Poll: string(t.Poll), Votes: append([]int{}, t.Votes...), Total: t.Total}
}

type voteJSON struct {
	Options []polls.OptionID `json:"options"`
	Receipt string           `json:"receipt"`
}

type voteReceiptJSON struct {
	Receipt  string    `json:"receipt"`
	StoredAt time.Time `json:"stored_at"`
}
