package webm

// Codec names how a track's samples are coded.
type Codec uint8

// The codecs that every browser plays in WebM and that WebRTC offers.
const (
	VP8  Codec = iota + 1 // RFC 6386, one frame a sample
	Opus                  // RFC 6716, one packet a sample
	VP9                   // one frame a sample, or a superframe
	AV1                   // one temporal unit a sample, low-overhead format, without temporal delimiters
)

func codecs() []Codec { return []Codec{VP8, Opus, VP9, AV1} }

// Video tells pictures from sound.
func (c Codec) Video() bool { return c != Opus && c.id() != "" }

// String is the codec's short name in lower case.
func (c Codec) String() string {
	switch c {
	case VP8:
		return "vp8"
	case VP9:
		return "vp9"
	case AV1:
		return "av1"
	case Opus:
		return "opus"
	}
	return ""
}

func (c Codec) id() string {
	switch c {
	case VP8:
		return "V_VP8"
	case VP9:
		return "V_VP9"
	case AV1:
		return "V_AV1"
	case Opus:
		return "A_OPUS"
	}
	return ""
}

// Key reports whether a sample needs no other to be decoded.
func (c Codec) Key(b []byte) bool {
	switch c {
	case VP8:
		return len(b) > 0 && b[0]&1 == 0 // RFC 6386 section 9.1
	case VP9:
		return vp9Key(b)
	case AV1:
		return av1Key(b)
	case Opus:
		return true
	}
	return false
}

// size reads how large the picture of a key frame is, in pixels.
func (c Codec) size(b []byte) (w, h int, ok bool) {
	switch c {
	case VP8:
		return vp8Size(b)
	case VP9:
		return vp9Size(b)
	case AV1:
		if seq, ok := av1Sequence(b); ok {
			return seq.width, seq.height, true
		}
	case Opus: // has none
	}
	return 0, 0, false
}

// vp8Size reads the picture size of a VP8 key frame (RFC 6386 section 9.1).
func vp8Size(b []byte) (w, h int, ok bool) {
	if len(b) < 10 || b[0]&1 != 0 || b[3] != 0x9d || b[4] != 0x01 || b[5] != 0x2a {
		return 0, 0, false
	}
	return (int(b[6]) | int(b[7])<<8) & 0x3fff, (int(b[8]) | int(b[9])<<8) & 0x3fff, true
}

// vp9Header reads the beginning of an uncompressed header (VP9 specification section 6.2) up to the frame type.
func vp9Header(b []byte) (r *bits, profile uint32, key bool) {
	r = &bits{b: b}
	marker := r.read(2)
	profile = r.read(1) | r.read(1)<<1
	if profile == 3 {
		r.read(1)
	}
	existing := r.flag()
	key = !r.flag()
	return r, profile, marker == 2 && !existing && key && !r.short
}

func vp9Key(b []byte) bool {
	_, _, key := vp9Header(b)
	return key
}

func vp9Size(b []byte) (w, h int, ok bool) {
	r, profile, key := vp9Header(b)
	if !key {
		return 0, 0, false
	}
	r.read(2) // show_frame, error_resilient_mode
	if r.read(24) != 0x498342 {
		return 0, 0, false
	}
	if profile >= 2 {
		r.read(1) // bit depth
	}
	const rgb = 7
	if space := r.read(3); space != rgb {
		r.read(1) // color range
		if profile&1 == 1 {
			r.read(3) // subsampling
		}
	} else if profile&1 == 1 {
		r.read(1)
	}
	w, h = int(r.read(16))+1, int(r.read(16))+1
	return w, h, !r.short
}
