package master

import (
	"sync"

	"plenum/recorder/webm"
	"plenum/webinar/media"
)

// lane is a track that packets come of, and what is worked out of it once and not for each.
type lane struct {
	track media.Track
	codec webm.Codec // 0: no file can hold it
}

// maxLanes is how many are known at once: a group has two, and each of its streams that ends may be followed by another.
const maxLanes = 8

// item is a packet or, without payload and permit, a sender report. Thousands lie in a queue.
type item struct {
	lane   *lane
	ssrc   uint32
	seq    uint16
	packet packet
	report *media.SenderReport
}

// queue holds what has come until the writer wakes for it. It wakes the writer only for a packet that does not follow
// its predecessor: of a hole one must know soon.
type queue struct {
	hurry chan struct{} // of one

	mu     sync.Mutex
	items  []item
	spare  []item // the slice that was taken before, to be filled again
	lanes  []*lane
	slabs  slabs
	newest [2]mark // of sound and pictures
	lost   int
}

// mark is the newest packet of a track.
type mark struct {
	ssrc uint32
	seq  uint16
	some bool
}

// put copies the payload. When the disk does not keep up, items are lost and counted; what no file can hold is ignored.
func (q *queue) put(t *media.Track, it item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it.lane = q.lane(t); it.lane.codec == 0 {
		return
	}
	if len(q.items) >= queueSize {
		q.lost++
		return
	}
	if it.report == nil {
		it.packet.payload, it.packet.slab = q.slabs.keep(it.packet.payload)
		if q.surprised(&it) {
			select {
			case q.hurry <- struct{}{}:
			default:
			}
		}
	}
	q.items = append(q.items, it)
}

// lane finds the track's; mu is held.
func (q *queue) lane(t *media.Track) *lane {
	for _, l := range q.lanes {
		if l.track == *t {
			return l
		}
	}
	l := &lane{track: *t, codec: codecOf(*t)}
	q.lanes = append(q.lanes[max(0, len(q.lanes)+1-maxLanes):], l)
	return l
}

// surprised says whether a packet is the first of its stream or comes behind a hole; mu is held.
func (q *queue) surprised(it *item) bool {
	m := &q.newest[0]
	if it.lane.codec.Video() {
		m = &q.newest[1]
	}
	ahead := int16(it.seq - m.seq)
	if m.some && m.ssrc == it.ssrc && ahead <= 1 {
		m.seq += uint16(max(ahead, 0))
		return false
	}
	*m = mark{ssrc: it.ssrc, seq: it.seq, some: true}
	return true
}

// take returns what has come since the last call. It is valid until the next one.
func (q *queue) take() []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.items
	clear(q.spare)
	q.items, q.spare = q.spare[:0], out
	return out
}

// drop forgets everything.
func (q *queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items, q.spare = nil, nil
	q.slabs.drop()
}

func (q *queue) losses() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}
