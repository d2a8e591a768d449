package webm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrTorn says that a file ends in the middle of a cluster, or holds one that Writer would not have written.
var ErrTorn = errors.New("webm: torn cluster")

// Sample is one picture or one piece of sound, as it was given to Writer.
type Sample struct {
	Track uint8
	MS    int64 // from the file's start
	Key   bool
	Data  []byte // valid until the next call
}

// Reader reads a file of Writer from its first to its last sample. It needs no seeking.
type Reader struct {
	in      io.Reader
	x       index
	buf     []byte
	samples []sample
	err     error
}

// NewReader reads the header. Errors: ErrHeader when the file is not one of ours, the reader's own.
func NewReader(in io.Reader) (*Reader, error) {
	head := make([]byte, HeaderSize)
	if _, err := io.ReadFull(in, head); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, ErrHeader
		}
		return nil, fmt.Errorf("webm: read: %w", err)
	}
	if string(head[:len(ebmlHead)]) != ebmlHead {
		return nil, ErrHeader
	}
	tracks, _, err := parseIdentity(head[identityAt:])
	if err != nil {
		return nil, err
	}
	return &Reader{in: in, x: newIndex(tracks)}, nil
}

// Codec of a track, 0 for one that is not declared.
func (r *Reader) Codec(track uint8) Codec {
	if t := r.x.find(track); t != nil {
		return t.Codec
	}
	return 0
}

// Tracks lists what the file declares: once it is finished, only what it holds.
func (r *Reader) Tracks() []Track { return slices.Clone(r.x.declared) }

// Next returns the next sample, io.EOF behind the last. Errors: ErrTorn, the reader's own; they stay.
func (r *Reader) Next() (Sample, error) {
	for len(r.samples) == 0 {
		if r.err == nil {
			r.err = r.cluster()
		}
		if r.err != nil {
			return Sample{}, r.err
		}
	}
	s := r.samples[0]
	r.samples = r.samples[1:]
	return Sample{Track: s.track, MS: s.ms, Key: s.key, Data: r.buf[s.data:s.to]}, nil
}

// cluster reads the next cluster; what is no cluster ends the media.
func (r *Reader) cluster() error {
	r.buf = append(r.buf[:0], make([]byte, clusterSize)...)
	if _, err := io.ReadFull(r.in, r.buf); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF // a file of one cluster has hardly any cues
	} else if err != nil {
		return fmt.Errorf("webm: read: %w", err)
	}
	if binary.BigEndian.Uint32(r.buf) != idCluster {
		return io.EOF
	}
	n := binary.BigEndian.Uint64(r.buf[4:]) &^ (1 << 56)
	if r.buf[4] != 1 || n > maxScan {
		return ErrTorn
	}
	r.buf = append(r.buf, make([]byte, n)...)
	if _, err := io.ReadFull(r.in, r.buf[clusterSize:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTorn
	} else if err != nil {
		return fmt.Errorf("webm: read: %w", err)
	}
	samples, ok := r.x.parseCluster(r.buf)
	if !ok {
		return ErrTorn
	}
	r.samples = samples
	return nil
}
