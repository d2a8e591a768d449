package webm

// bits reads a bitstream from its highest bit on. Behind the end it reads zeros and is short.
type bits struct {
	b     []byte
	at    int // in bits
	short bool
}

func (r *bits) read(n int) (v uint32) {
	for range n {
		v <<= 1
		if i := r.at / 8; i < len(r.b) {
			v |= uint32(r.b[i]>>(7-r.at%8)) & 1
		} else {
			r.short = true
		}
		r.at++
	}
	return v
}

func (r *bits) flag() bool { return r.read(1) == 1 }

// uvlc reads a number of variable length (AV1 specification section 4.10.3).
func (r *bits) uvlc() uint32 {
	zeros := 0
	for !r.short && !r.flag() {
		zeros++
	}
	if zeros >= 32 {
		return 1<<32 - 1
	}
	return r.read(zeros) + 1<<zeros - 1
}
