package sfu

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plenum/webinar/media"
)

// The consent gate stands on this: the observer has returned before anything is forwarded or tapped, and nothing is
// after muting has returned.
func TestMutingAndTheObserver(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	p := watch(t, e, "r", Viewer{}, 3, 4)
	var mu sync.Mutex
	var early []string
	var anna atomic.Pointer[speaker] // the first calls come while she connects
	w.during = func(event string, src media.Source) {
		if event == "closed" || event == "muted" {
			return
		}
		slot, video := "audio0", src.Track().Kind.Video()
		if video {
			slot = "video0"
		}
		tap := w.tap(name(src.Track()))
		eventually(t, "the speaker", func() bool { return anna.Load() != nil })
		before, tapped := anna.Load().sent(), tap.packets.Load()
		eventually(t, "ten frames more", func() bool { return anna.Load().sent() >= before+10 })
		if newest(p.packets(slot), video) > before || tap.packets.Load() != tapped {
			mu.Lock()
			early = append(early, event+" "+name(src.Track()))
			mu.Unlock()
		}
	}
	asked := time.Now()
	s := publish(t, e, "r", Publisher{Owner: "anna", Muted: map[media.Kind]bool{media.Camera: true}}, 'A')
	negotiated := time.Now()
	anna.Store(s)
	s.pump()
	eventually(t, "sound", func() bool { return p.count("audio0") > 20 })
	w.mu.Lock()
	if since := w.sources["anna/mic"].Track().Since; since.Before(asked) || since.After(negotiated) {
		t.Errorf("a track is as old as its negotiation, not %v older than that", asked.Sub(since))
	}
	w.mu.Unlock()
	eventually(t, "a muted camera on stage", func() bool {
		return slices.Contains(e.Sources("r"), SourceState{"anna", media.Camera, true})
	})
	if p.count("video0") > 0 || w.tap("anna/camera").packets.Load() > 0 {
		t.Fatal("a source that was muted from the start got through")
	}
	mute := func(kind media.Kind, m bool) {
		t.Helper()
		if err := e.Mute("r", s.session, "anna", map[media.Kind]bool{kind: m}); err != nil {
			t.Fatal(err)
		}
	}
	mute(media.Camera, false)
	eventually(t, "picture", func() bool { return p.count("video0") > 20 })
	for range 3 {
		mute(media.Mic, true)
		muted, tapped := s.sent(), w.tap("anna/mic").packets.Load()
		eventually(t, "pictures of after the muting", func() bool { return newest(p.packets("video0"), true) > muted+10 })
		if newest(p.packets("audio0"), false) > muted || w.tap("anna/mic").packets.Load() != tapped {
			t.Fatal("a muted source got through")
		}
		heard := p.count("audio0")
		mute(media.Mic, false)
		eventually(t, "sound again", func() bool { return p.count("audio0") > heard+10 })
	}
	gapless(t, p.packets("audio0"))
	mu.Lock()
	defer mu.Unlock()
	if len(early) > 0 {
		t.Errorf("packets passed during %v", early)
	}
	want := []string{"unmuted anna/camera", "muted anna/mic", "unmuted anna/mic", "muted anna/mic", "unmuted anna/mic"}
	if got := w.list()[2:]; !slices.Equal(got[:5], want) {
		t.Errorf("events %v", got)
	}
}

func TestRepeatsOfMutedPacketsStayUnheard(t *testing.T) {
	e, w, _ := newTestEngine(t)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.send()
	eventually(t, "the source", func() bool { return w.tap("anna/mic") != nil && w.tap("anna/mic").packets.Load() > 0 })
	mic := map[media.Kind]bool{media.Mic: true}
	if err := e.Mute("r", s.session, "anna", mic); err != nil {
		t.Fatal(err)
	}
	var src *source
	e.mu.Lock()
	for _, x := range e.rooms["r"].sources {
		if x.track.Kind == media.Mic {
			src = x
		}
	}
	e.mu.Unlock()
	k := w.tap("anna/mic")
	was := k.packets.Load()
	said := testPacket(int64(100), 0)
	src.arrive(arrival{layer: src.ladder()[0], at: time.Now(), rtp: said.rtp})
	eventually(t, "it to be taken", func() bool { return len(src.in) == 0 })
	mic[media.Mic] = false
	if err := e.Mute("r", s.session, "anna", mic); err != nil {
		t.Fatal(err)
	}
	src.arrive(arrival{layer: src.ladder()[0], at: time.Now(), rtp: said.rtp})
	src.arrive(arrival{layer: src.ladder()[0], at: time.Now(), rtp: testPacket(101, 0).rtp})
	eventually(t, "the next packet", func() bool { return k.packets.Load() > was })
	if got := k.packets.Load() - was; got != 1 {
		t.Errorf("tap heard %d packets, want the one after the unmuting", got)
	}
}
