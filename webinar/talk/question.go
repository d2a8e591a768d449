// Package talk is what people write beside the stage. It holds questions: asked with a name or without one, voted up,
// looked through by the hosts, answered aloud or in writing.
//
// Who asks without a name is stored nowhere: the asker's browser keeps a secret, and only its hash lies with the
// question, so that it can be changed and withdrawn. The honest limit: a question has a time, because hosts read in
// order; who sees somebody type at that time may guess.
package talk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"plenum/webinar"
)

// QuestionID names a question.
type QuestionID string

// State is where a question stands.
type State string

// The states. A question begins as StateNew where hosts look first, else as StateShown; from then on hosts move it as
// they like, but never back to StateNew.
const (
	StateNew       State = "new" // hosts and its author only
	StateShown     State = "shown"
	StateAnswering State = "answering" // on everybody's screen; one at a time
	StateAnswered  State = "answered"  // aloud, or in writing
	StateDismissed State = "dismissed" // hosts and its author only
)

// The limits; texts in runes.
const (
	MaxText      = 500
	MaxAnswer    = 2000
	MaxOpen      = 500  // not settled yet, in one webinar
	MaxQuestions = 2000 // in one webinar
	MaxSecrets   = 100  // in one call of [Questions.Own]

	minSecret = 26 // 128 bits in base32
	maxSecret = 64
)

// Why something was refused.
var (
	ErrNotFound = fmt.Errorf("question %w", webinar.ErrNotFound)
	ErrClosed   = errors.New("no questions are taken at the moment")
	ErrShown    = errors.New("question is shown already")
	ErrSettled  = errors.New("question takes no votes")
	ErrFull     = errors.New("too many questions are waiting")
	ErrStopped  = errors.New("questions are shutting down")
)

// Question is what somebody wants to know.
type Question struct {
	ID         QuestionID
	Webinar    webinar.ID
	Text       string
	Name       string // of who asked; empty: asked without
	State      State
	Answer     string // in writing; may be empty
	Votes      int
	AskedAt    time.Time
	AnsweredAt time.Time // zero: not answered
}

// Open reports whether a question takes votes.
func (q Question) Open() bool { return q.State == StateShown || q.State == StateAnswering }

// Visible reports whether everybody may read it.
func (q Question) Visible() bool { return q.Open() || q.State == StateAnswered }

// View is a question as one person sees it.
type View struct {
	Question
	Mine  bool // asked with the name of this seat, or under a secret that was shown
	Voted bool
}

// Rules says how a webinar takes questions.
type Rules struct {
	Open      bool // questions are taken
	Moderated bool // hosts look before anybody else does
	Anonymous bool // a name may be left out
}

// DefaultRules holds until a host says otherwise.
func DefaultRules() Rules { return Rules{Open: true, Moderated: true, Anonymous: true} }

// Draft is what somebody asks.
type Draft struct {
	Text   string
	Name   string // empty: without one
	Secret string // proves later who asked; the same one again is the same question
}

// Validate cleans the texts in place and reports the first fault as a *webinar.InvalidError.
func (d *Draft) Validate() error {
	text, err := cleanText("text", d.Text, MaxText)
	if err != nil {
		return err
	}
	name, err := webinar.CleanText("name", d.Name, webinar.MaxName, false)
	if err != nil {
		return err
	}
	d.Text, d.Name = text, name
	return checkSecret(d.Secret)
}

// cleanText makes one paragraph of s.
func cleanText(field, s string, limit int) (string, error) {
	return webinar.CleanText(field, strings.Join(strings.Fields(s), " "), limit, true)
}

func checkSecret(s string) error {
	if len(s) < minSecret || len(s) > maxSecret || strings.ContainsFunc(s, notInSecret) {
		return &webinar.InvalidError{Field: "secret", Reason: "malformed"}
	}
	return nil
}

func notInSecret(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
}

// Author is who says that a question is theirs: by the seat, for one that was asked with a name, or by the secret.
type Author struct {
	Ticket webinar.TicketID
	Secret string // may be empty
}

// Move is what a host does with a question.
type Move struct {
	State  State   // any but StateNew
	Answer *string // nil: as it is; else with StateAnswered only, and empty takes the answer back
}

// Validate cleans the answer in place and reports the first fault as a *webinar.InvalidError.
func (m *Move) Validate() error {
	if !slices.Contains([]State{StateShown, StateAnswering, StateAnswered, StateDismissed}, m.State) {
		return &webinar.InvalidError{Field: "state", Reason: "malformed"}
	}
	if m.Answer == nil {
		return nil
	}
	if m.State != StateAnswered {
		return &webinar.InvalidError{Field: "answer", Reason: "malformed"}
	}
	answer := ""
	if strings.TrimSpace(*m.Answer) != "" {
		var err error
		if answer, err = cleanText("answer", *m.Answer, MaxAnswer); err != nil {
			return err
		}
	}
	m.Answer = &answer
	return nil
}

// Changed says that a question is new or has changed.
type Changed struct{ Question Question }

// Gone says that a question is not to be seen any more: withdrawn, or dismissed.
type Gone struct{ ID QuestionID }

// Counted carries the newest votes of every open question of a webinar.
type Counted struct{ Votes map[QuestionID]int }

// RulesChanged says how questions are taken from now on.
type RulesChanged struct{ Rules Rules }
