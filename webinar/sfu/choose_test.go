package sfu

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAllot(t *testing.T) {
	face := func(now int) want { return want{prices: []int64{150, 500, 1800}, most: 2, now: now} }
	small := func(now int) want { return want{prices: []int64{150, 500, 1800}, most: 1, now: now} }
	for name, x := range map[string]struct {
		budget int64
		wants  []want
		poor   bool
		places []int
	}{
		"nobody":                        {1000, nil, false, []int{}},
		"the best that fits":            {2200, []want{face(-1)}, false, []int{2}},
		"new needs a fifth more":        {1900, []want{face(-1)}, false, []int{1}},
		"what is sent stays":            {1900, []want{face(2)}, false, []int{2}},
		"too little, not yet poor":      {10, []want{face(-1), small(-1)}, false, []int{0, 0}},
		"too little and poor":           {10, []want{face(0), small(0)}, true, []int{-1, -1}},
		"poor: the first before others": {160, []want{face(0), small(0)}, true, []int{0, -1}},
		"the first grows first":         {2300, []want{face(-1), small(-1)}, false, []int{2, 0}},
		"no more than makes sense":      {9000, []want{small(-1), small(-1)}, false, []int{1, 1}},
		"one layer alone":               {100, []want{{prices: []int64{1500}, now: -1}}, false, []int{0}},
	} {
		if got := allot(x.budget, x.wants, x.poor); !slices.Equal(got, x.places) {
			t.Errorf("%s: %v, want %v", name, got, x.places)
		}
	}
}

// A poor viewer's allotment never costs more than the budget, and what was allotted stays when nothing changes.
func TestAllotKeepsTheBudgetAndStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wants := make([]want, rapid.IntRange(1, 4).Draw(t, "pictures"))
		for i := range wants {
			n := rapid.IntRange(1, 3).Draw(t, "layers")
			price := int64(0)
			for range n {
				price += rapid.Int64Range(10_000, 2_000_000).Draw(t, "price")
				wants[i].prices = append(wants[i].prices, price)
			}
			wants[i].most, wants[i].now = n-1, rapid.IntRange(-1, n-1).Draw(t, "now")
		}
		budget := rapid.Int64Range(0, 8_000_000).Draw(t, "budget")
		got := allot(budget, wants, true)
		cost := int64(0)
		for i, place := range got {
			if place >= 0 {
				cost += wants[i].prices[place]
			}
			wants[i].now = place
		}
		if cost > budget {
			t.Fatalf("%v costs %d of %d", got, cost, budget)
		}
		if again := allot(budget, wants, true); !slices.Equal(again, got) {
			t.Fatalf("%v became %v", got, again)
		}
	})
}

