package live

import (
	"time"

	"plenum/webinar"
)

const presenceKey = "presence"

// kept is the newest value of one coalesced kind. While a value is being written, and for `every` after it was sent,
// newer ones wait in next, where the newest wins; so values never overtake one another.
type kept struct {
	every time.Duration
	next  *webinar.Event // not sent yet
	busy  bool           // being written, or cooling down
	timer *time.Timer    // ends the cooling

	sent bool // to and m hold the newest value that was sent
	to   webinar.Audience
	m    Message
}

// offer takes a value; when it reports true, the caller calls send after it has left the lock.
func (r *room) offer(e webinar.Event, every time.Duration) (first bool) {
	k := r.keys[e.Coalesce]
	if k == nil {
		k = &kept{every: every}
		r.keys[e.Coalesce] = k
	}
	k.next = &e
	if k.busy {
		return false
	}
	k.busy = true
	return true
}

func (r *room) offerPresence() (first bool) {
	return r.offer(webinar.Event{Webinar: r.w, To: webinar.Everyone(), Coalesce: presenceKey,
		Body: webinar.Presence{Watching: len(r.tickets)}}, presenceEvery)
}

// send writes the newest value of key and lets it cool down. It takes the lock itself and calls encode outside it.
func (r *room) send(key string) {
	r.mu.Lock()
	k := r.keys[key]
	e := k.next
	k.next = nil
	r.mu.Unlock()
	m, ok := r.hub.message(*e)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return
	}
	if ok {
		k.sent, k.to, k.m = true, e.To, m
		r.deliver(e.To, m)
	}
	r.cool(key, k.every)
}

// cool arms the timer that sends what has come until then.
func (r *room) cool(key string, d time.Duration) {
	k := r.keys[key]
	r.hub.running.Add(1)
	k.timer = time.AfterFunc(d, func() {
		defer r.hub.running.Done()
		r.mu.Lock()
		if r.dead || k.next == nil {
			k.busy, k.timer = false, nil
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		r.send(key)
	})
}

// hostHook serialises the calls of the hook: one goroutine at a time, which takes the newest count.
type hostHook struct {
	want, told int
	running    bool
}

// tellHosts lets the hook hear the present number of hosts.
func (r *room) tellHosts() {
	call := r.hub.onHosts.Load()
	r.hook.want = r.hosts
	if call == nil || r.hook.running {
		return
	}
	r.hook.running = true
	r.hub.running.Go(func() {
		for {
			r.mu.Lock()
			n := r.hook.want
			if n == r.hook.told || r.dead {
				r.hook.running = false
				r.mu.Unlock()
				return
			}
			r.hook.told = n
			r.mu.Unlock()
			(*call)(r.w, n)
		}
	})
}
