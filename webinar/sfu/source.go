package sfu

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"plenum/webinar/media"
)

// source is one camera, microphone or screen, in one or several layers. Its loop alone decides what becomes of a
// packet; everybody else asks the loop.
type source struct {
	e     *Engine
	pub   *publication
	id    uint64 // grows with the order of opening
	track media.Track
	codec codec
	level uint8 // RTP extension id of the audio level, 0: none

	in    chan arrival       // from the readers; what does not fit is lost, as in a network
	sync  chan chan struct{} // asks the loop to take over the wanted mute state
	wake  chan struct{}      // a key frame is wanted
	quit  chan struct{}
	done  chan struct{}
	asked atomic.Uint64 // requests for key frames that were sent
	kept  atomic.Bool   // a tap keeps what it gets, so the best layer is wanted
	order atomic.Pointer[ladder]
	mend  atomic.Pointer[layer] // which layer a tap's request for a key frame is for
	early atomic.Bool           // one was asked for before any layer was known

	tapMu sync.Mutex
	taps  atomic.Pointer[[]*tap]

	streams    int       // under the publication's lock
	shownMuted bool      // under the engine's lock
	shownRids  []string  // the layers that are wanted, likewise
	spokeAt    time.Time // likewise: when it was last heard talking

	// Of the loop alone:
	muted    bool
	epoch    uint32
	recorded recorded
	timer    *time.Timer
	due      time.Time // of timer, if a key frame is to be asked for
	measured time.Time
	limit    limiter
	speech   speech
}

type tap struct{ sink media.Sink }

// arrival is a packet or a report with the instant it came in.
type arrival struct {
	layer  *layer
	at     time.Time
	rtp    *rtp.Packet
	report *rtcp.SenderReport
}

