package master

import (
	"time"

	"plenum/recorder/consent"
)

const (
	depth     = 1500 * time.Millisecond // from arrival until a sample is written
	holeWait  = 1300 * time.Millisecond // how long a missing packet may take; the rest is for putting tracks in order
	holeAsk   = 300 * time.Millisecond  // after this a hole will likely stay: have a key frame ready
	startHold = 100 * time.Millisecond  // the first packet to arrive need not be the first that was sent
	maxHeld   = 4096                    // packets
	lateReset = 100                     // late packets in a row that say the sender counts anew
	keepRoom  = 64                      // packets whose room is kept for the next, where nothing is missing
)

// packet is one RTP packet behind the gate.
type packet struct {
	seq     int64 // unwrapped
	ts      uint32
	marker  bool
	payload []byte
	slab    *slab // where payload is; nil: in room of its own
	permit  consent.Permit
	at      time.Duration // arrival
}

// jitter puts packets in order. One that follows its predecessor passes at once; behind a hole they wait.
type jitter struct {
	held    []packet // by seq
	open    bool     // a first packet has come
	running bool     // next is valid
	since   time.Duration
	next    int64
	newest  int64
	newTS   uint32
	late    int
}

// push takes a packet, or reports false for a repeat or one that comes too late. p.seq is set from seq.
func (j *jitter) push(seq uint16, p packet) bool {
	if !j.open {
		j.open, j.since = true, p.at
		j.newest, j.newTS = int64(seq), p.ts
	}
	p.seq = j.newest + int64(int16(seq-uint16(j.newest)))
	if j.running && p.seq < j.next {
		if int32(p.ts-j.newTS) <= 0 {
			return false
		}
		if j.late++; j.late < lateReset {
			return false
		}
		*j = jitter{}
		return j.push(seq, p)
	}
	i := len(j.held)
	for i > 0 && j.held[i-1].seq >= p.seq {
		i--
	}
	if i < len(j.held) && j.held[i].seq == p.seq {
		return false
	}
	j.held = append(j.held, packet{})
	copy(j.held[i+1:], j.held[i:])
	j.held[i] = p
	j.late = 0
	if p.seq >= j.newest {
		j.newest, j.newTS = p.seq, p.ts
	}
	return true
}

// pop returns the next packet in order, and gap when packets before it are lost. all gives up every hole at once.
func (j *jitter) pop(now time.Duration, all bool) (p packet, gap, ok bool) {
	if len(j.held) == 0 {
		return packet{}, false, false
	}
	if !j.running {
		if !all && now-j.since < startHold {
			return packet{}, false, false
		}
		j.running, j.next = true, j.held[0].seq
	}
	p = j.held[0]
	if gap = p.seq != j.next; gap && !all && now-p.at < holeWait && len(j.held) < maxHeld {
		return packet{}, false, false
	}
	j.held[0] = packet{}
	switch {
	case len(j.held) > 1:
		j.held = j.held[1:]
	case cap(j.held) <= keepRoom:
		j.held = j.held[:0]
	default:
		j.held = nil
	}
	j.next = p.seq + 1
	return p, gap, true
}

// hole reports whether packets have been missing for long enough to expect that they stay away.
func (j *jitter) hole(now time.Duration) bool {
	return j.running && len(j.held) > 0 && j.held[0].seq != j.next && now-j.held[0].at >= holeAsk
}

// due is when a missing packet is next to be judged; false without a hole.
func (j *jitter) due(now time.Duration) (at time.Duration, ok bool) {
	if !j.running || len(j.held) == 0 || j.held[0].seq == j.next {
		return 0, false
	}
	if at = j.held[0].at + holeAsk; at > now {
		return at, true
	}
	return j.held[0].at + holeWait, true
}
