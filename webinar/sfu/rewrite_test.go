package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

// testPacket is packet ext of an epoch: a frame of one packet with all numbers following from ext.
func testPacket(ext int64, epoch uint32) *packet {
	return numberedPacket(ext, epoch, 0, 0, 0, true)
}

func numberedPacket(ext int64, epoch, ts uint32, pic uint16, tl0 uint8, wide bool) *packet {
	pic += uint16(ext)
	tl0 += uint8(ext)
	payload := vp8(true, pic, tl0, 'x', uint32(ext))
	if !wide {
		payload = append([]byte{payload[0], payload[1], byte(pic & 0x7f)}, payload[4:]...)
	}
	h := rtp.Header{Version: 2, SequenceNumber: uint16(ext), Timestamp: ts + uint32(ext)*3000}
	return &packet{rtp: &rtp.Packet{Header: h, Payload: payload}, ext: ext, epoch: epoch, at: time.Unix(1000, 0).Add(time.Duration(ext) * time.Second / 30), frame: inspectVP8(payload)}
}

// Whatever sources follow one another, and however late packets come, a slot's stream has one number for each
// packet, the numbers of a source keep their distances, and nothing ever goes back at a switch.
func TestRewriteIsContinuous(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r rewriter
		at := time.Unix(1e9, 0)
		var last numbers
		sent := map[uint16]bool{}
		for e := range rapid.IntRange(1, 5).Draw(t, "sources") {
			first := rapid.Int64Range(1<<16, 1<<18).Draw(t, "first")
			ts, pic, tl0 := rapid.Uint32().Draw(t, "ts"), rapid.Uint16().Draw(t, "pic"), rapid.Uint8().Draw(t, "tl0")
			wide := rapid.Bool().Draw(t, "wide")
			n := rapid.IntRange(1, 40).Draw(t, "n")
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "pause")))
			mk := func(i int) *packet {
				p := numberedPacket(first+int64(i), uint32(e), ts, pic, tl0, wide)
				p.at = at
				return p
			}
			r.stop()
			if _, ok := r.apply(mk(0)); ok {
				t.Fatal("a packet passed before the begin")
			}
			used := r.used
			r.begin(mk(0), 90000, 3000, squeeze{})
			if _, ok := r.apply(mk(-1)); ok {
				t.Fatal("a packet from before the begin passed")
			}
			held := rapid.IntRange(1, n).Draw(t, "late") // comes last, if there is one
			order := []int{}
			for i := range n {
				if i != held {
					order = append(order, i)
				}
			}
			if held < n {
				order = append(order, held)
			}
			var zero, high numbers
			for _, i := range order {
				at = at.Add(33 * time.Millisecond)
				p := mk(i)
				got, ok := r.apply(p)
				if !ok {
					t.Fatalf("packet %d did not pass", i)
				}
				if i == 0 {
					zero = got
					if used && got.seq != last.seq+1 {
						t.Fatalf("sequence %d follows %d", got.seq, last.seq)
					}
					if used && int32(got.ts-last.ts) < 3000 && got.ts-last.ts < 1<<31 {
						t.Fatalf("timestamp %d follows %d", got.ts, last.ts)
					}
					mask := uint16(0x7f)
					if wide {
						mask = 0x7fff
					}
					if used && (got.pic != (last.pic+1)&mask || got.tl0 != last.tl0+1) {
						t.Fatalf("picture %d/%d follows %d/%d", got.pic, got.tl0, last.pic, last.tl0)
					}
				}
				if got.seq != zero.seq+uint16(i) || got.ts != zero.ts+uint32(i)*3000 || got.tl0 != zero.tl0+uint8(i) {
					t.Fatalf("packet %d became %+v, the first %+v", i, got, zero)
				}
				if sent[got.seq] {
					t.Fatalf("number %d was given twice", got.seq)
				}
				sent[got.seq] = true
				if ext, ok := r.source(got.seq); !ok || ext != p.ext {
					t.Fatalf("number %d leads to %d (%v), want %d", got.seq, ext, ok, p.ext)
				}
				if i == 0 || int16(got.seq-high.seq) > 0 {
					high = got
				}
			}
			if _, ok := r.source(zero.seq - 1); ok {
				t.Fatal("a number of the source before leads to this one")
			}
			last = high
		}
	})
}

