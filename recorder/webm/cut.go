package webm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxTail is the most that cues and chapters take; a two-hour file has 200 kB of them.
const maxTail = 16 << 20

// Cut is a part of a finished file as a file of its own: whole clusters, copied, with their times moved to zero. It is
// read from its first byte to its last and needs no room of its own.
type Cut struct {
	in       io.Reader // at the first cluster that is taken
	left     int64     // bytes of clusters still to come
	base     uint64    // ms that are taken off each cluster's time
	size     int64
	duration time.Duration
	out      *bytes.Reader // what is ready to be read
	tail     []byte        // the cues
	buf      []byte
	err      error
}

// NewCut takes what lies between from and to: it begins at the last cue before from and ends with the
// cluster in which to lies.
// Errors: ErrHeader when the file is not a finished one of ours, ErrNoCluster when nothing lies between, the file's own.
func NewCut(f io.ReadSeeker, from, to time.Duration) (*Cut, error) {
	h, err := readHead(f)
	if err != nil {
		return nil, err
	}
	first, last := 0, len(h.cues)
	for i, c := range h.cues {
		if c.ms <= from.Milliseconds() {
			first = i
		}
		if last == len(h.cues) && c.ms >= to.Milliseconds() {
			last = i
		}
	}
	if first >= last || from.Milliseconds() >= h.duration || to <= 0 {
		return nil, ErrNoCluster
	}
	begin := h.cues[first].at
	var end, until int64
	if first == 0 {
		begin = HeaderSize // what has no cue, such as sound before the first picture
	}
	if end, until, err = h.stop(f, h.cues[last-1], to.Milliseconds()); err != nil {
		return nil, err
	}
	if _, err := f.Seek(begin, io.SeekStart); err != nil {
		return nil, fmt.Errorf("webm: seek: %w", err)
	}
	head := make([]byte, clusterHead)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, fmt.Errorf("webm: read: %w", err)
	}
	base, ok := clusterTime(head)
	if !ok {
		return nil, ErrTorn
	}
	c := &Cut{in: io.MultiReader(bytes.NewReader(head), f), left: end - begin, base: base, duration: time.Duration(until-int64(base)) * time.Millisecond}
	front, err := c.frame(h, h.cues[first:last], begin)
	if err != nil {
		return nil, err
	}
	c.size = int64(len(front)) + c.left + int64(len(c.tail))
	c.out = bytes.NewReader(front)
	return c, nil
}

// stop walks the clusters from a cue on to the first at or behind ms, and answers its position and time.
func (h *head) stop(f io.ReadSeeker, from cue, ms int64) (at, until int64, err error) {
	b := make([]byte, clusterHead)
	for at = from.at; at < h.tail; {
		if _, err := f.Seek(at, io.SeekStart); err != nil {
			return 0, 0, fmt.Errorf("webm: seek: %w", err)
		}
		if _, err := io.ReadFull(f, b); err != nil {
			return 0, 0, torn(err)
		}
		t, ok := clusterTime(b)
		size := binary.BigEndian.Uint64(b[4:])&^(1<<56) + clusterSize
		if !ok || t > 1<<40 || size > maxScan {
			return 0, 0, ErrTorn
		}
		if at > from.at && int64(t) >= ms {
			return at, int64(t), nil
		}
		at += int64(size)
	}
	if at > h.tail {
		return 0, 0, ErrTorn
	}
	return at, h.duration, nil
}

// Size is the number of bytes that Read gives in all.
func (c *Cut) Size() int64 { return c.size }

// From is where in the file it begins.
func (c *Cut) From() time.Duration { return time.Duration(c.base) * time.Millisecond }

// Duration of what was taken.
func (c *Cut) Duration() time.Duration { return c.duration }

// frame makes the header and the cues of the part.
func (c *Cut) frame(h *head, cues []cue, begin int64) ([]byte, error) {
	var list []byte
	for _, q := range cues {
		pos := appendUint(appendUint(nil, idCueTrack, q.track), idCueCluster, uint64(q.at-begin+HeaderSize-segmentAt))
		point := appendUint(nil, idCueTime, uint64(q.ms)-c.base)
		list = appendElement(list, idCuePoint, appendElement(point, idCuePositions, pos))
	}
	c.tail = appendElement(nil, idCues, list)
	at := HeaderSize + c.left - segmentAt
	b, err := front(h.tracks, h.tags, patch{size: uint64(at) + uint64(len(c.tail)), cues: uint64(at), duration: c.duration.Milliseconds()})
	if err != nil {
		return nil, err
	}
	return append(b, h.identity...), nil
}

// Read implements io.Reader. Errors: ErrTorn, the file's own.
func (c *Cut) Read(p []byte) (int, error) {
	for c.out.Len() == 0 {
		if c.err == nil {
			c.err = c.next()
		}
		if c.err != nil {
			return 0, c.err
		}
	}
	return c.out.Read(p)
}

