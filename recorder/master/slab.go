package master

import (
	"sync"
	"sync/atomic"
)

const (
	slabSize  = 64 << 10 // bytes
	spareSlab = 16       // slabs that are kept to be filled again: five seconds of a large picture
)

// slab holds the payloads of packets one behind the other, and is filled again when nobody needs any of them. One that is
// not said to be free, since what came of a packet was thrown away, is left to the collector.
type slab struct {
	of   *slabs
	room [slabSize]byte
	held atomic.Int32 // packets, and one more while it is being filled
}

// slabs are where the payloads of a queue are.
type slabs struct {
	open *slab // being filled; nil: none
	used int   // bytes of it

	mu    sync.Mutex
	spare []*slab
}

// keep copies a payload. One that is too large for a slab has none. It is for one goroutine at a time.
func (s *slabs) keep(payload []byte) ([]byte, *slab) {
	n := len(payload)
	if n > slabSize/4 {
		return append([]byte(nil), payload...), nil
	}
	if s.open == nil || slabSize-s.used < n {
		s.drop()
		s.open = s.take()
	}
	s.open.held.Add(1)
	out := s.open.room[s.used : s.used+n : s.used+n]
	s.used += n
	copy(out, payload)
	return out, s.open
}

// drop is for whoever keeps nothing more.
func (s *slabs) drop() {
	s.open.free()
	s.open, s.used = nil, 0
}

func (s *slabs) take() *slab {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out *slab
	if n := len(s.spare); n > 0 {
		out = s.spare[n-1]
		s.spare[n-1] = nil
		s.spare = s.spare[:n-1]
	} else {
		out = &slab{of: s}
	}
	out.held.Store(1)
	return out
}

// free says, once for each packet, that its payload is needed no more. Nil is no slab.
func (b *slab) free() {
	if b == nil || b.held.Add(-1) > 0 {
		return
	}
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	if len(b.of.spare) < spareSlab {
		b.of.spare = append(b.of.spare, b)
	}
}
