// Package sfu is the media path of a webinar: it takes what a few people on stage publish (WHIP) and forwards it to
// everybody who watches (WHEP), all over one UDP port. Nothing is decoded or mixed.
//
// A packet travels: reader (one per source, stamps the arrival) → source loop (mute, taps, duplicates, cache) → shard
// (a few workers, each owning a fixed set of viewers) → slot (rewrites numbers, encrypts, sends). Each stage owns its
// state alone, so that no lock is held while a packet is written.
//
// SDP crosses the border of this package as a string.
package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"plenum/webinar/media"
)

// Config says where media arrives and how many may publish.
type Config struct {
	Listen    string       // UDP "host:port", one port for all media; an empty host is every address, port 0 any port
	TCP       bool         // take media over TCP as well, on the same port
	Advertise []netip.Addr // addresses to offer; empty: all of this machine's, loopback included
	MaxStage  int          // people publishing in a room at once, default 10
	Egress    string       // how media is sent: auto, gso, sendmmsg or sendto; default auto
	Log       *slog.Logger // default: nothing is logged

	Room func(net.Conn) bool // tells whether the system has room for one more connection, this one; nil: always
}

// Screens hears what the clients have to show. The calls for one room come from one goroutine, in order, and carry
// the newest state: changes in quick succession come as one. No lock of the SFU is held.
type Screens interface {
	// SlotsChanged tells what the slots of owner carry now; slots that are not named are empty. Owner "" is the
	// audience, everybody else is on stage.
	SlotsChanged(room, owner string, slots []Slot)
	// StageChanged lists every source that is now published in room, oldest first.
	StageChanged(room string, sources []SourceState)
	// SpeakingChanged lists who speaks now, at most twice a second.
	SpeakingChanged(room string, owners []string)
	// HealthChanged tells how the audience is reached, at most every two seconds.
	HealthChanged(room string, h Health)
	// LayersChanged tells owner which layers of an own source somebody watches; the others need not be sent.
	LayersChanged(room, owner string, l Layers)
}

// Layers are the simulcast layers of one source that are wanted, by the rids of the publisher's offer (RFC 8851).
type Layers struct {
	Kind media.Kind
	Rids []string
}

// Slot is one occupied m-line of a viewer: the Index-th of its media.
type Slot struct {
	Video bool
	Index int
	Owner string
	Kind  media.Kind
}

// SourceState is one published source.
type SourceState struct {
	Owner string
	Kind  media.Kind
	Muted bool
}

// Publisher says who publishes which group.
type Publisher struct {
	Owner   string              // ticket id
	Subject string              // pseudonym in the consent ledger
	Screen  bool                // the group: screen and its sound, else camera and microphone
	Muted   map[media.Kind]bool // what is muted from the start
}

// Viewer says who watches. People on stage get a map of their own, without themselves, and media while backstage.
type Viewer struct {
	Owner   string
	OnStage bool
}

// The faults that callers tell apart. See also [OfferError].
var (
	ErrNoSession = errors.New("sfu: no such session")
	ErrStageFull = errors.New("sfu: the stage is full")
	ErrBusy      = errors.New("sfu: too many sessions")
	ErrOverload  = errors.New("sfu: the line is full")
	ErrClosed    = errors.New("sfu: closed")
)

// Reason is why something was refused: a clause with verbs of [fmt], and what they stand for. It quotes nothing of what was
// sent. Whoever speaks another language tells the clauses apart by Says.
type Reason struct {
	Says string
	Args []any
}

func (r Reason) String() string { return fmt.Sprintf(r.Says, r.Args...) }

// OfferError is an SDP offer that cannot be answered.
type OfferError struct{ Reason Reason }

func (e *OfferError) Error() string { return "sfu: offer refused: " + e.Reason.String() }

// Sizes of the slot maps and the limits of a session.
const (
	audienceAudio = 3
	audienceVideo = 4
	stageAudio    = 10
	stageVideo    = 10

	defaultMaxStage  = 10
	maxSessions      = 8192 // of the whole engine
	maxOwnerSessions = 16   // viewers of one person in one room; a reload leaves ghosts for some seconds
	maxOffer         = 64 << 10
	maxLines         = 14 // m-lines of an offer
	maxStageLines    = stageAudio + stageVideo
	maxSSRCs         = 8  // of one m-line
	maxFeedback      = 20 // kinds of feedback of one format; browsers know seven
	maxRid           = 16
)
