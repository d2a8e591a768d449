package sfu

import "encoding/binary"

// pictureIDs are the running numbers in a VP8 (RFC 7741 section 4.2) or VP9 (RFC 9628 section 4.2) payload descriptor
// and where they stand. An offset of 0 means that the number is absent: the first byte of a descriptor never holds one.
type pictureIDs struct {
	picAt, tl0At int
	wide         bool // 15 bits of picture id, else 7
	pic          uint16
	tl0          uint8
}

// read takes a picture id at b[at:] and returns where the descriptor goes on; ok is false if it ends early.
func (ids *pictureIDs) read(b []byte, at int) (next int, ok bool) {
	if at >= len(b) {
		return 0, false
	}
	ids.picAt, ids.wide = at, b[at]&0x80 != 0
	if !ids.wide {
		ids.pic = uint16(b[at])
		return at + 1, true
	}
	if at+1 >= len(b) {
		return 0, false
	}
	ids.pic = uint16(b[at]&0x7f)<<8 | uint16(b[at+1])
	return at + 2, true
}

// patch writes other numbers into payload, which must be the one that ids were read from.
func (ids pictureIDs) patch(payload []byte, pic uint16, tl0 uint8) {
	switch {
	case ids.picAt == 0:
	case ids.wide:
		payload[ids.picAt] = 0x80 | byte(pic>>8)
		payload[ids.picAt+1] = byte(pic)
	default:
		payload[ids.picAt] = byte(pic & 0x7f)
	}
	if ids.tl0At != 0 {
		payload[ids.tl0At] = tl0
	}
}

// A payload that ends early is taken as having none of what is missing.

// inspectVP8 reads a VP8 payload descriptor and the first byte of the frame.
func inspectVP8(b []byte) frame {
	if len(b) == 0 {
		return frame{}
	}
	var ids pictureIDs
	at := 1
	if b[0]&0x80 != 0 {
		if len(b) < 2 {
			return frame{}
		}
		bits := b[1]
		at = 2
		if bits&0x80 != 0 {
			next, ok := ids.read(b, at)
			if !ok {
				return frame{}
			}
			at = next
		}
		if bits&0x40 != 0 { // temporal level zero index
			if at >= len(b) {
				return frame{}
			}
			ids.tl0At, ids.tl0 = at, b[at]
			at++
		}
		if bits&0x30 != 0 { // temporal id, key index
			at++
		}
	}
	// First packet of partition 0, and the frame header says key frame (RFC 6386 section 9.1: bit 0 clear).
	if b[0]&0x17 != 0x10 || at >= len(b) || b[at]&1 != 0 {
		return frame{pic: ids}
	}
	return frame{key: true, area: areaVP8(b[at:]), pic: ids}
}

// areaVP8 reads the size of the picture from the beginning of a key frame (RFC 6386 section 9.1).
func areaVP8(b []byte) int {
	if len(b) < 10 || b[3] != 0x9d || b[4] != 0x01 || b[5] != 0x2a {
		return 0
	}
	width, height := binary.LittleEndian.Uint16(b[6:])&0x3fff, binary.LittleEndian.Uint16(b[8:])&0x3fff
	return int(width) * int(height)
}

// inspectVP9 reads a VP9 payload descriptor. A key frame begins with the first packet (B) of a frame that is not
// predicted (P) in the lowest spatial layer.
func inspectVP9(b []byte) frame {
	if len(b) == 0 {
		return frame{}
	}
	var ids pictureIDs
	at, low := 1, true
	if b[0]&0x80 != 0 {
		next, ok := ids.read(b, at)
		if !ok {
			return frame{}
		}
		at = next
	}
	if b[0]&0x20 != 0 { // layers
		if at >= len(b) {
			return frame{}
		}
		low = b[at]&0x0e == 0
		at++
		if b[0]&0x10 == 0 { // not flexible: temporal level zero index
			if at >= len(b) {
				return frame{}
			}
			ids.tl0At, ids.tl0 = at, b[at]
		}
	}
	return frame{key: b[0]&0x48 == 0x08 && low, pic: ids}
}

// inspectAV1 reads an AV1 aggregation header (RTP Payload Format For AV1, section 4.4): N says that the packet begins
// a coded video sequence, Z that it goes on with an OBU of the packet before.
func inspectAV1(b []byte) frame {
	return frame{key: len(b) > 1 && b[0]&0x88 == 0x08}
}

// The types of H.264 network abstraction units that matter here (RFC 6184 sections 5.2, 5.7.1, 5.8).
const (
	nalIDR   = 5
	nalSPS   = 7
	nalSTAPA = 24
	nalFUA   = 28
)

// inspectH264 finds where a decoder can start: at the parameter set before a key frame, or at the key frame itself if
// none was sent with it.
func inspectH264(b []byte) frame {
	if len(b) < 2 {
		return frame{}
	}
	starts := func(nal byte) bool { return nal&0x1f == nalSPS || nal&0x1f == nalIDR }
	switch b[0] & 0x1f {
	case nalSTAPA:
		for at := 1; at+2 < len(b); {
			if starts(b[at+2]) {
				return frame{key: true}
			}
			at += 2 + int(b[at])<<8 + int(b[at+1])
		}
		return frame{}
	case nalFUA:
		return frame{key: b[1]&0x80 != 0 && starts(b[1])}
	}
	return frame{key: starts(b[0])}
}
