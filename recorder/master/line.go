package master

import (
	"math"
	"slices"
	"strings"
	"time"

	"plenum/recorder/webm"
	"plenum/webinar/media"
)

// The two kinds of sample that a group has.
const (
	videoTrack = 1
	audioTrack = 2
)

const (
	keyCeiling = 4 * time.Second        // longest wait between key frames, and so between places to seek to
	askEvery   = 500 * time.Millisecond // key frames are asked for no more often
	idleAfter  = time.Second            // a source that is silent for so long is not asked
)

// sample is one picture or one piece of sound, ready to be written.
type sample struct {
	track  uint8
	codec  webm.Codec
	key    bool
	at     time.Duration // session time
	data   pieces
	rights rights
}

// line takes the RTP of one group to samples in order of session time. It knows no clock, file or goroutine: instants
// are durations since the session's origin and come with each call.
type line struct {
	clock   groupClock
	sources []*source // one a track number
	held    []sample  // by at
	spare   spare     // see frames
	ask     func(media.Kind)
	out     func(sample) (written bool, err error)
}

// source is one track of the line.
type source struct {
	kind     media.Kind
	number   uint8
	codec    webm.Codec // of its first stream; a file cannot hold another beside it
	stream   stream
	newest   uint32    // RTP timestamp of stream
	retired  []retired // streams that another has replaced
	clock    *trackClock
	jitter   jitter
	frames   frames
	needKey  bool
	lastKey  time.Duration
	lastAsk  time.Duration
	lastSeen time.Duration
}

// stream names what counts sequence numbers and timestamps on its own.
type stream struct {
	track string
	ssrc  uint32
}

// retired is a stream that was replaced, and where it was then. What comes of it up to there, or soon after, is late. Later
// on it has come back: the best of several qualities may go and come again.
type retired struct {
	stream
	newest uint32
}

// late reports whether a packet is of before its stream was replaced, give or take a second.
func (s *source) late(st stream, ts, second uint32) bool {
	i := slices.IndexFunc(s.retired, func(r retired) bool { return r.stream == st })
	return i >= 0 && int32(ts-s.retired[i].newest) < int32(second)
}

// Writable tells whether the codec of t can go into the file; of what it cannot hold, packets are ignored.
func Writable(t media.Track) bool { return codecOf(t) != 0 }

// codecOf is 0 for what no file can hold.
func codecOf(t media.Track) webm.Codec {
	c := webm.Codec(0)
	switch {
	case strings.EqualFold(t.MimeType, "video/VP8"):
		c = webm.VP8
	case strings.EqualFold(t.MimeType, "audio/opus"):
		c = webm.Opus
	case strings.EqualFold(t.MimeType, "video/VP9"):
		c = webm.VP9
	case strings.EqualFold(t.MimeType, "video/AV1"):
		c = webm.AV1
	}
	if c.Video() != t.Kind.Video() {
		return 0
	}
	return c
}

func clockRate(t media.Track) uint32 {
	switch {
	case t.ClockRate != 0:
		return t.ClockRate
	case t.Kind.Video():
		return 90000
	}
	return 48000
}

// source finds the track of x, which begins with its first packet.
func (l *line) source(x *lane) *source {
	number := uint8(audioTrack)
	if x.codec.Video() {
		number = videoTrack
	}
	for _, s := range l.sources {
		if s.number == number {
			return s
		}
	}
	s := &source{kind: x.track.Kind, number: number, codec: x.codec, clock: l.clock.track(clockRate(x.track))}
	s.frames.codec, s.frames.spare = s.codec, &l.spare
	l.sources = append(l.sources, s)
	return s
}

// push takes a packet that arrived at p.at.
func (l *line) push(x *lane, ssrc uint32, seq uint16, p packet) {
	s := l.source(x)
	if s.codec != x.codec {
		p.slab.free()
		return
	}
	if st := (stream{track: x.track.ID, ssrc: ssrc}); s.stream != st {
		if s.late(st, p.ts, clockRate(x.track)) {
			p.slab.free()
			return
		}
		l.drain(s, p.at, true)
		s.retired = slices.DeleteFunc(s.retired, func(r retired) bool { return r.stream == st })
		if s.stream != (stream{}) {
			s.retired = append(s.retired[max(0, len(s.retired)-7):], retired{s.stream, s.newest})
		}
		s.stream, s.newest = st, p.ts
		s.clock.restart()
		s.jitter, s.frames = jitter{}, frames{codec: s.codec, spare: &l.spare}
		s.needKey, s.lastKey, s.lastAsk = s.number == videoTrack, p.at, p.at-askEvery
	}
	if !s.jitter.push(seq, p) {
		p.slab.free()
		return
	}
	s.lastSeen = p.at
	if int32(p.ts-s.newest) > 0 {
		s.newest = p.ts
	}
	s.clock.observe(p.ts, p.at)
	l.drain(s, p.at, false)
}

