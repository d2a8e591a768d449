package recorder

import "strings"

// keyStart reports whether an RTP payload begins a picture that needs no other, as far as its payload format tells. The
// writer looks into the picture itself before it believes that.
func keyStart(mime string, payload []byte) bool {
	switch {
	case strings.EqualFold(mime, "video/VP8"):
		return vp8Key(payload)
	case strings.EqualFold(mime, "video/VP9"):
		return vp9Key(payload)
	case strings.EqualFold(mime, "video/AV1"):
		return av1Key(payload)
	}
	return false
}

// vp9Key: the start of a picture (B) that is predicted from none (P is 0), in its lowest spatial layer (RFC 9628 section
// 4.2).
func vp9Key(p []byte) bool {
	const i, predicted, layers, begins = 0x80, 0x40, 0x20, 0x08
	if len(p) < 2 || p[0]&predicted != 0 || p[0]&begins == 0 {
		return false
	}
	if p[0]&layers == 0 {
		return true
	}
	at := 1
	if p[0]&i != 0 {
		if p[at]&0x80 != 0 { // M: 15 bits
			at++
		}
		at++
	}
	return len(p) > at && p[at]>>1&7 == 0 // SID
}

// av1Key: the first packet of a coded video sequence (N) and no continuation (Z), by the aggregation header
// (https://aomediacodec.github.io/av1-rtp-spec/#44-av1-aggregation-header).
func av1Key(p []byte) bool {
	const continues, fresh = 0x80, 0x08
	return len(p) > 1 && p[0]&fresh != 0 && p[0]&continues == 0
}

// vp8Key reports whether an RTP payload begins a VP8 key frame (RFC 7741 sections 4.2 and 4.3).
func vp8Key(p []byte) bool {
	if len(p) < 1 || p[0]&0x10 == 0 || p[0]&0x07 != 0 { // S and PID: the start of the first partition
		return false
	}
	i := 1
	if p[0]&0x80 != 0 { // X
		if len(p) < 2 {
			return false
		}
		x := p[1]
		i = 2
		if x&0x80 != 0 { // I
			if len(p) <= i {
				return false
			}
			if p[i]&0x80 != 0 { // M: 15 bits
				i++
			}
			i++
		}
		if x&0x40 != 0 { // L
			i++
		}
		if x&0x30 != 0 { // T or K
			i++
		}
	}
	return len(p) > i && p[i]&1 == 0
}
