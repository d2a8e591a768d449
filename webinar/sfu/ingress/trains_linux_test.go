package ingress

import (
	"bytes"
	"net"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// train sends b in datagrams of a size, as one (UDP_SEGMENT).
func train(t *testing.T, from *net.UDPConn, to *net.UDPAddr, b []byte, size uint16) {
	t.Helper()
	oob := make([]byte, unix.CmsgSpace(2))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	h.Level, h.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	*(*uint16)(unsafe.Pointer(&oob[unix.CmsgLen(0)])) = size
	if _, _, err := from.WriteMsgUDP(b, oob, to); err != nil {
		t.Fatal(err)
	}
}

// TestArrivalsAreTold reads two trains and a datagram long after they came.
func TestArrivalsAreTold(t *testing.T) {
	conn, from := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	server, err := New(conn, Wishes{Trains: true, Arrivals: true})
	if err != nil {
		t.Fatal(err)
	}
	if !server.Arrived().IsZero() {
		t.Error("something came before anything was sent")
	}
	to := conn.LocalAddr().(*net.UDPAddr)
	buf := make([]byte, maxDatagram)
	send := func(size int) (before time.Time) {
		before = time.Now()
		train(t, from, to, make([]byte, size), 1000)
		<-time.After(time.Millisecond) // so that whatever is next comes later
		return before
	}
	// The kernel begins to note arrivals a little after it was asked to; till then it tells when something was read.
	for noting := false; !noting; {
		send(1)
		read := time.Now().Round(0)
		if _, _, err := server.ReadFromAddrPort(buf); err != nil {
			t.Fatal(err)
		}
		noting = server.Arrived().Before(read)
	}
	var sent []time.Time // before each
	for _, size := range []int{2000, 100, 3000} {
		sent = append(sent, send(size))
	}
	sent = append(sent, time.Now())
	for _, which := range []int{0, 0, 1, 2, 2, 2} {
		if _, _, err := server.ReadFromAddrPort(buf); err != nil {
			t.Fatal(err)
		}
		// The machine's clock alone, as the kernel has no other.
		if at := server.Arrived(); at.Before(sent[which].Round(0)) || at.After(sent[which+1].Round(0)) {
			t.Errorf("what was sent from %v on came at %v", sent[which], at)
		}
	}
}

func TestNobodyWhoDoesNotAskIsTold(t *testing.T) {
	conn, from := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	server := reader(t, conn)
	train(t, from, conn.LocalAddr().(*net.UDPAddr), make([]byte, 10), 1000)
	if _, _, err := server.ReadFromAddrPort(make([]byte, 10)); err != nil || !server.Arrived().IsZero() {
		t.Errorf("%v, %v", server.Arrived(), err)
	}
}

// TestTrainsAreCut sends trains with and without a shorter end, and datagrams of their own between them, from two
// senders; a train comes whole through the kernel, in one message.
func TestTrainsAreCut(t *testing.T) {
	conn := listen(t, "udp4", "127.0.0.1:0")
	server, err := New(conn, Wishes{Trains: true, Arrivals: true})
	if err != nil {
		t.Fatal(err)
	}
	one, two := listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")
	to := conn.LocalAddr().(*net.UDPAddr)
	type datagram struct {
		from uint16
		data []byte
	}
	var want []datagram
	mark := byte(0)
	send := func(from *net.UDPConn, sizes ...int) {
		var all []byte
		for _, n := range sizes {
			mark++
			d := bytes.Repeat([]byte{mark}, n)
			all = append(all, d...)
			want = append(want, datagram{port(from), d})
		}
		if len(sizes) > 1 {
			train(t, from, to, all, uint16(sizes[0]))
		} else if _, err := from.WriteToUDPAddrPort(all, to.AddrPort()); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, maxDatagram)
	whole := 0
	for range 3 { // read in between, lest the socket be full
		send(one, 1100, 1100, 1100, 700)
		send(two, 300)
		send(two, 60, 60)
		send(one, 0)
		send(one, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1200, 1)
		if err := conn.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			n, from, err := server.ReadFromAddrPort(buf)
			if err != nil || from.Port() != w.from || !bytes.Equal(buf[:n], w.data) {
				t.Fatalf("datagram %d: %d bytes from %v, %v, want %d from %d", i, n, from, err, len(w.data), w.from)
			}
			if len(server.batch.rest) > 0 {
				whole++
			}
		}
		want = nil
	}
	if most := 3 * (3 + 1 + 15); whole != most {
		t.Errorf("%d datagrams had more of their train behind them, want %d", whole, most)
	}
}
