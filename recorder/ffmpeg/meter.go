package ffmpeg

import "math"

// floorDB is so quiet that it counts as silence, in dB of full scale.
const floorDB = 60

// meter measures how loud samples of 16 bits, little endian, are in windows.
type meter struct {
	window int // samples
	n      int
	sum    float64
	odd    []byte // half a sample
	out    []uint8
}

func (m *meter) Write(p []byte) (int, error) {
	n := len(p)
	if len(m.odd) == 1 && n > 0 {
		m.take(m.odd[0], p[0])
		m.odd, p = m.odd[:0], p[1:]
	}
	for ; len(p) >= 2; p = p[2:] {
		m.take(p[0], p[1])
	}
	m.odd = append(m.odd, p...)
	return n, nil
}

func (m *meter) take(low, high byte) {
	v := float64(int16(uint16(low) | uint16(high)<<8))
	m.sum += v * v
	if m.n++; m.n == m.window {
		m.close()
	}
}

// close ends a window: 0 is silence, 255 full scale, and what lies between goes by dB, as ears do.
func (m *meter) close() {
	if m.n == 0 {
		return
	}
	db := 10 * math.Log10(m.sum/float64(m.n)/(1<<30)+1e-12)
	m.out = append(m.out, uint8(255*min(max(1+db/floorDB, 0), 1)))
	m.n, m.sum = 0, 0
}
