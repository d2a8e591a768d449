package sfu

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"plenum/webinar/sfu/egress"
)

func TestPressure(t *testing.T) {
	var p pressure
	at := time.Unix(1000, 0)
	var s egress.Stats
	for i, x := range []struct {
		sent, dropped, choked uint64
		full                  bool
	}{
		{1000, 0, 0, false},
		{1000, 9, 1, false},  // less than one in a hundred
		{100, 100, 0, false}, // to addresses that are not there
		{1000, 20, 3, true},
		{1000, 0, 0, true}, // remembered
		{1000, 0, 0, true},
		{0, 50, 1, true},
		{0, 0, 0, true},
		{0, 0, 0, true}, {0, 0, 0, true}, {0, 0, 0, true},
		{0, 0, 0, false},
	} {
		at = at.Add(time.Second)
		s.Datagrams, s.Dropped, s.Choked = s.Datagrams+x.sent, s.Dropped+x.dropped, s.Choked+x.choked
		if p.feel(at, s); p.full.Load() != x.full {
			t.Errorf("second %d: full %v", i, p.full.Load())
		}
	}
}

func TestNobodyMoreWhenTheLineIsFull(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	sh := e.shards[0]
	done := make(chan struct{})
	sh.post(func(sh *shard) { // as if it had been full, and for longer than a busy machine may need to ask
		s := sh.out.Stats()
		s.Dropped, s.Choked = s.Dropped+1e9, s.Choked+1
		sh.pressure.feel(time.Now(), s)
		sh.pressure.until = sh.pressure.until.Add(time.Hour)
		close(done)
	})
	<-done
	text := sample(t, webrtc.RTPTransceiverDirectionRecvonly, 1, 1)
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "late"}, text); !errors.Is(err, ErrOverload) {
		t.Errorf("got %v", err)
	}
	if j := e.Stats().Joins; j[JoinFull] != 1 || j[JoinFault] != 0 {
		t.Errorf("counted as %v", j)
	}
	b.unaffected()
	sh.post(func(sh *shard) { sh.pressure.until = time.Now() }) // that time is over
	eventually(t, "room again", func() bool {
		id, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "late"}, text)
		return err == nil && e.Unwatch("r", id, "late") == nil
	})
}
