package sfu

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"plenum/webinar/media"
)

// lateSink takes nothing until it may.
type lateSink struct {
	entered chan struct{}
	may     chan struct{}
	got     atomic.Int64
}

func (l *lateSink) WriteRTP(*rtp.Packet, time.Time) {
	if l.got.Add(1) == 1 {
		close(l.entered)
		<-l.may
	}
}

func (l *lateSink) WriteReport(media.SenderReport) {}

// TestAnythingThatWaitedIsPassedOn has more packets wait for a source's loop than one burst takes.
func TestAnythingThatWaitedIsPassedOn(t *testing.T) {
	e, w, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, patientTiming())
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	p := watch(t, e, "r", Viewer{}, 1, 1)
	stop := s.pump()
	eventually(t, "media", func() bool { return p.count("video0") > 0 })
	stop()
	w.mu.Lock()
	camera := w.sources["anna/camera"]
	w.mu.Unlock()

	late := &lateSink{entered: make(chan struct{}), may: make(chan struct{})}
	camera.Tap(late)
	before := e.Stats().InPackets
	s.frameOf(1)
	<-late.entered
	const frames, size = 20, 10
	for range frames {
		s.frameOf(size)
	}
	const all = 1 + frames*size
	eventually(t, "arrivals", func() bool { return e.Stats().InPackets >= before+all })
	close(late.may)
	eventually(t, "all of them in the tap", func() bool { return late.got.Load() >= all })
	shown := func() (packets, numbers int) {
		got := p.packets("video0")
		return len(got), int(got[len(got)-1].SequenceNumber-got[0].SequenceNumber) + 1
	}
	eventually(t, "all of them at the viewer", func() bool { _, numbers := shown(); return numbers > all })
	if packets, numbers := shown(); packets != numbers {
		t.Errorf("%d packets of %d", packets, numbers)
	}
}
