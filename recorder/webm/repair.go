package webm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Repair finishes a file of size bytes whose writer was killed: complete clusters stay, a torn tail is cut, cues and
// header are written anew. On a finished file it changes nothing that matters, so it may run twice.
// Errors: ErrNoCluster when not one cluster survived, ErrHeader when the file is not ours, the File's own.
func Repair(f File, size int64) (Stats, error) {
	head := make([]byte, HeaderSize)
	if _, err := f.ReadAt(head, 0); err != nil {
		if errors.Is(err, io.EOF) {
			return Stats{}, ErrNoCluster
		}
		return Stats{}, fmt.Errorf("webm: read: %w", err)
	}
	tracks, tags, err := parseIdentity(head[identityAt:])
	if err != nil {
		return Stats{}, err
	}
	x := newIndex(tracks)
	off, id, err := x.scan(f, size)
	if err != nil {
		return Stats{}, fmt.Errorf("webm: read: %w", err)
	}
	st, err := x.finalise(f, off, tags, nil)
	if id != idCues {
		st.Torn = size - off
	}
	return st, err
}

// scan indexes whole clusters and returns where they end and the id of what follows (0 at the end of the file).
func (x *index) scan(f io.ReaderAt, size int64) (off int64, id uint32, err error) {
	var buf []byte
	for off = HeaderSize; off+clusterHead <= size; {
		buf = append(buf[:0], make([]byte, clusterSize)...)
		if _, err := f.ReadAt(buf, off); err != nil {
			return off, 0, err
		}
		id = binary.BigEndian.Uint32(buf)
		n := binary.BigEndian.Uint64(buf[4:]) &^ (1 << 56)
		if id != idCluster || buf[4] != 1 || n > maxScan || int64(n) > size-off-clusterSize {
			return off, id, nil
		}
		buf = append(buf, make([]byte, n)...)
		if _, err := f.ReadAt(buf, off); err != nil {
			return off, 0, err
		}
		samples, ok := x.parseCluster(buf)
		if !ok {
			return off, id, nil
		}
		x.add(off, buf, samples)
		off += int64(len(buf))
	}
	return off, 0, nil
}

// parseCluster takes one whole cluster apart; false when it is not exactly what Writer writes.
func (x *index) parseCluster(b []byte) (samples []sample, ok bool) {
	id, stamp, rest, ok := next(b[clusterSize:])
	if !ok || id != idTimestamp || len(stamp) != 8 || parseUint(stamp) > 1<<40 {
		return nil, false
	}
	base := int64(parseUint(stamp))
	for len(rest) > 0 {
		from := len(b) - len(rest)
		id, p, after, ok := next(rest)
		if !ok || id != idSimpleBlock || len(p) <= 4 || p[0]&0x80 == 0 || x.find(p[0]&0x7f) == nil {
			return nil, false
		}
		to := len(b) - len(after)
		ms := base + int64(int16(binary.BigEndian.Uint16(p[1:])))
		if ms < base {
			return nil, false
		}
		samples = append(samples, sample{track: p[0] & 0x7f, key: p[3]&0x80 != 0, ms: ms,
			from: from, data: to - len(p) + 4, to: to})
		rest = after
	}
	return samples, len(samples) > 0
}
