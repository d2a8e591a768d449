package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"plenum/webinar/media"
)

// source is one published stream. Its loop alone decides what becomes of a packet; everybody else asks the loop.
type source struct {
	e     *Engine
	pub   *publication
	id    uint64 // grows with the order of opening
	track media.Track
	codec codec
	ssrc  uint32
	level uint8 // RTP extension id of the audio level, 0: none

	in    chan arrival       // from the readers; what does not fit is lost, as in a network
	sync  chan chan struct{} // asks the loop to take over the wanted mute state
	wake  chan struct{}      // a key frame is wanted
	quit  chan struct{}
	done  chan struct{}
	want  atomic.Bool // key frame
	clock atomic.Pointer[rtpClock]
	cache *cache

	tapMu sync.Mutex
	taps  atomic.Pointer[[]*tap]

	shownMuted bool      // under the engine's lock
	spokeAt    time.Time // under the engine's lock: when it was last heard talking

	// Of the loop alone:
	muted   bool
	epoch   uint32
	first   int64 // what is older than this was sent while muted
	wrap    unwrapper
	lastPLI time.Time
	timer   *time.Timer
	limit   limiter
	speech  speech
}

type tap struct{ sink media.Sink }

// arrival is a packet or a report with the instant it came in.
type arrival struct {
	at     time.Time
	rtp    *rtp.Packet
	report *rtcp.SenderReport
}

const (
	arrivals     = 512
	maxBurst     = 64
	keyFrameGap  = 500 * time.Millisecond // between two requests
	keyFrameWait = time.Second            // until an unanswered request is repeated
)

// Track implements [media.Source].
func (s *source) Track() media.Track { return s.track }

// Tap implements [media.Source].
func (s *source) Tap(sink media.Sink) (untap func()) {
	t := &tap{sink}
	s.changeTaps(func(all []*tap) []*tap { return append(all, t) })
	return func() {
		s.changeTaps(func(all []*tap) []*tap { return slices.DeleteFunc(all, func(x *tap) bool { return x == t }) })
	}
}

func (s *source) changeTaps(change func([]*tap) []*tap) {
	s.tapMu.Lock()
	defer s.tapMu.Unlock()
	var all []*tap
	if old := s.taps.Load(); old != nil {
		all = slices.Clone(*old)
	}
	all = change(all)
	s.taps.Store(&all)
}

// RequestKeyFrame implements [media.Source]. Requests are coalesced and repeated until a key frame comes.
func (s *source) RequestKeyFrame() {
	if s.track.Kind.Video() && !s.want.Swap(true) {
		s.kick()
	}
}

func (s *source) kick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// arrive hands a to the loop, from a reader.
func (s *source) arrive(a arrival) {
	if a.rtp != nil {
		s.e.ledger.inPackets.Add(1)
		s.e.ledger.inBytes.Add(uint64(len(a.rtp.Payload)))
	}
	select {
	case s.in <- a:
	default:
		s.e.ledger.arrivalsFull.Add(1)
	}
}

// follow makes the loop take over the mute state that the publication wants, and waits for it.
func (s *source) follow() {
	ack := make(chan struct{})
	select {
	case s.sync <- ack:
		<-ack
	case <-s.done:
	}
}

// run is the source's loop.
func (s *source) run() {
	defer close(s.done)
	s.timer = time.NewTimer(time.Hour)
	defer s.timer.Stop()
	s.muted = s.pub.wantsMuted(s.track.Kind)
	s.e.obs.SourceOpened(s.pub.room, s, s.muted)
	s.e.sourceOpened(s, s.muted)
	defer func() {
		s.e.sourceClosed(s)
		s.cache.clear()
		s.e.barrier()
		s.e.obs.SourceClosed(s.pub.room, s)
	}()
	for {
		select {
		case <-s.quit:
			return
		default:
		}
		select {
		case <-s.quit:
			return
		case ack := <-s.sync:
			s.setMuted(s.pub.wantsMuted(s.track.Kind))
			close(ack)
		case a := <-s.in:
			s.take(a)
		case <-s.wake:
			s.askKeyFrame(time.Now())
		case now := <-s.timer.C:
			s.askKeyFrame(now)
		}
	}
}

