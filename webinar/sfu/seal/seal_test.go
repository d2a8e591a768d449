package seal

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"pgregory.net/rapid"
)

func exported(t interface{ Fatal(...any) }) *Keys {
	k, err := Export(sha256.New, bytes.Repeat([]byte{7}, 48), bytes.Repeat([]byte{8}, 32), bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// pair is a sender and a receiver that shares no code with it.
func pair(t interface{ Fatal(...any) }) (*Sender, *srtp.Context) {
	k := exported(t)
	c, err := srtp.CreateContext(k.key[:], k.salt[:], srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(k)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// sealed is the packet as it goes out.
func sealed(t interface{ Fatal(...any) }, s *Sender, h *rtp.Header, payload []byte, index uint64) []byte {
	p := make([]byte, h.MarshalSize()+len(payload)+Overhead)
	n, err := h.MarshalTo(p)
	if err != nil {
		t.Fatal(err)
	}
	before := bytes.Clone(payload)
	s.Seal(p, n, payload, h.SSRC, index)
	if !bytes.Equal(payload, before) {
		t.Fatal("the payload, which others get too, was written to")
	}
	inside := bytes.Clone(p)
	copy(inside[n:], payload)
	if s.Seal(inside, n, inside[n:n+len(payload)], h.SSRC, index); !bytes.Equal(inside, p) {
		t.Fatal("in place it is another packet")
	}
	return p
}

// TestAReceiverReadsWhatIsSealed sends several streams over many wraps of the sequence number, with losses, late
// packets and repeats, to a receiver that knows nothing but the key.
func TestAReceiverReadsWhatIsSealed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, c := pair(t)
		ssrcs := rapid.SliceOfNDistinct(rapid.Uint32(), 1, 3, rapid.ID).Draw(t, "ssrcs")
		indices := map[uint32]*Index{}
		at := map[uint32]uint16{}
		for _, ssrc := range ssrcs {
			indices[ssrc] = &Index{}
			// A receiver takes the first number that it sees for one of the first round.
			at[ssrc] = rapid.Uint16().Draw(t, "first")
		}
		first := map[uint32]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "packets") {
			ssrc := rapid.SampledFrom(ssrcs).Draw(t, "ssrc")
			step := 0
			if first[ssrc] {
				step = rapid.OneOf(rapid.Just(1), rapid.IntRange(-200, 30_000)).Draw(t, "step")
			}
			h := &rtp.Header{
				Version: 2, SSRC: ssrc, SequenceNumber: at[ssrc] + uint16(step), PayloadType: 96,
				Timestamp: rapid.Uint32().Draw(t, "timestamp"), Marker: rapid.Bool().Draw(t, "marker"),
			}
			n, err := indices[ssrc].Of(h.SequenceNumber)
			if errors.Is(err, ErrStale) && n == 0 {
				continue // older than the very first
			}
			if err != nil {
				t.Fatal(err)
			}
			if step > 0 || !first[ssrc] {
				at[ssrc] = h.SequenceNumber
			}
			first[ssrc] = true
			payload := rapid.SliceOfN(rapid.Byte(), 0, 1200).Draw(t, "payload")
			got, err := c.DecryptRTP(nil, sealed(t, s, h, payload, n), nil)
			if err != nil {
				t.Fatalf("%d of %x at index %d: %v", h.SequenceNumber, ssrc, n, err)
			}
			var p rtp.Packet
			if err := p.Unmarshal(got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(p.Payload, payload) || p.SequenceNumber != h.SequenceNumber || p.Timestamp != h.Timestamp || p.Marker != h.Marker || p.SSRC != ssrc {
				t.Fatalf("got %+v, want %+v", p.Header, h)
			}
		}
	})
}

// TestIndexNeverGoesBack counts against a reckoning with whole numbers.
func TestIndexNeverGoesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var i Index
		highest := int64(rapid.Uint16().Draw(t, "first"))
		if n, err := i.Of(uint16(highest)); err != nil || n != uint64(highest) {
			t.Fatalf("%d, %v for the first, %d", n, err, highest)
		}
		for range rapid.IntRange(1, 300).Draw(t, "packets") {
			want := highest + int64(rapid.IntRange(-1<<15+1, 1<<15-1).Draw(t, "step"))
			n, err := i.Of(uint16(want))
			if want < 0 {
				if !errors.Is(err, ErrStale) {
					t.Fatalf("%d for a number before the first", n)
				}
				continue
			}
			if err != nil || n != uint64(want) {
				t.Fatalf("%d, %v, want %d", n, err, want)
			}
			highest = max(highest, want)
		}
	})
}

