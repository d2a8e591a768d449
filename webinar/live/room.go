package live

import (
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"plenum/webinar"
)

// room is the log, the streams and the presence of one webinar. Methods expect r.mu to be held unless they say so.
type room struct {
	hub   *Hub
	w     webinar.ID
	epoch string // names this log: an id of an earlier one never resumes here

	mu      sync.Mutex
	dead    bool // dropped or closed; whoever finds it so looks the room up again
	last    uint64
	ring    []entry // entry n is at (n-1) % ringSize
	keys    map[string]*kept
	streams []*Stream
	tickets map[webinar.TicketID]int // open streams of each
	hosts   int
	hook    hostHook
	lone    *time.Timer // tells that the last host has gone
	idle    *time.Timer
	touched time.Time
}

type entry struct {
	to webinar.Audience
	m  Message
}

// newRoom holds neither lock; the room is not known to anybody yet.
func newRoom(h *Hub, w webinar.ID) *room {
	r := &room{hub: h, w: w, epoch: strings.ToLower(rand.Text()[:13]), keys: map[string]*kept{},
		tickets: map[webinar.TicketID]int{}, touched: time.Now()}
	h.running.Add(1)
	r.idle = time.AfterFunc(idleAfter, r.expire)
	return r
}

func (r *room) id(n uint64) string { return r.epoch + "-" + strconv.FormatUint(n, 10) }

// append numbers an event, keeps it and sends it.
func (r *room) append(to webinar.Audience, m Message) {
	r.last++
	m.ID = r.id(r.last)
	if e := (entry{to, m}); len(r.ring) < ringSize {
		r.ring = append(r.ring, e)
	} else {
		r.ring[(r.last-1)%ringSize] = e
	}
	r.deliver(to, m)
}

func (r *room) deliver(to webinar.Audience, m Message) {
	r.touched = time.Now()
	for i := 0; i < len(r.streams); {
		s := r.streams[i]
		if to.Includes(s.listener.Ticket, s.listener.Role) {
			select {
			case s.queue <- m:
			default:
				r.leave(s, ErrLagged) // puts another stream at i
				continue
			}
		}
		i++
	}
}

// missed returns what l has to hear after the event called lastID, and whether the log still knows.
func (r *room) missed(l Listener, lastID string) ([]Message, bool) {
	epoch, number, ok := strings.Cut(lastID, "-")
	if !ok || epoch != r.epoch {
		return nil, false
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || n > r.last || r.last-n > uint64(len(r.ring)) {
		return nil, false
	}
	var out []Message
	for ; n < r.last; n++ {
		if e := r.ring[n%ringSize]; e.to.Includes(l.Ticket, l.Role) {
			out = append(out, e.m)
		}
	}
	// Coalesced values have no place in the log, and a tally that was missed may have been the last one.
	for _, k := range r.keys {
		if k.sent && k.to.Includes(l.Ticket, l.Role) {
			out = append(out, k.m)
		}
	}
	return out, true
}

// join adds a stream and reports whether the caller must send the presence.
func (r *room) join(s *Stream) (first bool) {
	s.index = len(r.streams)
	r.streams = append(r.streams, s)
	t := s.listener.Ticket
	r.tickets[t]++
	if r.tickets[t] > 1 {
		return false
	}
	if webinar.May(s.listener.Role, webinar.Manage) {
		r.hosts++
		r.hold()
		r.tellHosts()
	}
	return r.offerPresence()
}

// leave removes a stream. The presence that follows is sent by a timer: the lock is held here.
func (r *room) leave(s *Stream, why error) {
	last := len(r.streams) - 1
	r.streams[s.index] = r.streams[last]
	r.streams[s.index].index = s.index
	r.streams[last] = nil
	r.streams = r.streams[:last]
	s.index = -1
	if s.unwatch() {
		r.hub.running.Done()
	}
	s.finish(why)
	r.touched = time.Now()

	t := s.listener.Ticket
	r.tickets[t]--
	if r.tickets[t] > 0 || r.dead {
		return
	}
	delete(r.tickets, t)
	if webinar.May(s.listener.Role, webinar.Manage) {
		r.hosts--
		r.hostLeft(why)
	}
	if r.offerPresence() {
		r.cool(presenceKey, 0)
	}
}

// hostLeft tells how many hosts are left. A stream that lagged or broke is soon opened again, and a recording is not to
// pause for that; who may not listen any more has gone.
func (r *room) hostLeft(why error) {
	if r.hosts > 0 || errors.Is(why, ErrEnded) {
		r.tellHosts()
		return
	}
	r.hub.running.Add(1)
	r.lone = time.AfterFunc(hostGrace, func() {
		defer r.hub.running.Done()
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.dead {
			r.tellHosts()
		}
	})
}

// hold keeps the last host from being gone.
func (r *room) hold() {
	if r.lone != nil && r.lone.Stop() {
		r.hub.running.Done()
	}
}

// end ends a stream if it is still open. It takes the lock itself.
func (r *room) end(s *Stream, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.index < 0 {
		return
	}
	if errors.Is(why, ErrEnded) {
		for len(s.queue) > 0 {
			select {
			case <-s.queue:
			default:
			}
		}
	}
	r.leave(s, why)
}

// reseat gives the streams of a ticket another role. It takes the lock itself.
func (r *room) reseat(t webinar.TicketID, to webinar.Role) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.streams {
		if s.listener.Ticket == t {
			s.listener.Role = to
		}
	}
}

// of returns the streams of a ticket. It takes the lock itself.
func (r *room) of(t webinar.TicketID) []*Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*Stream
	for _, s := range r.streams {
		if s.listener.Ticket == t {
			out = append(out, s)
		}
	}
	return out
}

// close ends everything. It takes the lock itself.
func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return
	}
	r.dead = true
	for len(r.streams) > 0 {
		r.leave(r.streams[0], ErrClosed)
	}
	r.stopTimers()
}

func (r *room) stopTimers() {
	if r.idle.Stop() {
		r.hub.running.Done()
	}
	r.hold()
	for _, k := range r.keys {
		if k.timer != nil && k.timer.Stop() {
			r.hub.running.Done()
		}
	}
}

// expire drops the room when nothing has happened in it for idleAfter. It runs in its timer and takes the lock itself.
func (r *room) expire() {
	defer r.hub.running.Done()
	r.mu.Lock()
	if r.dead {
		r.mu.Unlock()
		return
	}
	rest := idleAfter - time.Since(r.touched)
	if len(r.streams) > 0 {
		rest = idleAfter
	}
	if rest > 0 {
		r.hub.running.Add(1)
		r.idle.Reset(rest)
		r.mu.Unlock()
		return
	}
	r.dead = true
	r.stopTimers()
	r.mu.Unlock()
	r.hub.forget(r)
}
