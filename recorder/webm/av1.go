package webm

// Types of open bitstream units (AV1 specification section 6.2.2).
const (
	obuSequence    = 1
	obuFrameHeader = 3
	obuFrame       = 6
)

// sequence is what a sequence header says, as far as a container must know it.
type sequence struct {
	width, height int
	reduced       bool    // every frame is a still picture
	config        [4]byte // of av1C, the first four bytes
	obu           []byte  // the whole unit
}

// eachOBU calls f with the units of a temporal unit in low-overhead format, up to the first that is not whole or for which f
// says no.
func eachOBU(b []byte, f func(kind byte, obu, payload []byte) bool) {
	for len(b) > 0 {
		head := 1
		if b[0]&4 != 0 {
			head = 2
		}
		if b[0]&0x80 != 0 || b[0]&2 == 0 || len(b) < head+1 {
			return
		}
		size, n := leb128(b[head:])
		if n == 0 || size > uint64(len(b)-head-n) {
			return
		}
		end := head + n + int(size)
		if !f(b[0]>>3&15, b[:end], b[head+n:end]) {
			return
		}
		b = b[end:]
	}
}

// leb128 reads a number and the bytes that it takes, 0 when there is none (section 4.10.5).
func leb128(b []byte) (v uint64, n int) {
	for n < len(b) && n < 8 {
		v |= uint64(b[n]&0x7f) << (7 * n)
		n++
		if b[n-1]&0x80 == 0 {
			return v, n
		}
	}
	return 0, 0
}

// av1Key reports whether a temporal unit begins a coded video sequence: a sequence header and a shown key frame.
func av1Key(b []byte) (key bool) {
	var seq sequence
	known := false
	eachOBU(b, func(kind byte, obu, payload []byte) bool {
		switch kind {
		case obuSequence:
			seq, known = parseSequence(obu, payload)
		case obuFrame, obuFrameHeader:
			r := bits{b: payload}
			key = known && (seq.reduced || !r.flag() && r.read(2) == 0 && r.flag() && !r.short)
			return false
		}
		return true
	})
	return key
}

// av1Sequence finds the sequence header of a temporal unit.
func av1Sequence(b []byte) (seq sequence, ok bool) {
	eachOBU(b, func(kind byte, obu, payload []byte) bool {
		if kind == obuSequence {
			seq, ok = parseSequence(obu, payload)
			return false
		}
		return true
	})
	return seq, ok
}

// av1C is the codec's configuration record (AV1 in ISOBMFF section 2.3), which Matroska's CodecPrivate holds.
func av1C(b []byte) []byte {
	seq, ok := av1Sequence(b)
	if !ok {
		return nil
	}
	return append(seq.config[:], seq.obu...)
}

// parseSequence reads a sequence header (section 5.5).
func parseSequence(obu, payload []byte) (s sequence, ok bool) {
	r := &bits{b: payload}
	profile := r.read(3)
	r.read(1) // still_picture
	s.reduced = r.flag()
	var level, tier uint32
	if s.reduced {
		level = r.read(5)
	} else {
		level, tier = operatingPoints(r)
	}
	wide, high := int(r.read(4))+1, int(r.read(4))+1
	s.width, s.height = int(r.read(wide))+1, int(r.read(high))+1
	if !s.reduced && r.flag() { // frame_id_numbers_present_flag
		r.read(7)
	}
	r.read(3) // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
	if !s.reduced {
		tools(r)
	}
	r.read(3) // enable_superres, enable_cdef, enable_restoration
	s.config = [4]byte{0x81, byte(profile<<5 | level), byte(tier<<7) | colour(r, profile)}
	s.obu = obu
	return s, !r.short
}

// operatingPoints reads the timing and returns level and tier of the first point.
func operatingPoints(r *bits) (level, tier uint32) {
	delayBits, model := 0, false
	if r.flag() { // timing_info_present_flag
		r.read(64)
		if r.flag() {
			r.uvlc()
		}
		if model = r.flag(); model {
			delayBits = int(r.read(5)) + 1
			r.read(32 + 5 + 5)
		}
	}
	initial := r.flag() // initial_display_delay_present_flag
	for i := range r.read(5) + 1 {
		r.read(12) // operating_point_idc
		l, t := r.read(5), uint32(0)
		if l > 7 {
			t = r.read(1)
		}
		if i == 0 {
			level, tier = l, t
		}
		if model && r.flag() {
			r.read(2*delayBits + 1)
		}
		if initial && r.flag() {
			r.read(4)
		}
	}
	return level, tier
}

// tools skips the flags of the coding tools.
func tools(r *bits) {
	r.read(4) // enable_interintra_compound, enable_masked_compound, enable_warped_motion, enable_dual_filter
	order := r.flag()
	if order {
		r.read(2) // enable_jnt_comp, enable_ref_frame_mvs
	}
	screen := uint32(2) // chosen frame by frame
	if !r.flag() {
		screen = r.read(1)
	}
	if screen > 0 && !r.flag() {
		r.read(1) // seq_force_integer_mv
	}
	if order {
		r.read(3) // order_hint_bits_minus_1
	}
}

// colour reads the color config into the bits of av1C: high_bitdepth, twelve_bit, monochrome, subsampling, position.
func colour(r *bits, profile uint32) byte {
	deep, twelve, mono := r.read(1), uint32(0), uint32(0)
	if profile == 2 && deep == 1 {
		twelve = r.read(1)
	}
	if profile != 1 {
		mono = r.read(1)
	}
	primaries, transfer, matrix := uint32(2), uint32(2), uint32(2)
	if r.flag() {
		primaries, transfer, matrix = r.read(8), r.read(8), r.read(8)
	}
	x, y, position := uint32(1), uint32(1), uint32(0)
	switch {
	case mono == 1:
		r.read(1) // color_range
	case primaries == 1 && transfer == 13 && matrix == 0: // sRGB
		x, y = 0, 0
	default:
		r.read(1)
		switch {
		case profile == 1:
			x, y = 0, 0
		case profile == 2 && twelve == 1:
			if x, y = r.read(1), 0; x == 1 {
				y = r.read(1)
			}
		case profile == 2:
			y = 0
		}
		if x == 1 && y == 1 {
			position = r.read(2)
		}
	}
	return byte(deep<<6 | twelve<<5 | mono<<4 | x<<3 | y<<2 | position)
}