func TestAKeyEnds(t *testing.T) {
	i := Index{started: true, highest: 1<<48 - 1}
	if n, err := i.Of(0xffff); err != nil || n != 1<<48-1 {
		t.Errorf("%d, %v for the last", n, err)
	}
	if _, err := i.Of(0); !errors.Is(err, ErrStale) {
		t.Error("a key was used longer than it may be")
	}
}

// TestNewForgetsTheKey also shows that the exporter depends on all that it is given.
func TestNewForgetsTheKey(t *testing.T) {
	k := exported(t)
	if _, err := New(k); err != nil {
		t.Fatal(err)
	}
	if *k != (Keys{}) {
		t.Error("the key is still there")
	}
	a := exported(t)
	b, err := Export(sha512.New384, bytes.Repeat([]byte{7}, 48), bytes.Repeat([]byte{8}, 32), bytes.Repeat([]byte{9}, 32))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Export(sha256.New, bytes.Repeat([]byte{7}, 48), bytes.Repeat([]byte{9}, 32), bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if *a == *b || *a == *c || *b == *c {
		t.Error("the same keys from other handshakes")
	}
}

// FuzzSeal lets the receiver judge any packet.
func FuzzSeal(f *testing.F) {
	f.Add(uint32(1), uint16(65535), uint32(90000), []byte("picture"))
	f.Add(uint32(0xffffffff), uint16(0), uint32(0), []byte{})
	f.Fuzz(func(t *testing.T, ssrc uint32, seq uint16, ts uint32, payload []byte) {
		s, c := pair(t)
		h := &rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq, Timestamp: ts}
		out := sealed(t, s, h, payload, uint64(seq))
		if len(payload) > 8 && bytes.Contains(out, payload) {
			t.Error("the payload can be read")
		}
		got, err := c.DecryptRTP(nil, bytes.Clone(out), nil)
		if err != nil || !bytes.Equal(got[h.MarshalSize():], payload) {
			t.Fatalf("%v", err)
		}
		out[int(ts)%len(out)] ^= 1
		if _, err := c.DecryptRTP(nil, out, nil); err == nil {
			t.Error("a changed packet was taken")
		}
	})
}

func TestSealDoesNotAllocate(t *testing.T) {
	s, _ := pair(t)
	p, payload := make([]byte, 1200), make([]byte, 1200-12-Overhead)
	n := uint64(0)
	if a := testing.AllocsPerRun(100, func() { n++; s.Seal(p, 12, payload, 1, n) }); a > 0 {
		t.Errorf("%.1f allocations", a)
	}
}

func BenchmarkSeal(b *testing.B) {
	s, _ := pair(b)
	p, payload := make([]byte, 12+1100+Overhead), make([]byte, 1100)
	n := uint64(0)
	for b.Loop() {
		n++
		s.Seal(p, 12, payload, 1, n)
	}
}

// BenchmarkLibrary is the same by the library.
func BenchmarkLibrary(b *testing.B) {
	_, c := pair(b)
	h := &rtp.Header{Version: 2, SSRC: 1}
	p, dst := make([]byte, 12+1100), make([]byte, 2000)
	if _, err := h.MarshalTo(p); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h.SequenceNumber++
		if _, err := c.EncryptRTP(dst, p, h); err != nil {
			b.Fatal(err)
		}
	}
}
