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

// TestTrainsAreCut sends trains with and without a shorter end, and datagrams of their own between them, from two
// senders; a train comes whole through the kernel, in one message.
func TestTrainsAreCut(t *testing.T) {
	conn := listen(t, "udp4", "127.0.0.1:0")
	server, err := NewTrains(conn)
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
