//go:build !linux

package ingress

import (
	"errors"
	"net"
	"net/netip"
	"time"
)

// batch is not to be had here.
type batch struct{ arrived time.Time }

func newBatch(_ *net.UDPConn, _, _ int, w Wishes) (*batch, error) {
	if w != (Wishes{}) {
		return nil, errors.ErrUnsupported
	}
	return nil, nil //nolint:nilnil // none is needed
}

func (*batch) next([]byte) (int, netip.AddrPort, error) {
	return 0, netip.AddrPort{}, errors.ErrUnsupported
}
