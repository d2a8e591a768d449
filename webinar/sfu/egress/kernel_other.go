//go:build !linux

package egress

import (
	"net"
	"net/netip"
	"time"
)

// patience bounds the wait for room in the socket.
const patience = 10 * time.Millisecond

func probe(conn *net.UDPConn) (best Path, v6 bool, err error) {
	ip := conn.LocalAddr().(*net.UDPAddr).IP
	return SendTo, ip.To4() == nil, nil
}

func (*Socket) single([]byte, netip.AddrPort) bool { return false }

// kernel sends datagrams one by one.
type kernel struct{}

func (*kernel) init(*Batch) error { return nil }

func (*kernel) send(b *Batch) {
	for _, m := range b.msgs {
		b.calls.Add(1)
		if _, err := b.socket.conn.WriteToUDPAddrPort(b.arena[m.begin:m.end], m.to); err != nil {
			b.dropped.Add(1)
			continue
		}
		b.sent(m)
	}
}
