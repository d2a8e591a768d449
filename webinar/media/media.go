// Package media is the vocabulary that the SFU and the recorder share. It has no behaviour, so both can import it
// and never each other.
package media

import (
	"time"

	"github.com/pion/rtp"
)

// Kind says what a source shows or plays.
type Kind string

// The kinds of source. Mic and Camera come in one publication, Screen and ScreenAudio in another.
const (
	Mic         Kind = "mic"
	Camera      Kind = "camera"
	Screen      Kind = "screen"
	ScreenAudio Kind = "screen-audio"
)

// Video tells pictures from sound.
func (k Kind) Video() bool { return k == Camera || k == Screen }

// Track describes one published source.
type Track struct {
	ID        string // random, new with each publication
	Session   string // the publication (WHIP session) it came in
	Owner     string // ticket id of the person who sends it
	Subject   string // the person's pseudonym in the consent ledger
	Kind      Kind
	MimeType  string // such as video/VP8
	ClockRate uint32 // Hz
	Channels  uint16 // 0 for video
	// Since is when its publication was negotiated: nothing of it was sent before, but what was sent since may come late.
	Since time.Time
}

// SenderReport is the clock part of an RTCP sender report (RFC 3550 section 6.4.1).
type SenderReport struct {
	SSRC uint32
	NTP  uint64 // 32.32 fixed point seconds since 1900, the sender's clock
	RTP  uint32 // the same instant on the RTP clock
	At   time.Time
}

// Sink takes what one source sends, after SRTP and before any buffer of the SFU. Of several qualities it gets the best
// one that is there, each with an SSRC of its own, and the reports of all of them. The calls come from one goroutine;
// they must not block and must copy what they keep.
type Sink interface {
	WriteRTP(pkt *rtp.Packet, at time.Time)
	WriteReport(r SenderReport)
}

// Source is one live source that can be tapped.
type Source interface {
	Track() Track
	// Tap attaches s; nothing is delivered while the source is muted.
	Tap(s Sink) (untap func())
	RequestKeyFrame()
	// Keep says whether a sink keeps what it gets, or is about to. Then the best quality is sent, else only what somebody
	// watches. It may be called under a lock.
	Keep(on bool)
}

// Observer hears of sources. The calls for one source are synchronous and in order, and each returns before the next
// packet of that source is forwarded or tapped. The callee may call every method of the source, nothing else of the SFU.
type Observer interface {
	SourceOpened(room string, s Source, muted bool)
	SourceMuted(room string, s Source, muted bool)
	SourceClosed(room string, s Source)
}
