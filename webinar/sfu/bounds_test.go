package sfu

import (
	"errors"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// TestOnePersonHasFewSessions: a page that is loaded again and again leaves some behind, a program that opens them
// without end is refused, and nobody else.
func TestOnePersonHasFewSessions(t *testing.T) {
	e, _, _ := newTestEngine(t)
	text := sample(t, webrtc.RTPTransceiverDirectionRecvonly, 1, 1)
	last := ""
	for n := range maxOwnerSessions {
		id, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, text)
		if err != nil {
			t.Fatalf("session %d: %v", n+1, err)
		}
		last = id
	}
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, text); !errors.Is(err, ErrBusy) {
		t.Errorf("one more: %v", err)
	}
	if n := e.Stats().Joins[JoinBusy]; n != 1 {
		t.Errorf("%d were counted", n)
	}
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "bob"}, text); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if err := e.Unwatch("r", last, "eve"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, text); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}

// TestRepeatsAreBounded asks for one packet over and over.
func TestRepeatsAreBounded(t *testing.T) {
	s := newStall(t)
	v := s.watch("anna", false, false)
	j := s.burst(s.camera, 1, true)
	if p := j.packets[0]; !s.camera.cache.add(p, p.ext) {
		t.Fatal("the cache does not take it")
	}
	s.gather(j)
	s.visit()
	camera := v.video[0]
	seq, now := camera.rw.lastSeq, time.Unix(100, 0)
	for n, want := range map[time.Duration]int{0: maxRepeats, time.Second: maxRepeats} {
		s.notes = nil
		for range maxRepeats + 50 {
			if err := camera.repeat(seq, now.Add(n), &s.desk); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(s.notes); got != want {
			t.Errorf("%d repeats in a second, want %d", got, want)
		}
	}
}

func TestReportsOfAViewerAreBounded(t *testing.T) {
	var r ration
	at, passed, served := time.Unix(100, 0), 0, 0
	all := []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}} // 17 packets
	for range 2 * maxReports {
		if r.allows(at) {
			passed++
		}
		if r.serves(all) {
			served++
		}
	}
	if passed != maxReports || served != maxAsked/17 {
		t.Errorf("%d reports and %d requests for 17 packets passed", passed, served)
	}
	if !r.allows(at.Add(time.Second)) || !r.serves(all) {
		t.Error("the next second has nothing left")
	}
}
