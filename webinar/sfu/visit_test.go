package sfu

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"plenum/webinar/media"
	"plenum/webinar/sfu/egress"
)

// pen is a [webrtc.TrackLocalWriter] that notes what is written.
type pen struct {
	who   string
	stall *stall
	fails bool
}

func (p *pen) WriteRTP(h *rtp.Header, _ []byte) (int, error) {
	if p.fails {
		return 0, errors.New("no way out")
	}
	p.stall.mu.Lock()
	defer p.stall.mu.Unlock()
	p.stall.notes = append(p.stall.notes, fmt.Sprintf("%s %d at %d", p.who, h.SequenceNumber, time.Since(p.stall.start).Milliseconds()))
	return 1, nil
}

func (*pen) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// stall is a shard whose viewers write into notes.
type stall struct {
	*shard
	camera, mic *layer
	start       time.Time
	next        uint16

	mu    sync.Mutex
	notes []string
}

func newStall(t *testing.T) *stall {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	socket, err := egress.Open(conn, egress.Auto)
	if err != nil {
		t.Fatal(err)
	}
	sh, err := newShard(&stack{egress: socket})
	if err != nil {
		t.Fatal(err)
	}
	of := func(kind media.Kind) *layer {
		src := &source{pub: &publication{}, track: media.Track{Kind: kind}, codec: codecs(kind.Video())[0], wake: make(chan struct{}, 1)}
		l := newLayer(src, "", 1)
		l.alive.Store(true)
		src.order.Store(&ladder{l})
		sh.feeds[l] = &feed{layer: l}
		return l
	}
	return &stall{shard: sh, camera: of(media.Camera), mic: of(media.Mic), start: time.Now()}
}

func (s *stall) watch(who string, onStage, fails bool) *viewer {
	v := &viewer{onStage: onStage, shard: s.shard}
	v.ready.Store(true)
	s.viewers = append(s.viewers, v)
	for _, l := range []*layer{s.mic, s.camera} {
		src := l.src
		at := &slot{viewer: v, video: src.track.Kind.Video()}
		at.bound.Store(&binding{formats: []format{{codec: src.codec, pt: 96}}, out: &pen{who + " " + string(src.track.Kind), s, fails}})
		if v.slots = append(v.slots, at); at.video {
			v.video = append(v.video, at)
		}
		s.turn(at, src)
		if f := at.next; f != nil { // no key frame is needed here
			without(&f.joining, at)
			s.enter(at, f)
		}
	}
	return v
}

// burst is of packets with rising numbers; the last one ends the frame if ends is set.
func (s *stall) burst(l *layer, count int, ends bool) job {
	j := job{layer: l}
	for i := range count {
		s.next++
		j.packets = append(j.packets, &packet{
			ext: int64(s.next), frame: frame{key: true}, at: time.Now(),
			rtp: &rtp.Packet{Header: rtp.Header{SequenceNumber: s.next, Marker: ends && i == count-1}, Payload: []byte{1, 2, 3}},
		})
	}
	return j
}

// told fails unless the notes since the last call are these.
func (s *stall) told(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.notes, want) {
		t.Errorf("written:\n%q, want\n%q", s.notes, want)
	}
	s.notes = nil
}

func TestAVisitBringsAllThatWaits(t *testing.T) {
	s := newStall(t)
	s.watch("anna", false, false)
	s.gather(s.burst(s.mic, 1, false))
	s.gather(s.burst(s.camera, 2, false))
	if s.told(t); s.ripe {
		t.Error("half a frame is ripe")
	}
	s.gather(s.burst(s.camera, 1, true))
	if !s.ripe {
		t.Error("a frame is not ripe")
	}
	s.visit()
	if len(s.notes) != 4 || s.notes[0][:13] != "anna camera 2" || s.notes[3][:10] != "anna mic 1" {
		t.Errorf("%q", s.notes)
	}
	s.notes = nil
	s.visit()
	s.told(t)
}

