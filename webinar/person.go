package webinar

import "time"

// UserID names an account.
type UserID string

// TicketID names one person in one webinar; it is public within that webinar and no secret.
type TicketID string

// SubjectID is the same person's pseudonym in the consent ledger; never shown beside a name.
type SubjectID string

// Role is what somebody is in one webinar.
type Role string

// The roles. Guest is an attendee whom a host has invited on stage, for as long as they are there.
const (
	Host     Role = "host"
	Speaker  Role = "speaker"
	Guest    Role = "guest"
	Attendee Role = "attendee"
)

// Act is something one may or may not do in a webinar.
type Act uint8

// The acts. May is the one table that says who may do what.
const (
	Watch   Act = iota // see the stage, the events and open polls; vote
	Publish            // send media, answer the consent dialog
	Manage             // run the webinar: live, end, polls, tickets, recordings
)

// May says whether role may do act. An unknown role may nothing.
func May(role Role, act Act) bool {
	switch role {
	case Host:
		return true
	case Speaker, Guest:
		return act == Watch || act == Publish
	case Attendee:
		return act == Watch
	}
	return false
}

// OnStage reports whether role may send media.
func (r Role) OnStage() bool { return May(r, Publish) }

// User is an account: somebody who creates webinars.
type User struct {
	ID    UserID
	Email string
	Name  string
}

// TokenScope says what an API token may do.
type TokenScope string

// The scopes. None includes another.
const (
	ScopeAll     TokenScope = "all"     // what its account may do
	ScopeMetrics TokenScope = "metrics" // read the numbers of the whole server, which are nobody's own
)

// Ticket is a seat: one person in one webinar. Its secret is stored as a hash only.
type Ticket struct {
	ID      TicketID
	Webinar ID
	Subject SubjectID
	Role    Role
	Name    string // may be empty
	User    UserID // set for hosts, who sit by their account and have no secret
	Created time.Time
	Expires time.Time
	Used    bool // somebody sat down with it
	Invited bool // an attendee whom a host has asked on stage and who has not answered yet
}

// Principal is who is asking: an account, a seat in a webinar, or both.
type Principal struct {
	User   *User
	Ticket *Ticket
}
