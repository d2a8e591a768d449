package consent

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"plenum/webinar"
)

// lineJSON is one entry in an export, one JSON object a line.
type lineJSON struct {
	Webinar    string `json:"webinar"`
	Seq        uint64 `json:"seq"`
	Prev       string `json:"prev"`
	Kind       string `json:"kind"`
	Recording  string `json:"recording"`
	Commitment string `json:"commitment"`
	Hash       string `json:"hash"`
	Salt       string `json:"salt,omitempty"` // absent: the payload was erased
	Payload    string `json:"payload,omitempty"`
}

func line(e Entry) ([]byte, error) {
	out, err := json.Marshal(lineJSON{
		Webinar: string(e.Webinar), Seq: e.Seq, Prev: hex.EncodeToString(e.Prev[:]), Kind: string(e.Kind), Recording: e.Recording,
		Commitment: hex.EncodeToString(e.Commitment[:]), Hash: hex.EncodeToString(e.Hash[:]),
		Salt: hex.EncodeToString(e.Salt), Payload: string(e.Payload),
	})
	if err != nil {
		return nil, fmt.Errorf("encode entry: %w", err)
	}
	return append(out, '\n'), nil
}

// Export writes the ledger of a webinar as JSON lines, which Verify reads.
func (l *Ledger) Export(ctx context.Context, w webinar.ID, to io.Writer) error {
	return l.each(ctx, w, func(e Entry) error {
		out, err := line(e)
		if err != nil {
			return err
		}
		_, err = to.Write(out)
		return err
	})
}

// Report is what Verify found in order.
type Report struct {
	Webinar    webinar.ID
	Entries    int
	Erased     int // payloads that were erased by retention
	Recordings int
	Head       Head
}

// maxLine bounds a line of an export: a notice in all languages fits many times.
const maxLine = 64 << 10

// Verify reads an export and checks every link, commitment and byte. It fails with ErrTampered at the first fault, which
// includes a ledger that ends before a receipt's head or differs from what a receipt says. A ledger whose end was cut
// off looks whole without a receipt.
func Verify(from io.Reader, receipts ...*Receipt) (Report, error) {
	var rep Report
	recs := map[RecordingID]bool{}
	hashes := map[uint64][32]byte{0: {}}
	in := bufio.NewReaderSize(from, maxLine)
	for {
		raw, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(raw) == 0 {
			break
		}
		if err != nil {
			return rep, fmt.Errorf("%w: line %d: %w", ErrTampered, rep.Entries+1, err)
		}
		e, err := parseLine(raw)
		if err != nil {
			return rep, fmt.Errorf("%w: line %d: %w", ErrTampered, rep.Entries+1, err)
		}
		if err := follows(e, rep); err != nil {
			return rep, err
		}
		rep.Webinar, rep.Head = e.Webinar, Head{Seq: e.Seq, Hash: e.Hash}
		rep.Entries++
		recs[e.Recording] = true
		if e.Erased() {
			rep.Erased++
		}
		hashes[e.Seq] = e.Hash
	}
	rep.Recordings = len(recs)
	for _, r := range receipts {
		if err := r.check(rep, hashes); err != nil {
			return rep, err
		}
	}
	return rep, nil
}

func follows(e Entry, rep Report) error {
	bad := func(what string) error { return fmt.Errorf("%w: entry %d: %s", ErrTampered, rep.Entries+1, what) }
	switch {
	case rep.Entries > 0 && e.Webinar != rep.Webinar:
		return bad("another webinar")
	case e.Seq != rep.Head.Seq+1:
		return bad("out of order")
	case e.Prev != rep.Head.Hash:
		return bad("does not follow the entry before it")
	case e.Hash != e.sum():
		return bad("hash")
	case !e.Erased() && commit(e.Salt, e.Payload) != e.Commitment:
		return bad("payload")
	}
	return nil
}

// parseLine accepts only what line writes, byte for byte.
func parseLine(raw []byte) (Entry, error) {
	var j lineJSON
	if err := json.Unmarshal(raw, &j); err != nil {
		return Entry{}, err
	}
	e := Entry{Webinar: webinar.ID(j.Webinar), Seq: j.Seq, Kind: Kind(j.Kind), Recording: j.Recording}
	var err error
	if e.Prev, err = hash32(j.Prev); err != nil {
		return Entry{}, err
	}
	if e.Commitment, err = hash32(j.Commitment); err != nil {
		return Entry{}, err
	}
	if e.Hash, err = hash32(j.Hash); err != nil {
		return Entry{}, err
	}
	if j.Salt != "" {
		if e.Salt, err = hex.DecodeString(j.Salt); err != nil {
			return Entry{}, err
		}
		e.Payload = []byte(j.Payload)
	} else if j.Payload != "" {
		return Entry{}, errors.New("a payload without its salt")
	}
	back, err := line(e)
	if err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(back, raw) {
		return Entry{}, errors.New("not written by Export")
	}
	return e, nil
}

func (r *Receipt) check(rep Report, hashes map[uint64][32]byte) error {
	h, have := hashes[r.Seq]
	head, whole := hashes[r.Head.Seq]
	switch {
	case r.Webinar != rep.Webinar:
		return fmt.Errorf("%w: the receipt is of another webinar", ErrTampered)
	case !have || !whole:
		return fmt.Errorf("%w: the ledger ends at entry %d, the receipt saw entry %d", ErrTampered, rep.Head.Seq, r.Head.Seq)
	case h != r.Hash || head != r.Head.Hash:
		return fmt.Errorf("%w: the ledger differs from the receipt", ErrTampered)
	}
	return nil
}
