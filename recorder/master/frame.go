package master

import (
	"encoding/binary"

	"github.com/pion/rtp/codecs"

	"plenum/recorder/webm"
)

// frames puts pictures together from packets, which come in order; a loss spoils the picture it falls into. Payload
// formats: VP8 RFC 7741, VP9 RFC 9628, AV1 https://aomediacodec.github.io/av1-rtp-spec/.
type frames struct {
	codec  webm.Codec
	open   bool
	ts     uint32
	data   pieces
	layers []int // where each layer of a VP9 picture begins
	rights rights
	spare  *spare                 // lists of pictures that have been written; nil: there are none
	av1    codecs.AV1Depacketizer // holds a unit that goes on in the next packet
}

// part is what one packet carries of a picture.
type part struct {
	data  []byte
	first bool // a picture may begin with it
	layer bool // a layer does
}

// push takes the next packet, and its payload until the picture is freed. done hands a whole frame over; lost says that
// pictures are missing, so that what follows cannot be decoded without a key frame.
func (f *frames) push(p packet, gap bool) (frame pieces, r rights, done, lost bool) {
	if gap {
		f.drop()
		lost = true
	}
	if len(p.payload) == 0 { // padding that probes for bandwidth
		p.slab.free()
		return pieces{}, rights{}, false, lost
	}
	x, ok := f.unpack(p.payload)
	if !ok {
		f.reject(p)
		return pieces{}, rights{}, false, true
	}
	if x.first && (!f.open || f.ts != p.ts) {
		lost = lost || f.open
		f.begin(p.ts)
	}
	if !f.open || f.ts != p.ts || f.data.size+len(x.data) > webm.MaxSample-superframeIndex {
		f.reject(p)
		return pieces{}, rights{}, false, true
	}
	if x.layer {
		f.layers = append(f.layers, f.data.size)
	}
	if f.codec == webm.AV1 { // what makes a key frame may come in several packets, and a unit that goes on lies where it came
		f.data.join(x.data)
	} else {
		f.data.add(x.data, p.slab)
	}
	f.rights.add(p.permit)
	if !p.marker {
		return pieces{}, rights{}, false, lost
	}
	frame, r = f.whole(), f.rights
	f.reset()
	return frame, r, frame.size > 0, lost || frame.size == 0
}

// reject drops the picture and the packet that does not fit into it.
func (f *frames) reject(p packet) {
	f.drop()
	if f.codec != webm.AV1 {
		p.slab.free()
	}
}

// unpack reads the payload descriptor; false for a packet that is none of the codec's.
func (f *frames) unpack(payload []byte) (part, bool) {
	switch f.codec {
	case webm.VP8:
		var vp codecs.VP8Packet
		data, err := vp.Unmarshal(payload)
		return part{data: data, first: vp.S == 1 && vp.PID == 0}, err == nil && len(data) > 0
	case webm.VP9:
		var vp codecs.VP9Packet
		data, err := vp.Unmarshal(payload)
		return part{data: data, first: vp.B && (!vp.L || vp.SID == 0), layer: vp.B}, err == nil && len(data) > 0
	case webm.AV1:
		fresh := f.av1.IsPartitionHead(payload)
		if !fresh && !f.open {
			return part{}, false
		}
		data, err := f.av1.Unmarshal(payload)
		return part{data: data, first: fresh}, err == nil // a packet may hold the middle of a unit only
	default:
		return part{}, false
	}
}

func (f *frames) begin(ts uint32) {
	f.spare.give(f.data)
	f.open, f.ts, f.data, f.layers, f.rights = true, ts, f.spare.take(), f.layers[:0], rights{}
}

// reset makes ready for the next picture; this one has been handed over.
func (f *frames) reset() {
	*f = frames{codec: f.codec, layers: f.layers[:0], spare: f.spare}
}

func (f *frames) drop() {
	f.spare.give(f.data)
	f.reset()
}

const (
	superframeMax   = 8                   // frames
	superframeIndex = 2 + 4*superframeMax // bytes at most
)

// whole is the finished picture. The spatial layers of VP9 become one superframe (VP9 specification annex B).
func (f *frames) whole() pieces {
	n := len(f.layers)
	if n < 2 || n > superframeMax {
		return f.data
	}
	marker := byte(0b110<<5 | (4-1)<<3 | (n - 1))
	out := append(make([]byte, 0, superframeIndex), marker)
	for i, from := range f.layers {
		to := f.data.size
		if i+1 < n {
			to = f.layers[i+1]
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(to-from))
	}
	f.data.add(append(out, marker), nil)
	return f.data
}
