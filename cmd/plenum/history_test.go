package main

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
)

// outcome is what a client knows of an operation that it began.
type outcome string

const (
	ok      outcome = "ok"      // acknowledged
	fail    outcome = "fail"    // refused: it did not happen and never will
	unknown outcome = "unknown" // no answer: it happened, or did not, or will not
)

// operation is a vote, a change of one, or a closing. Its times are numbers of one counter for all clients.
type operation struct {
	voter            int    // -1: a host who closes
	before           string // receipt that a change replaces; empty: a vote
	receipt          string
	option           string
	invoked, settled int
	outcome          outcome
}

// history is all that the clients of one poll saw. Each voter does one thing at a time.
type history struct {
	mu    sync.Mutex
	clock int
	ops   []*operation
}

// invoke notes that an operation begins.
func (h *history) invoke(o operation) *operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	o.invoked = h.clock
	h.ops = append(h.ops, &o)
	return &o
}

func (h *history) settle(o *operation, as outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	o.settled, o.outcome = h.clock, as
}

// ballot is one that may lie in the box; none if empty.
type ballot struct{ receipt, option string }

// check compares the history with the box after the closing, by receipt, and with the published result. It returns what
// no order of the operations explains.
func (h *history) check(box map[string]string, result map[string]int) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	closed := 0
	for _, o := range h.ops {
		if o.voter < 0 && o.outcome == ok && (closed == 0 || o.settled < closed) {
			closed = o.settled
		}
	}
	rest := maps.Clone(box)
	possible := map[int][]ballot{}
	mine := map[int]map[string]bool{}
	for _, o := range h.ops {
		if o.voter < 0 {
			continue
		}
		if closed > 0 && o.invoked > closed && o.outcome == ok {
			say("voter %d: accepted after the closing", o.voter)
		}
		if mine[o.voter] == nil {
			mine[o.voter], possible[o.voter] = map[string]bool{}, []ballot{{}}
		}
		mine[o.voter][o.receipt] = true
		possible[o.voter] = o.applied(possible[o.voter])
	}
	for voter, may := range possible {
		var found []ballot
		for receipt := range mine[voter] {
			if option, in := box[receipt]; in {
				found = append(found, ballot{receipt, option})
				delete(rest, receipt)
			}
		}
		switch {
		case len(found) > 1:
			say("voter %d: %d ballots", voter, len(found))
		case len(found) == 0 && !slices.Contains(may, ballot{}):
			say("voter %d: an acknowledged vote is lost", voter)
		case len(found) == 1 && !slices.Contains(may, found[0]):
			say("voter %d: the box holds %v, and only %v explain what was answered", voter, found[0], may)
		}
	}
	if len(rest) > 0 {
		say("%d ballots of nobody", len(rest))
	}
	counted := map[string]int{}
	for _, option := range box {
		counted[option]++
	}
	for option := range result {
		if result[option] != counted[option] {
			say("%d for an option of which the box holds %d", result[option], counted[option])
		}
	}
	return faults
}

// applied returns the ballots that may be the voter's after an operation, from those that may have been before.
func (o *operation) applied(before []ballot) []ballot {
	done := ballot{o.receipt, o.option}
	var after []ballot
	for _, b := range before {
		happens := o.before == b.receipt || b == done // a vote needs no ballot before it; the same again changes nothing
		if happens && o.outcome != fail {
			after = append(after, done)
		}
		if o.outcome != ok {
			after = append(after, b)
		}
	}
	return after
}

func TestHistoryChecker(t *testing.T) {
	vote := func(voter int, receipt string, as outcome) func(*history) {
		return func(h *history) { h.settle(h.invoke(operation{voter: voter, receipt: receipt, option: "a"}), as) }
	}
	change := func(voter int, before, receipt string, as outcome) func(*history) {
		return func(h *history) {
			h.settle(h.invoke(operation{voter: voter, before: before, receipt: receipt, option: "b"}), as)
		}
	}
	closing := func(h *history) { h.settle(h.invoke(operation{voter: -1}), ok) }
	for name, c := range map[string]struct {
		story []func(*history)
		box   map[string]string
		sound bool
	}{
		"one vote":                          {[]func(*history){vote(1, "r", ok), closing}, map[string]string{"r": "a"}, true},
		"a lost vote":                       {[]func(*history){vote(1, "r", ok), closing}, nil, false},
		"an answer that got lost":           {[]func(*history){vote(1, "r", unknown), closing}, map[string]string{"r": "a"}, true},
		"a request that got lost":           {[]func(*history){vote(1, "r", unknown), closing}, nil, true},
		"a lost answer, and the retry":      {[]func(*history){vote(1, "r", unknown), vote(1, "r", ok)}, map[string]string{"r": "a"}, true},
		"a retry after a lost answer, lost": {[]func(*history){vote(1, "r", unknown), vote(1, "r", ok)}, nil, false},
		"refused and yet counted":           {[]func(*history){vote(1, "r", fail)}, map[string]string{"r": "a"}, false},
		"two ballots of one voter":          {[]func(*history){vote(1, "r", ok), vote(1, "s", unknown)}, map[string]string{"r": "a", "s": "a"}, false},
		"a ballot of nobody":                {[]func(*history){vote(1, "r", ok)}, map[string]string{"r": "a", "x": "a"}, false},
		"another answer":                    {[]func(*history){vote(1, "r", ok)}, map[string]string{"r": "b"}, false},
		"accepted after the closing":        {[]func(*history){closing, vote(1, "r", ok)}, map[string]string{"r": "a"}, false},
		"refused after the closing":         {[]func(*history){closing, vote(1, "r", fail)}, nil, true},
		"a change":                          {[]func(*history){vote(1, "r", ok), change(1, "r", "s", ok)}, map[string]string{"s": "b"}, true},
		"a change that was undone":          {[]func(*history){vote(1, "r", ok), change(1, "r", "s", ok)}, map[string]string{"r": "a"}, false},
		"a change without an answer":        {[]func(*history){vote(1, "r", ok), change(1, "r", "s", unknown)}, map[string]string{"r": "a"}, true},
		"its retry":                         {[]func(*history){vote(1, "r", ok), change(1, "r", "s", unknown), change(1, "r", "s", ok)}, map[string]string{"s": "b"}, true},
	} {
		h := &history{}
		for _, step := range c.story {
			step(h)
		}
		result := map[string]int{"a": 0, "b": 0}
		for _, option := range c.box {
			result[option]++
		}
		if faults := h.check(c.box, result); (len(faults) == 0) != c.sound {
			t.Errorf("%s: %v", name, faults)
		}
	}
	h := &history{}
	vote(1, "r", ok)(h)
	if h.check(map[string]string{"r": "a"}, map[string]int{"a": 2}) == nil {
		t.Error("a result that the box does not have was believed")
	}
}
