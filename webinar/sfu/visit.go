package sfu

import (
	"slices"
	"time"
)

// How long a packet may wait for company. To open the state of a viewer costs several times what one more packet
// does, so a shard goes to each viewer once for a whole frame, and sound waits for a frame to ride along if one is near
// (see [rhythm]). What a packet is delayed by the shard is at most its hold and one visit to all. People on stage, who
// talk with one another, are not made to wait.
const (
	videoHold = 5 * time.Millisecond  // until the end of the frame is taken as lost
	audioHold = 16 * time.Millisecond // for a frame that is near
	loneHold  = 4 * time.Millisecond  // for other people's sound, if none is
	ripeBurst = 64                    // packets of one layer
)

// A long frame, which is a key frame as a rule, goes out in parts, so that it does not arrive at a home router as one
// burst that its queue cannot hold. The sound goes ahead of each part.
const (
	paceBurst = 16 // packets of one layer in a visit; more if the backlog is long
	paceGap   = 10 * time.Millisecond
)

// feed is a layer as a shard sees it.
type feed struct {
	layer   *layer
	live    int       // slots that are visited
	talking []*slot   // sound for people on stage, which does not wait
	joining []*slot   // wait for a key frame
	packets []*packet // wait for a visit
	part    []*packet // of packets, what the visit under way brings
	after   time.Time // no visit before
	gop     gop
}

// visits is what waits, and who is visited.
type visits struct {
	due     time.Time // zero: nothing waits
	ripe    bool      // visit as soon as the queue is empty
	waiting []*feed
	tour    tour
}

// gather keeps a burst for the next visit, which the end of a frame or the time brings on.
func (sh *shard) gather(j job) {
	f := sh.feeds[j.layer]
	if f == nil {
		return
	}
	for _, s := range f.talking {
		sh.write(s, j.packets)
	}
	video := j.layer.src.track.Kind.Video()
	if f.live+len(f.packets) == 0 {
		if f.part = j.packets; video {
			sh.brought(f)
		}
		f.part = nil
		return
	}
	if len(f.packets) == 0 {
		sh.waiting = append(sh.waiting, f)
	}
	f.packets = append(f.packets, j.packets...)
	switch {
	case !f.after.IsZero(): // the rest of a long frame is on its way already
	case len(f.packets) >= ripeBurst, video && j.packets[len(j.packets)-1].rtp.Marker:
		sh.ripe = true
	case video:
		sh.holdUntil(time.Now().Add(videoHold))
	default:
		now := time.Now()
		latest, near := j.layer.src.pub.rhythm.near(now, now.Add(audioHold))
		if !near {
			latest = now.Add(loneHold)
		}
		sh.holdUntil(latest)
	}
}

func (sh *shard) holdUntil(at time.Time) {
	if sh.due.IsZero() || at.Before(sh.due) {
		sh.due = at
	}
}

// visit goes to each viewer for whom something waits, once, and sends what may go now.
func (sh *shard) visit() {
	sh.ripe, sh.due = false, time.Time{}
	if len(sh.waiting) == 0 {
		return
	}
	now := time.Now()
	long := false
	for _, f := range sh.waiting {
		f.part = f.next(now)
		long = long || len(f.part) >= paceBurst && f.layer.src.track.Kind.Video()
	}
	if sh.tour.moved {
		sh.tour.plan(sh.viewers)
	}
	if long { // which takes the last viewer as long as it takes all the others
		sh.tour.walk(func(s *slot) bool { return !s.video }, sh.write)
		sh.out.Flush()
	}
	sh.tour.walk(func(s *slot) bool { return s.video || !long }, sh.write)
	waiting := sh.waiting
	sh.waiting = sh.waiting[:0]
	for _, f := range waiting {
		sh.visited(f, now)
	}
	clear(waiting[len(sh.waiting):])
	sh.out.Flush()
}

// next is what a visit may bring of f.
func (f *feed) next(now time.Time) []*packet {
	if now.Before(f.after) {
		return nil
	}
	n := len(f.packets)
	if n > paceBurst && f.layer.src.track.Kind.Video() && f.live > 0 {
		n = max(paceBurst, n/3)
	}
	return f.packets[:n]
}

// visited ends a visit for f; what is left waits on.
func (sh *shard) visited(f *feed, now time.Time) {
	if f.layer.src.track.Kind.Video() {
		sh.brought(f)
	}
	n := len(f.part)
	f.packets = slices.Delete(f.packets, 0, n)
	f.part = nil
	if len(f.packets) == 0 {
		f.after = time.Time{}
		return
	}
	if n > 0 {
		f.after = now.Add(paceGap)
	}
	sh.holdUntil(f.after)
	sh.waiting = append(sh.waiting, f)
}

// brought lets those begin who wait for a key frame, if one was in the part, and keeps the part for joiners.
func (sh *shard) brought(f *feed) {
	if at := slices.IndexFunc(f.part, func(p *packet) bool { return p.frame.key }); at >= 0 && len(f.joining) > 0 {
		joined := f.joining
		f.joining = nil
		for _, s := range joined {
			sh.enter(s, f)
			sh.write(s, f.part[at:])
		}
	}
	f.gop.add(f.part)
}

// write sends packets to one slot. One that fails costs its viewer the rest of the burst and nobody else anything.
func (sh *shard) write(s *slot, packets []*packet) {
	for i, p := range packets {
		if s.write(p, &sh.desk) != nil {
			s.viewer.failed.Add(1)
			sh.desk.tally.failed += uint64(len(packets) - i)
			return
		}
	}
}
