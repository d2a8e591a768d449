// Package seal encrypts what one end of a DTLS connection sends as SRTP with AEAD_AES_128_GCM (RFC 3711, RFC 7714). It
// writes where the packet is sent from, without locks and without allocating. Everything belongs to one goroutine.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"unsafe"
)

// Sizes in bytes.
const (
	Overhead = 16 // what a sealed packet is longer by: the tag
	keySize  = 16
	saltSize = 12
)

// ErrStale is a sequence number from before the first of its stream, or one past the life of the key (2^48 packets).
var ErrStale = errors.New("seal: no index for this sequence number")

// Sender holds the session key of all streams that one end sends.
type Sender struct {
	aead  cipher.AEAD
	salt  [saltSize]byte
	nonce [saltSize]byte // here, since what goes through an interface would be allocated for each packet
}

// New derives the session key from k (RFC 3711 section 4.3, key derivation rate 0) and forgets k.
func New(k *Keys) (*Sender, error) {
	defer clear(k.key[:])
	defer clear(k.salt[:])
	master, err := aes.NewCipher(k.key[:])
	if err != nil {
		return nil, err
	}
	derive := func(label byte) (out [aes.BlockSize]byte) {
		copy(out[:], k.salt[:])
		out[7] ^= label
		master.Encrypt(out[:], out[:])
		return out
	}
	key, salt := derive(0), derive(2) // encryption key, salting key
	defer clear(key[:])
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	s := &Sender{salt: [saltSize]byte(salt[:])}
	s.aead, err = cipher.NewGCM(block)
	return s, err
}

// Seal makes p a sealed packet: header bytes that are there already, stay readable and are authenticated, the payload
// encrypted, and the tag. So p is as long as both and [Overhead]; payload lies elsewhere or just behind the header, where
// it belongs. Two different packets must never have the same ssrc and index, else both can be read and forged.
func (s *Sender) Seal(p []byte, header int, payload []byte, ssrc uint32, index uint64) {
	// RFC 7714 section 8.1: two zero bytes, SSRC, ROC and sequence number, exclusive-or the salt.
	binary.BigEndian.PutUint32(s.nonce[:], binary.BigEndian.Uint32(s.salt[:])^ssrc>>16)
	binary.BigEndian.PutUint64(s.nonce[4:], binary.BigEndian.Uint64(s.salt[4:])^(uint64(ssrc)<<48|index))
	s.aead.Seal(p[header:header], s.nonce[:], payload, p[:header])
}

// Index counts the packets of one SSRC across the wraps of the sequence number: 2^16 × ROC + SEQ (RFC 3711 section
// 3.3.1). The zero value is ready.
type Index struct {
	started bool
	highest uint64
}

// Of places seq next to the highest number so far, less than 2^15 away, as the receiver will. Error: [ErrStale].
func (i *Index) Of(seq uint16) (uint64, error) {
	if !i.started {
		i.started, i.highest = true, uint64(seq)
		return i.highest, nil
	}
	n := int64(i.highest) + int64(int16(seq-uint16(i.highest)))
	if n < 0 || n >= 1<<48 {
		return 0, ErrStale
	}
	i.highest = max(i.highest, uint64(n))
	return uint64(n), nil
}

// Places tells note what Seal looks into: where, and how many bytes.
func (s *Sender) Places(note func(at unsafe.Pointer, size uintptr)) {
	note(unsafe.Pointer(s), unsafe.Sizeof(*s))
	// The second word of an interface is where the value lies.
	value := (*[2]unsafe.Pointer)(unsafe.Pointer(&s.aead))[1]
	note(value, roundKeys)
	note(unsafe.Add(value, products), gcmSize-products)
}

// How crypto/aes keeps a key for GCM (Go 1.26): the keys of encryption's rounds, of decryption's, two numbers, and the
// table of products for the tag. Should it come to keep them otherwise, that costs speed and nothing else.
const (
	roundKeys = 8 + 4*44
	products  = 8 + 2*4*60
	gcmSize   = products + 2*8 + 256
)
