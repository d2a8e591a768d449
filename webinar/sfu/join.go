package sfu

import (
	"slices"
	"time"
)

// This file is how a slot comes to carry a layer. A slot whose sound or picture runs is live in one feed; while it
// waits for the key frame of another layer it is joining that one as well. A slot that starts is given the running
// group of pictures (see [gop]), a part at a time, until it has caught up.

const (
	// smallGop is what a joiner is given at once; for more, a fresh key frame is worth asking for and waiting a moment.
	smallGop   = 384 << 10 // bytes
	freshWait  = 200 * time.Millisecond
	catchBurst = 16 // packets of a part: 28 Mbit/s
	catchGap   = 5 * time.Millisecond
	catchTotal = 1024 // packets in one go for all who catch up
)

// joins is who has not caught up.
type joins struct {
	catching []*slot
	patient  []*slot // start with what is there when no key frame has come by their time
	catchDue time.Time
}

// turn makes s carry src, nil for nothing.
func (sh *shard) turn(s *slot, src *source) {
	sh.leave(s)
	s.src = src
	s.rw.stop()
	if src != nil && s.viewer.ready.Load() {
		sh.start(s)
	}
}

// start lets s head for a layer of its source. Nothing is sent before its viewer is ready.
func (sh *shard) start(s *slot) {
	if s.src == nil || s.feed != nil || s.next != nil {
		return
	}
	if s.video {
		sh.choose(s.viewer, time.Now())
		return
	}
	if all := s.src.ladder(); len(all) > 0 {
		if f := sh.feeds[all[0]]; f != nil {
			sh.enter(s, f)
		}
	}
}

// aim makes s head for l; nil takes the picture away.
func (sh *shard) aim(s *slot, l *layer, now time.Time) {
	switch {
	case l == nil:
		sh.leave(s)
		s.rw.stop()
		return
	case s.feed != nil && s.feed.layer == l:
		sh.leaveNext(s)
		return
	case s.next != nil && s.next.layer == l:
		return
	}
	sh.leaveNext(s)
	f := sh.feeds[l]
	if f == nil {
		return
	}
	l.watched.Add(1)
	s.next = f
	if s.feed == nil && len(f.gop.packets) > 0 && (f.gop.bytes <= smallGop || l.deaf.Load()) {
		sh.catch(s, now)
		return
	}
	f.joining = append(f.joining, s)
	l.askKeyFrame()
	if s.feed == nil {
		s.until = now.Add(freshWait)
		sh.patient = append(sh.patient, s)
		sh.catchSoon(s.until)
	}
}

// enter makes s live in f, which it was joining or catching up with.
func (sh *shard) enter(s *slot, f *feed) {
	if s.feed != nil && s.feed != f {
		sh.leaveFeed(s)
	}
	if s.next != f && s.feed != f {
		f.layer.watched.Add(1)
	}
	s.next, s.feed, s.catching, s.squeeze = nil, f, false, squeeze{}
	s.rw.stop()
	s.carry(f.layer)
	if s.viewer.onStage && !s.video {
		f.talking = append(f.talking, s)
	} else {
		f.live++
	}
	sh.tour.cancel()
}

// catch begins to give s the group of pictures of the feed that it was to join.
func (sh *shard) catch(s *slot, now time.Time) {
	f := s.next
	without(&f.joining, s)
	s.next, s.feed, s.catching = nil, f, true
	s.carry(f.layer)
	sh.again(s)
	sh.catching = append(sh.catching, s)
	sh.catchSoon(now)
}

// again starts with the key frame of the group that is running now. The past is squeezed into the time that it takes
// to send it.
func (sh *shard) again(s *slot) {
	g := &s.feed.gop
	s.group, s.cursor = g.number, 0
	s.rw.stop()
	s.squeeze = squeeze{}
	if newest := g.newest(); newest != nil {
		took := time.Duration(len(g.packets)/catchBurst+1) * catchGap
		if past := newest.at.Sub(g.packets[0].at); past > took {
			s.squeeze = squeeze{factor: uint32(past/took) + 1, ts: newest.rtp.Timestamp, at: newest.at}
		}
	}
}

