package sfu

import (
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"net"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// malformed is how many inputs of each kind the server has to survive; the long runs set it to 10,000.
var malformed = flag.Int("malformed", 1000, "malformed inputs of each kind")

// damage changes b in one of the ways in which packets of others go wrong; what is before keep stays.
func damage(dice *rand.Rand, b []byte, keep int) []byte {
	out := append([]byte(nil), b...)
	for range 1 + dice.IntN(4) {
		free := len(out) - keep
		if free <= 0 {
			break
		}
		at := keep + dice.IntN(free)
		switch dice.IntN(4) {
		case 0:
			out[at] ^= 1 << dice.IntN(8)
		case 1:
			out[at] = byte(dice.Uint32())
		case 2:
			out = out[:at]
		case 3:
			more := make([]byte, dice.IntN(40))
			for i := range more {
				more[i] = byte(dice.Uint32())
			}
			out = append(out[:at:at], append(more, out[at:]...)...)
		}
	}
	return out
}

// badMedia is RTP of one stream: the tricks that have brought others down, and chance.
func badMedia(dice *rand.Rand, good []byte, seq uint16) []byte {
	b := append([]byte(nil), good...)
	switch dice.IntN(8) {
	case 0: // padding longer than the payload
		b[0] |= 0x20
		b[len(b)-1] = 255
	case 1: // nothing but padding
		b = append(b[:12:12], 0, 0, 0, 4)
		b[0] |= 0x20
	case 2: // no payload
		b = b[:12]
	case 3: // more contributors than there are bytes
		b[0] |= 0x0f
	case 4: // an extension beyond the end
		b[0] |= 0x10
		binary.BigEndian.PutUint16(b[14:], 0xffff)
	case 5: // a descriptor that is cut
		b = b[:12+dice.IntN(len(b)-12)]
	default: // the payload, or all but the stream's name
		b = damage(dice, b, 12)
		for at := range 8 {
			if dice.IntN(10) == 0 {
				b[at] = byte(dice.Uint32())
			}
		}
	}
	if len(b) >= 4 && dice.IntN(100) > 0 { // the others go far off, and take the stream with them
		binary.BigEndian.PutUint16(b[2:], seq)
	}
	return b
}

func TestMalformedMedia(t *testing.T) {
	e, w, _ := newTestEngine(t)
	b := newBystanders(t, e)
	e.SetLive("raw", true)
	victim := watch(t, e, "raw", Viewer{Owner: "vera"}, 1, 1)
	r := newRaw(t, e, true)
	dice := rand.New(rand.NewPCG(10, 1))
	b.paced(*malformed, func(i int) bool {
		good := r.packet(7, uint16(i), append(vp8(dice.IntN(30) == 0, uint16(i), byte(i), 'M', uint32(i)), make([]byte, dice.IntN(200))...))
		if i > 20 && dice.IntN(3) > 0 {
			good = badMedia(dice, good, uint16(i))
		}
		r.media(good)
		return true
	})
	b.unaffected()
	least := *malformed / 100
	if !e.publishing("raw", r.session, "mallory") || victim.count("video0") < least || w.tap("mallory/camera").packets.Load() < int64(least) {
		t.Errorf("the publication did not go on: %d packets reached a viewer, %d a tap", victim.count("video0"), w.tap("mallory/camera").packets.Load())
	}
}

func TestMalformedReports(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	viewer, publisher := newRaw(t, e, false), newRaw(t, e, true)
	publisher.media(publisher.packet(7, 1, vp8(true, 1, 1, 'M', 1)))
	dice := rand.New(rand.NewPCG(10, 2))
	ssrcs := ssrcsOf(t, viewer.answer)
	b.paced(*malformed, func(i int) bool {
		to, ssrc := viewer, ssrcs[dice.IntN(len(ssrcs))]
		if i%2 == 0 {
			to, ssrc = publisher, 7
		}
		good, err := rtcp.Marshal([]rtcp.Packet{goodReport(dice, ssrc)})
		if err != nil {
			t.Fatal(err)
		}
		keep := 12 // mostly about streams that exist, or the session is cut off
		if dice.IntN(400) == 0 {
			keep = 1
		}
		bad := damage(dice, good, min(keep, len(good)))
		if dice.IntN(8) == 0 && len(bad) > 4 {
			binary.BigEndian.PutUint16(bad[2:], uint16(dice.Uint32())) // its length
		}
		to.report(bad)
		return true
	})
	b.unaffected()
}

func goodReport(dice *rand.Rand, ssrc uint32) rtcp.Packet {
	block := rtcp.ReceptionReport{SSRC: ssrc, FractionLost: byte(dice.Uint32())}
	switch dice.IntN(8) {
	case 0:
		return &rtcp.ReceiverReport{SSRC: ssrc, Reports: []rtcp.ReceptionReport{block}}
	case 1:
		return &rtcp.SenderReport{SSRC: ssrc, NTPTime: dice.Uint64(), RTPTime: dice.Uint32(), Reports: []rtcp.ReceptionReport{block}}
	case 2:
		return &rtcp.TransportLayerNack{SenderSSRC: ssrc, MediaSSRC: ssrc, Nacks: []rtcp.NackPair{{PacketID: uint16(dice.Uint32()), LostPackets: 0xffff}}}
	case 3:
		return &rtcp.FullIntraRequest{SenderSSRC: ssrc, MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc, SequenceNumber: 1}}}
	case 4:
		return &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: ssrc, Bitrate: 1e6, SSRCs: []uint32{ssrc}}
	case 5:
		return &rtcp.TransportLayerCC{SenderSSRC: ssrc, MediaSSRC: ssrc, PacketStatusCount: 3, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: 1, RunLength: 3}},
			RecvDeltas: []*rtcp.RecvDelta{{Type: 1, Delta: 250}, {Type: 1, Delta: 250}, {Type: 1, Delta: 250}}}
	case 6:
		return &rtcp.ExtendedReport{SenderSSRC: ssrc, Reports: []rtcp.ReportBlock{&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: dice.Uint64()}}}
	default:
		return &rtcp.PictureLossIndication{SenderSSRC: ssrc, MediaSSRC: ssrc}
	}
}

