package master

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"plenum/recorder/webm"
	"plenum/webinar/media"
)

// whole is a sample in one piece that lies in no slab.
func whole(data []byte) (p pieces) {
	p.add(data, nil)
	return p
}

// bytes are a sample's.
func (p *pieces) bytes() []byte { return slices.Concat(p.data...) }

// large is a picture of several packets that says which; every thirtieth is a key frame.
func large(i int) []byte {
	b := bytes.Repeat([]byte{byte(i)}, 1000+i%7*900)
	b[0] = 1
	if i%30 == 0 {
		b[0] = 0
	}
	binary.BigEndian.PutUint32(b[1:], uint32(i))
	return b
}

// A sample lies where its packets left it until it is written, and then that room is used again: also of packets that are
// padding, that come twice, late or of a picture that has lost one, and of pictures that cannot be decoded.
func TestPiecesGoBack(t *testing.T) {
	var film, sound []frame
	for i := range 3000 {
		film = append(film, frame{time.Duration(i) * time.Second / 30, large(i)})
	}
	for i := range 5000 {
		sound = append(sound, frame{time.Duration(i) * 20 * time.Millisecond, marked(i)})
	}
	pictures := send(camera(), film, sender{ssrc: 1})
	t.Run("pictures", func(t *testing.T) { goBack(t, pictures) }) // beside sound a slab is held by it, too
	t.Run("both", func(t *testing.T) { goBack(t, merge(pictures, send(mic(), sound, sender{ssrc: 2}))) })
}

func goBack(t *testing.T, events []event) {
	var s slabs
	made := map[*slab]bool{}
	var l line
	l.ask = func(media.Kind) {}
	random := rand.New(rand.NewPCG(11, 4))
	pictures := 0
	l.out = func(x sample) (bool, error) {
		defer l.spare.give(x.data)
		if x.track == audioTrack {
			return true, nil
		}
		got := x.data.bytes()
		if len(got) != x.data.size || !bytes.Equal(got, large(int(binary.BigEndian.Uint32(got[1:])))) {
			t.Fatalf("at %v: another picture", x.at)
		}
		pictures++
		return random.IntN(50) > 0, nil
	}
	var now time.Duration
	for i, e := range events {
		if now = e.at; e.pkt == nil || random.IntN(100) == 0 {
			continue
		}
		for range 1 + random.IntN(50)/49 {
			p := packet{ts: e.pkt.Timestamp, marker: e.pkt.Marker, at: e.at}
			p.payload, p.slab = s.keep(e.pkt.Payload)
			made[p.slab] = true
			l.push(&lane{track: e.track, codec: codecOf(e.track)}, e.pkt.SSRC, e.pkt.SequenceNumber, p)
		}
		if i%100 == 0 {
			must(t, l.tick(now))
		}
	}
	must(t, l.end(now))
	s.drop()
	for b := range made {
		if n := b.held.Load(); n != 0 {
			t.Errorf("%d packets are held for ever", n)
		}
	}
	if pictures < 500 || len(made) > 40 {
		t.Errorf("%d pictures, %d slabs", pictures, len(made))
	}
}

// What a file cannot tell from the first packet is put together: of AV1 the sequence and the picture.
func TestPiecesOfAV1AreOne(t *testing.T) {
	f := frames{codec: webm.AV1}
	for i, payload := range [][]byte{{0x18, 0x0a, 1, 2, 3}, {0x10, 0x32, 4, 5}} { // one unit each (aggregation header W=1, N at first)
		frame, _, done, lost := f.push(packet{ts: 1, marker: i == 1, payload: payload}, false)
		if lost || done != (i == 1) {
			t.Fatal(i, done, lost)
		}
		if done && (len(frame.data) != 1 || frame.size != len(frame.bytes()) || frame.size < 7) {
			t.Errorf("%d pieces, %d bytes: %x", len(frame.data), frame.size, frame.bytes())
		}
	}
}
