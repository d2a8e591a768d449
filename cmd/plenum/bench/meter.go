package bench

import (
	"encoding/binary"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// meter reads the stamps of what viewers get. All viewers use it at once.
type meter struct {
	start time.Time
	now   atomic.Pointer[tally] // what is counted into
}

// tally counts the packets of one window, which their numbers at the publisher tell.
type tally struct {
	from, to atomic.Uint64

	packets, gaps     atomic.Uint64
	best              atomic.Uint64    // sound, and the best layer
	layers            [3]atomic.Uint64 // lowest first
	delta, key, audio histogram        // delta has the sound in it as well
}

func newMeter() *meter {
	m := &meter{start: time.Now()}
	m.now.Store(newTally())
	return m
}

// newTally counts nothing until it is told from where.
func newTally() *tally {
	t := &tally{}
	t.from.Store(math.MaxUint64)
	t.to.Store(math.MaxUint64)
	return t
}

// delivered is in percent of what each viewer should have had.
func (t *tally) delivered(viewers int) float64 {
	return 100 * float64(t.best.Load()) / float64((t.to.Load()-t.from.Load())*uint64(viewers))
}

// histogram counts latencies up to a second.
type histogram [20_000]atomic.Uint32

const step = 50 * time.Microsecond

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

// quantile of few figures, in milliseconds; 0 if there are none.
func quantile(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return float64(all[int(float64(len(all)-1)*q)]) / float64(time.Millisecond)
}

// A payload begins with what looks like a VP8 descriptor (RFC 7741) to the server; behind it follow number and time.
const (
	descriptor = 6 // and one byte of VP8 header
	stampAt    = descriptor + 1
	stampSize  = 8 + 8 + 1
	flagKey    = 1
	flagAudio  = 2
	flagLower  = 4 // not of the best layer; its number is the next packet's, which is of the best or sound
	layerShift = 4
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

// take counts one packet, which was there some time before it was read, and returns its flags; ok is false for what has
// no stamp.
func (m *meter) take(payload []byte, gap bool, late time.Duration) (flags byte, ok bool) {
	if len(payload) < stampAt+stampSize {
		return 0, false
	}
	b := payload[stampAt:]
	number, flags := binary.BigEndian.Uint64(b), b[16]
	t := m.now.Load()
	if number < t.from.Load() || number >= t.to.Load() {
		return flags, true
	}
	took := time.Since(m.start) - late - time.Duration(binary.BigEndian.Uint64(b[8:]))
	t.packets.Add(1)
	if gap {
		t.gaps.Add(1)
	}
	if flags&flagLower == 0 {
		t.best.Add(1)
	}
	if flags&flagAudio == 0 {
		t.layers[min(flags>>layerShift, 2)].Add(1)
	}
	switch {
	case flags&flagKey != 0:
		t.key.add(took)
	case flags&flagAudio != 0:
		t.audio.add(took)
		t.delta.add(took)
	default:
		t.delta.add(took)
	}
	return flags, true
}