// setMuted changes the state in the order that the recorder's gate needs: silence first when muting, the observer
// first when unmuting.
func (s *source) setMuted(muted bool) {
	if muted == s.muted {
		return
	}
	if muted {
		s.muted = true
		s.cache.clear()
		s.e.barrier()
		s.e.obs.SourceMuted(s.pub.room, s, true)
	} else {
		s.e.obs.SourceMuted(s.pub.room, s, false)
		s.muted = false
		s.epoch++
		s.first = s.wrap.highest + 1
		s.RequestKeyFrame()
		s.askKeyFrame(time.Now())
	}
	s.e.sourceMuted(s, muted)
}

// take handles a and what else has arrived, and passes it on as one burst.
func (s *source) take(a arrival) {
	var burst []*packet
	for range maxBurst {
		if a.report != nil {
			s.takeReport(a)
		} else if p := s.admit(a); p != nil {
			burst = append(burst, p)
		}
		if len(s.in) == 0 {
			break
		}
		a = <-s.in // the loop is the only reader
	}
	if len(burst) > 0 {
		s.e.fanOut(job{src: s, packets: burst})
	}
}

// admit decides about one packet: taps get everything that was sent unmuted, viewers no repeats. It returns what is
// to be forwarded.
func (s *source) admit(a arrival) *packet {
	ext := s.wrap.next(a.rtp.SequenceNumber)
	if !s.limit.allow(a.at, len(a.rtp.Payload), s.track.Kind.Video()) {
		s.e.ledger.overLimit.Add(1)
		return nil
	}
	// Repeats of what was sent while muted stay unheard after the unmuting as well.
	if s.muted || ext < s.first {
		return nil
	}
	if taps := s.taps.Load(); taps != nil {
		for _, t := range *taps {
			t.sink.WriteRTP(a.rtp, a.at)
		}
	}
	p := &packet{rtp: a.rtp, ext: ext, epoch: s.epoch, at: a.at, frame: s.codec.inspect(a.rtp.Payload)}
	if !s.cache.add(p, s.wrap.highest) {
		return nil
	}
	if p.frame.key {
		s.want.Store(false)
	}
	if s.level != 0 && s.track.Kind == media.Mic && s.speech.hears(a.rtp.GetExtension(s.level), a.at) {
		s.e.spoke(s)
	}
	return p
}

func (s *source) takeReport(a arrival) {
	r := a.report
	if r.SSRC != s.ssrc {
		return
	}
	s.clock.Store(&rtpClock{rtp: r.RTPTime, at: s.pub.clock.local(r.NTPTime, a.at)})
	taps := s.taps.Load()
	if s.muted || taps == nil {
		return
	}
	for _, t := range *taps {
		t.sink.WriteReport(media.SenderReport{SSRC: r.SSRC, NTP: r.NTPTime, RTP: r.RTPTime, At: a.at})
	}
}

// askKeyFrame sends a wanted request, at most one per keyFrameGap.
func (s *source) askKeyFrame(now time.Time) {
	if !s.want.Load() {
		return
	}
	if s.muted {
		s.timer.Reset(keyFrameWait)
		return
	}
	if gone := now.Sub(s.lastPLI); gone < keyFrameGap {
		s.timer.Reset(keyFrameGap - gone)
		return
	}
	s.lastPLI = now
	s.e.ledger.asked(s.track.Kind)
	s.timer.Reset(keyFrameWait)
	if err := s.pub.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: s.ssrc}}); err != nil {
		s.e.log.Debug("key frame request failed", "session", s.pub.id, "error", err)
	}
}
