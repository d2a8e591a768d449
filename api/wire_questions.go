package api

import (
	"time"

	"plenum/webinar/talk"
)

type askJSON struct {
	Text   string `json:"text"`
	Name   string `json:"name"`
	Secret string `json:"secret"`
}

type questionEditJSON struct {
	Text   string `json:"text"`
	Secret string `json:"secret"`
}

type questionSecretJSON struct {
	Secret string `json:"secret"`
}

type questionSecretsJSON struct {
	Secrets []string `json:"secrets"`
}

type questionMoveJSON struct {
	State  string  `json:"state"`
	Answer *string `json:"answer"`
}

type questionJSON struct {
	ID         string     `json:"id"`
	Text       string     `json:"text"`
	Name       string     `json:"name"`
	State      string     `json:"state"`
	Answer     string     `json:"answer"`
	Votes      int        `json:"votes"`
	AskedAt    time.Time  `json:"asked_at"`
	AnsweredAt *time.Time `json:"answered_at,omitempty"`
	Mine       bool       `json:"mine"`
	Voted      bool       `json:"voted"`
}

func questionWire(v talk.View) questionJSON {
	return questionJSON{
		ID: string(v.ID), Text: v.Text, Name: v.Name, State: string(v.State), Answer: v.Answer, Votes: v.Votes,
		AskedAt: v.AskedAt.UTC(), AnsweredAt: instant(v.AnsweredAt), Mine: v.Mine, Voted: v.Voted,
	}
}

func questionsWire(views []talk.View) []questionJSON {
	out := make([]questionJSON, len(views))
	for i, v := range views {
		out[i] = questionWire(v)
	}
	return out
}

type questionRulesJSON struct {
	Open      bool `json:"open"`
	Moderated bool `json:"moderated"`
	Anonymous bool `json:"anonymous"`
}

func questionRulesWire(r talk.Rules) questionRulesJSON {
	return questionRulesJSON{Open: r.Open, Moderated: r.Moderated, Anonymous: r.Anonymous}
}

type questionBoxJSON struct {
	Rules     questionRulesJSON `json:"rules"`
	Questions []questionJSON    `json:"questions"`
	ErasedAt  *time.Time        `json:"erased_at,omitempty"`
}

type questionGoneJSON struct {
	ID string `json:"id"`
}

type questionVotesJSON struct {
	Votes map[talk.QuestionID]int `json:"votes"`
}
