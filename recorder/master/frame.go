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
	data   []byte
	size   int   // of the last frame: room to begin with
	layers []int // where each layer of a VP9 picture begins
	rights rights
	spare  *spare                 // room of pictures that have been written; nil: there is none
	av1    codecs.AV1Depacketizer // holds a unit that goes on in the next packet
}

// part is what one packet carries of a picture.
type part struct {
	data  []byte
	first bool // a picture may begin with it
	layer bool // a layer does
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
	x, ok := f.unpack(p.payload)
	if !ok {
		f.drop()
		return nil, rights{}, false, true
	}
	if x.first && (!f.open || f.ts != p.ts) {
		lost = lost || f.open
		f.begin(p.ts, len(x.data))
	}
	if !f.open || f.ts != p.ts || len(f.data)+len(x.data) > webm.MaxSample-superframeIndex {
		f.drop()
		return nil, rights{}, false, true
	}
	if x.layer {
		f.layers = append(f.layers, len(f.data))
	}
	f.data = append(f.data, x.data...)
	f.rights.add(p.permit)
	if !p.marker {
		return nil, rights{}, false, lost
	}
	frame, r = f.whole(), f.rights
	f.reset(len(frame) * 5 / 4)
	return frame, r, len(frame) > 0, lost || len(frame) == 0
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

func (f *frames) begin(ts uint32, least int) {
	data := f.spare.take(max(f.size, least))
	f.open, f.ts, f.data, f.layers, f.rights = true, ts, data, f.layers[:0], rights{}
}

// reset makes room for the next picture, of about size bytes.
func (f *frames) reset(size int) {
	*f = frames{codec: f.codec, size: size, layers: f.layers[:0], spare: f.spare}
}

func (f *frames) drop() { f.reset(f.size) }

const (
	maxSpare  = 64       // pictures
	spareSize = 32 << 10 // bytes of one; larger ones are rare
)

// spare keeps the room of pictures that have been written for those to come: the collector would have half as much again
// to do. What was in it is overwritten, and goes with the writer.
type spare struct{ room [][]byte }

// take returns room for about size bytes.
func (s *spare) take(size int) []byte {
	if s == nil || size > spareSize || len(s.room) == 0 {
		return make([]byte, 0, size)
	}
	last := len(s.room) - 1
	out := s.room[last]
	s.room[last] = nil
	s.room = s.room[:last]
	return out
}

// give takes the room of a picture that nobody holds any more.
func (s *spare) give(data []byte) {
	if len(s.room) < maxSpare && cap(data) <= spareSize {
		s.room = append(s.room, data[:0])
	}
}

const (
	superframeMax   = 8                   // frames
	superframeIndex = 2 + 4*superframeMax // bytes at most
)

// whole is the finished picture. The spatial layers of VP9 become one superframe (VP9 specification annex B).
func (f *frames) whole() []byte {
	n := len(f.layers)
	if n < 2 || n > superframeMax {
		return f.data
	}
	marker := byte(0b110<<5 | (4-1)<<3 | (n - 1))
	out := append(f.data, marker)
	for i, from := range f.layers {
		to := len(f.data)
		if i+1 < n {
			to = f.layers[i+1]
		}
		out = binary.LittleEndian.AppendUint32(out, uint32(to-from))
	}
	return append(out, marker)
}
