package sfu

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"plenum/webinar/sfu/egress"
)

// frameOf is a picture of count packets, nearly equal as libwebrtc makes them, but for the last one.
func (s *speaker) frameOf(count int) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	var payloads [][]byte
	for i := range count {
		s.vseq++
		b := append(vp8(s.wantKey && i == 0, uint16(s.n), byte(s.n), s.tag, s.n<<8|uint32(i)), bytes.Repeat([]byte{byte(i)}, 1060+2*i/count)...)
		if i > 0 {
			b[0] = 0x80 // not the start of a partition
		}
		if i == count-1 {
			b = b[:300]
		}
		p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: i == count-1, SequenceNumber: s.vseq, Timestamp: s.n * 1800}, Payload: b}
		if err := s.video.WriteRTP(p); err != nil {
			s.t.Fatal(err)
		}
		payloads = append(payloads, b)
	}
	s.wantKey = false
	return payloads
}

// TestEveryPathDeliversAll shows real viewers the same over each path: nothing lost, nothing changed.
func TestEveryPathDeliversAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, listen string }{
		{"gso", "127.0.0.1:0"}, {"sendmmsg", "127.0.0.1:0"}, {"sendto", "127.0.0.1:0"}, {"auto", ":0"},
	} {
		t.Run(c.path+" "+c.listen, func(t *testing.T) {
			cfg := Config{Listen: c.listen, Egress: c.path, Advertise: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
			e, _, _ := startEngine(t, cfg, patientTiming())
			e.SetLive("r", true)
			s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
			players := []*player{watch(t, e, "r", Viewer{}, 1, 1), watch(t, e, "r", Viewer{}, 3, 4), watch(t, e, "r", Viewer{Owner: "bert", OnStage: true}, 3, 4)}
			stop := s.pump()
			for _, p := range players {
				eventually(t, "media", func() bool { return p.count("video0") > 0 && p.count("audio0") > 0 })
			}
			stop()
			tick := time.NewTicker(15 * time.Millisecond)
			defer tick.Stop()
			var want [][]byte
			for n := range 40 {
				<-tick.C
				want = append(want, s.frameOf(1+n%20)...)
				for _, p := range players { // a viewer that gets no time would let its socket overflow, which is no path's fault
					eventually(t, "the last packet", func() bool {
						got := inOrder(p.packets("video0"))
						return bytes.Equal(got[len(got)-1].Payload, want[len(want)-1])
					})
				}
			}
			for i, p := range players {
				// What two processors send one after the other may arrive the other way round.
				eventually(t, "every packet", func() bool { return whole(inOrder(p.packets("video0"))) })
				got := inOrder(p.packets("video0"))
				if got = got[len(got)-len(want):]; !bytes.Equal(got[0].Payload, want[0]) {
					t.Fatalf("viewer %d does not begin with the first packet", i)
				}
				for k := range got {
					if !bytes.Equal(got[k].Payload, want[k]) {
						t.Fatalf("viewer %d: packet %d differs", i, k)
					}
				}
				gapless(t, inOrder(p.packets("audio0")))
			}
			pathUsed(t, e, c.path)
		})
	}
}

// inOrder sorts packets by their sequence numbers, which are of one short stream.
func inOrder(pkts []*rtp.Packet) []*rtp.Packet {
	slices.SortFunc(pkts, func(a, b *rtp.Packet) int { return int(int16(a.SequenceNumber - b.SequenceNumber)) })
	return pkts
}

// whole says whether no sequence number is missing or comes twice.
func whole(pkts []*rtp.Packet) bool {
	for i := 1; i < len(pkts); i++ {
		if pkts[i].SequenceNumber != pkts[i-1].SequenceNumber+1 {
			return false
		}
	}
	return true
}

func pathUsed(t *testing.T, e *Engine, path string) {
	t.Helper()
	var sum egress.Stats
	for _, sh := range e.shards {
		s := sh.out.Stats()
		sum.Datagrams += s.Datagrams
		sum.Trains += s.Trains
		sum.Dropped += s.Dropped
		sum.Refused += s.Refused
		if got := sh.out.Path().String(); path != "auto" && got != path {
			t.Errorf("sent over %s", got)
		}
	}
	if sum.Dropped+sum.Refused > 0 || path == "gso" && sum.Trains > sum.Datagrams/2 || path == "sendto" && sum.Trains != sum.Datagrams {
		t.Errorf("%s: %+v", path, sum)
	}
}