func TestDownlink(t *testing.T) {
	at := time.Unix(1e9, 0)
	rounds := func(d *downlink, n int, r reception) {
		for range n {
			at = at.Add(time.Second)
			d.hear(at, r)
		}
	}
	good := reception{sent: 1_000_000, want: 2_200_000, rtt: 30 * time.Millisecond}
	var d downlink
	if d.limit() != firstBudget {
		t.Errorf("begins with %d", d.limit())
	}
	rounds(&d, 10, good)
	if d.limit() < 2_000_000 || d.limit() > 5_000_000 {
		t.Errorf("after ten good rounds %d: growth is tried as far as there is something to be had", d.limit())
	}
	if rounds(&d, 60, good); d.limit() > 5_000_000 {
		t.Errorf("after a good minute %d, which nobody needs", d.limit())
	}
	rounds(&d, 1, reception{sent: 1_000_000, rtt: 30 * time.Millisecond, loss: 0.3})
	if d.limit() > 700_000 || d.exhausted() {
		t.Errorf("after loss %d, exhausted %v", d.limit(), d.exhausted())
	}
	rounds(&d, 2, reception{sent: 300_000, rtt: 900 * time.Millisecond})
	if d.limit() > 300_000 || d.exhausted() {
		t.Errorf("after two rounds of a full queue %d, exhausted %v", d.limit(), d.exhausted())
	}
	rounds(&d, 3, reception{sent: 300_000, rtt: 90 * time.Millisecond, loss: 0.4})
	if !d.exhausted() {
		t.Error("three rounds of much loss are no exhaustion")
	}
	rounds(&d, 1, reception{sent: 100_000, rtt: 40 * time.Millisecond, loss: 0.05})
	if d.exhausted() {
		t.Error("a little loss is no exhaustion")
	}
	if rounds(&d, 1, reception{sent: 300_000, rtt: 90 * time.Millisecond, loss: 0.9}); d.exhausted() {
		t.Error("one bad second takes the picture away")
	}
	if rounds(&d, 1, reception{sent: 300_000, rtt: 90 * time.Millisecond, loss: 0.9}); !d.exhausted() {
		t.Error("nearly everything was lost for two seconds, and the picture stays")
	}

	// Each raise that goes wrong doubles the wait for the next.
	d = downlink{}
	waits := []int{}
	for range 3 {
		rounds(&d, 1, reception{sent: 1_000_000, rtt: 30 * time.Millisecond, loss: 0.2})
		was, n := d.limit(), 0
		for ; d.limit() <= was && n < 100; n++ {
			rounds(&d, 1, good)
		}
		waits = append(waits, n)
	}
	if !slices.IsSorted(waits) || waits[2] < 3*waits[0]/2 {
		t.Errorf("rounds until the next raise: %v", waits)
	}

	// An estimate far below what is sent counts, but not at once.
	d = downlink{}
	low := reception{sent: 1_000_000, rtt: 30 * time.Millisecond, estimate: 200_000}
	if rounds(&d, 5, low); d.limit() < firstBudget {
		t.Errorf("low estimates without any loss made %d", d.limit())
	}
	d, low.loss = downlink{}, 0.04
	if rounds(&d, 2, low); d.limit() < firstBudget {
		t.Errorf("two low estimates made %d", d.limit())
	}
	if rounds(&d, 1, low); d.limit() > 200_000 {
		t.Errorf("three low estimates left %d", d.limit())
	}
}

// What is recorded stays awake though everybody watches something smaller.
func TestAKeptLayerDoesNotSleep(t *testing.T) {
	const after = 8 * time.Second
	at := time.Unix(100, 0)
	for _, keep := range []bool{false, true} {
		l := ladder{{}, {}, {}}
		l[0].watched.Store(1)
		var kept *layer
		if keep {
			kept = l[2]
		}
		l.rest(at, l[2], after) // all were needed at some time
		l.rest(at.Add(after+time.Second), kept, after)
		if l[0].asleep.Load() || !l[1].asleep.Load() || l[2].asleep.Load() == keep {
			t.Errorf("kept %v: asleep %v, %v, %v", keep, l[0].asleep.Load(), l[1].asleep.Load(), l[2].asleep.Load())
		}
	}
}

func TestLadderSorts(t *testing.T) {
	mk := func(rates ...int64) ladder {
		var l ladder
		for _, r := range rates {
			x := &layer{}
			x.rate.Store(r)
			l = append(l, x)
		}
		return l
	}
	l := mk(1800, 150, 500)
	s := l.sorted()
	if s[0] != l[1] || s[1] != l[2] || s[2] != l[0] {
		t.Error("not in order of rates")
	}
	l = mk(510, 500, 0)
	if !slices.Equal(l.sorted(), l) {
		t.Error("layers changed places for nothing")
	}
	// A small picture of a still scene may cost more than a large one: its rate was measured in another minute.
	l = mk(20, 60, 0)
	l[0].area, l[1].area, l[2].area = 320*180, 160*90, 640*360
	s = l.sorted()
	if s[0] != l[1] || s[1] != l[0] || s[2] != l[2] {
		t.Error("not in order of sizes")
	}
}