const (
	arrivals = 1024
	maxBurst = 64
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

// RequestKeyFrame implements [media.Source].
func (s *source) RequestKeyFrame() {
	s.early.Store(true) // first, so that a layer which is added meanwhile sees it
	if l := s.mend.Load(); l != nil {
		s.early.Store(false)
		l.askKeyFrame()
	}
}

// Keep implements [media.Source].
func (s *source) Keep(on bool) { s.kept.Store(on) }

func (s *source) kick() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// arrive hands a to the loop, from a reader.
func (s *source) arrive(a arrival) {
	if a.rtp != nil {
		s.e.books.inPackets.Add(1)
		s.e.books.inBytes.Add(uint64(len(a.rtp.Payload)))
	}
	select {
	case s.in <- a:
	default:
		s.e.books.arrivalsFull.Add(1)
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
	tick := time.NewTicker(measure)
	defer tick.Stop()
	s.measured = time.Now()
	s.muted = s.pub.wantsMuted(s.track.Kind)
	s.e.obs.SourceOpened(s.pub.room, s, s.muted)
	s.e.sourceOpened(s, s.muted)
	defer func() {
		s.e.sourceClosed(s)
		s.forget()
		s.e.dropFeeds(s)
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
			s.askKeyFrames(time.Now())
		case now := <-s.timer.C:
			s.due = time.Time{}
			s.askKeyFrames(now)
		case now := <-tick.C:
			s.measure(now)
		}
	}
}

// add makes l part of the source, when its first packet or report has come.
func (s *source) add(l *layer) {
	l.known = true
	all := append(slices.Clone(s.ladder()), l)
	s.order.Store(&all)
	s.adopt(l)
	s.e.addFeed(l)
	s.e.reconsider(s)
}

// adopt makes l the layer that a tap's requests are for, if it is the first.
func (s *source) adopt(l *layer) {
	if s.mend.Load() != nil {
		return
	}
	s.mend.Store(l)
	if s.early.Swap(false) {
		l.askKeyFrame()
	}
}

// forget empties all caches.
func (s *source) forget() {
	for _, l := range s.ladder() {
		l.cache.clear()
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
		s.forget()
		s.e.emptyFeeds(s)
		s.e.barrier()
		s.e.obs.SourceMuted(s.pub.room, s, true)
	} else {
		s.e.obs.SourceMuted(s.pub.room, s, false)
		s.muted = false
		s.epoch++
		for _, l := range s.ladder() {
			l.first = l.wrap.highest + 1
			l.askKeyFrame()
		}
		s.askKeyFrames(time.Now())
	}
	s.e.sourceMuted(s, muted)
}

// take handles a and what else has arrived. What came of one layer in a row is passed on as one burst.
func (s *source) take(a arrival) {
	var burst []*packet
	of := a.layer
	pass := func() {
		if n := len(burst); n > 0 {
			if s.track.Kind.Video() && burst[n-1].rtp.Marker {
				s.pub.rhythm.beat(burst[n-1].at)
			}
			s.e.fanOut(job{layer: of, packets: burst})
		}
		burst = nil
	}
	for n := 1; ; n++ {
		if !a.layer.known {
			s.add(a.layer)
		}
		if a.layer != of {
			pass()
			of = a.layer
		}
		if a.report != nil {
			s.takeReport(a)
		} else if p := s.admit(a); p != nil {
			burst = append(burst, p)
		}
		if n == maxBurst || len(s.in) == 0 {
			break
		}
		a = <-s.in // the loop is the only reader
	}
	pass()
}

// admit decides about one packet: taps get everything that was sent unmuted, viewers no repeats. It returns what is
// to be forwarded.
func (s *source) admit(a arrival) *packet {
	l := a.layer
	ext := l.wrap.next(a.rtp.SequenceNumber)
	if !s.limit.allow(a.at, len(a.rtp.Payload), s.e.timing.rate(s.track.Kind.Video())) {
		s.e.books.overLimit.Add(1)
		return nil
	}
	l.came(len(a.rtp.Payload), a.at)
	// Repeats of what was sent while muted stay unheard after the unmuting as well.
	if s.muted || ext < l.first {
		return nil
	}
	f := s.codec.inspect(a.rtp.Payload)
	if taps := s.taps.Load(); taps != nil && s.recorded.takes(l, f) {
		for _, t := range *taps {
			t.sink.WriteRTP(a.rtp, a.at)
		}
	}
	p := &packet{rtp: a.rtp, ext: ext, epoch: s.epoch, at: a.at, frame: f}
	if !l.cache.add(p, l.wrap.highest) {
		return nil
	}
	if f.key {
		l.keyCame(f, a.at)
	}
	if s.level != 0 && s.track.Kind == media.Mic && s.speech.hears(a.rtp.GetExtension(s.level), a.at) {
		s.e.spoke(s)
	}
	return p
}

func (s *source) takeReport(a arrival) {
	r := a.report
	if r.SSRC != a.layer.ssrc {
		return
	}
	a.layer.clock.Store(&rtpClock{rtp: r.RTPTime, at: s.pub.clock.local(r.NTPTime, a.at)})
	taps := s.taps.Load()
	if s.muted || taps == nil {
		return
	}
	for _, t := range *taps {
		t.sink.WriteReport(media.SenderReport{SSRC: r.SSRC, NTP: r.NTPTime, RTP: r.RTPTime, At: a.at})
	}
}

// askKeyFrames sends the requests that are due and sets the timer for the others.
func (s *source) askKeyFrames(now time.Time) {
	for _, l := range s.ladder() {
		if again := l.request(now); again > 0 {
			if at := now.Add(again); s.due.IsZero() || at.Before(s.due) {
				s.due = at
				s.timer.Reset(again)
			}
		}
	}
}

// measure looks at every layer's rate, and at what follows from it: the order, what is recorded, what sleeps.
func (s *source) measure(now time.Time) {
	gone := now.Sub(s.measured)
	s.measured = now
	all := s.ladder()
	changed := false
	for _, l := range all {
		was := l.alive.Load()
		l.measured(now, gone)
		changed = changed || was != l.alive.Load()
	}
	if len(all) < 2 {
		return
	}
	sorted := all.sorted()
	if !slices.Equal(all, sorted) {
		s.order.Store(&sorted)
		changed = true
	}
	s.recorded.follow(sorted, now)
	if l := cmp.Or(s.recorded.next, s.recorded.now); l != nil {
		s.mend.Store(l)
	}
	var kept *layer
	if s.kept.Load() {
		kept = sorted[len(sorted)-1]
	}
	if sorted.rest(now, kept, s.e.timing.sleep) {
		s.e.layersWanted(s, sorted.rids(s.pub.rids))
	}
	if changed {
		s.e.reconsider(s)
	}
}
