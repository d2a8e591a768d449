package recorder

import (
	"errors"
	"fmt"
	"time"

	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// RecordingID names a recording.
type RecordingID = consent.RecordingID

// State is where a recording stands.
type State string

// The states of a recording.
const (
	Announced State = "announced"
	Aborted   State = "aborted" // cancelled before the start
	Running   State = "recording"
	Paused    State = "paused"
	Stopped   State = "stopped"   // segments are being sealed and stored
	Available State = "available" // all is stored; expires
)

// Reason says why a recording is paused or stopped.
type Reason string

// The reasons.
const (
	ByHost    Reason = "host"
	ByStrict  Reason = "strict"  // somebody live on stage has not agreed
	ByRestart Reason = "restart" // the server was restarted
	ByNoHost  Reason = "no-host"
	ByDisk    Reason = "disk"
	ByStorage Reason = "storage"
	ByLedger  Reason = "ledger"
)

// Recording is one recording of a webinar, from its announcement on. Zero times have not come.
type Recording struct {
	ID             RecordingID
	Webinar        webinar.ID
	State          State
	Reason         Reason
	Strict         bool
	Announcement   int // counts announcements, from 1
	AnnouncedAt    time.Time
	StartAllowedAt time.Time
	StartedAt      time.Time
	StoppedAt      time.Time
	ExpiresAt      time.Time
	Keep           time.Duration // from StoppedAt to ExpiresAt, as announced; 0: as long as the operator keeps recordings
}

// kept is how long it is kept after its end by an operator who keeps recordings for longest.
func (r *Recording) kept(longest time.Duration) time.Duration {
	if r.Keep == 0 {
		return longest
	}
	return min(r.Keep, longest)
}

// active reports whether the recording can still grow.
func (r *Recording) active() bool {
	return r.State == Announced || r.State == Running || r.State == Paused
}

// Group is what comes in one publication.
type Group string

// The groups: camera with microphone, screen with its sound.
const (
	CameraGroup Group = "camera"
	ScreenGroup Group = "screen"
)

func groupOf(k media.Kind) Group {
	if k == media.Screen || k == media.ScreenAudio {
		return ScreenGroup
	}
	return CameraGroup
}

// groupsOf lists the groups that hold anything under the scopes.
func groupsOf(s consent.Scope) []Group {
	var out []Group
	if s&(consent.Audio|consent.Video) != 0 {
		out = append(out, CameraGroup)
	}
	if s&consent.Screen != 0 {
		out = append(out, ScreenGroup)
	}
	return out
}

// SegmentState is where a segment is.
type SegmentState string

// The states of a segment: growing, finished on disk, in the store.
const (
	Writing SegmentState = "writing"
	Sealed  SegmentState = "sealed"
	Stored  SegmentState = "available"
)

// Segment is one WebM file of one person.
type Segment struct {
	ID       string
	Group    Group
	Label    string // the name as shown, if its owner agreed to that
	State    SegmentState
	Start    time.Duration // after the recording's start
	Duration time.Duration
	Bytes    int64
	Audio    bool
	Video    bool
	Codec    string // of the picture: vp8, vp9 or av1
	Width    int    // largest, in pixels
	Height   int
}

// StorageState is the health of the way into the store.
type StorageState string

// The states of storage.
const (
	StorageOK       StorageState = "ok"
	StorageRetrying StorageState = "retrying" // the store does not answer, everything waits on disk
	StorageUnfit    StorageState = "unfit"    // the store must not hold recordings, as it is set up
	StorageFull     StorageState = "full"     // the disk is below its reserve
)

// Detail is a recording with its segments.
type Detail struct {
	Recording Recording
	Segments  []Segment
	Storage   StorageState
	Fault     StorageFault // of the store, if it is known
}

// Counts is what a host may know of the answers: how many people were asked, agreed, and answered at all. Unwritable
// counts the pictures on stage that recordings cannot hold because of their codec, whoever sends them. Waiting: the store
// has not answered for a while, and what is recorded waits on the disk.
type Counts struct {
	Asked, Granted, Answered, Unwritable int
	Waiting                              bool
}

// Changed says that a recording changed. Everybody hears it.
type Changed struct{ Recording Recording }

// CountsChanged says that somebody answered, that a picture came or went that no recording can hold, or that the store did.
// Hosts hear it.
type CountsChanged struct{ Counts Counts }

// StandingChanged says where a person stands who has answered, or whose grant has ended. That person alone hears it.
type StandingChanged struct {
	Standing consent.Standing
	Secret   string // of the receipt link; empty: nothing was answered
}

// Answer is what a person says about being recorded.
type Answer struct {
	Act     consent.Kind // Shown, Grant, Refuse or Withdraw
	Scopes  consent.Scope
	Publish bool
	Hash    string // of the notice that was on the screen
	Lang    webinar.Lang
	ClickMS float64 // performance.timeOrigin + performance.now() in the click's handler, milliseconds
	EpochMS float64 // the same clock at sending
	RTTMS   float64 // round trip of the media path
	Key     string  // idempotency key
}

// The faults that callers tell apart; those of the ledger are package consent's.
var (
	ErrNotFound     = fmt.Errorf("recording %w", webinar.ErrNotFound)
	ErrActive       = errors.New("a recording is announced or running")
	ErrNobodyAgreed = errors.New("nobody on stage has agreed yet")
	ErrState        = consent.ErrState
	ErrNotice       = consent.ErrNotice
	ErrNotShown     = consent.ErrNotShown
	ErrLedger       = consent.ErrLedger
	ErrDisk         = errors.New("the disk is below its reserve")
	ErrUnfit        = archive.ErrUnfit
	ErrStorage      = errors.New("the object store or the spool does not work")
	ErrClosed       = errors.New("the recorder is closed")
)

// TooEarlyError refuses a start before the announcement has had its time.
type TooEarlyError struct{ At time.Time } // when it may start

func (e *TooEarlyError) Error() string { return "too early to start the recording" }
