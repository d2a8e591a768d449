package sfu

import (
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	var l limiter
	at := time.Unix(1000, 0)
	let := func(n, size int, video bool) (passed int) {
		for range n {
			if l.allow(at, size, defaultRate(video)) {
				passed++
			}
		}
		return passed
	}
	if got := let(600, 100, false); got != 500 {
		t.Errorf("%d of 600 audio packets passed", got)
	}
	at = at.Add(time.Second)
	if got := let(3000, 1200, true); got != 2604 { // 25 Mbit
		t.Errorf("%d of 3000 video packets passed", got)
	}
	at = at.Add(time.Second)
	if got := let(300, 1200, true); got != 300 {
		t.Errorf("%d of 300 packets passed in the next second", got)
	}
}

func TestSpeech(t *testing.T) {
	at := time.Unix(1000, 0)
	talk := func(s *speech, level byte, packets int) (heard int) {
		for range packets {
			at = at.Add(20 * time.Millisecond)
			if s.hears([]byte{0x80 | level}, at) {
				heard++
			}
		}
		return heard
	}
	var s speech
	if n := talk(&s, 127, 100); n > 0 {
		t.Error("silence is speech")
	}
	if n := talk(&s, 30, 10); n > 0 {
		t.Error("200 ms are speech")
	}
	talk(&s, 127, 50)
	if n := talk(&s, 30, 10); n > 0 {
		t.Error("two coughs are speech")
	}
	if n := talk(&s, 30, 50); n < 4 || n > 6 {
		t.Errorf("a second of speech was told %d times, want about 5", n)
	}
	if s.hears(nil, at.Add(time.Second)) {
		t.Error("a packet without the extension is speech")
	}
}
