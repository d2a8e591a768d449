package consent

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"plenum/webinar"
)

// Receipt is what a person keeps: the own ledger entry with the head of the chain, signed. It proves by itself what was
// answered; together with a ledger, Verify finds a chain that was cut or rewritten.
type Receipt struct {
	Event
	Webinar   webinar.ID
	Recording RecordingID
	Kind      Kind
	Seq       uint64
	Prev      [32]byte
	Salt      []byte
	Payload   []byte
	Hash      [32]byte // of the entry
	Head      Head
	Key       ed25519.PublicKey
	Signature []byte
}

func newReceipt(e Entry, ev Event, head Head) *Receipt {
	ev.At = ev.At.Truncate(time.Millisecond) // as the payload has it
	return &Receipt{Event: ev, Webinar: e.Webinar, Recording: e.Recording, Kind: e.Kind, Seq: e.Seq, Prev: e.Prev, Salt: e.Salt, Payload: e.Payload,
		Hash: e.Hash, Head: head}
}

const receiptDomain = "plenum consent receipt v1"

// message is what is signed. The entry's hash speaks for all that the receipt says.
func (r *Receipt) message() []byte {
	out := append([]byte(receiptDomain), r.Hash[:]...)
	out = binary.BigEndian.AppendUint64(out, r.Head.Seq)
	out = append(out, r.Head.Hash[:]...)
	return append(out, r.Key...)
}

func (r *Receipt) sign(key ed25519.PrivateKey) {
	if len(key) != ed25519.PrivateKeySize {
		return // Verify says so
	}
	r.Key = publicOf(key)
	r.Signature = ed25519.Sign(key, r.message())
}

// Verify checks the receipt by itself. With key, the fingerprint of a public key, it must be signed by that one.
func (r *Receipt) Verify(key string) error {
	e := Entry{Webinar: r.Webinar, Seq: r.Seq, Prev: r.Prev, Kind: r.Kind, Recording: r.Recording, Commitment: commit(r.Salt, r.Payload)}
	switch {
	case e.sum() != r.Hash:
		return errors.New("the receipt was altered")
	case len(r.Key) != ed25519.PublicKeySize || !ed25519.Verify(r.Key, r.message(), r.Signature):
		return errors.New("the receipt's signature is wrong")
	case key != "" && Fingerprint(r.Key) != key:
		return fmt.Errorf("the receipt is signed by the key %s", Fingerprint(r.Key))
	}
	return nil
}

// ParseReceipt reads what JSON wrote, with any white space. Everything it says must follow from its evidence, which
// Verify judges; it fails with ErrAnswer on anything else.
func ParseReceipt(data []byte) (*Receipt, error) {
	bad := func(err error) (*Receipt, error) { return nil, fmt.Errorf("%w: receipt: %w", ErrAnswer, err) }
	var j receiptJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return bad(err)
	}
	v := j.Evidence
	e := Entry{Webinar: webinar.ID(v.Webinar), Seq: v.Seq, Kind: Kind(v.Kind), Recording: v.Recording, Payload: []byte(v.Payload)}
	head := Head{Seq: v.HeadSeq}
	var key, signature []byte
	for _, f := range []struct {
		from string
		to   *[]byte
	}{{v.Salt, &e.Salt}, {v.Key, &key}, {v.Signature, &signature}} {
		var err error
		if *f.to, err = hex.DecodeString(f.from); err != nil {
			return bad(err)
		}
	}
	for _, f := range []struct {
		from string
		to   *[32]byte
	}{{v.Prev, &e.Prev}, {v.Hash, &e.Hash}, {v.Head, &head.Hash}} {
		var err error
		if *f.to, err = hash32(f.from); err != nil {
			return bad(err)
		}
	}
	if e.Seq == 0 || head.Seq < e.Seq {
		return bad(errors.New("the chain ends before the entry"))
	}
	ev, err := e.Event()
	if err != nil {
		return bad(err)
	}
	r := newReceipt(e, ev, head)
	r.Key, r.Signature = key, signature
	back, err := r.JSON()
	if err != nil {
		return bad(err)
	}
	var plain bytes.Buffer
	if err := json.Compact(&plain, data); err != nil {
		return bad(err)
	}
	if !bytes.Equal(back, plain.Bytes()) {
		return bad(errors.New("it says more or other than its evidence"))
	}
	return r, nil
}

func hash32(s string) ([32]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return [32]byte{}, err
	}
	if len(b) != 32 {
		return [32]byte{}, fmt.Errorf("%w: hash of %d bytes", ErrAnswer, len(b))
	}
	return [32]byte(b), nil
}
