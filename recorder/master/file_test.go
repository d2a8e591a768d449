package master

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// probe is what ffprobe says of a file.
type probe struct {
	Format  struct{ Duration string }
	Streams []struct {
		Type    string `json:"codec_type"`
		Packets string `json:"nb_read_packets"`
		Width   int
	}
}

func (p probe) packets(kind string) int {
	for _, s := range p.Streams {
		if s.Type == kind {
			n, _ := strconv.Atoi(s.Packets)
			return n
		}
	}
	return 0
}

// judge lets the strict checkers look at a finished file, and compares its length with what Info says.
func judge(t *testing.T, info Info) probe {
	t.Helper()
	if out := tool(t, "webm_info", "-all", "-i", info.Path); strings.Contains(strings.ToLower(out), "error") {
		t.Fatalf("webm_info: %s", out)
	}
	tool(t, "mkvmerge", "-o", filepath.Join(t.TempDir(), "x.mkv"), info.Path)
	if out := tool(t, "ffmpeg", "-v", "warning", "-i", info.Path, "-c", "copy", "-f", "null", "-"); out != "" {
		t.Fatalf("ffmpeg copies with a warning: %s", out)
	}
	if out := tool(t, "ffmpeg", "-v", "error", "-i", info.Path, "-f", "null", "-"); out != "" {
		t.Fatalf("ffmpeg decodes with an error: %s", out)
	}
	var p probe
	must(t, json.Unmarshal([]byte(tool(t, "ffprobe", "-v", "error", "-count_packets", "-show_format", "-show_streams", "-of", "json", info.Path)), &p))
	seconds, err := strconv.ParseFloat(p.Format.Duration, 64)
	must(t, err)
	if d := time.Duration(seconds*float64(time.Second)) - info.Duration; abs(d) > 50*time.Millisecond {
		t.Fatalf("ffprobe: %v, info: %v", seconds, info.Duration)
	}
	if (p.packets("video") > 0) != info.Video || (p.packets("audio") > 0) != info.Audio {
		t.Fatalf("%+v does not fit %+v", p, info)
	}
	st, err := os.Stat(info.Path)
	must(t, err)
	if st.Size() != info.Bytes || st.Mode().Perm() != 0o600 {
		t.Fatalf("%d bytes, mode %v, info %+v", st.Size(), st.Mode(), info)
	}
	return p
}

func around(t *testing.T, what string, got, want, by time.Duration) {
	t.Helper()
	if abs(got-want) > by {
		t.Fatalf("%s: %v, want %v ± %v", what, got, want, by)
	}
}

