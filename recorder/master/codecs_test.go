package master

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"

	"plenum/recorder/webm"
	"plenum/webinar/media"
)

func cameraIn(mime string) media.Track {
	return media.Track{ID: "v", Kind: media.Camera, MimeType: mime, ClockRate: 90000}
}

// Pictures of every codec, of two sizes, with sound before them, become files that the checkers and decoders like.
func TestCodecs(t *testing.T) {
	for _, c := range []struct {
		mime, name string
		args       []string
	}{
		{"video/VP9", "vp9", []string{"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k", "-lag-in-frames", "0"}},
		{"video/AV1", "av1", []string{"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-b:v", "500k", "-lag-in-frames", "0"}},
		{"video/AV1", "av1", []string{"-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "pred-struct=1:lookahead=0:rc=0"}},
	} {
		t.Run(c.args[1], func(t *testing.T) {
			small, big, sound := filmed(t, "320x180", 3, c.args...), filmed(t, "640x360", 2, c.args...), filmOpus(t, 6)
			for i := range small {
				small[i].at += time.Second
			}
			for i := range big {
				big[i].at += 4 * time.Second
			}
			pictures := slices.Concat(small, big)
			video := sender{ssrc: 1, seq: 65500, ts: 1<<32 - 90000, delay: 40 * time.Millisecond}
			audio := sender{ssrc: 2, seq: 65500, ts: 1<<32 - 48000, delay: 25 * time.Millisecond}
			info := record(t, merge(send(cameraIn(c.mime), pictures, video), send(mic(), sound, audio)))
			p := judge(t, info)
			if p.packets("video") != len(pictures) || p.packets("audio") != len(sound) || info.Codec != c.name || info.Width != 640 || info.Height != 360 {
				t.Errorf("%+v, %+v: %d pictures, %d sounds", info, p, len(pictures), len(sound))
			}
			var decoded struct {
				Streams []struct {
					Codec  string `json:"codec_name"`
					Frames string `json:"nb_read_frames"`
				}
			}
			must(t, json.Unmarshal([]byte(tool(t, "ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_streams", "-of", "json", info.Path)), &decoded))
			if len(decoded.Streams) != 1 || decoded.Streams[0].Codec != c.name || decoded.Streams[0].Frames != "150" {
				t.Errorf("decoded: %+v", decoded)
			}
			for _, span := range [][2]time.Duration{{0, 2 * time.Second}, {2500 * time.Millisecond, 4200 * time.Millisecond}, {4500 * time.Millisecond, time.Minute}} {
				judgeCut(t, info, c.name, span[0], span[1])
			}
		})
	}
}

// judgeCut has the checkers and a decoder look at a part of a file.
func judgeCut(t *testing.T, info Info, codec string, from, to time.Duration) {
	t.Helper()
	f, err := os.Open(info.Path)
	must(t, err)
	defer f.Close()
	cut, err := webm.NewCut(f, from, to)
	must(t, err)
	path := filepath.Join(t.TempDir(), "cut.webm")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	n, err := io.Copy(out, cut)
	must(t, err)
	must(t, out.Close())
	part := Info{Path: path, Duration: cut.Duration(), Bytes: n, Audio: true, Video: true}
	p := judge(t, part)
	around(t, "the part", part.Duration, min(to, info.Duration)-from, 2*time.Second+webm.MaxClusterTime) // whole clusters, from a key frame on
	if p.packets("video") < 20 || p.packets("audio") < 50 {
		t.Errorf("%v to %v of %s: %+v", from, to, codec, p)
	}
}

// A lost packet costs the pictures up to the next key frame, in every codec, and what is written decodes.
func TestLossInEveryCodec(t *testing.T) {
	for mime, args := range map[string][]string{
		"video/VP9": {"-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", "-lag-in-frames", "0"},
		"video/AV1": {"-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-b:v", "2M", "-lag-in-frames", "0"},
	} {
		t.Run(mime, func(t *testing.T) {
			list := send(cameraIn(mime), filmed(t, "640x360", 4, args...), sender{ssrc: 1, delay: 40 * time.Millisecond})
			n := 0
			list = slices.DeleteFunc(list, func(e event) bool { // one packet in the second second
				if e.pkt == nil || e.at < 1500*time.Millisecond {
					return false
				}
				n++
				return n == 1
			})
			info := record(t, list)
			p := judge(t, info)
			if got := p.packets("video"); got < 100 || got > 106 {
				t.Errorf("%d pictures", got)
			}
		})
	}
}

// The layers of a VP9 picture become one superframe.
func TestSuperframe(t *testing.T) {
	f := frames{codec: webm.VP9}
	part := func(head byte, body string, marker bool) packet {
		return packet{ts: 1, marker: marker, payload: append([]byte{head}, body...)}
	}
	const b, e = 0x08, 0x04
	for _, p := range []packet{part(b, "aaa", false), part(e, "a", false)} {
		if _, _, done, lost := f.push(p, false); done || lost {
			t.Fatal(done, lost)
		}
	}
	got, _, done, lost := f.push(part(b|e, "bb", true), false)
	if want := "aaaabb\xd9\x04\x00\x00\x00\x02\x00\x00\x00\xd9"; !done || lost || string(got.bytes()) != want {
		t.Errorf("%x", got.bytes())
	}
}

// Whatever comes, nothing panics and no picture is larger than a file takes.
func FuzzFrames(f *testing.F) {
	for _, p := range []interface{ Payload(uint16, []byte) [][]byte }{&codecs.VP8Payloader{}, &codecs.VP9Payloader{}, &codecs.AV1Payloader{}} {
		for _, b := range p.Payload(100, []byte{0x12, 0, 0x0a, 11, 0, 0, 0, 66, 170, 191, 195, 63, 254, 16, 240, 0x32, 3, 16, 0, 1}) {
			f.Add(b, byte(3))
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte, flags byte) {
		for _, c := range []webm.Codec{webm.VP8, webm.VP9, webm.AV1} {
			x := frames{codec: c}
			for i := range 4 {
				frame, _, done, _ := x.push(packet{ts: uint32(flags >> 4), marker: i == 3 || flags&(1<<i) != 0, payload: payload}, flags&8 != 0 && i == 2)
				if done && (frame.size == 0 || frame.size > webm.MaxSample || frame.size != len(frame.bytes())) {
					t.Fatalf("%s: a picture of %d bytes", c, frame.size)
				}
				c.Key(frame.head())
			}
		}
	})
}
