package sfu

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"plenum/webinar/media"
)

// Stats are the numbers of the whole engine. They say nothing of single rooms or people. What is counted is counted
// since the start; the rest is how it stands now.
type Stats struct {
	Path         map[string]int // workers by the way that they hand media to the system
	Rooms        int            // that somebody publishes or watches in
	Publications int
	Sources      map[string]int // by kind
	Connecting   int            // viewers whose connection is not there yet
	Connected    int            // viewers with a connection
	Poor         int            // viewers with a poor line, see [Health]
	Layers       map[string]int // pictures that viewers see, by layer

	InPackets, InBytes   uint64 // RTP of publishers; bytes of payload
	OutPackets, OutBytes uint64 // RTP to viewers, without repeats; bytes of payload
	Repeats              uint64 // packets that viewers asked for once more
	Drops                map[Drop]uint64
	Requests             uint64 // wishes of viewers that found their worker busy
	SystemCalls, Trains  uint64
	KeyRequests          map[string]uint64 // to publishers, by kind

	Joins map[JoinEnd]uint64 // attempts to watch
	Join  Histogram          // seconds from a viewer's offer to its connection
	RTT   Histogram          // seconds there and back, as viewers reported
	Loss  Histogram          // part of the packets of a stream that did not arrive, 0 to 1, as viewers reported
}

// The layers. Publishers give them names of their own, which are nobody's business here.
const (
	LayerOnly   = "only" // of a source that has no others
	LayerLow    = "low"
	LayerMiddle = "middle"
	LayerHigh   = "high"
	LayerNone   = "none" // a picture that a viewer should see and is not sent
)

// Drop is why a packet went no further.
type Drop string

// The causes, along the way of a packet.
const (
	DropRemotes  Drop = "remote_addresses" // checks of a client that came from too many addresses
	DropArrivals Drop = "source_queue"     // packets of a publisher that found their source busy
	DropLimit    Drop = "over_limit"       // packets of a publisher above what a source may send
	DropShard    Drop = "worker_queue"     // packets, before they are multiplied, that found a worker busy
	DropWrite    Drop = "viewer_write"     // packets to viewers that could not be written
	DropKernel   Drop = "system"           // datagrams to viewers that the system did not take
)

// JoinEnd is how an attempt to watch went.
type JoinEnd string

// The ends.
const (
	JoinConnected JoinEnd = "connected"
	JoinOffer     JoinEnd = "offer"       // the offer was refused
	JoinBusy      JoinEnd = "busy"        // there were too many sessions
	JoinFull      JoinEnd = "full"        // the line was
	JoinGone      JoinEnd = "gone"        // the client hung up before it was answered
	JoinSilent    JoinEnd = "unconnected" // it was answered and never connected
	JoinFault     JoinEnd = "fault"       // anything else
)

func joinEnds() []JoinEnd {
	return []JoinEnd{JoinConnected, JoinOffer, JoinBusy, JoinFull, JoinGone, JoinSilent, JoinFault}
}

// Histogram counts values in ranges.
type Histogram struct {
	Bounds []float64 // upper, included
	Counts []uint64  // of each range; one more than bounds
	Sum    float64
}

// histogram may be observed from any goroutine.
type histogram struct {
	bounds []float64
	counts []atomic.Uint64
	micros atomic.Uint64 // the sum, in millionths
}

func newHistogram(bounds ...float64) histogram {
	return histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

func (h *histogram) observe(v float64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.micros.Add(uint64(max(v, 0) * 1e6))
}

func (h *histogram) read() Histogram {
	out := Histogram{Bounds: h.bounds, Counts: make([]uint64, len(h.counts)), Sum: float64(h.micros.Load()) / 1e6}
	for i := range h.counts {
		out.Counts[i] = h.counts[i].Load()
	}
	return out
}

// tally counts what a shard has written. It is of the shard's goroutine, which shows a copy each time it looks at its
// queue, so that counting costs no packet anything.
type tally struct{ packets, bytes, repeats, failed uint64 }

// books count what happens outside the shards.
type books struct {
	inPackets, inBytes      atomic.Uint64
	arrivalsFull, overLimit atomic.Uint64
	remotesFull             atomic.Uint64
	cameraKeys, screenKeys  atomic.Uint64
	joins                   map[JoinEnd]*atomic.Uint64 // never changes
	join, rtt, loss         histogram
}

func newBooks() *books {
	l := &books{
		joins: map[JoinEnd]*atomic.Uint64{},
		join:  newHistogram(.05, .1, .2, .5, 1, 2, 5, 10, 20),
		rtt:   newHistogram(.02, .05, .1, .2, .4, .6, 1, 2),
		loss:  newHistogram(0, .005, .01, .02, .05, .1, .2, .5),
	}
	for _, end := range joinEnds() {
		l.joins[end] = &atomic.Uint64{}
	}
	return l
}

// refused counts a join that was not answered.
func (l *books) refused(err error) {
	end := JoinFault
	if _, bad := errors.AsType[*OfferError](err); bad {
		end = JoinOffer
	} else if errors.Is(err, ErrBusy) {
		end = JoinBusy
	} else if errors.Is(err, ErrOverload) {
		end = JoinFull
	} else if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		end = JoinGone
	}
	l.joins[end].Add(1)
}

