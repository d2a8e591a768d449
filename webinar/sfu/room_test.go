package sfu

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"plenum/webinar/media"
)

func TestSpeakersAndScreensComeAndGo(t *testing.T) {
	t.Parallel()
	e, w, b := newTestEngine(t)
	e.SetLive("r", true)
	p := watch(t, e, "r", Viewer{Owner: "eve"}, 3, 4)
	anna := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	anna.pump()
	eventually(t, "first speaker", func() bool { return p.count("audio0") > 10 && p.count("video0") > 10 })
	bert := publish(t, e, "r", Publisher{Owner: "bert"}, 'B')
	bert.pump()
	screen := publish(t, e, "r", Publisher{Owner: "anna", Screen: true}, 'S')
	screen.pump()
	eventually(t, "all three", func() bool {
		return p.count("audio1") > 10 && p.count("video1") > 10 && p.count("audio2") > 10 && p.count("video2") > 10
	})
	if !slices.Contains(e.Slots("r", "", false), Slot{true, 2, "anna", media.Screen}) {
		t.Errorf("slots %v", e.Slots("r", "", false))
	}
	if err := e.Unpublish("r", anna.session, "anna"); err != nil {
		t.Fatal(err)
	}
	before := p.count("video0")
	carl := publish(t, e, "r", Publisher{Owner: "carl"}, 'C')
	carl.pump()
	eventually(t, "third speaker", func() bool { return p.count("video0") > before+20 })
	pkts := p.packets("video0")
	gapless(t, pkts)
	if got := string(tags(pkts, true)); got != "AC" {
		t.Errorf("slot 0 carried %q", got)
	}
	for i, x := range pkts {
		if i > 0 && pkts[i-1].Payload[6] == 'A' && x.Payload[6] == 'C' {
			now, was := inspectVP8(x.Payload), inspectVP8(pkts[i-1].Payload)
			if !now.key || now.pic.pic != was.pic.pic+1 || now.pic.tl0 != was.pic.tl0+1 {
				t.Errorf("switch from %+v to %+v", was, now)
			}
		}
	}
	gapless(t, p.packets("audio0"))
	if got := string(tags(p.packets("video1"), true)); got != "B" {
		t.Errorf("slot 1 carried %q", got)
	}
	if n := slices.Index(w.list(), "closed anna/camera"); n < 0 || slices.Contains(w.list()[n+1:], "closed anna/camera") {
		t.Errorf("events %v", w.list())
	}
	if err := e.Unpublish("r", screen.session, "anna"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "map without the screen", func() bool {
		return !slices.ContainsFunc(b.of(""), func(s Slot) bool { return s.Kind == media.Screen }) && len(b.sources()) == 4
	})
}

func TestNobodyOnStageGetsThemselves(t *testing.T) {
	t.Parallel()
	e, _, b := newTestEngine(t)
	anna := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	bert := publish(t, e, "r", Publisher{Owner: "bert"}, 'B')
	anna.pump()
	bert.pump()
	pa := watch(t, e, "r", Viewer{Owner: "anna", OnStage: true}, 10, 10)
	pb := watch(t, e, "r", Viewer{Owner: "bert", OnStage: true}, 10, 10)
	eventually(t, "each other", func() bool { return pa.count("video0") > 20 && pb.count("video0") > 20 })
	if got := string(tags(pa.packets("video0"), true)) + string(tags(pb.packets("video0"), true)); got != "BA" {
		t.Errorf("heard %q", got)
	}
	if n := pa.total(); n != pa.count("video0")+pa.count("audio0") && pa.count("video1") > 0 {
		t.Errorf("%d packets outside slot 0", n)
	}
	eventually(t, "maps", func() bool {
		return slices.Equal(b.of("anna"), []Slot{{false, 0, "bert", media.Mic}, {true, 0, "bert", media.Camera}}) && len(b.of("bert")) == 2
	})
	if got := e.Slots("r", "anna", true); len(got) != 2 || got[0].Owner != "bert" {
		t.Errorf("snapshot %v", got)
	}
}

func TestBackstage(t *testing.T) {
	t.Parallel()
	e, _, b := newTestEngine(t)
	anna := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	anna.pump()
	eve := watch(t, e, "r", Viewer{Owner: "eve"}, 3, 4)
	plain := watch(t, e, "r", Viewer{Owner: "plain"}, 1, 1)
	bert := watch(t, e, "r", Viewer{Owner: "bert", OnStage: true}, 10, 10)
	eventually(t, "media on stage", func() bool { return bert.count("video0") > 20 })
	if eve.total()+plain.total() > 0 || len(e.Slots("r", "", false)) > 0 || len(b.of("")) > 0 {
		t.Fatal("the audience got media before going live")
	}
	e.SetLive("r", true)
	eventually(t, "media for all", func() bool { return eve.count("video0") > 10 && plain.count("audio0") > 10 })
	e.SetLive("r", false)
	closed := anna.sent()
	eventually(t, "more on stage", func() bool {
		return newest(bert.packets("video0"), true) > closed+20 && newest(bert.packets("audio0"), false) > closed+20
	})
	for _, p := range []*player{eve, plain} {
		if newest(p.packets("video0"), true) > closed || newest(p.packets("audio0"), false) > closed {
			t.Error("frames of after the closing reached the audience")
		}
	}
}

