package sfu

import (
	"slices"
	"time"
)

// How long a packet may wait for company. To open the state of a viewer costs several times what one more packet
// does, so a shard goes to each viewer once for a whole frame, and sound waits for the next frame to ride along. What
// a packet is delayed by the shard is at most its hold and one visit to all.
const (
	videoHold = 5 * time.Millisecond  // until the end of the frame is taken as lost
	audioHold = 20 * time.Millisecond // people on stage, who talk with one another, are not made to wait
	ripeBurst = 64                    // packets of one source
)

// feed is a source as a shard sees it.
type feed struct {
	slots   []*slot   // of the audience
	stage   []*slot   // of people on stage
	packets []*packet // wait for the next visit
}

// gathering is what waits for the next visit.
type gathering struct {
	timer   *time.Timer
	due     time.Time // when the timer fires; zero: nothing waits
	ripe    bool      // visit as soon as the queue is empty
	waiting []*feed
	round   uint64
	visits  []*viewer
}

// gather keeps a burst for the next visit, which the end of a frame or the time brings on.
func (sh *shard) gather(j job) {
	f := sh.feeds[j.src]
	if f == nil {
		return
	}
	for _, s := range f.stage {
		sh.write(s, j.packets)
	}
	if len(f.slots) == 0 {
		return
	}
	if len(f.packets) == 0 {
		sh.waiting = append(sh.waiting, f)
	}
	f.packets = append(f.packets, j.packets...)
	video := j.src.track.Kind.Video()
	switch {
	case len(f.packets) >= ripeBurst, video && j.packets[len(j.packets)-1].rtp.Marker:
		sh.ripe = true
	case video:
		sh.holdFor(videoHold)
	default:
		sh.holdFor(audioHold)
	}
}

func (sh *shard) holdFor(d time.Duration) {
	if at := time.Now().Add(d); sh.due.IsZero() || at.Before(sh.due) {
		sh.due = at
		sh.timer.Reset(d)
	}
}

// visit goes to each viewer for whom something waits, once, and sends all of it.
func (sh *shard) visit() {
	sh.ripe = false
	if len(sh.waiting) > 0 {
		sh.round++
		for _, f := range sh.waiting {
			for _, s := range f.slots {
				if v := s.viewer; v.round != sh.round {
					v.round = sh.round
					sh.visits = append(sh.visits, v)
				}
			}
		}
		for _, v := range sh.visits {
			for _, s := range v.fed {
				sh.write(s, s.feed.packets)
			}
		}
		for _, f := range sh.waiting {
			clear(f.packets)
			f.packets = f.packets[:0]
		}
		clear(sh.visits)
		clear(sh.waiting)
		sh.visits, sh.waiting = sh.visits[:0], sh.waiting[:0]
		sh.due = time.Time{}
		sh.timer.Stop()
	}
	sh.out.Flush()
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

// turn makes s carry src. Nothing waits for a visit meanwhile.
func (sh *shard) turn(s *slot, src *source) {
	sh.leave(s)
	if src != nil {
		f := sh.feeds[src]
		if f == nil {
			f = &feed{}
			sh.feeds[src] = f
		}
		if list := f.list(s); !slices.Contains(*list, s) {
			*list = append(*list, s)
		}
		s.feed = f
	}
	s.viewer.fed = s.viewer.fed[:0]
	for _, x := range s.viewer.slots {
		if x.feed != nil && !s.viewer.onStage {
			s.viewer.fed = append(s.viewer.fed, x)
		}
	}
	s.turn(src)
}

func (sh *shard) leave(s *slot) {
	f := s.feed
	if f == nil {
		return
	}
	s.feed = nil
	list := f.list(s)
	if i := slices.Index(*list, s); i >= 0 {
		last := len(*list) - 1
		(*list)[i] = (*list)[last]
		(*list)[last] = nil
		*list = (*list)[:last]
	}
	if len(f.slots)+len(f.stage) == 0 {
		delete(sh.feeds, s.src)
	}
}

// list is the one that s is in.
func (f *feed) list(s *slot) *[]*slot {
	if s.viewer.onStage {
		return &f.stage
	}
	return &f.slots
}

// remove forgets v and whatever it was sent.
func (sh *shard) remove(v *viewer) {
	for _, s := range v.slots {
		sh.turn(s, nil)
	}
	delete(sh.viewers, v)
}
