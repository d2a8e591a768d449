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
	"time"

	"plenum/polls/assembly"
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
	ErrTooLate       = errors.New("an opening can be undone for a few seconds only")
	ErrKept          = errors.New("ballots were cast before the opening was undone")
	ErrRound         = errors.New("a later round asks what the first one asked")
	ErrHeld          = errors.New("the series holds the result back")
	ErrClosed        = errors.New("poll is closed")
	ErrAlreadyVoted  = errors.New("already voted in this poll")
	ErrUnknownOption = errors.New("not an option of this poll")
	ErrChoices       = errors.New("not as many options as this poll asks for")
	ErrReceiptTaken  = errors.New("a ballot lies under this receipt already")
	ErrFinal         = errors.New("this poll does not take a vote back")
	ErrNoBallot      = errors.New("no ballot lies under this secret")
	ErrNotNamed      = errors.New("this poll does not tell who voted what")
	ErrNotSecret     = errors.New("not a secret poll")
	ErrNeedsToken    = errors.New("a secret poll takes ballots with a token only")
	ErrToken         = errors.New("the token is not of this poll's key")
	ErrNotPersonal   = errors.New("not a personal ticket")
	ErrStopped       = errors.New("polls are shutting down")
)

// errCounted says that this very vote is in the box already. It does not leave the package: who asks gets the same receipt.
var errCounted = errors.New("this vote is counted already")

// Option is one answer to choose.
type Option struct {
	ID      OptionID
	Text    string
	Picture *Picture // nil: none
}

// Poll is one question to one webinar.
type Poll struct {
	ID         PollID
	Webinar    webinar.ID
	Position   int // place in the run-sheet, from 1; a deleted draft leaves a gap
	Kind       Kind
	Secrecy    Secrecy
	Question   string
	Options    []Option
	Rules      Rules
	Changeable bool // see [Draft.Changeable]
	Motion     Motion
	State      State
	OpenedAt   time.Time // zero: never opened
	ClosedAt   time.Time // zero: not closed
	Plan
	Life

	Attendance *assembly.Attendance // of a motion, when it opened; nil before

	marks map[string]mark // what was decided about texts, by [texts.key]
	paper Paper           // of a motion: the ballots on paper that two people agree on; nil: none do
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

// Draft is what a host says to create or change a draft.
type Draft struct {
	Question string
	Kind     Kind // empty: SingleChoice
	Options  []string
	Secrecy  Secrecy // empty: Anonymous
	// Changeable: who has voted may put another ballot in the place of its own while the poll is open.
	Changeable bool
	Rules      Rules  // zero where the kind's own default is meant
	Motion     Motion // zero: everybody votes
	Key        string // idempotency key of a creation, may be empty
	Pictures   []DraftPicture
	Plan
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
	if err := d.need(0, MaxOptions); err != nil {
		return err
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
	if err := d.motion(); err != nil {
		return err
	}
	d.Kind = cmp.Or(d.Kind, SingleChoice)
	if err := kindOf(d.Kind).prepare(d); err != nil {
		return err
	}
	if err := d.promise(); err != nil {
		return err
	}
	return d.validate(d.Kind)
}

// View is a poll as one person may see it.
type View struct {
	Poll  Poll
	Voted bool
	Tally *Tally // nil in drafts, and for one who is no host and may not see it, see [Poll.SeenBy]
}

// Changed says that a poll is new or has changed. Tally is set once the poll is closed, for those who may see it.
type Changed struct {
	Poll  Poll
	Tally *Tally
}

// Deleted says that a draft is gone.
type Deleted struct{ ID PollID }

// Tallied carries the newest result of an open poll.
type Tallied struct{ Tally Tally }

// Ordered says that the run-sheet has this order now.
type Ordered struct{ IDs []PollID }

// ClockMoved says what time it is, after the clock by which times are written was set.
type ClockMoved struct{ Now time.Time }
