package egress

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// faulty answers system calls from a list; when that is used up, with success.
type faulty struct {
	mmsg, to []syscall.Errno
	trains   []syscall.Errno // for messages with a UDP_SEGMENT
	always   syscall.Errno   // for those, once trains is used up
	waits    int
	singles  int
}

func pop(list *[]syscall.Errno) (e syscall.Errno) {
	if len(*list) > 0 {
		e, *list = (*list)[0], (*list)[1:]
	}
	return e
}

func (f *faulty) sendmmsg(_ uintptr, msgs []mmsghdr) (int, syscall.Errno) {
	if e := pop(&f.mmsg); e != 0 {
		return 0, e
	}
	for i := range msgs {
		if msgs[i].hdr.Controllen == 0 {
			continue
		}
		e := pop(&f.trains)
		if e == 0 {
			e = f.always
		}
		if e != 0 && i > 0 {
			f.trains = append([]syscall.Errno{e}, f.trains...) // as the kernel does: the fault comes with the next call
			return i, 0
		} else if e != 0 {
			return 0, e
		}
	}
	return len(msgs), 0
}

func (f *faulty) sendto(uintptr, []byte, *unix.RawSockaddrInet6, uint32) syscall.Errno {
	f.singles++
	return pop(&f.to)
}

func (f *faulty) wait(uintptr, bool) { f.waits++ }

// burst adds three trains of three to three addresses.
func burst(t *testing.T, b *Batch, sinks []*net.UDPConn) {
	t.Helper()
	for _, c := range sinks {
		for range 3 {
			b.Add(datagram(100, 1), addr(c))
		}
	}
	b.Flush()
}

func TestFaultsOfTheSystem(t *testing.T) {
	const again, full, inval, eio, size, perm, nosys = syscall.EAGAIN, syscall.ENOBUFS, syscall.EINVAL, syscall.EIO, syscall.EMSGSIZE, syscall.EPERM, syscall.ENOSYS
	patient := int(patience / nap)
	for name, c := range map[string]struct {
		sys   faulty
		path  Path
		want  Stats // Calls is not compared
		waits int
		after Path
	}{
		"all well":                   {faulty{}, GSO, Stats{Datagrams: 9, Trains: 3}, 0, GSO},
		"interrupted":                {faulty{mmsg: []syscall.Errno{syscall.EINTR}}, GSO, Stats{Datagrams: 9, Trains: 3}, 0, GSO},
		"full for a while":           {faulty{mmsg: []syscall.Errno{again, full}}, GSO, Stats{Datagrams: 9, Trains: 3}, 2, GSO},
		"full for good":              {faulty{mmsg: []syscall.Errno{again, again, again, again, again, again, again}}, GSO, Stats{Dropped: 9, Choked: 1}, patient, GSO},
		"an address with small MTU":  {faulty{trains: []syscall.Errno{size}}, GSO, Stats{Datagrams: 9, Trains: 5, Refused: 1}, 0, GSO},
		"a device without checksums": {faulty{always: eio}, GSO, Stats{Datagrams: 9, Trains: 9, Refused: 3}, 0, GSO},
		"no trains on this kernel":   {faulty{always: inval}, GSO, Stats{Datagrams: 9, Trains: 9, Refused: 3}, 0, GSO},
		"an address that is blocked": {faulty{mmsg: []syscall.Errno{perm}}, GSO, Stats{Datagrams: 6, Trains: 2, Dropped: 3}, 0, GSO},
		"no sendmmsg":                {faulty{mmsg: []syscall.Errno{nosys}}, SendMMsg, Stats{Datagrams: 9, Trains: 9}, 0, SendTo},
		"sendto, full for a while":   {faulty{to: []syscall.Errno{again, syscall.EINTR}}, SendTo, Stats{Datagrams: 9, Trains: 9}, 1, SendTo},
		"sendto, full for good":      {faulty{to: []syscall.Errno{0, again, again, again, again, again, again, again}}, SendTo, Stats{Datagrams: 1, Trains: 1, Dropped: 8, Choked: 1}, patient, SendTo},
		"sendto, one blocked":        {faulty{to: []syscall.Errno{perm}}, SendTo, Stats{Datagrams: 8, Trains: 8, Dropped: 1}, 0, SendTo},
	} {
		t.Run(name, func(t *testing.T) {
			conn := listen(t, "udp4", "127.0.0.1")
			b := newBatch(t, conn, c.path)
			b.kernel.sys = &c.sys
			burst(t, b, []*net.UDPConn{listen(t, "udp4", "127.0.0.1"), listen(t, "udp4", "127.0.0.1"), listen(t, "udp4", "127.0.0.1")})
			got := b.Stats()
			got.Calls = 0
			if got != c.want || c.sys.waits != c.waits || b.Path() != c.after {
				t.Errorf("%+v after %d waits over %v, want %+v, %d, %v", got, c.sys.waits, b.Path(), c.want, c.waits, c.after)
			}
		})
	}
}

// TestTrainsAreGivenUp shows that a system that takes no trains is not asked for ever, and that one address alone
// cannot bring that about.
func TestTrainsAreGivenUp(t *testing.T) {
	conn := listen(t, "udp4", "127.0.0.1")
	sinks := []*net.UDPConn{listen(t, "udp4", "127.0.0.1"), listen(t, "udp4", "127.0.0.1")}
	b := newBatch(t, conn, GSO)
	b.kernel.sys = &faulty{always: syscall.EIO}
	for range maxRefused/len(sinks) + 1 {
		burst(t, b, sinks)
	}
	if s := b.Stats(); b.Path() != SendMMsg || s.Refused != maxRefused || s.Dropped != 0 || s.Datagrams != uint64(maxRefused+2)*3 {
		t.Errorf("%v, %+v", b.Path(), s)
	}
	b = newBatch(t, conn, GSO)
	for range 2 * maxRefused {
		b.kernel.sys = &faulty{trains: []syscall.Errno{syscall.EMSGSIZE}}
		burst(t, b, sinks)
	}
	if s := b.Stats(); b.Path() != GSO || s.Refused != 2*maxRefused || s.Dropped != 0 {
		t.Errorf("%v, %+v", b.Path(), s)
	}
}

func BenchmarkBatch(b *testing.B) {
	for p := GSO; p <= SendTo; p++ {
		b.Run(p.String(), func(b *testing.B) {
			batch := newBatch(b, listen(b, "udp4", "127.0.0.1"), p)
			to := addr(listen(b, "udp4", "127.0.0.1"))
			d := datagram(1100, 1)
			b.ReportAllocs()
			for b.Loop() {
				for range 8 {
					batch.Add(d, to)
				}
				batch.Flush()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8, "ns/packet")
		})
	}
}
