package seal

import (
	"hash"

	"github.com/pion/dtls/v3/pkg/crypto/prf"
)

// Keys are the master key and salt of what the DTLS server sends. [New] uses them up.
type Keys struct {
	key  [keySize]byte
	salt [saltSize]byte
}

// label of RFC 5764 section 4.2.
const label = "EXTRACTOR-dtls_srtp"

// Export is the TLS 1.2 exporter (RFC 5705) for SRTP: from the master secret and the randoms of client and server, with
// the hash of the cipher suite.
func Export(h func() hash.Hash, master, client, server []byte) (*Keys, error) {
	seed := append(append([]byte(label), client...), server...)
	// The client's key, the server's, the client's salt, the server's.
	material, err := prf.PHash(master, seed, 2*(keySize+saltSize), h)
	if err != nil {
		return nil, err
	}
	defer clear(material)
	return &Keys{key: [keySize]byte(material[keySize:]), salt: [saltSize]byte(material[2*keySize+saltSize:])}, nil
}
