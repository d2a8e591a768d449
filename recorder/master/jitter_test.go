package master

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Packets that arrive shuffled within the waiting time, some twice, some never, come out in order and once; gap is
// told exactly where packets are missing.
func TestJitter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint16().Draw(t, "first")
		n := rapid.IntRange(1, 300).Draw(t, "n")
		type arrival struct {
			i  int
			at time.Duration
		}
		var list []arrival
		sent := make([]bool, n)
		for i := range n {
			at := time.Duration(i) * 10 * time.Millisecond
			for range rapid.SampledFrom([]int{0, 1, 1, 1, 1, 1, 2}).Draw(t, "copies") {
				late := rapid.Int64Range(0, int64(startHold-time.Millisecond)).Draw(t, "late")
				list = append(list, arrival{i, at + time.Duration(late)})
				sent[i] = true
			}
		}
		slices.SortStableFunc(list, func(a, b arrival) int { return int(a.at - b.at) })
		var j jitter
		var out []int
		take := func(now time.Duration) {
			for {
				p, gap, ok := j.pop(now, false)
				if !ok {
					return
				}
				i := int(p.ts)
				if len(out) > 0 && gap == (i == out[len(out)-1]+1) {
					t.Fatalf("gap %v before %d after %d", gap, i, out[len(out)-1])
				}
				out = append(out, i)
			}
		}
		for _, a := range list {
			j.push(first+uint16(a.i), packet{ts: uint32(a.i), at: a.at})
			take(a.at)
		}
		take(time.Hour)
		var want []int
		for i, ok := range sent {
			if ok {
				want = append(want, i)
			}
		}
		if !slices.Equal(out, want) {
			t.Fatalf("%v, want %v", out, want)
		}
	})
}

// A sender that counts anew under the same SSRC is believed after a while, old repeats never.
func TestJitterNewCount(t *testing.T) {
	var j jitter
	got := 0
	push := func(seq uint16, ts uint32, at time.Duration) {
		j.push(seq, packet{ts: ts, at: at})
		for {
			if _, _, ok := j.pop(at, false); !ok {
				return
			}
			got++
		}
	}
	for i := range 100 {
		push(uint16(20000+i), uint32(i), time.Duration(i)*20*time.Millisecond)
	}
	got = 0
	for i := range 500 { // 2 s old
		push(uint16(20000+i%100), uint32(i%100), 3*time.Second+time.Duration(i)*10*time.Millisecond)
	}
	if got != 0 {
		t.Fatalf("%d repeats came through", got)
	}
	for i := range 500 {
		push(uint16(i), uint32(1000+i), 9*time.Second+time.Duration(i)*20*time.Millisecond)
	}
	if got < 390 {
		t.Fatalf("only %d packets after counting anew", got)
	}
}

func TestJitterIsBounded(t *testing.T) {
	var j jitter
	for i := range 3 * maxHeld {
		j.push(uint16(2*i), packet{ts: uint32(i)}) // every other is missing
		for {
			if _, _, ok := j.pop(startHold, false); !ok {
				break
			}
		}
	}
	if len(j.held) > maxHeld {
		t.Fatalf("%d packets held", len(j.held))
	}
}
