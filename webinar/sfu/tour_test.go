package sfu

import (
	"fmt"
	"runtime"
	"testing"
	"time"
	"weak"

	"pgregory.net/rapid"
)

// TestTheTourIsEverySlotThatCarriesSomething holds the plan against the slots themselves while people come, go, and lose
// and get back what they watch.
func TestTheTourIsEverySlotThatCarriesSomething(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := newStall(t)
		came := 0
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			one := func() *viewer { return s.viewers[rapid.IntRange(0, len(s.viewers)-1).Draw(r, "who")] }
			switch what := rapid.IntRange(0, 4).Draw(r, "what"); {
			case what == 0 || len(s.viewers) == 0:
				came++
				s.watch(fmt.Sprint(came), rapid.Bool().Draw(r, "on stage"), false)
			case what == 1:
				s.remove(one())
			case what == 2:
				v := one()
				s.turn(v.slots[rapid.IntRange(0, 1).Draw(r, "slot")], nil)
			case what == 3:
				s.turn(one().slots[0], s.mic.src)
			default:
				s.gather(s.burst(s.camera, 2, true))
				s.visit()
			}
		}
		s.tour.plan(s.viewers)
		want := map[*slot]bool{}
		live := map[*feed]int{}
		for _, v := range s.viewers {
			for _, at := range v.slots {
				if at.feed != nil && !at.catching && (at.video || !v.onStage) {
					want[at] = true
					live[at.feed]++
				}
			}
		}
		seen := map[*viewer]bool{}
		for i, at := range s.tour.stops {
			v := at.slot.viewer
			if !want[at.slot] || at.feed != at.slot.feed {
				r.Fatalf("stop %d is none, is there twice, or goes to another layer", i)
			}
			delete(want, at.slot)
			if again := i > 0 && s.tour.stops[i-1].slot.viewer == v; seen[v] != again {
				r.Fatal("the slots of a viewer are not in a row")
			} else if again && at.slot.video {
				r.Fatal("sound comes before the picture")
			}
			seen[v] = true
		}
		if len(want) > 0 {
			r.Fatalf("%d slots are left out", len(want))
		}
		for _, f := range s.feeds {
			if f.live != live[f] {
				r.Fatalf("a feed counts %d slots, it has %d", f.live, live[f])
			}
		}
	})
}

// Nobody who has left is kept by a plan, even if no packet comes any more.
func TestThePlanForgetsWhoHasLeft(t *testing.T) {
	s := newStall(t)
	s.watch("anna", false, false)
	gone := func() weak.Pointer[viewer] {
		v := s.watch("bert", false, false)
		s.gather(s.burst(s.camera, 1, true))
		s.visit()
		s.remove(v)
		return weak.Make(v)
	}()
	s.catchUp(time.Now().Add(freshWait))
	runtime.GC()
	if gone.Value() != nil {
		t.Error("the plan still knows who has left")
	}
	runtime.KeepAlive(s)
}
