package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/prf"
	"github.com/pion/dtls/v3/pkg/protocol/extension"
	"github.com/pion/dtls/v3/pkg/protocol/handshake"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"

	"plenum/webinar/sfu/ingress"
)

// ear is how a viewer hears: media is decrypted where it is read, a burst at a time. Through the library's receiver a
// packet would cost twice what the server spends on it, and the measured latency would be that of hundreds of viewers on
// the server's own cores. ICE, DTLS and reports are the library's, and the key is the one that its handshake agreed on.
type ear struct {
	*stdnet.Net
	trains bool // of datagrams come whole
	heard  func(header *rtp.Header, payload []byte, late time.Duration)

	keys atomic.Pointer[srtp.Context]

	// Of the goroutine that reads:
	header rtp.Header
	buf    []byte

	mu      sync.Mutex
	random  [handshake.RandomLength]byte // the server's
	profile srtp.ProtectionProfile       // 0: no hello yet, or not one that we understand
}

// ListenUDP implements [transport.Net].
func (e *ear) ListenUDP(_ string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := net.ListenUDP("udp4", at)
	if err != nil {
		return nil, err
	}
	if err := c.SetReadBuffer(roomy); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	in, err := ingress.New(c, ingress.Wishes{Trains: e.trains, Arrivals: runtime.GOOS == "linux"})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &earConn{Conn: in, ear: e}, nil
}

// earConn keeps media from the library.
type earConn struct {
	*ingress.Conn
	ear *ear
}

// ReadFromAddrPort implements [ice.AddrPortReaderWriter]. It is called by one goroutine alone.
func (c *earConn) ReadFromAddrPort(p []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.Conn.ReadFromAddrPort(p)
		if err != nil || !c.ear.take(p[:n], c.late()) {
			return n, from, err
		}
	}
}

// late is how long ago the machine got what was read last.
func (c *earConn) late() time.Duration {
	at := c.Arrived()
	if at.IsZero() {
		return 0
	}
	return max(time.Since(at), 0)
}

// take reports whether p, which was there so long ago, was media. The first byte tells it from checks and handshakes (RFC 7983), the second from
// reports (RFC 5761).
func (e *ear) take(p []byte, late time.Duration) bool {
	switch {
	case len(p) > 12 && p[0] >= 128 && p[0] < 192 && (p[1] < 192 || p[1] > 223):
		keys := e.keys.Load()
		if keys == nil {
			return false
		}
		if out, err := keys.DecryptRTP(e.buf[:0], p, &e.header); err == nil { // what cannot be read is not delivered
			e.buf = out
			e.heard(&e.header, out[e.header.MarshalSize():], late)
		}
		return true
	case len(p) > helloAt && p[0] == 22 && p[recordHeader] == byte(handshake.TypeServerHello):
		size := int(p[recordHeader+1])<<16 | int(p[recordHeader+2])<<8 | int(p[recordHeader+3])
		e.hello(p[helloAt:min(helloAt+size, len(p))])
	}
	return false
}

// Of a DTLS datagram (RFC 6347 sections 4.1 and 4.2.2).
const (
	recordHeader = 13
	helloAt      = recordHeader + 12 // behind the header of a handshake message
)

// hello notes what the key will depend on.
func (e *ear) hello(b []byte) {
	var m handshake.MessageServerHello
	if m.Unmarshal(b) != nil || m.CipherSuiteID == nil ||
		!slices.Contains([]dtls.CipherSuiteID{dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, dtls.CipherSuiteID(*m.CipherSuiteID)) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.random = m.Random.MarshalFixed()
	for _, x := range m.Extensions {
		if u, ok := x.(*extension.UseSRTP); ok && len(u.ProtectionProfiles) == 1 {
			e.profile = srtp.ProtectionProfile(u.ProtectionProfiles[0])
		}
	}
}

// Write takes a line of the library's key log: CLIENT_RANDOM, the client's random, the master secret.
func (e *ear) Write(line []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	words := bytes.Fields(line)
	if e.profile == 0 || len(words) != 3 || string(words[0]) != "CLIENT_RANDOM" {
		return len(line), nil
	}
	client, err := hex.DecodeString(string(words[1]))
	if err != nil {
		return 0, err
	}
	master, err := hex.DecodeString(string(words[2]))
	if err != nil {
		return 0, err
	}
	keys, err := export(e.profile, master, client, e.random[:])
	if err != nil {
		return 0, err
	}
	e.keys.Store(keys)
	return len(line), nil
}

// export is what the server encrypts with (RFC 5764 section 4.2): the client's key, the server's, the client's salt, the
// server's.
func export(profile srtp.ProtectionProfile, master, client, server []byte) (*srtp.Context, error) {
	k, err := profile.KeyLen()
	if err != nil {
		return nil, err
	}
	s, err := profile.SaltLen()
	if err != nil {
		return nil, err
	}
	seed := slices.Concat([]byte("EXTRACTOR-dtls_srtp"), client, server)
	b, err := prf.PHash(master, seed, 2*(k+s), sha256.New)
	if err != nil {
		return nil, err
	}
	return srtp.CreateContext(b[k:2*k], b[2*k+s:], profile)
}
