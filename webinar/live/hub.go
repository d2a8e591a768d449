// Package live carries the events of webinars to the people in them, and counts who is there. Publishing never
// blocks: a listener who lags is ended and resumes by the id of the last event it has seen.
package live

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"plenum/webinar"
)

const (
	ringSize      = 2000                   // events that a log keeps for those who resume
	queueSize     = 16                     // unsent messages after which a stream has lagged
	coalesceEvery = 275 * time.Millisecond // screens show a result less than four times a second, also where the network bunches them
	presenceEvery = time.Second
	hostGrace     = 5 * time.Second // a page comes back within three seconds, see the events' retry
	idleAfter     = time.Hour       // a log without streams and events is dropped
)

// Why a stream ended.
var (
	ErrLagged = errors.New("the listener lags behind")
	ErrEnded  = errors.New("the listener may not listen any more")
	ErrClosed = errors.New("the event hub is closed")
)

// Encode writes an event for the wire. It is called once an event, however many listen, and holds no lock of the
// hub. The returned data belong to the hub.
type Encode func(webinar.Event) (name string, data []byte, err error)

// Hub holds one event log per webinar and the streams that follow it. All its methods may be called concurrently.
type Hub struct {
	encode Encode
	log    *slog.Logger

	onHosts atomic.Pointer[func(webinar.ID, int)]

	mu     sync.Mutex // never taken by one who holds a room's lock
	rooms  map[webinar.ID]*room
	closed bool

	running sync.WaitGroup // timers that are armed, hooks and context watches
}

// NewHub returns an empty hub. An event that encode refuses is logged and dropped.
func NewHub(encode Encode, log *slog.Logger) *Hub {
	return &Hub{encode: encode, log: log, rooms: map[webinar.ID]*room{}}
}

// OnHosts sets the function that hears how many hosts are present, whenever that changes: outside locks, one call
// after another for each webinar, a value that is outdated before its call is skipped. The last host whose stream broke
// has gone when none is there after hostGrace; closing the hub is not a host leaving. Call OnHosts before the first
// Subscribe.
func (h *Hub) OnHosts(f func(w webinar.ID, present int)) { h.onHosts.Store(&f) }

// Publish hands an event to everybody of its audience who listens, and to the log. It never blocks on a listener.
func (h *Hub) Publish(e webinar.Event) {
	if e.Coalesce != "" {
		if r := h.enter(e.Webinar); r != nil {
			first := r.offer(e, coalesceEvery)
			r.mu.Unlock()
			if first {
				r.send(e.Coalesce)
			}
		}
		return
	}
	m, ok := h.message(e)
	if !ok {
		return
	}
	if r := h.enter(e.Webinar); r != nil {
		r.append(e.To, m)
		r.mu.Unlock()
	}
}

func (h *Hub) message(e webinar.Event) (Message, bool) {
	name, data, err := h.encode(e)
	if err != nil {
		h.log.Error("event not written", "webinar", e.Webinar, "err", err)
		return Message{}, false
	}
	return Message{Name: name, Data: data}, true
}

// Listener is who opens a stream.
type Listener struct {
	Ticket webinar.TicketID
	Role   webinar.Role
}

// Subscribe opens a stream of the events of w that l may hear. If the log still holds everything after lastEventID,
// what was missed is queued first, then the newest value of each coalesced kind, and resumed is true; else the caller
// begins with a snapshot taken after Subscribe. The stream ends with ctx, by Close, or for one of the errors above.
func (h *Hub) Subscribe(ctx context.Context, w webinar.ID, l Listener, lastEventID string) (s *Stream, resumed bool) {
	r := h.enter(w)
	if r == nil {
		s = newStream(nil, l, 0)
		s.finish(ErrClosed)
		return s, false
	}
	missed, resumed := r.missed(l, lastEventID)
	s = newStream(r, l, len(missed))
	s.since = r.id(r.last)
	for _, m := range missed {
		s.queue <- m
	}
	first := r.join(s)
	h.running.Add(1)
	s.unwatch = context.AfterFunc(ctx, func() {
		defer h.running.Done()
		r.end(s, context.Cause(ctx))
	})
	r.mu.Unlock()
	if first {
		r.send(presenceKey)
	}
	return s, resumed
}

// Watching is the number of distinct people with an open stream.
func (h *Hub) Watching(w webinar.ID) int {
	return h.count(w, func(r *room) int { return len(r.tickets) })
}

// Streams is the number of open streams of all webinars.
func (h *Hub) Streams() int {
	h.mu.Lock()
	rooms := slices.Collect(maps.Values(h.rooms))
	h.mu.Unlock()
	n := 0
	for _, r := range rooms {
		r.mu.Lock()
		n += len(r.streams)
		r.mu.Unlock()
	}
	return n
}

// Hosts is the number of distinct hosts with an open stream.
func (h *Hub) Hosts(w webinar.ID) int { return h.count(w, func(r *room) int { return r.hosts }) }

func (h *Hub) count(w webinar.ID, of func(*room) int) int {
	h.mu.Lock()
	r := h.rooms[w]
	h.mu.Unlock()
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return of(r)
}

// End ends every stream of a ticket, such as a revoked one; what is queued for it is thrown away.
func (h *Hub) End(w webinar.ID, ticket webinar.TicketID) {
	h.mu.Lock()
	r := h.rooms[w]
	h.mu.Unlock()
	if r == nil {
		return
	}
	for _, s := range r.of(ticket) {
		r.end(s, ErrEnded)
	}
}

// Reseat gives the open streams of a ticket another role: what comes from now on is what that role may hear. Between
// hosts and others nobody moves.
func (h *Hub) Reseat(w webinar.ID, ticket webinar.TicketID, to webinar.Role) {
	h.mu.Lock()
	r := h.rooms[w]
	h.mu.Unlock()
	if r != nil {
		r.reseat(ticket, to)
	}
}

// Present lists the people with an open stream, in no order.
func (h *Hub) Present(w webinar.ID) []webinar.TicketID {
	h.mu.Lock()
	r := h.rooms[w]
	h.mu.Unlock()
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.tickets))
}

// Close ends every stream and returns when nothing of the hub runs any more. Events published later are dropped.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	rooms := h.rooms
	h.rooms = nil
	h.mu.Unlock()
	for _, r := range rooms {
		r.close()
	}
	h.running.Wait()
}

// enter returns the room of w with its lock held, made if there is none, or nil once the hub is closed.
func (h *Hub) enter(w webinar.ID) *room {
	for {
		h.mu.Lock()
		if h.closed {
			h.mu.Unlock()
			return nil
		}
		r := h.rooms[w]
		if r == nil {
			r = newRoom(h, w)
			h.rooms[w] = r
		}
		h.mu.Unlock()
		r.mu.Lock() // not under the hub's lock: a busy room must not hold up the others
		if !r.dead {
			return r
		}
		r.mu.Unlock()
		h.forget(r)
	}
}

// forget takes a dead room out of the map.
func (h *Hub) forget(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[r.w] == r {
		delete(h.rooms, r.w)
	}
}
