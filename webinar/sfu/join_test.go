package sfu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// running runs the shard until the test ends.
func (s *stall) running(t *testing.T) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); s.run() }()
	t.Cleanup(func() { s.close(); <-done })
}

// pictures sends n pictures of one packet each, 20 ms apart; the first is a key frame if key is set.
func (s *stall) pictures(n int, key bool) {
	for i := range n {
		j := s.burst(s.camera, 1, true)
		j.packets[0].frame.key = key && i == 0
		j.packets[0].rtp.Timestamp = uint32(s.next) * 1800
		s.offer(j)
		time.Sleep(20 * time.Millisecond)
	}
	synctest.Wait()
}

// join adds a viewer of the camera as the room would.
func (s *stall) join(who string) *viewer {
	v := &viewer{shard: s.shard}
	at := &slot{viewer: v, video: true}
	at.bound.Store(&binding{formats: []format{{codec: s.camera.src.codec, pt: 96}}, out: &pen{who, s, false}})
	v.slots, v.video = []*slot{at}, []*slot{at}
	v.ready.Store(true)
	s.post(func(sh *shard) { sh.viewers = append(sh.viewers, v); sh.turn(at, s.camera.src) })
	synctest.Wait()
	return v
}

// numbers of the packets that somebody was sent.
func (s *stall) numbers(who string) (out []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.notes {
		var seq, at int
		if strings.HasPrefix(n, who+" ") {
			if _, err := fmt.Sscanf(n[len(who)+1:], "%d at %d", &seq, &at); err == nil {
				out = append(out, seq)
			}
		}
	}
	return out
}

func upTo(first, last int) (out []int) {
	for i := first; i <= last; i++ {
		out = append(out, i)
	}
	return out
}

func TestAJoinerCatchesUpAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStall(t)
		s.running(t)
		s.pictures(100, true)
		s.join("anna")
		s.pictures(5, false)
		if got := s.numbers("anna"); !slices.Equal(got, upTo(1, 105)) {
			t.Errorf("%v", got)
		}
		if s.camera.watched.Load() != 1 {
			t.Errorf("watched by %d", s.camera.watched.Load())
		}
	})
}

func TestAKeyFrameEndsCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStall(t)
		s.running(t)
		s.pictures(200, true)
		s.join("anna") // is given 16 packets every 5 ms
		s.pictures(1, true)
		s.pictures(3, false)
		got := s.numbers("anna")
		if len(got) > 100 || !slices.Equal(got, upTo(got[0], got[0]+len(got)-1)) {
			t.Errorf("%d packets: %v", len(got), got)
		}
	})
}

// large makes the group so large that a joiner had better wait for a fresh key frame.
func (s *stall) large() {
	s.post(func(sh *shard) { sh.feeds[s.camera].gop.bytes = smallGop + 1 })
	synctest.Wait()
}

func TestAJoinerWaitsForAFreshKeyFrameButNotLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStall(t)
		s.running(t)
		s.pictures(10, true)
		s.large()
		s.join("anna")
		if got := s.numbers("anna"); len(got) > 0 || !s.camera.want.Load() {
			t.Errorf("was given %v, key frame wanted: %v", got, s.camera.want.Load())
		}
		s.pictures(3, true) // the fresh one
		if got := s.numbers("anna"); len(got) != 3 {
			t.Errorf("after a fresh key frame: %v", got)
		}
		s.large()
		s.join("bert")
		time.Sleep(freshWait + catchGap)
		synctest.Wait()
		if got := s.numbers("bert"); len(got) != 3 {
			t.Errorf("nobody answered: %v", got)
		}
		s.large()
		s.camera.deaf.Store(true)
		s.join("carl")
		if got := s.numbers("carl"); len(got) != 3 {
			t.Errorf("nobody ever answers: %v", got)
		}
	})
}

func TestLeavingWhileCatchingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStall(t)
		s.running(t)
		s.pictures(300, true)
		anna, bert := s.join("anna"), s.join("bert")
		s.post(func(sh *shard) { sh.remove(anna); sh.empty(s.camera) })
		synctest.Wait()
		was := len(s.numbers("anna"))
		s.pictures(1, true)
		s.pictures(4, false)
		if got := len(s.numbers("anna")); got != was {
			t.Errorf("%d packets for somebody who has left", got-was)
		}
		if got := s.numbers("bert"); len(got) < 5 || len(got) > 300 {
			t.Errorf("%d packets for somebody who stays", len(got))
		}
		s.post(func(sh *shard) { sh.remove(bert) })
		synctest.Wait()
		if n := s.camera.watched.Load(); n != 0 || len(s.catching)+s.feeds[s.camera].live > 0 {
			t.Errorf("%d watch", n)
		}
	})
}

func TestALongFrameGoesOutInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStall(t)
		s.watch("anna", false, false)
		s.running(t)
		s.offer(s.burst(s.camera, 40, true))
		s.offer(s.burst(s.mic, 1, false))
		time.Sleep(5 * time.Millisecond)
		s.offer(s.burst(s.camera, 2, true))
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		times := map[string][]int{}
		s.mu.Lock()
		for _, n := range s.notes {
			var kind string
			var seq, at int
			if _, err := fmt.Sscanf(n, "anna %s %d at %d", &kind, &seq, &at); err != nil {
				t.Fatal(n)
			}
			times[kind] = append(times[kind], at)
		}
		s.mu.Unlock()
		if got := times["camera"]; len(got) != 42 || !slices.IsSorted(got) {
			t.Fatalf("%v", got)
		}
		for from := 0; from < 42; {
			to := from
			for to < 42 && times["camera"][to] == times["camera"][from] {
				to++
			}
			if to-from > paceBurst {
				t.Errorf("%d packets at %d ms", to-from, times["camera"][from])
			}
			from = to
		}
		if last := times["camera"][41]; last > 40 {
			t.Errorf("the frame behind it came after %d ms", last)
		}
		if at := times["mic"]; len(at) != 1 || at[0] > 20 {
			t.Errorf("the sound came at %v ms", at)
		}
	})
}
