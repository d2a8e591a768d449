package sfu

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"plenum/webinar/media"
)

func TestWhoSpeaks(t *testing.T) {
	now := time.Unix(1000, 0)
	said := func(owner string, kind media.Kind, ago time.Duration, muted bool) *source {
		return &source{track: media.Track{Owner: owner, Kind: kind}, spokeAt: now.Add(-ago), shownMuted: muted}
	}
	r := &room{sources: []*source{
		said("carl", media.Mic, 0, false), said("anna", media.Mic, speakingHold, false), said("anna", media.ScreenAudio, 0, false),
		said("bert", media.Mic, speakingHold+1, false), said("dora", media.Mic, 0, true), {track: media.Track{Owner: "emil"}},
	}}
	if got := r.speaking(now); !slices.Equal(got, []string{"carl", "anna"}) {
		t.Errorf("%q", got)
	}
}

// talk sends sound whose level says speech until the returned function is called.
func (s *speaker) talk() (stop func()) {
	var level atomic.Uint32
	level.Store(30)
	return s.sound(&level)
}

// sound sends sound of a level, in −dBov, that may change, until the returned function is called.
func (s *speaker) sound(level *atomic.Uint32) (stop func()) {
	var id uint8
	for _, tr := range s.pc.GetTransceivers() {
		for _, x := range tr.Sender().GetParameters().HeaderExtensions {
			if x.URI == audioLevelURI {
				id = uint8(x.ID)
			}
		}
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte{1, 2, 3}}
			if p.SetExtension(id, []byte{0x80 | byte(level.Load())}) != nil || s.audio.WriteRTP(p) != nil {
				s.t.Error("could not talk")
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}

func TestSpeakersAreTold(t *testing.T) {
	t.Parallel()
	e, _, b := newTestEngine(t)
	anna := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	last := func(want ...string) func() bool {
		return func() bool {
			b.mu.Lock()
			defer b.mu.Unlock()
			return len(b.talks) > 0 && slices.Equal(b.talks[len(b.talks)-1], want)
		}
	}
	hush := anna.talk()
	eventually(t, "anna", last("anna"))
	eventually(t, "Speaking to say it", func() bool { return slices.Equal(e.Speaking("r"), []string{"anna"}) })
	bert := publish(t, e, "r", Publisher{Owner: "bert"}, 'B')
	hushBert := bert.talk()
	eventually(t, "both", last("anna", "bert"))
	if err := e.Mute("r", bert.session, "bert", map[media.Kind]bool{media.Mic: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "anna alone", last("anna"))
	hush()
	hushBert()
	eventually(t, "nobody", last())
	// Four changes, and more where the machine gave nobody time to talk; but what is told is always another.
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.talks) < 4 || len(slices.CompactFunc(slices.Clone(b.talks), slices.Equal)) != len(b.talks) {
		t.Errorf("told %d times: %q", len(b.talks), b.talks)
	}
}

// More microphones than audio slots: whoever begins to talk is heard at once, and no slot has a gap.
func TestWhoTalksIsHeard(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	e.SetLive("r", true)
	p := watch(t, e, "r", Viewer{Owner: "eve"}, 3, 1)
	levels := map[string]*atomic.Uint32{}
	for _, who := range []string{"anna", "bert", "carl", "dora"} {
		level := &atomic.Uint32{}
		level.Store(127)
		t.Cleanup(publish(t, e, "r", Publisher{Owner: who}, who[0]).sound(level))
		levels[who] = level
		eventually(t, who+"'s microphone", func() bool {
			return slices.ContainsFunc(e.Sources("r"), func(s SourceState) bool { return s.Owner == who && s.Kind == media.Mic })
		})
	}
	has := func(owner string) bool {
		return slices.ContainsFunc(e.Slots("r", "", false), func(s Slot) bool { return !s.Video && s.Owner == owner })
	}
	if has("dora") {
		t.Error("the fourth who came has a slot")
	}
	for _, who := range []string{"dora", "anna", "bert", "carl"} {
		levels[who].Store(30)
		eventually(t, who+" is heard", func() bool { return slices.Contains(e.Speaking("r"), who) && has(who) })
		levels[who].Store(127)
	}
	for _, slot := range []string{"audio0", "audio1", "audio2"} {
		eventually(t, "50 packets in "+slot, func() bool { return p.count(slot) >= 50 })
		pkts := p.packets(slot)
		for i := 1; i < len(pkts); i++ {
			if pkts[i].SSRC != pkts[0].SSRC {
				t.Fatalf("%s changed its SSRC", slot)
			}
		}
		gapless(t, pkts)
	}
}
