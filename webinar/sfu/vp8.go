package sfu

// vp8IDs are the running numbers in a VP8 payload descriptor (RFC 7741 section 4.2) and where they stand. An offset
// of 0 means that the number is absent: the first byte of a descriptor never holds one.
type vp8IDs struct {
	picAt, tl0At int
	wide         bool // 15 bits of picture id, else 7
	pic          uint16
	tl0          uint8
}

// inspectVP8 reads the descriptor. A payload that ends early is taken as having none of what is missing.
func inspectVP8(b []byte) frame {
	if len(b) == 0 {
		return frame{}
	}
	var ids vp8IDs
	at := 1
	if b[0]&0x80 != 0 {
		if len(b) < 2 {
			return frame{}
		}
		bits := b[1]
		at = 2
		if bits&0x80 != 0 { // picture id
			if at >= len(b) {
				return frame{}
			}
			ids.picAt, ids.wide = at, b[at]&0x80 != 0
			if ids.wide {
				if at+1 >= len(b) {
					return frame{}
				}
				ids.pic = uint16(b[at]&0x7f)<<8 | uint16(b[at+1])
				at += 2
			} else {
				ids.pic = uint16(b[at])
				at++
			}
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
	key := b[0]&0x17 == 0x10 && at < len(b) && b[at]&1 == 0
	return frame{key: key, pic: ids}
}

// patchVP8 writes other numbers into payload, which must be the one that ids were read from.
func patchVP8(payload []byte, ids vp8IDs, pic uint16, tl0 uint8) {
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