// report takes a sender report.
func (l *line) report(x *lane, r media.SenderReport) {
	if s := l.source(x); s.stream == (stream{track: x.track.ID, ssrc: r.SSRC}) {
		s.clock.report(r.NTP, r.RTP)
	}
}

// drain moves what is in order out of the jitter buffer. all gives up on every hole.
func (l *line) drain(s *source, now time.Duration, all bool) {
	for {
		p, gap, ok := s.jitter.pop(now, all)
		if !ok {
			return
		}
		if s.number == audioTrack {
			if len(p.payload) > 0 {
				var r rights
				r.add(p.permit)
				data := l.spare.take()
				data.add(p.payload, p.slab)
				l.hold(sample{track: s.number, codec: s.codec, key: true, at: s.clock.session(p.ts), data: data, rights: r})
			} else {
				p.slab.free()
			}
			continue
		}
		frame, r, done, lost := s.frames.push(p, gap)
		if lost {
			s.needKey = true
		}
		if !done {
			continue
		}
		key := s.codec.Key(frame.head())
		if key {
			s.needKey, s.lastKey = false, max(s.lastKey, p.at)
		}
		if !s.needKey {
			l.hold(sample{track: s.number, codec: s.codec, key: key, at: s.clock.session(p.ts), data: frame, rights: r})
		} else {
			l.spare.give(frame)
		}
	}
}

// hold puts a sample in order of time among those of all tracks.
func (l *line) hold(x sample) {
	i := len(l.held)
	for i > 0 && l.held[i-1].at > x.at {
		i--
	}
	l.held = slices.Insert(l.held, i, x)
}

// tick gives up holes that are too old, asks for key frames and hands out the samples whose time has come. Pictures
// that lost their right on the way are followed by none until the next key frame.
func (l *line) tick(now time.Duration) error {
	for _, s := range l.sources {
		l.drain(s, now, false)
		if s.number == videoTrack {
			l.wantKey(s, now)
		}
	}
	return l.release(now - depth)
}

// end gives up every hole and hands out all samples, whether their time has come or not.
func (l *line) end(now time.Duration) error {
	for _, s := range l.sources {
		l.drain(s, now, true)
	}
	return l.release(math.MaxInt64)
}

// release hands out the samples up to a session time.
func (l *line) release(until time.Duration) error {
	n := 0
	defer func() { l.held = slices.Delete(l.held, 0, n) }()
	for n < len(l.held) && l.held[n].at <= until {
		x := l.held[n]
		n++
		written, err := l.out(x)
		if err != nil {
			return err
		}
		if !written && x.track == videoTrack {
			l.spoil(n)
		}
	}
	return nil
}

// spoil drops the held pictures from index n on that cannot be decoded any more.
func (l *line) spoil(n int) {
	broken := true
	kept := l.held[:n]
	for _, x := range l.held[n:] {
		if x.track == videoTrack {
			if x.key {
				broken = false
			}
			if broken {
				l.spare.give(x.data)
				continue
			}
		}
		kept = append(kept, x)
	}
	clear(l.held[len(kept):])
	l.held = kept
	if broken {
		for _, s := range l.sources {
			s.needKey = s.needKey || s.number == videoTrack
		}
	}
}

// due is how long nothing has to be done after tick(now), unless a hole opens. Each waking writes a cluster and syncs it, so
// that the ceiling of key frames has none of its own: see wantKey.
func (l *line) due(now time.Duration) time.Duration {
	at := now + tickEvery
	for _, s := range l.sources {
		if hole, ok := s.jitter.due(now); ok {
			at = min(at, hole)
		}
		if s.needKey && now-s.lastSeen <= idleAfter {
			at = min(at, s.lastAsk+askEvery)
		}
	}
	return max(at-now, time.Millisecond)
}

// wantKey asks for a key frame when one is needed, or the last would be too old by the next tick.
func (l *line) wantKey(s *source, now time.Duration) {
	if now-s.lastSeen > idleAfter || now-s.lastAsk < askEvery {
		return
	}
	if s.needKey || s.jitter.hole(now) || now+tickEvery > s.lastKey+keyCeiling {
		s.lastAsk = now
		l.ask(s.kind)
	}
}