func (sh *shard) catchSoon(at time.Time) {
	if sh.catchDue.IsZero() || at.Before(sh.catchDue) {
		sh.catchDue = at
	}
}

// catchUp sends the next part to everybody who catches up.
func (sh *shard) catchUp(now time.Time) {
	sh.catchDue = time.Time{}
	sh.patient = slices.DeleteFunc(sh.patient, func(s *slot) bool {
		switch {
		case s.until.IsZero() || s.next == nil:
			return true
		case now.Before(s.until):
			sh.catchSoon(s.until)
			return false
		case s.feed == nil && len(s.next.gop.packets) > 0:
			sh.catch(s, now)
		}
		s.until = time.Time{}
		return true
	})
	left := catchTotal
	all := sh.catching
	sh.catching = nil
	for i, s := range all {
		if left <= 0 { // the others come first the next time
			sh.catching = append(slices.Clone(all[i:]), sh.catching...)
			break
		}
		if left -= sh.part(s); s.catching {
			sh.catching = append(sh.catching, s)
		}
	}
	if len(sh.catching) > 0 {
		sh.catchSoon(now.Add(catchGap))
	}
	sh.out.Flush()
}

// part sends the next part to s, which is live when nothing is left.
func (sh *shard) part(s *slot) (sent int) {
	g := &s.feed.gop
	if s.group != g.number {
		sh.again(s)
	}
	end := min(s.cursor+catchBurst, len(g.packets))
	part := g.packets[s.cursor:end]
	sh.write(s, part)
	if s.cursor = end; end == len(g.packets) {
		running := s.rw.active
		f := s.feed
		s.catching, s.squeeze = false, squeeze{}
		f.live++
		sh.tour.cancel()
		if !running { // the group was given up meanwhile
			f.layer.askKeyFrame()
		}
	}
	return len(part)
}

// leave takes s out of every feed.
func (sh *shard) leave(s *slot) {
	sh.leaveNext(s)
	sh.leaveFeed(s)
	sh.tour.cancel()
}

func (sh *shard) leaveNext(s *slot) {
	if s.next == nil {
		return
	}
	s.next.layer.watched.Add(-1)
	without(&s.next.joining, s)
	s.next = nil
	s.until = time.Time{}
}

func (sh *shard) leaveFeed(s *slot) {
	f := s.feed
	if f == nil {
		return
	}
	f.layer.watched.Add(-1)
	s.feed = nil
	if s.catching {
		s.catching = false
		without(&sh.catching, s)
		return
	}
	if s.viewer.onStage && !s.video {
		without(&f.talking, s)
	} else {
		f.live--
	}
}

// without takes s out of the list, whose order does not matter.
func without(list *[]*slot, s *slot) {
	if i := slices.Index(*list, s); i >= 0 {
		last := len(*list) - 1
		(*list)[i] = (*list)[last]
		(*list)[last] = nil
		*list = (*list)[:last]
	}
}

// drop ends the feed of l; its slots carry nothing.
func (sh *shard) drop(l *layer) {
	f := sh.feeds[l]
	if f == nil {
		return
	}
	for _, v := range sh.viewers {
		for _, s := range v.slots {
			if s.feed == f || s.next == f {
				sh.leave(s)
			}
		}
	}
	sh.waiting = slices.DeleteFunc(sh.waiting, func(x *feed) bool { return x == f })
	delete(sh.feeds, l)
}

// empty forgets what waits and what joiners would be given. Who was catching up waits for a key frame.
func (sh *shard) empty(l *layer) {
	f := sh.feeds[l]
	if f == nil {
		return
	}
	f.packets, f.after = f.packets[:0], time.Time{}
	clear(f.packets[:cap(f.packets)])
	sh.waiting = slices.DeleteFunc(sh.waiting, func(x *feed) bool { return x == f })
	f.gop.clear()
}

// remove forgets v and whatever it was sent.
func (sh *shard) remove(v *viewer) {
	for _, s := range v.slots {
		sh.turn(s, nil)
	}
	sh.viewers = slices.DeleteFunc(sh.viewers, func(x *viewer) bool { return x == v })
	sh.tour.cancel()
}
