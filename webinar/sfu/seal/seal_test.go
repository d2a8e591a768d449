package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"pgregory.net/rapid"
)

func secrets(fill byte) (master, client, server []byte) {
	return bytes.Repeat([]byte{fill}, 48), bytes.Repeat([]byte{fill + 1}, 32), bytes.Repeat([]byte{fill + 2}, 32)
}

func keys(t testing.TB) *Keys {
	t.Helper()
	m, c, s := secrets(7)
	k, err := Export(sha256.New, m, c, s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newSender(t testing.TB) *Sender {
	t.Helper()
	s, err := New(keys(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reader is a receiver that shares nothing with this package.
func reader(t testing.TB, k *Keys) *srtp.Context {
	t.Helper()
	c, err := srtp.CreateContext(k.key[:], k.salt[:], srtp.ProtectionProfileAeadAes128Gcm, srtp.SRTPReplayProtection(1<<14))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// packet is ready to be sealed.
func packet(t testing.TB, h *rtp.Header, payload []byte) (p []byte, header int) {
	t.Helper()
	p = make([]byte, h.MarshalSize()+len(payload)+Overhead)
	n, err := h.MarshalTo(p)
	if err != nil {
		t.Fatal(err)
	}
	copy(p[n:], payload)
	return p, n
}

func BenchmarkSeal(b *testing.B) {
	s := newSender(b)
	p, n := packet(b, &rtp.Header{Version: 2, SSRC: 1}, make([]byte, 1100))
	b.ReportAllocs()
	for i := uint64(0); b.Loop(); i++ {
		s.Seal(p, n, 1, i)
	}
}

func BenchmarkLibrary(b *testing.B) {
	c := reader(b, keys(b))
	h := &rtp.Header{Version: 2, SSRC: 1}
	p, n := packet(b, h, make([]byte, 1100))
	p = p[:len(p)-Overhead]
	dst := make([]byte, 2000)
	b.ReportAllocs()
	for i := uint16(0); b.Loop(); i++ {
		h.SequenceNumber = i
		if _, err := c.EncryptRTP(dst, p, h); err != nil {
			b.Fatal(err)
		}
	}
	_ = n
}

var _ = rapid.Check
var _ = errors.Is
