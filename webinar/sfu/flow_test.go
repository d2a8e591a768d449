package sfu

import (
	"slices"
	"testing"

	"plenum/webinar/media"
)

func TestPublishedMediaArrives(t *testing.T) {
	t.Parallel()
	e, w, b := newTestEngine(t)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	p := watch(t, e, "r", Viewer{}, 3, 4)
	eventually(t, "media", func() bool { return p.count("audio0") >= 50 && p.count("video0") >= 50 })
	gapless(t, p.packets("audio0"))
	video := p.packets("video0")
	gapless(t, video)
	if !inspectVP8(video[0].Payload).key {
		t.Error("the first packet of a picture is no key frame")
	}
	if got := p.count("audio1") + p.count("video1"); got > 0 {
		t.Errorf("%d packets in empty slots", got)
	}
	want := []Slot{{false, 0, "anna", media.Mic}, {true, 0, "anna", media.Camera}}
	if got := e.Slots("r", "", false); !slices.Equal(got, want) {
		t.Errorf("slots %v, want %v", got, want)
	}
	eventually(t, "slot map", func() bool { return slices.Equal(b.of(""), want) })
	if k := w.tap("anna/mic"); k.packets.Load() < 50 {
		t.Errorf("tap heard %d packets", k.packets.Load())
	}
}
