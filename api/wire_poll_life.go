package api

import (
	"time"

	"plenum/polls"
)

// pollPlanJSON is the part of a poll that a host lays down before it opens.
type pollPlanJSON struct {
	OpenForMs   int64      `json:"open_for_ms,omitempty"`
	SurveyUntil *time.Time `json:"survey_until,omitempty"`
	Results     string     `json:"results"`
	Series      string     `json:"series,omitempty"`
}

func (in pollPlanJSON) plan() polls.Plan {
	return polls.Plan{OpenFor: time.Duration(in.OpenForMs) * time.Millisecond, SurveyUntil: moment(in.SurveyUntil),
		Results: polls.Results(in.Results), Series: in.Series}
}

func planWire(p polls.Plan) pollPlanJSON {
	return pollPlanJSON{OpenForMs: p.OpenFor.Milliseconds(), SurveyUntil: instant(p.SurveyUntil), Results: string(p.Results), Series: p.Series}
}

// pollLifeJSON is where a poll has got to.
type pollLifeJSON struct {
	ClosesAt      *time.Time   `json:"closes_at,omitempty"`
	CountingSince *time.Time   `json:"counting_since,omitempty"`
	PublishedAt   *time.Time   `json:"published_at,omitempty"`
	First         polls.PollID `json:"first"`
	Round         int          `json:"round"`
	Held          bool         `json:"held"`
	Kept          int          `json:"kept,omitempty"`
}

func lifeWire(p polls.Poll) pollLifeJSON {
	out := pollLifeJSON{CountingSince: instant(p.CountingSince), PublishedAt: instant(p.PublishedAt), First: p.First, Round: p.Round, Held: p.Held, Kept: p.Kept}
	if p.State == polls.StateOpen && !p.Counting() {
		out.ClosesAt = instant(p.ClosesAt)
	}
	return out
}

type openPollJSON struct {
	OpenForMs    int64 `json:"open_for_ms"`
	SmallClasses bool  `json:"small_classes"`
}

type closePollJSON struct {
	WithoutPaper bool `json:"without_paper"`
}

type repeatPollJSON struct {
	SmallClasses bool `json:"small_classes"`
}

type pollEndJSON struct {
	ClosesAt *time.Time `json:"closes_at"`
}

type pollVisibilityJSON struct {
	Results string `json:"results"`
}

type pollPlaceJSON struct {
	Before polls.PollID `json:"before"`
}

type pollOrderJSON struct {
	Polls []polls.PollID `json:"polls"`
}

type clockJSON struct {
	ServerTime time.Time `json:"server_time"`
}
