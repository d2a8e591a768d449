package bench

import (
	"encoding/binary"
	"math"
	"sync/atomic"
	"time"
)

// meter counts what viewers get. All viewers write it at once.
type meter struct {
	start    time.Time
	from, to atomic.Uint64 // the packets that count, by their number at the publisher

	packets, gaps     atomic.Uint64
	delta, key, audio histogram // delta has the sound in it as well
}

func newMeter() *meter {
	m := &meter{start: time.Now()}
	m.from.Store(math.MaxUint64)
	m.to.Store(math.MaxUint64)
	return m
}

// histogram counts latencies in steps of a quarter of a millisecond.
type histogram [4000]atomic.Uint32

const step = 250 * time.Microsecond

func (h *histogram) add(d time.Duration) { h[min(max(d/step, 0), time.Duration(len(h)-1))].Add(1) }

// quantile is in milliseconds.
func (h *histogram) quantile(q float64) float64 {
	var sum uint64
	for i := range h {
		sum += uint64(h[i].Load())
	}
	left := uint64(float64(sum) * q)
	for i := range h {
		n := uint64(h[i].Load())
		if left < n {
			return float64(i+1) * float64(step) / float64(time.Millisecond)
		}
		left -= n
	}
	return 0
}

// A payload begins with what looks like a VP8 descriptor (RFC 7741) to the server; behind it follow number and time.
const (
	descriptor = 6 // and one byte of VP8 header
	stampAt    = descriptor + 1
	stampSize  = 8 + 8 + 1
	flagKey    = 1
	flagAudio  = 2
)

// stamp fills the front of payload.
func (m *meter) stamp(payload []byte, first bool, pic uint16, number uint64, flags byte) {
	copy(payload, []byte{0x80, 0xc0, 0x80 | byte(pic>>8), byte(pic), byte(pic), 1, 1})
	if first {
		payload[0] |= 0x10
	}
	if flags&flagKey != 0 {
		payload[descriptor-1], payload[descriptor] = 0, 0
	}
	b := payload[stampAt:]
	binary.BigEndian.PutUint64(b, number)
	binary.BigEndian.PutUint64(b[8:], uint64(time.Since(m.start)))
	b[16] = flags
}

// take counts one packet and reports whether it is of a picture.
func (m *meter) take(payload []byte, gap bool) (picture bool) {
	if len(payload) < stampAt+stampSize {
		return false
	}
	b := payload[stampAt:]
	number, flags := binary.BigEndian.Uint64(b), b[16]
	if number >= m.from.Load() && number < m.to.Load() {
		took := time.Since(m.start) - time.Duration(binary.BigEndian.Uint64(b[8:]))
		m.packets.Add(1)
		if gap {
			m.gaps.Add(1)
		}
		switch {
		case flags&flagKey != 0:
			m.key.add(took)
		case flags&flagAudio != 0:
			m.audio.add(took)
			m.delta.add(took)
		default:
			m.delta.add(took)
		}
	}
	return flags&flagAudio == 0
}
