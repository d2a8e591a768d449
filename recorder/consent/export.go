package consent

import (
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

// Export writes the ledger of a webinar as JSON lines, which Verify reads: the entries in order, each checkpoint behind
// the entry it signs, and one made now at the end, so that a file that was cut is told from a whole one.
func (l *Ledger) Export(ctx context.Context, w webinar.ID, to io.Writer) error {
	var entries []Entry // before the checkpoints, so that none of theirs is missing
	if err := l.each(ctx, w, func(e Entry) error { entries = append(entries, e); return nil }); err != nil {
		return err
	}
	marks, err := l.checkpoints(ctx, w)
	if err != nil {
		return err
	}
	var head Head
	var last Checkpoint
	for _, e := range entries {
		out, err := line(e)
		if err != nil {
			return err
		}
		head = Head{Seq: e.Seq, Hash: e.Hash}
		for len(marks) > 0 && marks[0].Head.Seq <= e.Seq {
			last, marks = marks[0], marks[1:]
			mark, err := last.line()
			if err != nil {
				return err
			}
			out = append(out, mark...)
		}
		if _, err := to.Write(out); err != nil {
			return err
		}
	}
	end, err := sign(l.key, last, w, head, Exported)
	if err != nil {
		return err
	}
	out, err := end.line()
	if err != nil {
		return err
	}
	_, err = to.Write(out)
	return err
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
