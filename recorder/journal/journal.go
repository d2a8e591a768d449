// Package journal keeps a few small lists on disk, outside the database: what already counts and what the database has
// yet to take. Its file is written to its full length when it is made, so that a full disk does not stop it.
package journal

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
)

// The file holds two slots of slotBytes. Each begins with a head of headBytes: magic, a number that grows with each
// state (8 bytes), the length of the body (4) and the CRC-32C of number, length and body (4), all big endian. The body
// is a JSON object of lists by name. A state is written into the slot that does not hold the last one, so that a write
// that ends halfway loses nothing.
const (
	slotBytes = 256 << 10
	headBytes = 4 + 8 + 4 + 4
	magic     = "PLJ1"
)

// Errors of a Journal.
var (
	ErrDamaged = errors.New("the journal is damaged: neither of its two states can be read")
	ErrFull    = errors.New("the journal is full")
)

// File is where a Journal is kept.
type File interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
}

// Journal is a set of lists by name. Its methods may be called at once.
type Journal struct {
	flushing sync.Mutex // held over I/O, never together with a wait for mu by one who holds mu
	f        File
	seq      uint64 // of the last state on disk

	mu    sync.Mutex
	lists map[string]json.RawMessage
	edits uint64 // grows with each change
	kept  uint64 // edits on disk
}

// New reads the journal in f, of which a fresh one is all zeros or empty. Errors: ErrDamaged and those of f.
func New(f File) (*Journal, error) {
	j := &Journal{f: f, lists: map[string]json.RawMessage{}}
	blank := 0
	for i := range int64(2) {
		s, err := readSlot(f, i)
		switch {
		case err != nil:
			return nil, err
		case s.blank:
			blank++
			continue
		}
		if s.lists != nil && s.seq > j.seq {
			j.seq, j.lists = s.seq, s.lists
		}
	}
	if blank == 0 && j.seq == 0 { // beside a blank slot, the other is the first state, torn
		return nil, ErrDamaged
	}
	return j, nil
}

type slot struct {
	blank bool // never written
	seq   uint64
	lists map[string]json.RawMessage // nil: cannot be read
}

func readSlot(f File, i int64) (slot, error) {
	var head [headBytes]byte
	n, err := f.ReadAt(head[:], i*slotBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return slot{}, fmt.Errorf("read journal: %w", err)
	}
	if n < headBytes || head == [headBytes]byte{} {
		return slot{blank: true}, nil
	}
	size := binary.BigEndian.Uint32(head[12:])
	if string(head[:4]) != magic || size > slotBytes-headBytes {
		return slot{}, nil
	}
	body := make([]byte, size)
	if _, err := f.ReadAt(body, i*slotBytes+headBytes); err != nil {
		if errors.Is(err, io.EOF) {
			return slot{}, nil
		}
		return slot{}, fmt.Errorf("read journal: %w", err)
	}
	if sum(head[4:16], body) != binary.BigEndian.Uint32(head[16:]) {
		return slot{}, nil
	}
	lists := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &lists); err != nil {
		return slot{}, fmt.Errorf("read journal: %w", err)
	}
	return slot{seq: binary.BigEndian.Uint64(head[4:]), lists: lists}, nil
}

func sum(head, body []byte) uint32 {
	t := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(head, t), t, body)
}

// Set changes the list of a name to the JSON of v, or takes it away if that is null or empty. It is not on disk before
// Flush.
func (j *Journal) Set(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if s := string(b); s == "null" || s == "[]" || s == "{}" {
		if _, ok := j.lists[name]; ok {
			delete(j.lists, name)
			j.edits++
		}
		return nil
	}
	if !bytes.Equal(j.lists[name], b) {
		j.lists[name] = b
		j.edits++
	}
	return nil
}

// Get reads the list of a name into v, which it leaves alone if there is none.
func (j *Journal) Get(name string, v any) error {
	j.mu.Lock()
	b, ok := j.lists[name]
	j.mu.Unlock()
	if !ok {
		return nil
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("read journal: %q: %w", name, err)
	}
	return nil
}

// Names returns the names with a prefix, without it, in order.
func (j *Journal) Names(prefix string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []string
	for _, n := range slices.Sorted(maps.Keys(j.lists)) {
		if rest, ok := strings.CutPrefix(n, prefix); ok {
			out = append(out, rest)
		}
	}
	return out
}

// Flush returns once every change made before it is on disk. After an error the last state on disk is still there, and
// the next Flush tries again. Errors: ErrFull and those of the file.
func (j *Journal) Flush() error {
	j.flushing.Lock()
	defer j.flushing.Unlock()
	j.mu.Lock()
	edits, kept := j.edits, j.kept
	body, err := json.Marshal(j.lists)
	j.mu.Unlock()
	switch {
	case edits == kept:
		return nil
	case err != nil:
		return fmt.Errorf("encode journal: %w", err)
	case len(body) > slotBytes-headBytes:
		return ErrFull
	}
	seq := j.seq + 1
	b := append(make([]byte, headBytes, headBytes+len(body)), body...)
	copy(b, magic)
	binary.BigEndian.PutUint64(b[4:], seq)
	binary.BigEndian.PutUint32(b[12:], uint32(len(body)))
	binary.BigEndian.PutUint32(b[16:], sum(b[4:16], body))
	if _, err := j.f.WriteAt(b, int64(seq%2)*slotBytes); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	j.seq = seq
	j.mu.Lock()
	j.kept = edits
	j.mu.Unlock()
	return nil
}
