package sfu

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"

	"plenum/webinar/sfu/seal"
)

// overhear learns the key that a viewer's media is encrypted with. The library keeps its DTLS connection, which could
// export the key, to itself; what it does give are the ServerHello, by a hook, and the master secret, by the writer of
// a key log. So this is that writer: the secret is turned into the SRTP key at once, never kept, and the key is handed
// out once and wiped. Nothing of it is ever written anywhere or shown in a fault.
type overhear struct {
	mu     sync.Mutex
	random [handshake.RandomLength]byte // the server's
	hash   func() hash.Hash             // nil: this connection is none that we can encrypt for
	keys   *seal.Keys
}

// hello has the form of the setting engine's ServerHelloMessageHook. Of several the last one counts.
func (o *overhear) hello(m handshake.MessageServerHello) handshake.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.random, o.hash, o.keys = m.Random.MarshalFixed(), nil, nil
	if m.CipherSuiteID != nil && usesGCM(m.Extensions) {
		o.hash = hashOf(dtls.CipherSuiteID(*m.CipherSuiteID))
	}
	return &m
}

// usesGCM tells whether AEAD_AES_128_GCM was agreed on, without a key identifier in each packet.
func usesGCM(all []extension.Extension) bool {
	for _, x := range all {
		if u, ok := x.(*extension.UseSRTP); ok {
			return len(u.MasterKeyIdentifier) == 0 && len(u.ProtectionProfiles) == 1 && u.ProtectionProfiles[0] == dtls.SRTP_AEAD_AES_128_GCM
		}
	}
	return false
}

// hashOf is the hash of the pseudo-random function (RFC 5246 section 5, RFC 5289 section 3.2); nil if it is not known.
func hashOf(suite dtls.CipherSuiteID) func() hash.Hash {
	switch suite {
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, dtls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
		dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, dtls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA:
		return sha256.New
	case dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:
		return sha512.New384
	default:
		return nil
	}
}

// Write takes one line of the key log: CLIENT_RANDOM, the client's random and the master secret. Lines of another form
// are of protocols that this does not know; such a connection stays the library's.
func (o *overhear) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys = nil
	words := bytes.Fields(line)
	if o.hash == nil || len(words) != 3 || string(words[0]) != "CLIENT_RANDOM" {
		return len(line), nil
	}
	client, master := make([]byte, hex.DecodedLen(len(words[1]))), make([]byte, hex.DecodedLen(len(words[2])))
	defer clear(master)
	if _, err := hex.Decode(client, words[1]); err != nil {
		return len(line), nil //nolint:nilerr // see above
	}
	if _, err := hex.Decode(master, words[2]); err != nil {
		return len(line), nil //nolint:nilerr // see above
	}
	if k, err := seal.Export(o.hash, master, client, o.random[:]); err == nil {
		o.keys = k
	}
	return len(line), nil
}

// sender uses up the key; nil if there is none.
func (o *overhear) sender() *seal.Sender {
	o.mu.Lock()
	defer o.mu.Unlock()
	k := o.keys
	o.keys, o.hash = nil, nil
	if k == nil {
		return nil
	}
	s, err := seal.New(k)
	if err != nil {
		return nil
	}
	return s
}