// asked counts a request for a key frame.
func (l *books) asked(kind media.Kind) {
	if kind == media.Screen {
		l.screenKeys.Add(1)
	} else {
		l.cameraKeys.Add(1)
	}
}

func (l *books) connected(after time.Duration) {
	l.joins[JoinConnected].Add(1)
	l.join.observe(after.Seconds())
}

// Stats reads all numbers; those of the shards are at most a second old.
func (e *Engine) Stats() Stats {
	l := e.books
	out := Stats{
		Path: map[string]int{}, Sources: map[string]int{},
		Layers:    map[string]int{LayerOnly: 0, LayerLow: 0, LayerMiddle: 0, LayerHigh: 0, LayerNone: 0},
		InPackets: l.inPackets.Load(), InBytes: l.inBytes.Load(),
		Drops:       map[Drop]uint64{DropArrivals: l.arrivalsFull.Load(), DropLimit: l.overLimit.Load(), DropRemotes: l.remotesFull.Load()},
		KeyRequests: map[string]uint64{"camera": l.cameraKeys.Load(), "screen": l.screenKeys.Load()},
		Joins:       map[JoinEnd]uint64{}, Join: l.join.read(), RTT: l.rtt.read(), Loss: l.loss.read(),
	}
	for end, n := range l.joins {
		out.Joins[end] = n.Load()
	}
	for _, sh := range e.shards {
		sh.addTo(&out)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	for _, r := range e.rooms {
		r.addTo(&out, now)
	}
	return out
}

func (sh *shard) addTo(out *Stats) {
	sh.mu.Lock()
	t := sh.shown
	sh.mu.Unlock()
	wire := sh.out.Stats()
	out.Path[sh.out.Path().String()]++
	out.OutPackets += t.packets
	out.OutBytes += t.bytes
	out.Repeats += t.repeats
	out.Requests += sh.unasked.Load()
	out.Drops[DropShard] += sh.dropped.Load()
	out.Drops[DropWrite] += t.failed
	out.Drops[DropKernel] += wire.Dropped
	out.SystemCalls += wire.Calls
	out.Trains += wire.Trains
}

// addTo counts who is here. Under the lock.
func (r *room) addTo(out *Stats, now time.Time) {
	if len(r.pubs)+len(r.viewers) > 0 {
		out.Rooms++
	}
	out.Publications += len(r.pubs)
	for _, s := range r.sources {
		out.Sources[string(s.track.Kind)]++
	}
	for _, v := range r.viewers {
		if !v.ready.Load() {
			out.Connecting++
			continue
		}
		out.Connected++
		if v.poorLine(now) {
			out.Poor++
		}
		for _, s := range v.video {
			if s.want != nil && !s.want.shownMuted {
				out.Layers[LayerNone]++
			}
		}
	}
	for _, s := range r.sources {
		if s.track.Kind.Video() && !s.shownMuted {
			s.ladder().addTo(out.Layers)
		}
	}
}

// addTo moves the pictures that are sent from none to their layers.
func (l ladder) addTo(layers map[string]int) {
	for i, x := range l {
		name := LayerMiddle
		switch {
		case len(l) == 1:
			name = LayerOnly
		case i == 0:
			name = LayerLow
		case i == len(l)-1:
			name = LayerHigh
		}
		n := int(x.watched.Load())
		layers[name] += n
		layers[LayerNone] = max(layers[LayerNone]-n, 0) // one that changes its layer is watched in both
	}
}
