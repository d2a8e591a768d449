package master

import (
	"github.com/pion/rtp/codecs"

	"plenum/recorder/webm"
)

// frames puts VP8 frames together (RFC 7741 section 4). Packets come in order; a loss spoils the frame it falls into.
type frames struct {
	open   bool
	ts     uint32
	data   []byte
	size   int // of the last frame: room to begin with
	rights rights
}

// push takes the next packet. done hands a whole frame over; lost says that pictures are missing, so that what
// follows cannot be decoded without a key frame.
func (f *frames) push(p packet, gap bool) (frame []byte, r rights, done, lost bool) {
	if gap {
		f.drop()
		lost = true
	}
	if len(p.payload) == 0 { // padding that probes for bandwidth
		return nil, rights{}, false, lost
	}
	var vp codecs.VP8Packet
	part, err := vp.Unmarshal(p.payload)
	if err != nil || len(part) == 0 {
		f.drop()
		return nil, rights{}, false, true
	}
	if vp.S == 1 && vp.PID == 0 && (!f.open || f.ts != p.ts) {
		lost = lost || f.open
		f.drop()
		f.open, f.ts = true, p.ts
		f.data = make([]byte, 0, max(f.size, len(part)))
	}
	if !f.open || f.ts != p.ts || len(f.data)+len(part) > webm.MaxSample {
		f.drop()
		return nil, rights{}, false, true
	}
	f.data = append(f.data, part...)
	f.rights.add(p.permit)
	if !p.marker {
		return nil, rights{}, false, lost
	}
	frame, r = f.data, f.rights
	*f = frames{size: len(frame) * 5 / 4}
	return frame, r, true, lost
}

func (f *frames) drop() { *f = frames{size: f.size} }

// keyFrame reads the frame tag (RFC 6386 section 9.1).
func keyFrame(frame []byte) bool { return len(frame) > 0 && frame[0]&1 == 0 }