func TestFiles(t *testing.T) {
	const length = 6 * time.Second
	pictures, sound := filmVP8(t, "320x180", 6), filmOpus(t, 6)
	video := sender{ssrc: 1, seq: 65500, ts: 1<<32 - 90000, ntp: 10 * time.Minute, delay: 40 * time.Millisecond}
	audio := sender{ssrc: 2, seq: 65500, ts: 1<<32 - 48000, ntp: 10 * time.Minute, delay: 25 * time.Millisecond}

	t.Run("both", func(t *testing.T) {
		info := record(t, merge(send(camera(), pictures, video), send(mic(), sound, audio)))
		p := judge(t, info)
		if p.packets("video") != len(pictures) || p.packets("audio") != len(sound) {
			t.Fatalf("%+v: %d pictures, %d sounds", p, len(pictures), len(sound))
		}
		around(t, "duration", info.Duration, length, 60*time.Millisecond)
		around(t, "start", info.Start, 25*time.Millisecond, 25*time.Millisecond)
	})
	t.Run("video only", func(t *testing.T) {
		info := record(t, send(camera(), pictures, video))
		if p := judge(t, info); len(p.Streams) != 1 || p.packets("video") != len(pictures) {
			t.Fatalf("%+v", p)
		}
	})
	t.Run("audio only", func(t *testing.T) {
		info := record(t, send(mic(), sound, audio))
		if p := judge(t, info); len(p.Streams) != 1 || p.packets("audio") != len(sound) {
			t.Fatalf("%+v", p)
		}
	})
	t.Run("audio first, video joins in the middle of pictures", func(t *testing.T) {
		info := record(t, merge(send(camera(), pictures[45:], video), send(mic(), sound, audio)))
		if p := judge(t, info); p.packets("video") != len(pictures)-60 || p.packets("audio") != len(sound) {
			t.Fatalf("%+v", p)
		}
	})
	t.Run("gap of 10 s", func(t *testing.T) {
		late := func(list []frame) (out []frame) {
			for _, f := range list {
				out = append(out, frame{at: f.at + length + 10*time.Second, data: f.data})
			}
			return slices.Concat(list, out)
		}
		info := record(t, merge(send(camera(), late(pictures), video), send(mic(), late(sound), audio)))
		judge(t, info)
		around(t, "duration", info.Duration, 2*length+10*time.Second, 60*time.Millisecond)
	})
	t.Run("another size", func(t *testing.T) {
		big := filmVP8(t, "640x360", 2)
		for i := range big {
			big[i].at += length
		}
		info := record(t, merge(send(camera(), slices.Concat(pictures, big), video), send(mic(), sound, audio)))
		if p := judge(t, info); p.Streams[0].Width != 640 {
			t.Fatalf("%+v", p)
		}
	})
	t.Run("another SSRC and a jump of 30 s", func(t *testing.T) {
		again := func(list []frame) (out []frame) {
			for _, f := range list {
				out = append(out, frame{at: f.at + length, data: f.data})
			}
			return out
		}
		second, third := video, audio
		second.ssrc, second.seq, second.ts = 77, 5, 12345
		third.seq += uint16(len(sound))
		third.ts += 30 * 48000
		info := record(t, merge(send(camera(), pictures, video), send(mic(), sound, audio),
			send(camera(), again(pictures), second), send(mic(), again(sound), third)))
		p := judge(t, info)
		around(t, "duration", info.Duration, 2*length, 100*time.Millisecond)
		if p.packets("video") != 2*len(pictures) || p.packets("audio") != 2*len(sound) {
			t.Fatalf("%+v", p)
		}
	})
	t.Run("loss, reordering, repeats", func(t *testing.T) {
		info := record(t, rough(merge(send(camera(), pictures, video), send(mic(), sound, audio)), 0.01))
		p := judge(t, info)
		if n := p.packets("audio"); n < len(sound)*97/100 || n > len(sound) {
			t.Fatalf("%d of %d sounds", n, len(sound))
		}
		if n := p.packets("video"); n < len(pictures)/3 || n > len(pictures) {
			t.Fatalf("%d of %d pictures", n, len(pictures))
		}
	})
	t.Run("reordering and repeats lose nothing", func(t *testing.T) {
		p := judge(t, record(t, rough(merge(send(camera(), pictures, video), send(mic(), sound, audio)), 0)))
		if p.packets("video") != len(pictures) || p.packets("audio") != len(sound) {
			t.Fatalf("%+v", p)
		}
	})
	t.Run("killed", func(t *testing.T) { killed(t, merge(send(camera(), pictures, video), send(mic(), sound, audio))) })
}

// rough loses, delays (5 %) and repeats (5 %, up to 20 s later) packets.
func rough(events []event, loss float64) []event {
	r := rand.New(rand.NewPCG(1, 2))
	var out []event
	for i, e := range events {
		if e.pkt != nil && i > 40 { // the very first packet has nothing to be late against
			if r.Float64() < loss {
				continue
			}
			if r.Float64() < 0.05 {
				again := e
				again.at += time.Duration(r.Int64N(int64(20 * time.Second)))
				out = append(out, again)
			}
			if r.Float64() < 0.05 {
				e.at += time.Duration(r.Int64N(int64(800 * time.Millisecond)))
			}
		}
		out = append(out, e)
	}
	return merge(out)
}

// killed looks at the spool as a kill would leave it at several moments: at most a second and the depth are missing.
func killed(t *testing.T, events []event) {
	b := newBook(t)
	cfg := config(t)
	dir := t.TempDir()
	var at []time.Duration
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		for i, e := range events {
			play(t, w, b, []event{e})
			if i%70 == 69 {
				data, err := os.ReadFile(filepath.Join(cfg.Dir, "seg.webm"))
				if err != nil {
					continue
				}
				if len(at)%2 == 1 {
					data = data[:len(data)-1-i%37] // the kernel may not have got it all
				}
				must(t, os.WriteFile(filepath.Join(dir, strconv.Itoa(len(at))), data, 0o600))
				at = append(at, e.at)
			}
		}
		_, err := w.Seal()
		must(t, err)
	})
	if len(at) < 3 {
		t.Fatalf("only %d moments", len(at))
	}
	for i, live := range at {
		info, err := Repair(filepath.Join(dir, strconv.Itoa(i)))
		must(t, err)
		if info.Empty {
			if live > depth+3*time.Second {
				t.Fatalf("nothing survived after %v", live)
			}
			continue
		}
		judge(t, info)
		most := depth + time.Second // a cluster open
		if i%2 == 1 {
			most += time.Second // and one cut by us
		}
		if lost := live - info.Start - info.Duration; lost > most {
			t.Fatalf("killed at %v: %v lost", live, lost)
		}
	}
}

func TestRepairOfNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.webm")
	must(t, os.WriteFile(path, make([]byte, 100), 0o600))
	info, err := Repair(path)
	if err != nil || !info.Empty {
		t.Fatalf("%+v, %v", info, err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Fatal("empty file stays")
	}
}