func TestMainViewForPlainPlayers(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	e.SetLive("r", true)
	anna := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	anna.pump()
	p := watch(t, e, "r", Viewer{}, 1, 1)
	eventually(t, "camera", func() bool { return p.count("video0") > 10 && p.count("audio0") > 10 })
	screen := publish(t, e, "r", Publisher{Owner: "bert", Screen: true}, 'S')
	screen.pump()
	eventually(t, "screen", func() bool { return string(tags(p.packets("video0"), true)) == "AS" })
	gapless(t, p.packets("video0"))
	if got := string(tags(p.packets("audio0"), false)); got != "A" {
		t.Errorf("heard %q", got)
	}
}

func TestSecondPublicationReplacesFirst(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	one := publish(t, e, "r", Publisher{Owner: "anna"}, '1')
	one.pump()
	p := watch(t, e, "r", Viewer{}, 3, 4)
	eventually(t, "first", func() bool { return p.count("video0") > 10 && len(w.list()) == 2 })
	two := publish(t, e, "r", Publisher{Owner: "anna"}, '2')
	events := w.list()
	if len(events) != 4 || !slices.Contains(events, "closed anna/mic") || !slices.Contains(events, "closed anna/camera") {
		t.Errorf("events when the second was answered: %v", events)
	}
	two.pump()
	eventually(t, "second", func() bool { return string(tags(p.packets("video0"), true)) == "12" })
	gapless(t, p.packets("video0"))
	if err := e.Unpublish("r", one.session, "anna"); !errors.Is(err, ErrNoSession) {
		t.Errorf("ending the first again: %v", err)
	}
	eventually(t, "the second's sound beside its picture", func() bool { return len(e.Sources("r")) == 2 })
}

func TestStageIsFull(t *testing.T) {
	t.Parallel()
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0", MaxStage: 1}, patientTiming())
	publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	publish(t, e, "r", Publisher{Owner: "anna", Screen: true}, 'S')
	pc, _ := newPeer(t)
	if _, err := pc.AddTransceiverFromKind(1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Publish(t.Context(), "r", Publisher{Owner: "bert"}, makeOffer(t, pc)); !errors.Is(err, ErrStageFull) {
		t.Errorf("got %v", err)
	}
}

func TestSessionsBelongToTheirOwner(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	p := watch(t, e, "r", Viewer{Owner: "eve"}, 1, 1)
	for i, err := range []error{
		e.Unpublish("r", s.session, "eve"), e.Unpublish("x", s.session, "anna"), e.Unpublish("r", p.session, "eve"),
		e.Mute("r", s.session, "eve", nil), e.Unwatch("r", p.session, "anna"), e.Unwatch("r", s.session, "anna"),
	} {
		if !errors.Is(err, ErrNoSession) {
			t.Errorf("case %d: %v", i, err)
		}
	}
	if err := e.Unwatch("r", p.session, "eve"); err != nil {
		t.Error(err)
	}
}

func TestDropAndCloseRoom(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	for i := range 2 {
		s := publish(t, e, "r", Publisher{Owner: fmt.Sprint("p", i)}, 'A')
		s.pump()
		watch(t, e, "r", Viewer{Owner: fmt.Sprint("p", i), OnStage: true}, 1, 1)
	}
	eventually(t, "sources", func() bool { return len(e.Sources("r")) == 4 })
	e.Drop("r", "p0")
	if got := e.Sources("r"); len(got) != 2 || got[0].Owner != "p1" {
		t.Errorf("after the drop: %v", got)
	}
	e.CloseRoom("r")
	if got := len(w.list()); got != 8 {
		t.Errorf("events %v", w.list())
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.rooms) > 0 || e.sessions > 0 {
		t.Errorf("%d rooms, %d sessions left", len(e.rooms), e.sessions)
	}
}

func TestVanishedPeersAreForgotten(t *testing.T) {
	t.Parallel()
	d := defaultTiming()
	if d.disconnected+d.failed > 25*time.Second || d.connect > 25*time.Second {
		t.Fatalf("the default is too patient: %+v", d)
	}
	quick := d // but so patient that who is there is not given up while the machine is busy elsewhere
	quick.disconnected, quick.failed, quick.keepAlive, quick.connect = 8*time.Second, 4*time.Second, 50*time.Millisecond, 15*time.Second
	e, w, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, quick)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	s.pump()
	p := watch(t, e, "r", Viewer{Owner: "bert", OnStage: true}, 1, 1)
	// Two that take the answer and never connect.
	for _, on := range []bool{false, true} {
		pc, _ := newPeer(t)
		if _, err := pc.AddTransceiverFromKind(1); err != nil {
			t.Fatal(err)
		}
		text := makeOffer(t, pc)
		var err error
		if on {
			_, _, err = e.Publish(t.Context(), "r", Publisher{Owner: "carl"}, text)
		} else {
			_, _, err = e.Watch(t.Context(), "r", Viewer{Owner: "carl"}, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "media", func() bool { return p.count("video0") > 0 })
	p.line.cut.Store(true)
	s.line.cut.Store(true)
	eventually(t, "an empty engine", func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.rooms) == 0 && e.sessions == 0
	})
	if got := w.list(); len(got) != 4 {
		t.Errorf("events %v", got)
	}
	for _, sh := range e.shards {
		sh.barrier()
		sh.post(func(sh *shard) {
			if len(sh.feeds)+len(sh.viewers) > 0 {
				t.Errorf("a shard still knows %d sources and %d viewers", len(sh.feeds), len(sh.viewers))
			}
		})
	}
}