// next makes the next cluster ready, the cues behind the last, and io.EOF behind them.
func (c *Cut) next() error {
	if c.left == 0 {
		if c.tail == nil {
			return io.EOF
		}
		c.out.Reset(c.tail)
		c.tail = nil
		return nil
	}
	c.buf = append(c.buf[:0], make([]byte, clusterHead)...)
	if _, err := io.ReadFull(c.in, c.buf); err != nil {
		return torn(err)
	}
	ms, ok := clusterTime(c.buf)
	size := int64(binary.BigEndian.Uint64(c.buf[4:])&^(1<<56)) + clusterSize
	if !ok || ms < c.base || size > maxScan || size < clusterHead || size > c.left {
		return ErrTorn
	}
	c.buf = append(c.buf, make([]byte, size-clusterHead)...)
	if _, err := io.ReadFull(c.in, c.buf[clusterHead:]); err != nil {
		return torn(err)
	}
	binary.BigEndian.PutUint64(c.buf[clusterHead-8:], ms-c.base)
	c.left -= size
	c.out.Reset(c.buf)
	return nil
}

func torn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTorn
	}
	return fmt.Errorf("webm: read: %w", err)
}

// clusterTime reads the time of a cluster from its first bytes.
func clusterTime(b []byte) (ms uint64, ok bool) {
	if binary.BigEndian.Uint32(b) != idCluster || b[4] != 1 || b[clusterSize] != idTimestamp || b[clusterSize+1] != 0x88 {
		return 0, false
	}
	return binary.BigEndian.Uint64(b[clusterHead-8:]), true
}

// cue is a place to seek to.
type cue struct {
	ms    int64
	at    int64 // of its cluster, in the file
	track uint64
}

// head is what a finished file says of itself.
type head struct {
	tracks   []Track
	tags     []Tag
	identity []byte
	duration int64 // ms
	tail     int64 // position behind the clusters
	cues     []cue
}

func readHead(f io.ReadSeeker) (*head, error) {
	b := make([]byte, HeaderSize)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("webm: seek: %w", err)
	}
	if _, err := io.ReadFull(f, b); err != nil {
		if err = torn(err); errors.Is(err, ErrTorn) {
			err = ErrHeader
		}
		return nil, err
	}
	if string(b[:len(ebmlHead)]) != ebmlHead {
		return nil, ErrHeader
	}
	h := &head{identity: b[identityAt:]}
	for rest := b[segmentAt:]; ; {
		id, p, behind, ok := next(rest)
		if !ok || id == idVoid {
			break
		}
		switch rest = behind; id {
		case idSeekHead:
			each(p, h.seek)
		case idInfo:
			each(p, h.info)
		case idTracks:
			h.tracks, _ = parseTracks(p)
		case idTags:
			h.tags, _ = parseTags(p)
		}
	}
	if checkTracks(h.tracks) != nil || h.tail <= HeaderSize || h.duration <= 0 {
		return nil, ErrHeader
	}
	return h, h.readCues(f)
}

func (h *head) seek(_ uint32, p []byte) bool {
	var what []byte
	return each(p, func(id uint32, p []byte) bool {
		switch id {
		case idSeekID:
			what = p
		case idSeekPosition:
			if bytes.Equal(what, appendID(nil, idCues)) {
				h.tail = segmentAt + int64(parseUint(p)&(1<<62-1))
			}
		}
		return true
	})
}

func (h *head) info(id uint32, p []byte) bool {
	if id == idDuration && len(p) == 8 {
		h.duration = int64(parseFloat(p))
	}
	return true
}

func (h *head) readCues(f io.ReadSeeker) error {
	if _, err := f.Seek(h.tail, io.SeekStart); err != nil {
		return fmt.Errorf("webm: seek: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxTail))
	if err != nil {
		return fmt.Errorf("webm: read: %w", err)
	}
	id, list, _, ok := next(b)
	if !ok || id != idCues {
		return ErrHeader
	}
	ok = each(list, func(_ uint32, p []byte) bool {
		var c cue
		good := each(p, func(id uint32, p []byte) bool {
			if id == idCueTime {
				c.ms = int64(parseUint(p))
				return true
			}
			return each(p, func(id uint32, p []byte) bool {
				switch id {
				case idCueTrack:
					c.track = parseUint(p)
				case idCueCluster:
					c.at = segmentAt + int64(parseUint(p)&(1<<62-1))
				}
				return true
			})
		})
		inside := c.at >= HeaderSize && c.at < h.tail && (len(h.cues) == 0 || c.at > h.cues[len(h.cues)-1].at)
		h.cues = append(h.cues, c)
		return good && inside
	})
	if !ok {
		return ErrHeader
	}
	return nil
}
