package webinar

// Audience says who may hear an event.
type Audience struct {
	kind   audienceKind
	ticket TicketID
}

type audienceKind uint8

const (
	everyone audienceKind = iota
	hosts
	attendees
	one
)

// Everyone is everybody in the webinar.
func Everyone() Audience { return Audience{} }

// Hosts is everybody who may manage the webinar.
func Hosts() Audience { return Audience{kind: hosts} }

// Attendees is everybody who may not send media.
func Attendees() Audience { return Audience{kind: attendees} }

// Only is the one person with that ticket.
func Only(t TicketID) Audience { return Audience{kind: one, ticket: t} }

// Includes reports whether a person hears the event.
func (a Audience) Includes(t TicketID, r Role) bool {
	switch a.kind {
	case everyone:
		return true
	case hosts:
		return May(r, Manage)
	case attendees:
		return !r.OnStage()
	case one:
		return t == a.ticket
	}
	return false
}

// Event is one thing that happened. Body is a struct of the package where it happened, such as polls.Changed; the api
// knows how each is written.
type Event struct {
	Webinar ID
	To      Audience
	Body    any
	// Coalesce names a stream of values of which only the newest matters, such as the tally of one poll. It is sent
	// at most every 250 ms and is not replayed. Empty: sent at once and replayed.
	Coalesce string
}

// Publisher takes events. Publish never blocks and never fails: who lags is ended and resumes.
type Publisher interface{ Publish(Event) }

// Changed says that a webinar's own data changed.
type Changed struct{ Webinar Webinar }

// SeatChanged tells somebody what their own seat is now.
type SeatChanged struct{ Ticket Ticket }

// StageStep tells hosts of an invitation to the stage: whose, and what became of it.
type StageStep struct {
	Ticket Ticket
	Step   Step
}

// Step is what becomes of an invitation to the stage.
type Step string

// The steps. An attendee who was invited comes or declines; who came leaves or is sent back.
const (
	StepInvited  Step = "invited"
	StepCame     Step = "came"
	StepDeclined Step = "declined"
	StepLeft     Step = "left"
	StepSentBack Step = "sent-back" // or the invitation was taken back
)

// Presence counts the people with an open event stream.
type Presence struct{ Watching int }

// OnStage is one person who sends media, and what.
type OnStage struct {
	Ticket  TicketID
	Name    string
	Role    Role
	Sources []StageSource
}

// StageSource is one thing a person on stage sends.
type StageSource struct {
	Kind  string
	Muted bool
}

// StageChanged says who is on stage now.
type StageChanged struct{ People []OnStage }

// Speaking says who on stage is heard talking, in no order that matters.
type Speaking struct{ People []TicketID }

// Health says how the audience is reached; hosts alone hear it, and it counts without saying who.
type Health struct {
	Connected int // media connections of the audience
	Poor      int // of these, with a poor line
	Sound     int // of these, who are sent sound
	SoundOK   int // of those, with whom it arrives
}

// Slot says what one media slot of a client carries.
type Slot struct {
	Video bool
	Index int // n-th m-line of that media in the client's own offer, from 0
	Owner TicketID
	Kind  string
}

// SlotsChanged replaces the slot map of its audience.
type SlotsChanged struct{ Slots []Slot }

// LayersChanged says which simulcast layers of somebody's own picture are watched, by their rids.
type LayersChanged struct {
	Kind string
	Rids []string
}
