package webinar

import (
	"errors"
	"fmt"
)

// The faults that callers tell apart. The api turns each into a status and a sentence.
var (
	ErrNotFound        = errors.New("not found")
	ErrForbidden       = errors.New("forbidden")
	ErrUnauthenticated = errors.New("not signed in")
	ErrBadLogin        = errors.New("wrong e-mail or password")
	ErrSetupDone       = errors.New("the first user exists already, or the link is wrong")
	ErrLinkUsed        = errors.New("the link is used, old or wrong")
	ErrTicketInvalid   = errors.New("ticket unknown, revoked or expired")
	ErrEnded           = errors.New("webinar has ended")
	ErrNotLive         = errors.New("webinar is not live")
	ErrNotHere         = errors.New("not in the room")
	ErrInvited         = errors.New("invited already")
	ErrOnStage         = errors.New("on stage already")
	ErrNotInvited      = errors.New("no invitation, or not any more")
	ErrStageFull       = errors.New("the stage is full")
	ErrTooManyTries    = errors.New("too many tries")
	ErrBusy            = errors.New("busy")
	ErrEmailTaken      = errors.New("e-mail is taken")
)

// InvalidError is a fault in what somebody typed.
type InvalidError struct {
	Field  string // JSON key
	Reason string // empty, too-long, too-short, control-characters, not-utf8, unknown-language, malformed, duplicate, no-origin, too-few, too-many
	Limit  int    // with too-long, too-short, too-few and too-many
}

func (e *InvalidError) Error() string {
	if e.Limit > 0 {
		return fmt.Sprintf("%s: %s (%d)", e.Field, e.Reason, e.Limit)
	}
	return e.Field + ": " + e.Reason
}
