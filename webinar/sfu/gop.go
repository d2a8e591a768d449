package sfu

import "time"

// gop is the group of pictures that is running: all packets of one layer since the newest key frame, in the order in
// which they were forwarded. Who joins gets it and sees a picture at once, whatever the publisher does about requests
// for key frames.
type gop struct {
	packets []*packet
	bytes   int
	number  uint64 // of the group
}

// The bounds of a group; one that outgrows them is given up until the next key frame.
const (
	maxGopTime  = 12 * time.Second
	maxGopBytes = 4 << 20
)

// add takes what was just forwarded.
func (g *gop) add(packets []*packet) {
	for _, p := range packets {
		if p.frame.key {
			g.begin(p)
			continue
		}
		if len(g.packets) == 0 || p.epoch != g.packets[0].epoch {
			continue
		}
		g.packets = append(g.packets, p)
		g.bytes += len(p.rtp.Payload)
		if g.bytes > maxGopBytes || p.at.Sub(g.packets[0].at) > maxGopTime {
			g.clear()
		}
	}
}

// begin starts a group with p. What overtook the first packet of its key frame stays; a second place of the same frame
// at which a decoder could start begins nothing new.
func (g *gop) begin(p *packet) {
	if n := len(g.packets); n > 0 && g.packets[0].epoch == p.epoch && g.packets[0].rtp.Timestamp == p.rtp.Timestamp && p.ext > g.packets[0].ext {
		g.packets = append(g.packets, p)
		g.bytes += len(p.rtp.Payload)
		return
	}
	var rest []*packet
	for _, x := range g.packets {
		if x.ext > p.ext && x.epoch == p.epoch {
			rest = append(rest, x)
		}
	}
	g.clear()
	g.packets = append(append(g.packets, p), rest...)
	for _, x := range g.packets {
		g.bytes += len(x.rtp.Payload)
	}
}

// clear forgets the group.
func (g *gop) clear() {
	clear(g.packets)
	g.packets, g.bytes = g.packets[:0], 0
	g.number++
}

// newest is the packet with the latest timestamp, nil if there is none.
func (g *gop) newest() *packet {
	var best *packet
	for i := len(g.packets) - 1; i >= 0 && i >= len(g.packets)-maxBurst; i-- {
		if p := g.packets[i]; best == nil || p.ext > best.ext {
			best = p
		}
	}
	return best
}