// What comes from an address that has not shown the credentials of a session gets nothing back, so the server is of
// no use for reflection; and it does no harm.
func TestMalformedDatagramsAtThePort(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	ufrag := regexp.MustCompile(`a=ice-ufrag:(\S+)`).FindStringSubmatch(b.p.answer)[1]
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(e.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	var back atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 2048)
		for {
			n, err := conn.Read(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			back.Add(int64(n))
		}
	}()
	dice := rand.New(rand.NewPCG(10, 3))
	b.paced(*malformed, func(i int) bool {
		if _, err := conn.Write(stray(t, dice, ufrag, i)); err != nil {
			t.Fatal(err)
		}
		return true
	})
	b.unaffected()
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	<-done
	if n := back.Load(); n > 0 {
		t.Errorf("%d bytes came back", n)
	}
}

// stray is a datagram of a stranger who has seen the name of a session and nothing of its password.
func stray(t testing.TB, dice *rand.Rand, ufrag string, i int) []byte {
	t.Helper()
	user, password := ufrag+":them", "a password that is not the right one"
	switch i % 5 {
	case 0:
		user = "nobody:them"
	case 1: // a client hello of DTLS, before any check
		return damage(dice, append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1}, make([]byte, 60)...), dice.IntN(14))
	case 2: // media
		h := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: dice.Uint32()}, Payload: make([]byte, dice.IntN(1200))}
		out, err := h.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return damage(dice, out, 1)
	}
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(user), stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	if i%5 == 4 {
		return m.Raw
	}
	return damage(dice, m.Raw, dice.IntN(24))
}

func TestMalformedOffers(t *testing.T) {
	e, _, _ := newTestEngine(t)
	b := newBystanders(t, e)
	dice := rand.New(rand.NewPCG(10, 4))
	good := []string{sample(t, webrtc.RTPTransceiverDirectionSendonly, 1, 1), sample(t, webrtc.RTPTransceiverDirectionRecvonly, 3, 4)}
	for i := range *malformed / slowness {
		text := badOffer(dice, good[i%2], good[(i+1)%2])
		var id string
		var err error
		if i%2 == 0 {
			if id, _, err = e.Publish(t.Context(), "raw", Publisher{Owner: "mallory"}, text); err == nil {
				err = e.Unpublish("raw", id, "mallory")
			}
		} else if id, _, err = e.Watch(t.Context(), "raw", Viewer{Owner: "mallory"}, text); err == nil {
			err = e.Unwatch("raw", id, "mallory")
		}
		if _, refused := errors.AsType[*OfferError](err); err != nil && !refused {
			t.Fatalf("offer %d: %v\n%s", i, err, text)
		}
	}
	b.unaffected()
}

// badOffer changes, takes away, doubles or mixes lines.
func badOffer(dice *rand.Rand, text, other string) string {
	lines, more := strings.Split(text, "\r\n"), strings.Split(other, "\r\n")
	for range 1 + dice.IntN(6) {
		at := dice.IntN(len(lines))
		switch dice.IntN(5) {
		case 0:
			lines[at] = string(damage(dice, []byte(lines[at]), 0))
		case 1:
			lines = append(lines[:at:at], lines[at+1:]...)
		case 2:
			lines = append(lines[:at:at], append([]string{lines[dice.IntN(len(lines))]}, lines[at:]...)...)
		case 3:
			lines[at] = more[dice.IntN(len(more))]
		case 4:
			lines[at] = regexp.MustCompile(`\d+`).ReplaceAllString(lines[at], []string{"-1", "0", "65536", "99999999999999999999"}[dice.IntN(4)])
		}
		if len(lines) == 0 {
			break
		}
	}
	return strings.Join(lines, "\r\n")
}
