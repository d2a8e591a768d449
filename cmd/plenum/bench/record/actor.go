package record

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"

	"plenum/webinar"
	"plenum/webinar/media"
)

const (
	frames  = 30 // pictures a second
	sounds  = 50 // packets of sound a second
	opus    = 80 // bytes of each
	mtu     = 1180
	keys    = 4 * time.Second // between key frames that nobody asked for
	reports = time.Second     // between sender reports
	beats   = 2 * time.Second
	pace    = time.Second // between visits of the feeder, each of which brings what came meanwhile
	ntp1900 = 2208988800  // seconds from 1900 to 1970
)

// source is a track as the SFU would have it.
type source struct {
	track media.Track
	mu    sync.Mutex
	sink  media.Sink
	asked bool

	packet rtp.Packet // sent again and again, as is body: a sink copies what it keeps
	body   []byte

	seq  uint16
	base uint32
	sent int // pictures or packets
	told time.Duration
	key  time.Duration
}

// Track implements media.Source.
func (s *source) Track() media.Track { return s.track }

// Tap implements media.Source.
func (s *source) Tap(to media.Sink) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sink = to
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sink = nil
	}
}

// RequestKeyFrame implements media.Source.
func (s *source) RequestKeyFrame() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
}

// Keep implements media.Source.
func (s *source) Keep(bool) {}

func (s *source) tapped() (media.Sink, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = false
	return s.sink, asked
}

// person is somebody before a camera and a microphone.
type person struct {
	mic, camera *source
	noise       []byte // of one picture
}

func (s *studio) person(kbps int) *person {
	session := webinar.NewID()
	track := func(k media.Kind, mime string, rate uint32, channels uint16) *source {
		return &source{base: rand.Uint32(), track: media.Track{ID: webinar.NewID(), Session: session, Owner: string(s.host.ID), Subject: string(s.host.Subject), //nolint:gosec // no secret
			Kind: k, MimeType: mime, ClockRate: rate, Channels: channels}}
	}
	p := &person{mic: track(media.Mic, "audio/opus", 48000, 2), camera: track(media.Camera, "video/VP8", 90000, 0), noise: make([]byte, kbps*1000/8/frames)}
	for i := range p.noise {
		p.noise[i] = byte(rand.Uint32()) //nolint:gosec // no secret
	}
	return p
}

// void is a sink that keeps nothing.
type void struct{}

func (void) WriteRTP(*rtp.Packet, time.Time) {}
func (void) WriteReport(media.SenderReport)  {}

// rehearse has the person act before nobody until ctx ends: what that takes is making RTP, and a process with its stores that
// waits.
func (s *studio) rehearse(ctx context.Context, kbps int) error {
	p := s.person(kbps)
	for _, src := range []*source{p.mic, p.camera} {
		defer src.Tap(void{})()
	}
	if err := s.play(ctx, p, math.MaxInt64); ctx.Err() == nil {
		return err
	}
	return nil
}

// act has the person act before the recorder for so long, then calls then while the sources are still open.
func (s *studio) act(ctx context.Context, length time.Duration, kbps int, then func() error) error {
	p := s.person(kbps)
	for _, src := range []*source{p.mic, p.camera} {
		s.recorder.SourceOpened(string(s.webinar), src, false)
		defer s.recorder.SourceClosed(string(s.webinar), src)
	}
	if err := s.play(ctx, p, length); err != nil {
		return err
	}
	return then()
}

// play goes on for so long, at the pace of life.
func (s *studio) play(ctx context.Context, p *person, length time.Duration) error {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	begun, beaten := time.Now(), -beats
	for {
		now := time.Now()
		at := now.Sub(begun)
		if at >= length {
			return nil
		}
		if at-beaten >= beats {
			beaten = at
			s.recorder.Beat(s.webinar, s.host, float64(now.UnixMicro())/1000, 1)
		}
		p.mic.sound(begun, now, p.noise[:opus])
		p.camera.pictures(begun, now, p.noise)
		s.own = max(s.own, ownMemory())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// report sends a sender report when one is due.
func (s *source) report(to media.Sink, begun time.Time, at time.Duration) {
	now := begun.Add(at)
	if s.told != 0 && at-s.told < reports {
		return
	}
	s.told = at
	frac := uint64(now.Nanosecond()) << 32 / uint64(time.Second)
	to.WriteReport(media.SenderReport{SSRC: 1, NTP: uint64(now.Unix()+ntp1900)<<32 | frac, RTP: s.stamp(at), At: now})
}

func (s *source) stamp(at time.Duration) uint32 {
	return s.base + uint32(at.Microseconds()*int64(s.track.ClockRate)/1e6)
}

// send hands over a packet as if it had arrived when it was made. Waking for each of them is the SFU's work.
func (s *source) send(to media.Sink, begun time.Time, at time.Duration, marker bool, payload []byte) {
	s.seq++
	s.packet = rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 1, SequenceNumber: s.seq, Timestamp: s.stamp(at), Marker: marker}, Payload: payload}
	to.WriteRTP(&s.packet, begun.Add(at))
}

// sound sends what was spoken up to now.
func (s *source) sound(begun, now time.Time, body []byte) {
	to, _ := s.tapped()
	for ; time.Duration(s.sent)*time.Second/sounds <= now.Sub(begun); s.sent++ {
		if to != nil {
			at := time.Duration(s.sent) * time.Second / sounds
			s.report(to, begun, at)
			s.send(to, begun, at, false, body)
		}
	}
}

// pictures sends what was seen up to now: VP8 as far as anybody looks who does not decode.
func (s *source) pictures(begun, now time.Time, body []byte) {
	to, asked := s.tapped()
	for ; time.Duration(s.sent)*time.Second/frames <= now.Sub(begun); s.sent++ {
		if to == nil {
			continue
		}
		at := time.Duration(s.sent) * time.Second / frames
		s.report(to, begun, at)
		head := []byte{0x10, 1}
		if s.sent == 0 || asked || at-s.key >= keys {
			asked, s.key = false, at
			head = []byte{0x10, 0, 0, 0, 0x9d, 0x01, 0x2a}
			head = binary.LittleEndian.AppendUint16(head, 1280)
			head = binary.LittleEndian.AppendUint16(head, 720)
		}
		for off := 0; off < len(body); off += mtu {
			part := body[off:min(off+mtu, len(body))]
			s.body = append(append(s.body[:0], head...), part...)
			s.send(to, begun, at, off+mtu >= len(body), s.body)
			head = []byte{0} // a packet that begins no picture
		}
	}
}
