package program

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"plenum/recorder/webm"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tool runs a program of the test's tool box; without them the files would go unjudged.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: install ffmpeg, mkvtoolnix and libwebm-tools to run this test", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// frame is one coded picture or packet of sound.
type frame struct {
	ms    int64
	key   bool
	sound bool
	data  []byte
}

// film codes seconds of a picture of that colour, with a key frame each second.
func film(t testing.TB, colour, size string, seconds int) (list []frame) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.ivf")
	tool(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("color=%s:size=%s:rate=30", colour, size), "-t", fmt.Sprint(seconds),
		"-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "30", "-b:v", "300k", path)
	b, err := os.ReadFile(path)
	must(t, err)
	for p := 32; p+12 <= len(b); {
		n := int(binary.LittleEndian.Uint32(b[p:]))
		d := b[p+12 : p+12+n]
		list = append(list, frame{ms: int64(binary.LittleEndian.Uint64(b[p+4:])) * 1000 / 30, key: d[0]&1 == 0, data: d})
		p += 12 + n
	}
	return list
}

// voice codes seconds of sound that is heard only while the condition of ffmpeg's expression language holds.
func voice(t testing.TB, while string, seconds int) (list []frame) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.ogg")
	tool(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.4:sample_rate=48000", "-t", fmt.Sprint(seconds),
		"-af", "volume=0.0005:enable='not("+while+")'", "-ac", "2", "-c:a", "libopus", "-b:a", "32k", "-application", "voip", path)
	b, err := os.ReadFile(path)
	must(t, err)
	var cur []byte
	var packets [][]byte
	for p := 0; p+27 <= len(b); {
		lengths := b[p+27 : p+27+int(b[p+26])]
		q := p + 27 + len(lengths)
		for _, l := range lengths {
			cur = append(cur, b[q:q+int(l)]...)
			q += int(l)
			if l < 255 {
				packets, cur = append(packets, cur), nil
			}
		}
		p = q
	}
	for i, d := range packets[2:] { // behind the two header packets
		list = append(list, frame{ms: int64(i) * 20, key: true, sound: true, data: d})
	}
	return list
}

// mem is a file in memory.
type mem struct{ b []byte }

func (m *mem) ReadAt(p []byte, off int64) (int, error) { return bytes.NewReader(m.b).ReadAt(p, off) }

func (m *mem) WriteAt(p []byte, off int64) (int, error) {
	if n := off + int64(len(p)) - int64(len(m.b)); n > 0 {
		m.b = append(m.b, make([]byte, n)...)
	}
	return copy(m.b[off:], p), nil
}

func (m *mem) Truncate(n int64) error { m.b = m.b[:n]; return nil }
func (m *mem) Sync() error            { return nil }

// master makes a file of frames, which are ordered here.
func master(t interface{ Fatalf(string, ...any) }, tracks ...[]frame) []byte {
	f := &mem{}
	w, err := webm.NewWriter(f, []webm.Track{{Number: 1, Codec: webm.VP8}, {Number: 2, Codec: webm.Opus, Channels: 2}}, webm.Options{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	for {
		best := -1
		for i := range tracks {
			if len(tracks[i]) > 0 && (best < 0 || tracks[i][0].ms < tracks[best][0].ms) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		x := tracks[best][0]
		tracks[best] = tracks[best][1:]
		number := uint8(1)
		if x.sound {
			number = 2
		}
		if err := w.Write(number, x.ms, x.key, x.data); err != nil {
			t.Fatalf("%v", err)
		}
	}
	if _, err := w.Finalize(); err != nil {
		t.Fatalf("%v", err)
	}
	return f.b
}

func opens(b []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// samples reads a file back.
func samples(t interface{ Fatalf(string, ...any) }, b []byte) (list []frame) {
	r, err := webm.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%v", err)
	}
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatalf("%v", err)
		}
		list = append(list, frame{s.MS, s.Key, !r.Codec(s.Track).Video(), bytes.Clone(s.Data)})
	}
}
