package sfu

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// bystanders are people in a webinar who notice nothing of what others do.
type bystanders struct {
	t testing.TB
	e *Engine
	s *speaker
	p *player

	heap       uint64
	goroutines int
}

func newBystanders(t testing.TB, e *Engine) *bystanders {
	t.Helper()
	e.SetLive("r", true)
	b := &bystanders{t: t, e: e, s: publish(t, e, "r", Publisher{Owner: "anna"}, 'A')}
	b.s.pump()
	b.p = watch(t, e, "r", Viewer{Owner: "eve"}, 1, 1)
	eventually(t, "media", func() bool { return b.p.count("video0") > 10 && b.p.count("audio0") > 10 })
	b.heap, b.goroutines = heap(), runtime.NumGoroutine()
	return b
}

// heap is what is in use, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// unaffected fails unless they hear and see on without a gap, and the server holds no more than a bounded amount.
func (b *bystanders) unaffected() {
	b.t.Helper()
	now := b.s.sent()
	eventually(b.t, "the bystanders' media", func() bool {
		return newest(b.p.packets("video0"), true) > now+20 && newest(b.p.packets("audio0"), false) > now+20
	})
	gapless(b.t, b.p.packets("video0"))
	gapless(b.t, b.p.packets("audio0"))
	if got := string(tags(b.p.packets("video0"), true)) + string(tags(b.p.packets("audio0"), false)); got != "AA" {
		b.t.Errorf("they got %q", got)
	}
	if grown := int64(heap()) - int64(b.heap); grown > 48<<20 {
		b.t.Errorf("%d MiB more are in use", grown>>20)
	}
	if more := runtime.NumGoroutine() - b.goroutines; more > 150 {
		b.t.Errorf("%d goroutines more", more)
	}
}

// paced calls send n times without outrunning the server's socket buffer, however little time the server gets, and stops
// when it reports false: what the bystanders hear has come through the same socket behind it.
func (b *bystanders) paced(n int, send func(int) bool) {
	b.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range n {
		if i%100 == 0 {
			<-tick.C
			now := b.s.sent()
			eventually(b.t, "the server to keep up", func() bool { return b.p.heard() > now })
		}
		if !send(i) {
			return
		}
	}
}

// heard is the number of the last sound.
func (p *player) heard() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got["audio0"]
	return newest(got[max(0, len(got)-1):], false)
}

// publishing reports whether the session is still there.
func (e *Engine) publishing(room, session, owner string) bool {
	_, err := e.publication(room, session, owner)
	return !errors.Is(err, ErrNoSession)
}

func TestPublisherOfAThousandStreamsIsCutOff(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	r := newRaw(t, e, true)
	most := 0
	b.paced(1000, func(i int) bool {
		r.media(r.packet(uint32(i+1), 1, vp8(true, 1, 1, 'M', 1)))
		most = max(most, runtime.NumGoroutine()-b.goroutines)
		return !r.ended
	})
	eventually(t, "the end of the session", func() bool { return !e.publishing("raw", r.session, "mallory") })
	if most > 200 {
		t.Errorf("%d goroutines for one publisher", most)
	}
	b.unaffected()
}

func TestPublisherWithinItsStreamsStays(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	r := newRaw(t, e, true)
	b.paced(maxMediaStreams-1, func(i int) bool {
		r.media(r.packet(uint32(i+1), 1, vp8(true, 1, 1, 'M', 1)))
		return true
	})
	b.unaffected()
	if got := e.Sources("raw"); !e.publishing("raw", r.session, "mallory") || len(got) > 2 {
		t.Errorf("sources %v", got)
	}
}

func TestViewerThatReportsAboutEndlessStreamsIsCutOff(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	r := newRaw(t, e, false)
	b.paced(400, func(i int) bool {
		rr := &rtcp.ReceiverReport{SSRC: 1}
		for k := range 31 {
			rr.Reports = append(rr.Reports, rtcp.ReceptionReport{SSRC: uint32(1000 + 31*i + k)})
		}
		out, err := rr.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		r.report(out)
		return !r.ended
	})
	eventually(t, "the end of the session", func() bool {
		_, err := e.viewer("r", r.session, "mallory")
		return errors.Is(err, ErrNoSession)
	})
	b.unaffected()
}