// TestSoundGoesAheadOfALongFrame also asks that it is not sent again with the part.
func TestSoundGoesAheadOfALongFrame(t *testing.T) {
	s := newStall(t)
	s.watch("anna", false, false)
	s.watch("bert", false, false)
	s.gather(s.burst(s.camera, 3*paceBurst, true))
	s.gather(s.burst(s.mic, 1, false))
	s.visit()
	if len(s.notes) != 2+2*paceBurst {
		t.Fatalf("%d packets written", len(s.notes))
	}
	for i, want := range map[int]string{0: "anna mic", 1: "bert mic", 2: "anna camera", 2 + paceBurst: "bert camera"} {
		if !strings.HasPrefix(s.notes[i], want) {
			t.Errorf("%d is %q, want %s", i, s.notes[i], want)
		}
	}
}

func TestBurstsEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStall(t)
		s.watch("anna", false, false)
		s.watch("bert", false, false)
		s.watch("carl", true, false)
		done := make(chan struct{})
		go func() { defer close(done); s.run() }()
		defer func() { s.close(); <-done }()

		s.offer(s.burst(s.camera, 2, true))
		synctest.Wait()
		s.told(t, "anna camera 1 at 0", "anna camera 2 at 0", "bert camera 1 at 0", "bert camera 2 at 0", "carl camera 1 at 0", "carl camera 2 at 0")

		// No picture is known to be near.
		s.offer(s.burst(s.mic, 1, false))
		synctest.Wait()
		s.told(t, "carl mic 3 at 0")
		time.Sleep(loneHold)
		synctest.Wait()
		s.told(t, "anna mic 3 at 4", "bert mic 3 at 4")

		// One that is near is waited for, and what has come of it is not held back for its end.
		s.mic.src.pub.rhythm.next.Store(time.Now().Add(10 * time.Millisecond).UnixNano())
		s.offer(s.burst(s.mic, 1, false))
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		s.told(t, "carl mic 4 at 4")
		s.offer(s.burst(s.camera, 1, false))
		time.Sleep(videoHold)
		synctest.Wait()
		s.told(t, "anna camera 5 at 19", "anna mic 4 at 19", "bert camera 5 at 19", "bert mic 4 at 19", "carl camera 5 at 19")
		time.Sleep(audioHold + samePicture)
		synctest.Wait()
		s.told(t)

		// One that does not come is waited for so long and no longer.
		s.mic.src.pub.rhythm.next.Store(time.Now().Add(10 * time.Millisecond).UnixNano())
		s.offer(s.burst(s.mic, 1, false))
		time.Sleep(audioHold + samePicture)
		synctest.Wait()
		s.told(t, "carl mic 6 at 43", "anna mic 6 at 61", "bert mic 6 at 61")

		s.offer(s.burst(s.mic, 1, false))
		s.barrier()
		s.told(t, "carl mic 7 at 67", "anna mic 7 at 67", "bert mic 7 at 67")
	})
}

func TestAFailingViewerCostsOnlyItself(t *testing.T) {
	s := newStall(t)
	anna, bert, carl := s.watch("anna", false, false), s.watch("bert", false, true), s.watch("carl", false, false)
	s.gather(s.burst(s.camera, 3, true))
	s.visit()
	if len(s.notes) != 6 || anna.failed.Load()+carl.failed.Load() != 0 || bert.failed.Load() != 1 {
		t.Errorf("%q, failures %d %d %d", s.notes, anna.failed.Load(), bert.failed.Load(), carl.failed.Load())
	}
	if n := s.desk.tally.failed; n != 3 {
		t.Errorf("%d packets counted as not written, want the whole burst", n)
	}
	s.remove(bert)
	s.notes = nil
	s.gather(s.burst(s.camera, 1, true))
	s.visit()
	if len(s.notes) != 2 || bert.failed.Load() != 1 {
		t.Errorf("%q", s.notes)
	}
	s.remove(anna)
	s.remove(carl)
	if n := s.feeds[s.camera].live + s.feeds[s.mic].live; n > 0 || s.camera.watched.Load() != 0 {
		t.Errorf("%d slots are left", n)
	}
}
