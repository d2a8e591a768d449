// Package polls asks the room a question and counts the answers: no double vote, no lost vote, no vote after closing,
// and nothing stored that ties a voter to an answer.
//
// The honest limit of that secrecy: while a poll is open, who can read the disk, or its write-ahead log, can compare
// which voters and which ballots were committed together. Commits shared by many blur that; at the closing the file
// is rewritten without any order in time and the log is emptied.
package polls

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"plenum/webinar"
)

// PollID names a poll.
type PollID string

// OptionID names an option; it is unique within its poll.
type OptionID string

// State is where a poll stands.
type State string

// The states of a poll, in their only order.
const (
	StateDraft  State = "draft" // hosts only
	StateOpen   State = "open"
	StateClosed State = "closed"
)

// Kind is how a poll is answered.
type Kind string

// The kinds.
const (
	SingleChoice   Kind = "single"   // exactly one option
	MultipleChoice Kind = "multiple" // some options, see [Poll.Least] and [Poll.Most]
)

// Secrecy is what is stored about who answered what. It is frozen when the poll opens.
type Secrecy string

// Anonymous stores who has voted and what was voted apart, with nothing that leads from one to the other.
const Anonymous Secrecy = "anonymous"

// The limits of a poll; texts in runes.
const (
	MaxQuestion = 300
	MinOptions  = 2
	MaxOptions  = 20
	MaxOption   = 120
	MaxKey      = 64
	MaxPolls    = 200 // in one webinar
)

// Why a poll or a vote was refused.
var (
	ErrNotFound      = fmt.Errorf("poll %w", webinar.ErrNotFound)
	ErrNotDraft      = errors.New("poll is not a draft any more")
	ErrNotOpen       = errors.New("poll is not open yet")
	ErrNotClosed     = errors.New("poll is not closed yet")
	ErrClosed        = errors.New("poll is closed")
	ErrAlreadyVoted  = errors.New("already voted in this poll")
	ErrUnknownOption = errors.New("not an option of this poll")
	ErrChoices       = errors.New("not as many options as this poll asks for")
	ErrReceiptTaken  = errors.New("a ballot lies under this receipt already")
	ErrStopped       = errors.New("polls are shutting down")
)

// Option is one answer to choose.
type Option struct {
	ID      OptionID
	Text    string
	Picture *Picture // nil: none
}

// Poll is one question to one webinar.
type Poll struct {
	ID       PollID
	Webinar  webinar.ID
	Position int // place in the run-sheet, from 1; a deleted draft leaves a gap
	Kind     Kind
	Secrecy  Secrecy
	Question string
	Options  []Option
	Least    int // options that a ballot names at least
	Most     int // and at most
	State    State
	OpenedAt time.Time // zero: never opened
	ClosedAt time.Time // zero: not closed
}

// index is the place of an option, or -1.
func (p Poll) index(o OptionID) int {
	for i := range p.Options {
		if p.Options[i].ID == o {
			return i
		}
	}
	return -1
}

// places finds the options of a ballot, in the order of the poll. Errors: ErrUnknownOption, ErrChoices, the latter also
// for an option that is named twice.
func (p Poll) places(chosen []OptionID) ([]int, error) {
	if len(chosen) < p.Least || len(chosen) > p.Most {
		return nil, ErrChoices
	}
	out := make([]int, len(chosen))
	for i, o := range chosen {
		if out[i] = p.index(o); out[i] < 0 {
			return nil, ErrUnknownOption
		}
	}
	slices.Sort(out)
	if len(slices.Compact(slices.Clone(out))) < len(out) {
		return nil, ErrChoices
	}
	return out, nil
}

// Draft is what a host says to create or change a draft.
type Draft struct {
	Question string
	Kind     Kind // empty: SingleChoice
	Options  []string
	Least    int    // of several options; 0: 1
	Most     int    // likewise; 0: all
	Key      string // idempotency key of a creation, may be empty
	Pictures []DraftPicture
}

// Validate cleans the texts in place and reports the first fault as a *webinar.InvalidError.
func (d *Draft) Validate() error {
	question, err := webinar.CleanText("question", d.Question, MaxQuestion, true)
	if err != nil {
		return err
	}
	key, err := webinar.CleanText("key", d.Key, MaxKey, false)
	if err != nil {
		return err
	}
	switch {
	case len(d.Options) < MinOptions:
		return &webinar.InvalidError{Field: "options", Reason: "too-few", Limit: MinOptions}
	case len(d.Options) > MaxOptions:
		return &webinar.InvalidError{Field: "options", Reason: "too-many", Limit: MaxOptions}
	}
	options := make([]string, len(d.Options))
	seen := make(map[string]bool, len(d.Options))
	for i, text := range d.Options {
		if options[i], err = webinar.CleanText("options", text, MaxOption, true); err != nil {
			return err
		}
		if seen[options[i]] {
			return &webinar.InvalidError{Field: "options", Reason: "duplicate"}
		}
		seen[options[i]] = true
	}
	d.Question, d.Options, d.Key = question, options, key
	if err := d.validatePictures(); err != nil {
		return err
	}
	return d.validateChoices()
}

func (d *Draft) validateChoices() error {
	switch d.Kind {
	case "", SingleChoice:
		d.Kind, d.Least, d.Most = SingleChoice, 1, 1
		return nil
	case MultipleChoice:
	default:
		return &webinar.InvalidError{Field: "kind", Reason: "unknown"}
	}
	d.Least, d.Most = cmp.Or(d.Least, 1), cmp.Or(d.Most, len(d.Options))
	switch {
	case d.Most > len(d.Options):
		return &webinar.InvalidError{Field: "most", Reason: "too-many", Limit: len(d.Options)}
	case d.Least < 1:
		return &webinar.InvalidError{Field: "least", Reason: "too-few", Limit: 1}
	case d.Least > d.Most:
		return &webinar.InvalidError{Field: "least", Reason: "too-many", Limit: d.Most}
	}
	return nil
}

// View is a poll as one person may see it.
type View struct {
	Poll  Poll
	Voted bool
	Tally *Tally // nil in drafts, and while the poll is open for one who is no host and has not voted
}

// Changed says that a poll is new or has changed. Tally is set once the poll is closed.
type Changed struct {
	Poll  Poll
	Tally *Tally
}

// Deleted says that a draft is gone.
type Deleted struct{ ID PollID }

// Tallied carries the newest result of an open poll.
type Tallied struct{ Tally Tally }
