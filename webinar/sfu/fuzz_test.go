package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"
)

// FuzzRewriting lets two layers of a source take turns in a slot. Each four bytes of moves are one packet: which
// layer and whether the slot changes to it first, a step of the sequence number, of the timestamp, and a payload's
// descriptor. Whatever comes, what leaves has one number for each packet, and leads back to it.
func FuzzRewriting(f *testing.F) {
	f.Add(uint16(65530), uint32(1<<32-9000), []byte{0, 1, 1, 0, 0, 1, 1, 0, 3, 1, 1, 1, 1, 255, 0, 0, 2, 130, 7, 9})
	f.Add(uint16(0), uint32(0), []byte{2, 0, 0, 0x90, 3, 127, 200, 0x80, 2, 128, 1, 0xff})
	f.Fuzz(func(t *testing.T, seq uint16, ts uint32, moves []byte) {
		var r rewriter
		caches := []*cache{newCache(true), newCache(true)}
		wraps := make([]unwrapper, 2)
		sent := map[uint16]int64{}
		current, epoch := 0, uint32(0)
		at := time.Unix(1e9, 0)
		scratch := make([]byte, 64)
		var last numbers
		for ; len(moves) >= 4; moves = moves[4:] {
			layer := int(moves[0] & 1)
			seq += uint16(int8(moves[1]))
			ts += uint32(int8(moves[2])) * 3000
			at = at.Add(time.Duration(moves[2]) * time.Millisecond)
			payload := append([]byte{0x90, moves[3], 0x80 | moves[1], moves[2], moves[3], 1}, moves...)
			payload = payload[:min(len(payload), int(moves[3]%12))]
			p := &packet{rtp: &rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: ts}, Payload: payload}, epoch: epoch, at: at, frame: inspectVP8(payload)}
			p.ext = wraps[layer].next(seq)
			if !caches[layer].add(p, wraps[layer].highest) {
				continue // a repeat, or too old
			}
			switches := moves[0]&2 != 0
			if layer != current && !switches {
				continue
			}
			if switches {
				current, epoch = layer, epoch+1
				p.epoch = epoch
				r.stop()
				used := r.used
				r.begin(p, 90000, 3000, squeeze{factor: uint32(moves[3] % 4), ts: ts + uint32(moves[2])*3000, at: at.Add(time.Second)})
				clear(sent) // numbers of before lead nowhere
				if n, ok := r.apply(p); used && (!ok || n.seq != last.seq+1) {
					t.Fatalf("%d follows %d at a change", n.seq, last.seq)
				}
			}
			n, ok := r.apply(p)
			if !ok {
				continue
			}
			if was, ok := sent[n.seq]; ok && was != p.ext && abs(was-p.ext) < 1<<16 {
				t.Fatalf("number %d for packets %d and %d", n.seq, was, p.ext)
			}
			sent[n.seq] = p.ext
			if ext, ok := r.source(n.seq); !ok || ext != p.ext && abs(r.lastExt-p.ext) < 1<<15 {
				t.Fatalf("number %d leads to %d (%v), not to %d", n.seq, ext, ok, p.ext)
			}
			out := renumber(p, n, scratch)
			if len(out) != len(payload) {
				t.Fatalf("%d bytes became %d", len(payload), len(out))
			}
			if now := inspectVP8(out); now.key != p.frame.key || now.pic.picAt != p.frame.pic.picAt || now.pic.tl0At != p.frame.pic.tl0At {
				t.Fatalf("% x became % x", payload, out)
			}
			last.seq = r.lastSeq
		}
	})
}

func abs(n int64) int64 { return max(n, -n) }

// FuzzRTP takes what a publisher may have encrypted as far as the cache.
func FuzzRTP(f *testing.F) {
	good, err := (&rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 65535}, Payload: vp8(true, 1, 1, 'A', 1)}).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(append([]byte{0xbf}, good[1:]...)) // padding, extension, 15 contributors
	f.Add(good[:12])
	f.Fuzz(func(t *testing.T, b []byte) {
		p := &rtp.Packet{}
		if p.Unmarshal(b) != nil {
			return
		}
		for _, video := range []bool{false, true} {
			for _, c := range codecs(video) {
				c.inspect(p.Payload)
			}
		}
		p.GetExtension(1)
		var s speech
		s.hears(p.GetExtension(1), time.Unix(1, 0))
		var u unwrapper
		out := &packet{rtp: p, ext: u.next(p.SequenceNumber), frame: inspectVP8(p.Payload)}
		if c := newCache(true); !c.add(out, u.highest) || c.get(out.ext, 0) != out {
			t.Fatal("the cache lost it")
		}
	})
}

// FuzzFeedback gives a viewer's inlet what it may have encrypted.
func FuzzFeedback(f *testing.F) {
	const ssrc = 7
	for _, p := range []rtcp.Packet{
		&rtcp.PictureLossIndication{MediaSSRC: ssrc},
		&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}},
		&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: []rtcp.NackPair{{PacketID: 65535, LostPackets: 0xffff}}},
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: ssrc, FractionLost: 255, LastSenderReport: 1, Delay: 1 << 31}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e38, SSRCs: []uint32{ssrc}},
	} {
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	e, err := New(Config{Listen: "127.0.0.1:0"}, &watcher{}, &board{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { e.Close() })
	id, _, err := e.Watch(f.Context(), "r", Viewer{Owner: "o"}, sample(f, webrtc.RTPTransceiverDirectionRecvonly, 1, 1))
	if err != nil {
		f.Fatal(err)
	}
	v, err := e.viewer("r", id, "o")
	if err != nil {
		f.Fatal(err)
	}
	v.timer.Stop() // it may stay without a connection
	bound := v.video[0].bound.Load()
	if bound == nil {
		bound = &binding{formats: []format{{codec: codecs(true)[0], pt: 96}}, out: &pen{fails: true}}
	}
	here := *bound
	here.ssrc = ssrc
	v.video[0].bound.Store(&here)
	in := v.inlet(packetio.RTCPBufferPacket, ssrc)
	f.Fuzz(func(t *testing.T, b []byte) {
		v.ration = ration{}
		if n, err := in.Write(b); n != len(b) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		v.shard.barrier()
	})
}
