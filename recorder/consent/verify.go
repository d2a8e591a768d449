package consent

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"plenum/webinar"
)

// Report is what Verify found in order.
type Report struct {
	Webinar     webinar.ID
	Entries     int
	Erased      int // payloads that were erased by retention
	Recordings  int
	Checkpoints int
	Keys        []string // fingerprints of who signed, in the order of their first word
	Head        Head
	Exported    time.Time
}

// maxLine bounds a line of an export: a notice in all languages fits many times.
const maxLine = 64 << 10

// Verify reads an export and checks every link, commitment, signature and byte. It fails with ErrTampered at the first
// fault, which includes a ledger that ends before a receipt's head or differs from what a receipt says. With key, the
// fingerprint of a public key, every signature must be by that one; without, whoever made the file may have signed it.
func Verify(from io.Reader, key string, receipts ...*Receipt) (Report, error) {
	v := verifier{key: key, recs: map[RecordingID]bool{}, hashes: map[uint64][32]byte{0: {}}}
	in := bufio.NewReaderSize(from, maxLine)
	for n := 1; ; n++ {
		raw, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(raw) == 0 {
			break
		}
		if err == nil {
			err = v.line(raw)
		}
		if err != nil {
			return v.rep, fmt.Errorf("%w: line %d: %w", ErrTampered, n, err)
		}
	}
	if v.rep.Exported.IsZero() {
		return v.rep, fmt.Errorf("%w: the end of the file is missing", ErrTampered)
	}
	v.rep.Recordings = len(v.recs)
	for _, r := range receipts {
		if err := v.receipt(r); err != nil {
			return v.rep, fmt.Errorf("%w: %w", ErrTampered, err)
		}
	}
	return v.rep, nil
}

type verifier struct {
	key    string
	rep    Report
	recs   map[RecordingID]bool
	hashes map[uint64][32]byte // of the entries
	last   Checkpoint
	want   Kind // a checkpoint of this reason comes next; empty: none must
}

func (v *verifier) line(raw []byte) error {
	if !v.rep.Exported.IsZero() {
		return errors.New("something follows the end")
	}
	if bytes.HasPrefix(raw, []byte(checkpointMark)) {
		c, err := parseCheckpoint(raw)
		if err != nil {
			return err
		}
		return v.checkpoint(c)
	}
	e, err := parseLine(raw)
	if err != nil {
		return err
	}
	return v.entry(e)
}

func (v *verifier) entry(e Entry) error {
	switch {
	case v.want != "":
		return errors.New("a checkpoint is missing")
	case v.rep.Entries > 0 && e.Webinar != v.rep.Webinar:
		return errors.New("an entry of another webinar")
	case e.Seq != v.rep.Head.Seq+1:
		return errors.New("an entry out of order")
	case e.Prev != v.rep.Head.Hash:
		return errors.New("the entry does not follow the one before it")
	case e.Hash != e.sum():
		return errors.New("the entry's hash is wrong")
	case !e.Erased() && commit(e.Salt, e.Payload) != e.Commitment:
		return errors.New("the payload is not the one that was entered")
	}
	v.rep.Webinar, v.rep.Head = e.Webinar, Head{Seq: e.Seq, Hash: e.Hash}
	v.rep.Entries++
	v.recs[e.Recording] = true
	if e.Erased() {
		v.rep.Erased++
	}
	v.hashes[e.Seq] = e.Hash
	if e.Kind.sealed() {
		v.want = e.Kind
	}
	return nil
}

func (v *verifier) checkpoint(c Checkpoint) error {
	var prev [32]byte
	if v.last.N > 0 {
		prev = v.last.sum()
	}
	fingerprint := Fingerprint(c.Key)
	switch {
	case v.rep.Entries > 0 && c.Webinar != v.rep.Webinar:
		return errors.New("a checkpoint of another webinar")
	case c.N != v.last.N+1 || c.Prev != prev:
		return errors.New("the checkpoint does not follow the one before it")
	case c.Head != v.rep.Head:
		return errors.New("the checkpoint signs another chain")
	case v.want != "" && c.Reason != v.want, v.want == "" && c.Reason != Exported:
		return errors.New("the checkpoint is at the wrong place")
	case !c.signed():
		return errors.New("the signature is wrong")
	case v.key != "" && fingerprint != v.key:
		return fmt.Errorf("signed by the key %s", fingerprint)
	}
	v.last, v.want, v.rep.Webinar = c, "", c.Webinar
	v.rep.Checkpoints++
	if !slices.Contains(v.rep.Keys, fingerprint) {
		v.rep.Keys = append(v.rep.Keys, fingerprint)
	}
	if c.Reason == Exported {
		v.rep.Exported = c.At
	}
	return nil
}

// receipt checks that the ledger still holds what a receipt saw.
func (v *verifier) receipt(r *Receipt) error {
	if err := r.Verify(v.key); err != nil {
		return err
	}
	h, have := v.hashes[r.Seq]
	head, whole := v.hashes[r.Head.Seq]
	switch {
	case r.Webinar != v.rep.Webinar:
		return errors.New("the receipt is of another webinar")
	case !have || !whole:
		return fmt.Errorf("the ledger ends at entry %d, the receipt saw entry %d", v.rep.Head.Seq, r.Head.Seq)
	case h != r.Hash || head != r.Head.Hash:
		return errors.New("the ledger differs from the receipt")
	}
	return nil
}
