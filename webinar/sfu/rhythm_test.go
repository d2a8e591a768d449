package sfu

import (
	"testing"
	"time"
)

func TestRhythmForetellsPictures(t *testing.T) {
	const ms = time.Millisecond
	start := time.Unix(1000, 0)
	after := func(d time.Duration) time.Time { return start.Add(d) }
	var r rhythm
	if _, ok := r.near(start, after(time.Hour)); ok {
		t.Error("foretold before the first picture")
	}
	for i := range 40 {
		r.beat(after(time.Duration(i) * 33 * ms))
		r.beat(after(time.Duration(i)*33*ms + 3*ms)) // another layer of the same picture
	}
	last := 39 * 33 * ms
	for name, c := range map[string]struct {
		now  time.Duration
		want bool
	}{
		"just after a picture": {2 * ms, false},
		"half way":             {18 * ms, true},
		"just before":          {32 * ms, true},
		"a little late":        {38 * ms, true},
		"missing":              {50 * ms, false},
	} {
		latest, got := r.near(after(last+c.now), after(last+c.now+16*ms))
		if got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if got && !latest.Equal(after(last+33*ms+samePicture)) {
			t.Errorf("%s: awaited until %v", name, latest.Sub(start)-last)
		}
	}
	r.beat(after(last + time.Second))
	if _, ok := r.near(after(last+time.Second), after(last+3*time.Second)); ok {
		t.Error("foretold after a pause")
	}
}

func TestSmallAudiencesAreOfOneShard(t *testing.T) {
	e := &Engine{shards: []*shard{{}, {}, {}}}
	serials := map[uint64]bool{}
	for range 3*shardFull + 9 {
		sh, n := e.nextShard()
		if serials[n] = true; len(serials) == shardFull && sh != e.shards[0] {
			t.Error("another shard has viewers before the first is full")
		}
	}
	if len(serials) != 3*shardFull+9 {
		t.Errorf("%d numbers for %d viewers", len(serials), 3*shardFull+9)
	}
	for i, sh := range e.shards {
		if n := sh.load.Load(); n != shardFull+3 {
			t.Errorf("shard %d has %d viewers", i, n)
		}
	}
	e.shards[1].load.Add(-20)
	if sh, _ := e.nextShard(); sh != e.shards[1] {
		t.Error("a place that became free is not taken")
	}
}
