//go:build !linux

package ingress

import (
	"errors"
	"net"
	"net/netip"
)

// batch is not to be had here.
type batch struct{}

func newBatch(_ *net.UDPConn, _, _ int, trains bool) (*batch, error) {
	if trains {
		return nil, errors.ErrUnsupported
	}
	return nil, nil //nolint:nilnil // none is needed
}

func (*batch) next([]byte) (int, netip.AddrPort, error) {
	return 0, netip.AddrPort{}, errors.ErrUnsupported
}
