package polls

import (
	"maps"
	"slices"
	"sync"
	"time"

	"plenum/webinar"
)

// openings knows the open polls and their times by the clock that never jumps. The writer changes it after each commit.
type openings struct {
	mu      sync.Mutex
	m       map[PollID]opening
	changed chan struct{} // holds one: something has changed since it was last emptied
}

// opening is one open poll. Its two times hold a monotonic reading, by which alone they are compared.
type opening struct {
	poll  Poll
	since time.Time
	until time.Time // zero: no end is set
	ended bool      // no vote is taken any more, see [Poll.Counting]
}

func newOpenings() *openings {
	return &openings{m: map[PollID]opening{}, changed: make(chan struct{}, 1)}
}

// set begins or changes an opening. Wall is the time of the wall clock now, from which the poll's times are written.
func (o *openings) set(p Poll, wall time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	next := opening{poll: p, ended: p.Counting(), since: now.Add(-max(0, wall.Sub(p.OpenedAt)))}
	if before, ok := o.m[p.ID]; ok {
		next.since = before.since
	}
	if !p.ClosesAt.IsZero() {
		next.until = now.Add(p.ClosesAt.Sub(wall))
	}
	o.m[p.ID] = next
	select {
	case o.changed <- struct{}{}:
	default:
	}
}

// elapsed is how long after its opening a poll was at a moment, and how long it is open in all; 0: no end is set.
func (o *openings) elapsed(id PollID, at time.Time) (after, limit time.Duration) {
	p, ok := o.get(id)
	if !ok {
		return 0, 0
	}
	if !p.until.IsZero() {
		limit = p.until.Sub(p.since)
	}
	return at.Sub(p.since), limit
}

func (o *openings) drop(id PollID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.m, id)
}

func (o *openings) dropAll(w webinar.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.m, func(_ PollID, p opening) bool { return p.poll.Webinar == w && !p.poll.survey() && !p.ended })
}

func (o *openings) get(id PollID) (opening, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p, ok := o.m[id]
	return p, ok
}

// timed returns the openings that have an end to come, or to be written, the next one first.
func (o *openings) timed() []opening {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := slices.Collect(maps.Values(o.m))
	list = slices.DeleteFunc(list, func(p opening) bool { return p.until.IsZero() || p.ended })
	slices.SortFunc(list, func(a, b opening) int { return a.until.Compare(b.until) })
	return list
}

// over reports whether the time of an open poll is up, whether or not it is written as closed already.
func (o *openings) over(id PollID) bool {
	p, ok := o.get(id)
	return ok && p.over()
}

func (p opening) over() bool { return p.ended || !p.until.IsZero() && !time.Now().Before(p.until) }

// jumped is how far the wall clock has moved against the clock that never jumps since the end was set.
func (p opening) jumped(wall time.Time) time.Duration {
	return time.Until(p.until) - p.poll.ClosesAt.Sub(wall)
}