func TestUnknownPathIsRefused(t *testing.T) {
	if _, err := New(Config{Listen: "127.0.0.1:0", Egress: "pigeon"}, &watcher{}, &board{}); err == nil {
		t.Error("started")
	}
}

// ReadFrom implements [net.PacketConn]. A deaf client reads on, but hears nothing.
func (l *line) ReadFrom(b []byte) (int, net.Addr, error) {
	n, a, err := l.PacketConn.ReadFrom(b)
	for err == nil && l.deaf.Load() {
		_, _, err = l.PacketConn.(*net.UDPConn).ReadFromUDPAddrPort(b) // allocates nothing
	}
	return n, a, err
}

// hotPath sends bursts of 8 pictures' packets and one of sound to viewers, ten times so many, and returns the allocations
// for each of the least time: the others hold what went on beside it, which is more where the machine is slow. The viewers
// are deaf, so what allocates is the server.
func hotPath(t testing.TB, viewers, rounds int) (allocs float64, packets int) {
	tm := patientTiming()
	tm.keepAlive = time.Hour
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, tm)
	e.SetLive("r", true)
	s := publish(t, e, "r", Publisher{Owner: "anna"}, 'A')
	stop := s.pump()
	var players []*player
	for range viewers {
		p := watch(t, e, "r", Viewer{}, 1, 1)
		players = append(players, p)
		eventually(t, "media", func() bool { return p.count("video0") > 0 && p.count("audio0") > 0 })
	}
	settle(t, e)
	stop()
	for _, p := range players {
		p.line.deaf.Store(true)
	}
	s.send() // wakes the readers, which are deaf from then on
	e.mu.Lock()
	sources := slices.Clone(e.rooms["r"].sources)
	e.mu.Unlock()
	jobs := make([]job, 0, len(sources))
	for _, src := range sources {
		jobs = append(jobs, burstOf(src.ladder()[0]))
	}
	const times = 10
	done := make(chan int)
	for i := range times {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		some := 0
		for _, sh := range e.shards {
			sh.post(func(sh *shard) {
				sent := sh.out.Stats().Datagrams
				for n := range rounds / times {
					for _, j := range jobs {
						sh.gather(j.moved(i*rounds/times + n))
					}
					sh.visit()
				}
				done <- int(sh.out.Stats().Datagrams - sent)
			})
			some += <-done
		}
		runtime.ReadMemStats(&after)
		if each := float64(after.Mallocs-before.Mallocs) / float64(max(some, 1)); i == 0 || each < allocs {
			allocs = each
		}
		packets += some
	}
	return allocs, packets
}

// settle waits until every slot is live in its feed.
func settle(t testing.TB, e *Engine) {
	t.Helper()
	eventually(t, "slots to settle", func() bool {
		busy := make(chan bool, len(e.shards))
		for _, sh := range e.shards {
			sh.post(func(sh *shard) { busy <- len(sh.catching)+len(sh.patient) > 0 })
		}
		left := 0
		for range e.shards {
			if <-busy {
				left++
			}
		}
		return left == 0
	})
}

func burstOf(l *layer) job {
	src := l.src
	j := job{layer: l}
	const far = 1 << 40 // beyond what the publisher sent
	size, count := 1100, 8
	if !src.track.Kind.Video() {
		size, count = 100, 1
	}
	for i := range count {
		payload := append(vp8(false, 1, 1, 'A', 1), make([]byte, size)...)
		p := &packet{ext: far + int64(i), at: time.Now(), frame: src.codec.inspect(payload)}
		p.rtp = &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(p.ext), Marker: i == count-1}, Payload: payload}
		j.packets = append(j.packets, p)
	}
	return j
}

// moved gives the packets, which nobody else has, the numbers of round n.
func (j job) moved(n int) job {
	for _, p := range j.packets {
		p.ext += int64(len(j.packets))
		p.rtp.SequenceNumber = uint16(p.ext)
		p.rtp.Timestamp = uint32(n) * 3000
	}
	return j
}

func TestHotPathDoesNotAllocate(t *testing.T) {
	allocs, packets := hotPath(t, 4, 500)
	if want := 4 * 500 * 9; packets != want {
		t.Errorf("%d packets were sent, want %d", packets, want)
	}
	if allocs > 0.1+poolLoss {
		t.Errorf("%.3f allocations for each packet", allocs)
	}
}

func BenchmarkHotPath(b *testing.B) {
	b.StopTimer()
	allocs, packets := hotPath(b, 20, 2000)
	b.ReportMetric(allocs, "allocs/packet")
	b.ReportMetric(float64(packets), "packets")
}
