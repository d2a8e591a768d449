package polls

import (
	"sync"

	"plenum/webinar"
)

// openTallies holds the results of the open polls, so that no vote has to count the box. The writer changes it after
// each commit; the rest of the world reads.
type openTallies struct {
	mu sync.Mutex
	m  map[PollID]*openTally
}

type openTally struct {
	*count
	changed bool
}

func newOpenTallies() *openTallies { return &openTallies{m: map[PollID]*openTally{}} }

func (o *openTallies) set(c *count) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.m[c.poll.ID] = &openTally{c, true}
}

// poll returns an open poll, whose options do not change any more.
func (o *openTallies) poll(w webinar.ID, id PollID) (Poll, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.m[id]; t != nil && t.poll.Webinar == w {
		return t.poll, true
	}
	return Poll{}, false
}

func (o *openTallies) add(id PollID, a Answer, weight int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.m[id]; t != nil {
		t.addWeighing(a, weight)
		t.changed = true
	}
}

// takesBack reports whether the count of an open poll can take an answer out again.
func (o *openTallies) takesBack(id PollID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.m[id]
	return t != nil && t.takesBack()
}

// swap counts an answer in the place of another one.
func (o *openTallies) swap(id PollID, was, now Answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.m[id]; t != nil {
		t.swap(was, now)
		t.changed = true
	}
}

// recounted replaces the count of a poll that is open still.
func (o *openTallies) recounted(c *count) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.m[c.poll.ID] != nil {
		o.m[c.poll.ID] = &openTally{c, true}
	}
}

func (o *openTallies) get(id PollID) (Tally, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.m[id]; t != nil {
		return t.tally(), true
	}
	return Tally{}, false
}

// decide changes what was decided about the texts of an open poll.
func (o *openTallies) decide(id PollID, marks map[string]mark) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.m[id]; t != nil {
		t.poll.marks, t.changed = marks, true
		if c, ok := t.counter.(*said); ok {
			c.poll.marks = marks
		}
	}
}

func (o *openTallies) drop(id PollID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.m, id)
}

func (o *openTallies) dropAll(w webinar.ID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, t := range o.m {
		if t.poll.Webinar == w {
			delete(o.m, id)
		}
	}
}

// news is the newest result of an open poll.
type news struct {
	webinar webinar.ID
	tally   Tally
}

// takeChanged returns the results that changed since the last call.
func (o *openTallies) takeChanged() []news {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []news
	for _, t := range o.m {
		if t.changed {
			t.changed = false
			out = append(out, news{t.poll.Webinar, t.poll.public(t.tally())}) // by what is decided now
		}
	}
	return out
}
