package recorder

import (
	"context"
	"sync"
	"time"

	"github.com/pion/rtp"

	"plenum/recorder/consent"
	"plenum/recorder/master"
	"plenum/webinar/media"
)

// writer takes what has passed a gate: a *master.Writer.
type writer interface {
	Write(p consent.Permit, t media.Track, pkt *rtp.Packet, at time.Time)
	Report(t media.Track, r media.SenderReport)
	Drain(ctx context.Context)
	Discard()
	Seal() (master.Info, error)
}

// scopeOf is the scope under which a kind of source may be recorded; none for a kind that nobody asked about.
func scopeOf(k media.Kind) consent.Scope {
	switch k {
	case media.Mic:
		return consent.Audio
	case media.Camera:
		return consent.Video
	case media.Screen, media.ScreenAudio:
		return consent.Screen
	}
	return 0
}

// gate stands between one source and everything that keeps. Closed, it knows timestamps and reports and nothing else.
type gate struct {
	src    media.Source
	track  media.Track
	clock  clock
	sender *sender
	// writable: a file can hold what this source sends.
	writable bool

	mu     sync.Mutex // held for each packet, so that after close has returned none is on its way through
	b      barrier
	permit consent.Permit
	out    writer
	asked  time.Time // for a key frame

	// For the room, under its lock.
	take  *take
	muted bool
	born  moment // when the source was negotiated, and came
	used  bool   // was armed before
	untap func()
}

func newGate(src media.Source, c clock, s *sender, margin time.Duration) *gate {
	t := src.Track()
	return &gate{src: src, track: t, writable: master.Writable(t), clock: c, sender: s, b: newBarrier(t.Kind.Video(), t.ClockRate, margin)}
}

// keyFrameEvery is the least time between two requests for a key frame.
const keyFrameEvery = 500 * time.Millisecond

// WriteRTP lets a packet through or not. It implements media.Sink.
func (g *gate) WriteRTP(pkt *rtp.Packet, at time.Time) {
	if g.pass(pkt, at) {
		g.src.RequestKeyFrame()
	}
}

func (g *gate) pass(pkt *rtp.Packet, at time.Time) (ask bool) {
	key := g.track.Kind.Video() && keyStart(g.track.MimeType, pkt.Payload)
	g.mu.Lock()
	defer g.mu.Unlock()
	pass, ask := g.b.judge(pkt.SSRC, pkt.Timestamp, key, g.clock.at(at))
	if g.out == nil || !g.permit.Holds() {
		return false
	}
	if pass {
		g.out.Write(g.permit, g.track, pkt, at)
	}
	return ask && g.mayAsk(at)
}

func (g *gate) mayAsk(at time.Time) bool {
	if at.Sub(g.asked) < keyFrameEvery {
		return false
	}
	g.asked = at
	return true
}

// WriteReport keeps the sender's clock. It implements media.Sink.
func (g *gate) WriteReport(r media.SenderReport) {
	ntp, ok := reportInstant(r)
	if !ok {
		return
	}
	at := g.clock.at(r.At)
	offset := g.sender.report(at, ntp)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.b.report(r.SSRC, ntp, r.RTP, at, offset)
	if g.out != nil && g.permit.Holds() {
		g.out.Report(g.track, r)
	}
}

// arm begins a new barrier. Without a permit that holds, the gate stays closed.
func (g *gate) arm(p consent.Permit, out writer, o order) {
	offset, known := g.sender.offset()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.permit, g.out = p, out
	g.asked = time.Time{}
	g.b.arm(o, g.clock.now(), offset, known)
}

// close returns once no packet is on its way through.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.permit, g.out = consent.Permit{}, nil
	g.b.disarm()
}
