package master

import (
	"slices"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/recorder/webm"
	"plenum/webinar/media"
)

// handed collects the pictures and sounds that a line hands out, by the number in their bytes.
type handed struct {
	line   line
	list   []sample
	refuse func(sample) bool
}

func newHanded() *handed {
	h := &handed{refuse: func(sample) bool { return false }}
	h.line.ask = func(media.Kind) {}
	h.line.out = func(x sample) (bool, error) {
		if h.refuse(x) {
			return false, nil
		}
		h.list = append(h.list, x)
		return true, nil
	}
	return h
}

func (h *handed) play(t *testing.T, events []event, skip func(i int) bool) {
	for i, e := range events {
		if e.pkt != nil && !skip(i) {
			h.line.push(&lane{track: e.track, codec: codecOf(e.track)}, e.pkt.SSRC, e.pkt.SequenceNumber, packet{ts: e.pkt.Timestamp, marker: e.pkt.Marker, payload: e.pkt.Payload, at: e.at})
		}
		must(t, h.line.tick(e.at))
	}
	must(t, h.line.tick(events[len(events)-1].at+2*depth))
}

func (h *handed) has(data []byte) bool {
	return slices.ContainsFunc(h.list, func(x sample) bool { return string(x.data.bytes()) == string(data) })
}

func reel30(n int) (list []frame) {
	for i := range n {
		list = append(list, frame{time.Duration(i) * time.Second / 30, still(i, i%30 == 0)})
	}
	return list
}

// Behind a lost packet no picture is written until the next key frame, which is.
func TestLossWaitsForKeyFrame(t *testing.T) {
	h := newHanded()
	events := slices.DeleteFunc(send(camera(), reel30(90), sender{ssrc: 1}), func(e event) bool { return e.pkt == nil })
	h.play(t, events, func(i int) bool { return i == 40 })
	for i := range 90 {
		if want := i < 40 || i >= 60; h.has(still(i, i%30 == 0)) != want {
			t.Fatalf("picture %d: written %v", i, !want)
		}
	}
}

// A picture that is refused takes along those that need it.
func TestRefusedPictureSpoilsTheNext(t *testing.T) {
	h := newHanded()
	h.refuse = func(x sample) bool { return string(x.data.bytes()) == string(still(40, false)) }
	h.play(t, send(camera(), reel30(90), sender{ssrc: 1}), func(int) bool { return false })
	for i := range 90 {
		if want := i < 40 || i >= 60; h.has(still(i, i%30 == 0)) != want {
			t.Fatalf("picture %d: written %v", i, !want)
		}
	}
}

// What still comes of a stream that another has replaced is old, and does not disturb the new one.
func TestReplacedStreamIsIgnored(t *testing.T) {
	h := newHanded()
	first, second := reel30(60), reel30(120)[60:]
	late := send(camera(), first[30:], sender{ssrc: 1, seq: 30})
	for i := range late {
		late[i].at += 1500 * time.Millisecond
	}
	h.play(t, merge(send(camera(), first, sender{ssrc: 1}), send(camera(), second, sender{ssrc: 2}), late), func(int) bool { return false })
	if len(h.list) != 120 {
		t.Fatalf("%d pictures of 120", len(h.list))
	}
}

// The best of three qualities goes, and comes again under the SSRC that it had: it is taken as often as that happens, and
// what is late of a quality that was left is not.
func TestStreamThatComesBack(t *testing.T) {
	h := newHanded()
	all := reel30(360)
	var parts [][]event
	for i, ssrc := range []uint32{1, 2, 1, 3, 1, 2} { // 2 s each
		part := send(camera(), all[i*60:(i+1)*60], sender{ssrc: ssrc, seq: uint16(i * 5000), ts: 90000})
		late := send(camera(), all[i*60+50:(i+1)*60], sender{ssrc: ssrc, seq: uint16(i*5000 + 50), ts: 90000})
		for j := range late {
			late[j].at += 700 * time.Millisecond
		}
		parts = append(parts, part, late)
	}
	h.play(t, merge(parts...), func(int) bool { return false })
	if len(h.list) != len(all) {
		t.Fatalf("%d pictures of %d", len(h.list), len(all))
	}
}

// What stands in the open cluster when its permit ends does not reach the disk; the other track's part does.
func TestPermitEndsInOpenCluster(t *testing.T) {
	for _, s := range []consent.Scope{consent.Audio, consent.Video, consent.All} {
		t.Run(s.String(), func(t *testing.T) {
			b := newBook(t)
			w := prepare(config(t))
			var sound, sight rights
			sound.add(permit(t, b, media.Mic))
			sight.add(permit(t, b, media.Camera))
			for i := range 10 {
				at := time.Duration(i) * 20 * time.Millisecond
				for _, x := range []sample{{track: videoTrack, codec: webm.VP8, key: i == 0, at: at, data: whole(still(i, i == 0)), rights: sight},
					{track: audioTrack, codec: webm.Opus, key: true, at: at, data: whole(marked(i)), rights: sound}} {
					if ok, err := w.reel.write(x); !ok || err != nil {
						t.Fatal(ok, err)
					}
				}
			}
			withdraw(t, b, s)
			must(t, w.reel.age(5*time.Second, tickEvery))
			if ok, err := w.reel.write(sample{track: videoTrack, codec: webm.VP8, at: 6 * time.Second, data: whole(still(99, false)), rights: sight}); ok && s.Has(consent.Video) || err != nil {
				t.Fatal(ok, err)
			}
			for i := range 10 {
				if contains(t, w.spool.path, marked(i)) == s.Has(consent.Audio) || contains(t, w.spool.path, still(i, i == 0)) == s.Has(consent.Video) {
					t.Fatalf("sample %d, without %v", i, s)
				}
			}
			close(w.done)
			info, err := w.Seal()
			if err != nil || info.Empty != (s == consent.All) || info.Audio == s.Has(consent.Audio) || info.Video == s.Has(consent.Video) {
				t.Fatalf("%+v, %v", info, err)
			}
		})
	}
}
