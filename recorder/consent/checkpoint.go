package consent

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"plenum/webinar"
)

// Checkpoint is a signed word about the end of a chain. Checkpoints form a chain of their own, so that none can be left
// out. One is made with each start, end and erasure of a recording, and one at the end of every export.
type Checkpoint struct {
	Webinar   webinar.ID
	N         uint64   // from 1
	Prev      [32]byte // of the checkpoint before: its sum
	Head      Head
	At        time.Time
	Reason    Kind // of the entry it stands behind, or Exported
	Key       ed25519.PublicKey
	Signature []byte
}

// Exported is the reason of the checkpoint that ends an export. It is in no ledger.
const Exported Kind = "export"

// sealed reports whether a checkpoint follows each entry of this kind.
func (k Kind) sealed() bool { return k == Start || k == Stop || k == Abort || k == Erase }

const checkpointDomain = "plenum consent checkpoint v1"

// message is what is signed: the domain and each field with its length before it.
func (c *Checkpoint) message() []byte {
	var out []byte
	field := func(b []byte) {
		out = binary.BigEndian.AppendUint64(out, uint64(len(b)))
		out = append(out, b...)
	}
	field([]byte(checkpointDomain))
	field([]byte(c.Webinar))
	field(binary.BigEndian.AppendUint64(nil, c.N))
	field(c.Prev[:])
	field(binary.BigEndian.AppendUint64(nil, c.Head.Seq))
	field(c.Head.Hash[:])
	field(binary.BigEndian.AppendUint64(nil, uint64(c.At.UnixMilli())))
	field([]byte(c.Reason))
	field(c.Key)
	return out
}

func (c *Checkpoint) sum() [32]byte { return sha256.Sum256(append(c.message(), c.Signature...)) }

// sign makes the checkpoint that follows last (zero: the first one).
func sign(key ed25519.PrivateKey, last Checkpoint, w webinar.ID, head Head, why Kind) (Checkpoint, error) {
	if len(key) != ed25519.PrivateKeySize {
		return Checkpoint{}, errors.New("the ledger has no key to sign with")
	}
	c := Checkpoint{Webinar: w, N: last.N + 1, Head: head, At: time.Now().Truncate(time.Millisecond).UTC(), Reason: why, Key: publicOf(key)}
	if last.N > 0 {
		c.Prev = last.sum()
	}
	c.Signature = ed25519.Sign(key, c.message())
	return c, nil
}

// publicOf is the second half of a private key (RFC 8032 section 5.1.5).
func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return slices.Clone(ed25519.PublicKey(key[ed25519.PrivateKeySize-ed25519.PublicKeySize:]))
}

func (c *Checkpoint) signed() bool {
	return len(c.Key) == ed25519.PublicKeySize && ed25519.Verify(c.Key, c.message(), c.Signature)
}

// Fingerprint is the SHA-256 of a public key in lower-case hex.
func Fingerprint(key ed25519.PublicKey) string {
	h := sha256.Sum256(key)
	return hex.EncodeToString(h[:])
}

// checkpointJSON is one checkpoint in an export. Its first key tells it from an entry.
type checkpointJSON struct {
	N         uint64 `json:"checkpoint"`
	Webinar   string `json:"webinar"`
	Prev      string `json:"prev"`
	Seq       uint64 `json:"seq"`
	Hash      string `json:"hash"`
	At        int64  `json:"at"` // Unix milliseconds
	Reason    string `json:"reason"`
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

const checkpointMark = `{"checkpoint":`

func (c *Checkpoint) line() ([]byte, error) {
	out, err := json.Marshal(checkpointJSON{
		N: c.N, Webinar: string(c.Webinar), Prev: hex.EncodeToString(c.Prev[:]), Seq: c.Head.Seq, Hash: hex.EncodeToString(c.Head.Hash[:]),
		At: c.At.UnixMilli(), Reason: string(c.Reason), Key: hex.EncodeToString(c.Key), Signature: hex.EncodeToString(c.Signature),
	})
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint: %w", err)
	}
	return append(out, '\n'), nil
}

// parseCheckpoint accepts only what line writes, byte for byte.
func parseCheckpoint(raw []byte) (Checkpoint, error) {
	var j checkpointJSON
	if err := json.Unmarshal(raw, &j); err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{N: j.N, Webinar: webinar.ID(j.Webinar), Head: Head{Seq: j.Seq}, At: time.UnixMilli(j.At).UTC(), Reason: Kind(j.Reason)}
	var err error
	if c.Prev, err = hash32(j.Prev); err != nil {
		return Checkpoint{}, err
	}
	if c.Head.Hash, err = hash32(j.Hash); err != nil {
		return Checkpoint{}, err
	}
	if c.Key, err = hex.DecodeString(j.Key); err != nil {
		return Checkpoint{}, err
	}
	if c.Signature, err = hex.DecodeString(j.Signature); err != nil {
		return Checkpoint{}, err
	}
	back, err := c.line()
	if err != nil {
		return Checkpoint{}, err
	}
	if !bytes.Equal(back, raw) {
		return Checkpoint{}, errors.New("not written by Export")
	}
	return c, nil
}
