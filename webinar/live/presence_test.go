package live

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar"
)

// heardWatching returns the counts that s was told.
func heardWatching(t *testing.T, s *Stream) (out []int) {
	t.Helper()
	synctest.Wait()
	for {
		select {
		case m := <-s.C():
			var p webinar.Presence
			if m.Name != "webinar.Presence" || m.ID != "" || json.Unmarshal(m.Data, &p) != nil {
				t.Fatalf("got %+v", m)
			}
			out = append(out, p.Watching)
		default:
			return out
		}
	}
}

func TestCoalescedValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		s, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		time.Sleep(2 * presenceEvery)
		synctest.Wait()
		begin, _ := drain(t, s)
		if begin != nil {
			t.Fatal(begin)
		}
		// 100 values a second for 2 s: the first at once, then one every 250 ms, and the last for certain.
		start := time.Now()
		for n := 1; n <= 200; n++ {
			count(h, "tally:p", n)
			if n == 1 {
				if got, _ := drain(t, s); !slices.Equal(got, []int{1}) {
					t.Fatalf("the first value came as %v", got)
				}
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(coalesceEvery)
		synctest.Wait()
		got, id := drain(t, s)
		if limit := int(time.Since(start) / coalesceEvery); len(got) > limit || len(got) < limit-2 || got[len(got)-1] != 200 || !slices.IsSorted(got) {
			t.Errorf("heard %v, at most %d expected", got, limit)
		}
		if id != "" {
			t.Errorf("a coalesced value has the id %s", id)
		}
		// Two kinds do not wait for one another.
		count(h, "tally:q", 1)
		if got, _ := drain(t, s); !slices.Equal(got, []int{1}) {
			t.Errorf("another kind came as %v", got)
		}
	})
}

// A tally that came while the connection was lost may have been the last one: who resumes gets the newest, once.
func TestResumedStreamGetsTheNewestValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		s, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		say(h, 100)
		_, id := drain(t, s)
		s.Close()
		for n := range 5 {
			count(h, "tally:p", n)
		}
		say(h, 101)
		time.Sleep(time.Second)
		synctest.Wait()
		s, resumed := h.Subscribe(t.Context(), room1, attendee("a"), id)
		if got, _ := drain(t, s); !resumed || !slices.Equal(got, []int{101, 4}) {
			t.Errorf("resumed %v, heard %v", resumed, got)
		}
		fresh, _ := h.Subscribe(t.Context(), room1, attendee("b"), "")
		if got, _ := drain(t, fresh); got != nil {
			t.Errorf("a new stream heard %v before its snapshot", got)
		}
	})
}

func TestPresenceCountsPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		a, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		if got := heardWatching(t, a); !slices.Equal(got, []int{1}) {
			t.Errorf("at once: %v", got)
		}
		time.Sleep(2 * presenceEvery)
		b, _ := h.Subscribe(t.Context(), room1, attendee("b"), "")
		tab, _ := h.Subscribe(t.Context(), room1, attendee("b"), "")
		c, _ := h.Subscribe(t.Context(), room1, host("c"), "")
		if h.Watching(room1) != 3 || h.Hosts(room1) != 1 {
			t.Errorf("watching %d, hosts %d", h.Watching(room1), h.Hosts(room1))
		}
		if got := heardWatching(t, a); !slices.Equal(got, []int{2}) {
			t.Errorf("the leading edge: %v", got)
		}
		time.Sleep(presenceEvery)
		if got := heardWatching(t, a); !slices.Equal(got, []int{3}) {
			t.Errorf("the trailing edge: %v", got)
		}
		time.Sleep(2 * presenceEvery)
		tab.Close() // the other tab is still open
		time.Sleep(2 * presenceEvery)
		if got := heardWatching(t, a); got != nil {
			t.Errorf("one tab of two closed: %v", got)
		}
		b.Close()
		c.Close()
		time.Sleep(2 * presenceEvery)
		if got := heardWatching(t, a); len(got) == 0 || got[len(got)-1] != 1 || len(got) > 2 {
			t.Errorf("after two left: %v", got)
		}
		if h.Watching(room1) != 1 || h.Hosts(room1) != 0 || h.Watching("nowhere") != 0 {
			t.Errorf("watching %d, hosts %d", h.Watching(room1), h.Hosts(room1))
		}
	})
}

func TestHostsHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		calls := make(chan int)
		h.OnHosts(func(w webinar.ID, n int) {
			if w != room1 {
				t.Errorf("called for %s", w)
			}
			h.Hosts(w) // no lock is held
			calls <- n
		})
		a, _ := h.Subscribe(t.Context(), room1, host("a"), "") // does not wait for the hook
		a2, _ := h.Subscribe(t.Context(), room1, host("a"), "")
		h.Subscribe(t.Context(), room1, attendee("x"), "")
		expect := func(want int) {
			t.Helper()
			if got := <-calls; got != want {
				t.Errorf("hook heard %d, want %d", got, want)
			}
			synctest.Wait()
		}
		expect(1)
		a2.Close()
		synctest.Wait()
		a.Close()
		expect(0)
		// While one call is running, only the newest count waits.
		b, _ := h.Subscribe(t.Context(), room1, host("b"), "")
		synctest.Wait()
		h.Subscribe(t.Context(), room1, host("c"), "")
		b.Close()
		h.Subscribe(t.Context(), room1, host("d"), "")
		h.Subscribe(t.Context(), room1, host("e"), "")
		expect(1)
		expect(3)
		h.Close()
		select {
		case n := <-calls:
			t.Errorf("closing the hub told %d hosts", n)
		default:
		}
	})
}

// A recording pauses when the last host goes, so one whose stream is opened anew, or ended because it lagged, has not gone.
func TestHostsHookWaitsForTheLastToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		calls := make(chan int, 9)
		h.OnHosts(func(_ webinar.ID, n int) { calls <- n })
		after := func(d time.Duration, want ...int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			var told []int
			for range len(calls) {
				told = append(told, <-calls)
			}
			if !slices.Equal(told, want) {
				t.Errorf("told %v, want %v", told, want)
			}
		}
		lagging, _ := h.Subscribe(t.Context(), room1, host("a"), "")
		for n := range queueSize + 1 {
			say(h, n)
		}
		if !errors.Is(lagging.Err(), ErrLagged) {
			t.Fatal(lagging.Err())
		}
		after(3*time.Second, 1)
		back, _ := h.Subscribe(t.Context(), room1, host("a"), "")
		after(2 * hostGrace)
		back.Close()
		after(hostGrace - time.Millisecond)
		after(time.Millisecond, 0)
		h.Subscribe(t.Context(), room1, host("b"), "")
		after(0, 1)
		h.End(room1, "b") // a revoked seat is not waited for
		after(0, 0)
	})
}