func TestRewriteOverWraps(t *testing.T) {
	var r rewriter
	r.begin(testPacket(1<<16|100, 0), 90000, 3000, squeeze{})
	var last numbers
	for ext := int64(1<<16 | 100); ext < 1<<16+200_000; ext++ {
		n, ok := r.apply(testPacket(ext, 0))
		if !ok || ext > 1<<16|100 && (n.seq != last.seq+1 || n.pic != (last.pic+1)&0x7fff) {
			t.Fatalf("packet %d: %+v after %+v", ext, n, last)
		}
		last = n
	}
}

func TestUnwrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var u unwrapper
		at := int64(rapid.Uint16().Draw(t, "first"))
		base := u.next(uint16(at)) - at
		high := at
		for _, step := range rapid.SliceOf(rapid.Int64Range(-30000, 30000)).Draw(t, "steps") {
			if at = high + step; at < 0 {
				continue
			}
			if got := u.next(uint16(at)) - base; got != at {
				t.Fatalf("%d became %d", at, got)
			}
			high = max(high, at)
		}
	})
}

func TestCacheKnowsRepeats(t *testing.T) {
	c := newCache(false)
	for _, x := range []struct {
		ext, highest int64
		want         bool
	}{
		{1000, 1000, true}, {1000, 1000, false}, {998, 1000, true}, {998, 1000, false},
		{1300, 1300, true}, {1000, 1300, false}, {1044, 1300, false}, {1045, 1300, true},
	} {
		if got := c.add(testPacket(x.ext, 3), x.highest); got != x.want {
			t.Errorf("packet %d: %v", x.ext, got)
		}
	}
	if c.get(1300, 3) == nil || c.get(1300, 2) != nil || c.get(1044, 3) != nil || c.get(1301, 3) != nil {
		t.Error("the cache gives the wrong packets")
	}
	c.clear()
	if c.get(1300, 3) != nil {
		t.Error("the cache remembers after clear")
	}
}

// The past may be made shorter, but never turned around: later pictures keep later timestamps, the present keeps its
// pace, and what is repeated carries the numbers that it had.
func TestSqueezedPastKeepsItsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first, ts := rapid.Int64Range(1<<16, 1<<18).Draw(t, "first"), rapid.Uint32().Draw(t, "ts")
		past, n := rapid.IntRange(1, 300).Draw(t, "past"), 320
		mk := func(i int) *packet { return numberedPacket(first+int64(i), 0, ts, 0, 0, true) }
		now := mk(past)
		q := squeeze{factor: rapid.Uint32Range(1, 500).Draw(t, "factor"), ts: now.rtp.Timestamp, at: now.at}
		var r rewriter
		if rapid.Bool().Draw(t, "used") {
			before := numberedPacket(5<<16, 7, 0, 0, 0, true)
			before.at = mk(0).at.Add(-time.Minute)
			r.begin(before, 90000, 3000, squeeze{})
			r.apply(before)
		}
		used, last := r.used, r.lastTS
		r.begin(mk(0), 90000, 3000, q)
		given := map[int]numbers{}
		for i := range n {
			got, ok := r.apply(mk(i))
			if !ok {
				t.Fatalf("picture %d did not pass", i)
			}
			if (i > 0 || used) && int32(got.ts-last) <= 0 {
				t.Fatalf("picture %d: timestamp %d after %d", i, got.ts, last)
			}
			if i > past && got.ts-last != 3000 {
				t.Fatalf("picture %d of the present comes %d after the one before", i, got.ts-last)
			}
			last, given[i] = got.ts, got
		}
		for i := range n {
			if again, ok := r.apply(mk(i)); !ok || again != given[i] {
				t.Fatalf("picture %d was %+v and is %+v", i, given[i], again)
			}
		}
	})
}
