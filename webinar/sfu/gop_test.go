package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

// piece is packet ext of picture pic.
func piece(ext int64, pic uint32, key bool) *packet {
	return &packet{
		ext: ext, frame: frame{key: key}, at: time.Unix(1000, 0).Add(time.Duration(pic) * time.Second / 30),
		rtp: &rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(ext), Timestamp: pic * 3000}, Payload: make([]byte, 1000)},
	}
}

func exts(g *gop) (out []int64) {
	for _, p := range g.packets {
		out = append(out, p.ext)
	}
	return out
}

func TestGopBeginsAtTheNewestKeyFrame(t *testing.T) {
	var g gop
	g.add([]*packet{piece(1, 1, false)})
	if len(g.packets) > 0 {
		t.Error("begins without a key frame")
	}
	g.add([]*packet{piece(2, 2, true), piece(3, 2, false), piece(4, 3, false)})
	was := g.number
	// The key frame's first packet was overtaken by its second, and a late packet of the old group follows.
	g.add([]*packet{piece(7, 4, false), piece(6, 4, true), piece(5, 3, false)})
	if got := exts(&g); len(got) != 3 || got[0] != 6 || got[1] != 7 || g.number == was {
		t.Errorf("%v", got)
	}
	if g.bytes != 3000 || g.newest().ext != 7 {
		t.Errorf("%d bytes, newest %d", g.bytes, g.newest().ext)
	}
	// A second place of the same picture where a decoder can start is no new group.
	was = g.number
	g.add([]*packet{piece(8, 4, true)})
	if g.number != was || len(g.packets) != 4 {
		t.Errorf("%v", exts(&g))
	}
	late := piece(9, 5, false)
	late.epoch = 1
	if g.add([]*packet{late}); len(g.packets) != 4 {
		t.Error("takes what was sent after an unmuting")
	}
}

func TestGopHasBounds(t *testing.T) {
	var g gop
	g.add([]*packet{piece(1, 1, true), piece(2, 1+uint32(maxGopTime/time.Second)*30+30, false)})
	if len(g.packets) > 0 {
		t.Error("a group that is too long is kept")
	}
	g.add([]*packet{piece(3, 1, true)})
	for ext := int64(4); ext < 4+maxGopBytes/1000; ext++ {
		g.add([]*packet{piece(ext, 2, false)})
	}
	if len(g.packets) > 0 || g.bytes > 0 {
		t.Error("a group that is too large is kept")
	}
}
