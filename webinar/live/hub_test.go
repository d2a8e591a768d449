package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"plenum/webinar"
)

func TestEveryListenerGetsTheSameBytesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHub(t)
		defer h.Close()
		var streams []*Stream
		for i := range 50 {
			s, resumed := h.Subscribe(t.Context(), room1, attendee(fmt.Sprint(i)), "")
			if resumed {
				t.Fatal("resumed from nothing")
			}
			streams = append(streams, s)
		}
		other, _ := h.Subscribe(t.Context(), "w2", attendee("x"), "")
		synctest.Wait()
		for _, s := range append(streams, other) {
			drain(t, s)
		}
		before := c.calls.Load()
		say(h, 7)
		if got := c.calls.Load() - before; got != 1 {
			t.Errorf("encode was called %d times", got)
		}
		first := <-streams[0].C()
		for _, s := range streams[1:] {
			if m := <-s.C(); &m.Data[0] != &first.Data[0] || m.ID != first.ID || m.ID == "" {
				t.Fatalf("got %v, another got %v", m, first)
			}
		}
		if notes, _ := drain(t, other); notes != nil {
			t.Errorf("another webinar heard %v", notes)
		}
	})
}

func TestAudience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		boss, _ := h.Subscribe(t.Context(), room1, host("h"), "")
		speaker, _ := h.Subscribe(t.Context(), room1, Listener{"s", webinar.Speaker}, "")
		ann, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		ben, _ := h.Subscribe(t.Context(), room1, attendee("b"), "")
		start := ann.Since()
		for i, to := range []webinar.Audience{webinar.Everyone(), webinar.Hosts(), webinar.Attendees(), webinar.Only("a")} {
			sayTo(h, to, i)
		}
		for name, want := range map[*Stream][]int{boss: {0, 1}, speaker: {0}, ann: {0, 2, 3}, ben: {0, 2}} {
			if got, _ := drain(t, name); !slices.Equal(got, want) {
				t.Errorf("%s heard %v, want %v", name.listener.Ticket, got, want)
			}
		}
		// Whose role changes hears from then on what the new one may hear.
		h.Reseat(room1, "a", webinar.Guest)
		for i, to := range []webinar.Audience{webinar.Attendees(), webinar.Only("a"), webinar.Everyone()} {
			sayTo(h, to, 4+i)
		}
		if got, _ := drain(t, ann); !slices.Equal(got, []int{5, 6}) {
			t.Errorf("the guest heard %v", got)
		}
		if got := h.Present(room1); len(got) != 4 || !slices.Contains(got, "a") || h.Present("none") != nil {
			t.Errorf("present: %v", got)
		}
		// What is replayed is filtered the same way, by who asks now.
		again, resumed := h.Subscribe(t.Context(), room1, attendee("b"), start)
		if got, _ := drain(t, again); !resumed || !slices.Equal(got, []int{0, 2, 4, 6}) {
			t.Errorf("b resumed %v and heard %v", resumed, got)
		}
	})
}

func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		s, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		empty := s.Since()
		say(h, 1)
		_, first := drain(t, s)
		s.Close()
		for n := 2; n <= 40; n++ {
			say(h, n)
		}
		s, resumed := h.Subscribe(t.Context(), room1, attendee("a"), first)
		say(h, 41)
		got, last := drain(t, s)
		if !resumed || len(got) != 40 || got[0] != 2 || got[39] != 41 {
			t.Errorf("resumed %v, heard %v", resumed, got)
		}
		if got, resumed := h.Subscribe(t.Context(), room1, attendee("a"), last); !resumed {
			t.Error("not resumed after the newest event")
		} else if notes, _ := drain(t, got); notes != nil {
			t.Errorf("heard %v again", notes)
		}
		if _, resumed := h.Subscribe(t.Context(), room1, attendee("a"), empty); !resumed {
			t.Error("not resumed from the beginning")
		}
		later, _ := newHub(t)
		defer later.Close()
		say(later, 1)
		if _, resumed := later.Subscribe(t.Context(), room1, attendee("a"), first); resumed {
			t.Error("an id of another process resumed")
		}
		for _, id := range []string{"", "x", "-", s.room.epoch, s.room.epoch + "-", s.room.epoch + "-42", s.room.epoch + "-99999999999999999999",
			s.room.epoch + "--1", s.room.epoch + "-1x", "zzz-1"} {
			if s, resumed := h.Subscribe(t.Context(), room1, attendee("a"), id); resumed || s.Err() != nil {
				t.Errorf("%q resumed %v, %v", id, resumed, s.Err())
			}
		}
	})
}

func TestRingForgetsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		for n := 1; n <= ringSize+5; n++ {
			say(h, n)
		}
		probe, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		r := probe.room
		s, resumed := h.Subscribe(t.Context(), room1, attendee("a"), r.id(5))
		if got, _ := drain(t, s); !resumed || len(got) != ringSize || got[0] != 6 || got[ringSize-1] != ringSize+5 {
			t.Errorf("resumed %v with %d events", resumed, len(got))
		}
		if _, resumed := h.Subscribe(t.Context(), room1, attendee("a"), r.id(4)); resumed {
			t.Error("resumed although an event is lost")
		}
	})
}

func TestLaggardIsEndedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		slow, _ := h.Subscribe(t.Context(), room1, attendee("slow"), "")
		quick, _ := h.Subscribe(t.Context(), room1, attendee("quick"), "")
		time.Sleep(2 * presenceEvery)
		synctest.Wait()
		drain(t, slow)
		var heard []int
		for n := 1; n <= 3*queueSize; n++ {
			say(h, n)
			got, _ := drain(t, quick)
			heard = append(heard, got...)
		}
		if len(heard) != 3*queueSize || quick.Err() != nil {
			t.Errorf("the quick one heard %d, %v", len(heard), quick.Err())
		}
		<-slow.Done()
		got, last := drain(t, slow)
		if !errors.Is(slow.Err(), ErrLagged) || len(got) != queueSize {
			t.Errorf("the slow one: %v, %d left", slow.Err(), len(got))
		}
		slow, resumed := h.Subscribe(t.Context(), room1, attendee("slow"), last)
		if more, _ := drain(t, slow); !resumed || len(got)+len(more) != 3*queueSize {
			t.Errorf("after resuming %d of %d", len(got)+len(more), 3*queueSize)
		}
	})
}

func TestStreamEndsWithContextEndAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		cause := errors.New("gone home")
		ctx, cancel := context.WithCancelCause(t.Context())
		a, _ := h.Subscribe(ctx, room1, attendee("a"), "")
		b, _ := h.Subscribe(t.Context(), room1, attendee("b"), "")
		b2, _ := h.Subscribe(t.Context(), room1, attendee("b"), "")
		c, _ := h.Subscribe(t.Context(), room1, attendee("c"), "")
		d, _ := h.Subscribe(t.Context(), room1, attendee("d"), "")
		cancel(cause)
		<-a.Done()
		say(h, 1)
		h.End(room1, "b")
		h.End("nowhere", "b")
		d.Close()
		d.Close()
		h.Close()
		h.Close()
		say(h, 2)
		for s, want := range map[*Stream]error{a: cause, b: ErrEnded, b2: ErrEnded, c: ErrClosed, d: nil} {
			<-s.Done()
			if err := s.Err(); !errors.Is(err, want) {
				t.Errorf("%s ended with %v, want %v", s.listener.Ticket, err, want)
			}
		}
		if m, ok := <-b.C(); ok {
			t.Errorf("a revoked ticket still heard %v", m)
		}
		s, resumed := h.Subscribe(t.Context(), room1, attendee("e"), "")
		if _, ok := <-s.C(); ok || resumed || !errors.Is(s.Err(), ErrClosed) {
			t.Errorf("subscribed to a closed hub: %v", s.Err())
		}
		s.Close()
	})
}

func TestEventThatCannotBeWrittenIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		s, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		h.Publish(webinar.Event{Webinar: room1, Body: errors.New("no such event")})
		h.Publish(webinar.Event{Webinar: room1, Body: errors.New("no such event"), Coalesce: "k"})
		count(h, "k", 1)
		say(h, 2)
		time.Sleep(time.Second)
		synctest.Wait()
		if got, _ := drain(t, s); !slices.Equal(got, []int{2, 1}) {
			t.Errorf("heard %v", got)
		}
	})
}

func TestIdleLogIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		defer h.Close()
		s, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		say(h, 1)
		_, id := drain(t, s)
		rooms := func() int {
			synctest.Wait()
			h.mu.Lock()
			defer h.mu.Unlock()
			return len(h.rooms)
		}
		time.Sleep(5 * idleAfter)
		if rooms() != 1 {
			t.Fatal("a log with a listener was dropped")
		}
		s.Close()
		time.Sleep(idleAfter / 2)
		say(h, 2)
		time.Sleep(idleAfter - time.Second)
		if rooms() != 1 {
			t.Error("dropped too early")
		}
		time.Sleep(idleAfter)
		if rooms() != 0 {
			t.Error("an idle log is still there")
		}
		if _, resumed := h.Subscribe(t.Context(), room1, attendee("a"), id); resumed {
			t.Error("resumed in a log that was dropped")
		}
	})
}

// However often a listener loses the connection, it hears every event once and in order.
func TestNothingIsLostOverReconnects(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h, _ := newHub(t)
		defer h.Close()
		s, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		last, next := s.Since(), 0
		var heard []int
		read := func() {
			got, id := drain(t, s)
			heard = append(heard, got...)
			if id != "" {
				last = id
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"publish": func(rt *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(rt, "n") {
					say(h, next)
					next++
				}
			},
			"read": func(*rapid.T) { read() },
			"reconnect": func(rt *rapid.T) {
				s.Close()
				if rapid.Bool().Draw(rt, "read the rest") {
					read()
				}
				var resumed bool
				if s, resumed = h.Subscribe(t.Context(), room1, attendee("a"), last); !resumed {
					rt.Fatalf("not resumed after %s", last)
				}
			},
		})
		s.Close()
		read()
		s, _ = h.Subscribe(t.Context(), room1, attendee("a"), last)
		read()
		for i, n := range heard {
			if n != i {
				rt.Fatalf("heard %v", heard)
			}
		}
		if len(heard) != next {
			rt.Fatalf("heard %d of %d", len(heard), next)
		}
	})
}

// Publishers, listeners and revocations at once; each listener's ids only grow.
func TestConcurrentUse(t *testing.T) {
	h, _ := newHub(t)
	h.OnHosts(func(w webinar.ID, n int) { h.Watching(w) })
	var wg sync.WaitGroup
	for p := range 4 {
		wg.Go(func() {
			for n := range 300 {
				h.Publish(webinar.Event{Webinar: webinar.ID(fmt.Sprint(n % 3)), Body: note{n}})
				h.Publish(webinar.Event{Webinar: webinar.ID(fmt.Sprint(n % 3)), Body: note{n}, Coalesce: fmt.Sprint(p)})
			}
		})
	}
	for l := range 8 {
		wg.Go(func() {
			last := ""
			for range 40 {
				ctx, cancel := context.WithCancel(t.Context())
				s, _ := h.Subscribe(ctx, webinar.ID(fmt.Sprint(l%3)), host(fmt.Sprint(l)), last)
				for range 5 {
					select {
					case m := <-s.C():
						if m.ID != "" {
							last = m.ID
						}
					default:
					}
				}
				if l == 0 {
					h.End("0", "0")
				}
				cancel()
				<-s.Done()
			}
		})
	}
	wg.Wait()
	h.Close()
	if n := h.Watching("0") + h.Hosts("0"); n != 0 {
		t.Errorf("%d left behind", n)
	}
}

func TestStreamsOfAllWebinars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := newHub(t)
		a, _ := h.Subscribe(t.Context(), room1, attendee("a"), "")
		h.Subscribe(t.Context(), room1, attendee("a"), "")
		h.Subscribe(t.Context(), "w2", attendee("b"), "")
		if n := h.Streams(); n != 3 {
			t.Errorf("%d streams, want 3", n)
		}
		a.Close()
		if n := h.Streams(); n != 2 {
			t.Errorf("%d streams after one was closed, want 2", n)
		}
		h.Close()
		if n := h.Streams(); n != 0 {
			t.Errorf("%d streams after the end", n)
		}
	})
}