func TestViewersMediaIsDropped(t *testing.T) {
	e, w, _ := newTestEngine(t)
	b := newBystanders(t, e)
	r := newRaw(t, e, false)
	b.paced(2000, func(i int) bool {
		r.media(r.packet(uint32(i%4+1), uint16(i), vp8(true, uint16(i), 1, 'M', 1)))
		return true
	})
	b.unaffected()
	if got := e.Sources("r"); len(got) != 2 || len(w.list()) != 2 {
		t.Errorf("sources %v, events %v", got, w.list())
	}
	if _, err := e.viewer("r", r.session, "mallory"); err != nil {
		t.Error("it was cut off for little")
	}
}

// ssrcsOf reads which SSRCs an answer gives to its slots.
func ssrcsOf(t testing.TB, answer string) (out []uint32) {
	t.Helper()
	for _, m := range regexp.MustCompile(`a=ssrc:(\d+) cname`).FindAllStringSubmatch(answer, -1) {
		n, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, uint32(n))
	}
	return out
}

func TestFloodOfReportsCostsNobodyElse(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	r := newRaw(t, e, false)
	ssrcs := ssrcsOf(t, r.answer)
	if len(ssrcs) == 0 {
		t.Fatal("the answer names no streams")
	}
	dice := rand.New(rand.NewPCG(1, 1))
	b.paced(10_000, func(int) bool {
		ssrc := ssrcs[dice.IntN(len(ssrcs))]
		nack := &rtcp.TransportLayerNack{SenderSSRC: 1, MediaSSRC: ssrc}
		for range 200 {
			nack.Nacks = append(nack.Nacks, rtcp.NackPair{PacketID: uint16(dice.Uint32()), LostPackets: 0xffff})
		}
		out, err := rtcp.Marshal([]rtcp.Packet{nack, &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: ssrc}, &rtcp.FullIntraRequest{SenderSSRC: 1, FIR: []rtcp.FIREntry{{SSRC: ssrc}}}})
		if err != nil {
			t.Fatal(err)
		}
		r.report(out)
		return true
	})
	b.unaffected()
	for _, sh := range e.shards {
		if n := sh.dropped.Load(); n > 0 {
			t.Errorf("a shard dropped %d bursts", n)
		}
	}
}

// A publisher's limits hold for what it really sends, not for what was negotiated. The limit is a hundredth of the usual
// one, which a machine that is busy elsewhere would not get through.
func TestPublisherBeyondTheRateIsCapped(t *testing.T) {
	tm := patientTiming()
	const packets, most = 6000, 25e4 / 8 // in a second; bytes, 28 of the packets below
	tm.rate = func(bool) rate { return rate{packets, most} }
	e, w, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, tm)
	b := newBystanders(t, e)
	r := newRaw(t, e, true)
	payload := append(vp8(true, 1, 1, 'M', 1), make([]byte, 1100)...)
	start := time.Now()
	const sent = 12_000
	b.paced(sent, func(i int) bool {
		r.media(r.packet(7, uint16(i), payload))
		return true
	})
	b.unaffected()
	if e.books.overLimit.Load() == 0 {
		t.Error("nothing was over the limit")
	}
	k := w.tap("mallory/camera")
	if k == nil {
		t.Fatal("nothing came")
	}
	// The last of them may have waited for their turn, so time is read after the count.
	got := k.packets.Load()
	seconds := time.Now().Unix() - start.Unix() + 1 // that it touches
	each := int64(most) / int64(len(payload))
	if got > seconds*each || got < each {
		t.Errorf("%d of %d packets passed in %d s, %d may in each", got, sent, seconds, each)
	}
}

// A publisher's own reports go to the recorder one by one, so they are counted as well, however many a datagram holds.
func TestFloodOfSenderReportsIsCapped(t *testing.T) {
	e, w, _ := newTestEngine(t)
	b := newBystanders(t, e)
	r := newRaw(t, e, true)
	r.media(r.packet(7, 1, vp8(true, 1, 1, 'M', 1)))
	eventually(t, "its picture", func() bool { return w.tap("mallory/camera") != nil })
	var many []rtcp.Packet
	for range 40 {
		many = append(many, &rtcp.SenderReport{SSRC: 7, NTPTime: toNTP(time.Now())})
	}
	out, err := rtcp.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	b.paced(600, func(int) bool { r.report(out); return true })
	b.unaffected()
	got := w.tap("mallory/camera").reports.Load()
	seconds := time.Now().Unix() - start.Unix() + 1 // that it touches
	if got == 0 || got > seconds*maxReports {
		t.Errorf("%d reports passed in %d s, %d may in each", got, seconds, maxReports)
	}
}
