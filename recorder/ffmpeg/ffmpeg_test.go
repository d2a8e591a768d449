package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func find(t testing.TB, c Config) *Tool {
	t.Helper()
	tool, err := Find(t.Context(), c)
	if err != nil {
		t.Fatalf("install ffmpeg to run this test: %v", err)
	}
	return tool
}

// run has the machine's ffmpeg or ffprobe make or judge something, in its own words.
func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// film makes a file of so many seconds and opens it, hidden.
func film(t testing.TB, video, audio string, seconds int) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.webm")
	args := []string{"-v", "error"}
	for _, in := range []string{video, audio} {
		if in != "" {
			args = append(args, "-f", "lavfi", "-i", in)
		}
	}
	run(t, "ffmpeg", append(args, "-t", fmt.Sprint(seconds), "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "15", "-b:v", "300k", "-c:a", "libopus", path)...)
	return open(t, path)
}

func open(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func hidden(t testing.TB) *os.File {
	t.Helper()
	f, err := Hidden(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// probe says what is in a file.
type probe struct {
	Format  struct{ Duration string }
	Streams []struct {
		Codec         string `json:"codec_name"`
		Width, Height int
	}
	Chapters []struct{ Tags struct{ Title string } }
}

func probed(t testing.TB, f *os.File) (p probe) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out")
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<30))
	if err != nil || os.WriteFile(path, b, 0o600) != nil {
		t.Fatal(err)
	}
	if out := run(t, "ffmpeg", "-v", "warning", "-i", path, "-f", "null", "-"); out != "" {
		t.Errorf("ffmpeg complains: %s", out)
	}
	if err := json.Unmarshal([]byte(run(t, "ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json", path)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMP4(t *testing.T) {
	tool := find(t, Config{})
	if !tool.MP4s() {
		t.Fatal("this ffmpeg has no encoder for H.264")
	}
	in := film(t, "testsrc2=size=321x181:rate=15", "sine=440", 4)
	chapters := filepath.Join(t.TempDir(), "chapters")
	if err := os.WriteFile(chapters, []byte(";FFMETADATA1\nartist=Ada\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=Which topic?\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	with := filepath.Join(t.TempDir(), "with.webm")
	run(t, "ffmpeg", "-v", "error", "-i", in.Name(), "-i", chapters, "-map_metadata", "1", "-map_chapters", "1", "-c", "copy", with)
	out, last := hidden(t), 0.0
	if err := tool.MP4(t.Context(), open(t, with), out, Size{321, 181}, 4*time.Second, func(p float64) { last = max(last, p) }); err != nil {
		t.Fatal(err)
	}
	p := probed(t, out)
	if len(p.Streams) < 2 || p.Streams[0].Codec != "h264" || p.Streams[1].Codec != "aac" || p.Streams[0].Width != 320 || p.Streams[0].Height != 180 {
		t.Errorf("%+v", p)
	}
	if !strings.HasPrefix(p.Format.Duration, "4.0") || last < 0.9 {
		t.Errorf("duration %s, progress %v", p.Format.Duration, last)
	}
	if len(p.Chapters) != 1 || p.Chapters[0].Tags.Title != "Which topic?" {
		t.Errorf("chapters %+v", p.Chapters)
	}
	b, err := io.ReadAll(io.NewSectionReader(out, 0, 1<<30))
	if err != nil || bytes.Contains(b, []byte("Ada")) {
		t.Errorf("whose it is stayed in it, %v", err)
	}
	if head := bytes.Index(b, []byte("moov")); head < 0 || head > bytes.Index(b, []byte("mdat")) {
		t.Error("it cannot be played before all of it is there")
	}
	sound := hidden(t)
	if err := tool.MP4(t.Context(), film(t, "", "sine=440", 1), sound, Size{}, time.Second, nil); err != nil {
		t.Fatal(err)
	}
	if p := probed(t, sound); len(p.Streams) != 1 || p.Streams[0].Codec != "aac" {
		t.Errorf("of sound alone: %+v", p)
	}
}

// colour is the mean of a small square of a film's picture.
func colour(t testing.TB, path, at, square string) [3]byte {
	t.Helper()
	out := run(t, "ffmpeg", "-v", "error", "-ss", at, "-i", path, "-frames:v", "1", "-vf", "crop="+square+",scale=1:1,format=rgb24", "-f", "rawvideo", "-")
	return [3]byte([]byte(out)[:3])
}

func TestComposite(t *testing.T) {
	tool := find(t, Config{})
	large, small := film(t, "color=green:size=640x360:rate=15", "sine=440", 4), film(t, "color=red:size=320x180:rate=15", "", 4)
	out := hidden(t)
	if err := tool.Composite(t.Context(), large, small, out, Size{640, 360}, []Span{{time.Second, 2 * time.Second}}, 4*time.Second, nil); err != nil {
		t.Fatal(err)
	}
	p := probed(t, out)
	if len(p.Streams) != 2 || p.Streams[0].Width != 640 || !strings.HasPrefix(p.Format.Duration, "4.0") {
		t.Errorf("%+v", p)
	}
	path := filepath.Join(t.TempDir(), "o.webm")
	b, _ := io.ReadAll(io.NewSectionReader(out, 0, 1<<30))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at, where string
		red       bool
	}{{"0.5", "20:20:580:310", false}, {"1.5", "20:20:580:310", true}, {"1.5", "20:20:20:20", false}, {"3", "20:20:580:310", false}} {
		if got := colour(t, path, c.at, c.where); (got[0] > 150) != c.red || (got[1] > 90) == c.red {
			t.Errorf("at %s s, square %s: %v", c.at, c.where, got)
		}
	}
}

func TestSheet(t *testing.T) {
	tool := find(t, Config{})
	in := film(t, "color=red:size=320x180:rate=15,drawbox=color=blue:t=fill:enable='gte(t,10)'", "", 24)
	p := Previews(24 * time.Second)
	if p.Step != 2*time.Second || p.Count != 12 {
		t.Fatalf("%+v", p)
	}
	b, err := tool.Sheet(t.Context(), in, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" {
		t.Fatalf("%q", b[:16])
	}
	path := filepath.Join(t.TempDir(), "s.webp")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(strings.NewReader(run(t, "ffmpeg", "-v", "error", "-i", path, "-f", "image2pipe", "-c:v", "png", "-")))
	if err != nil || img.Bounds() != image.Rect(0, 0, 2400, 268) {
		t.Fatalf("%v %v", img.Bounds(), err)
	}
	for i := range 20 {
		r, _, b, _ := img.At(i%10*240+120, i/10*134+67).RGBA()
		if blue := i >= 5; (b > r) != blue {
			t.Errorf("picture %d: red %d, blue %d", i, r>>8, b>>8)
		}
	}
}

func TestPreviewsOfAnyLength(t *testing.T) {
	for _, length := range []time.Duration{0, 1, time.Second, 199 * time.Second, 200 * time.Second, 201 * time.Second, 2 * time.Hour, 24 * time.Hour} {
		p := Previews(length)
		if p.Count < 1 || p.Count > sheetMost || time.Duration(p.Count)*p.Step < length || p.Step < finestStep {
			t.Errorf("%v: %+v", length, p)
		}
	}
}

func TestPeaks(t *testing.T) {
	tool := find(t, Config{})
	in := film(t, "", "sine=440,volume=0:enable='between(t,1,2)'", 4)
	p, err := tool.Peaks(t.Context(), in, 4*time.Second, nil)
	if err != nil || p.Step != 100*time.Millisecond || len(p.Loud) != 40 {
		t.Fatalf("%+v %v", p, err)
	}
	for i, v := range p.Loud {
		if i == 9 || i == 10 || i == 19 || i == 20 {
			continue
		}
		if silent := i > 10 && i < 19; (v < 20) != silent || !silent && v < 120 {
			t.Errorf("at %d00 ms: %d", i, v)
		}
	}
}

// Each file of a mix has its place: one that begins late is heard late, and what it lacks is silent.
func TestMixKeepsTimes(t *testing.T) {
	tool := find(t, Config{})
	early := film(t, "", "sine=440,volume=0:enable='gte(t,1)'", 4)
	late := filepath.Join(t.TempDir(), "late.webm")
	run(t, "ffmpeg", "-v", "error", "-itsoffset", "3", "-i", film(t, "", "sine=440", 1).Name(), "-c", "copy", "-copyts", late)
	mix, err := tool.Mix(t.Context(), func() (*os.File, error) { return Hidden(t.TempDir()) }, []*os.File{early, open(t, late)}, 4*time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer mix.Close()
	p, err := tool.Peaks(t.Context(), mix.(*os.File), 4*time.Second, nil)
	if err != nil || len(p.Loud) < 39 {
		t.Fatalf("%+v %v", p, err)
	}
	for i, v := range p.Loud {
		if i == 9 || i == 10 || i == 29 || i == 30 || i == 39 {
			continue
		}
		if heard := i < 9 || i > 30; (v > 100) != heard {
			t.Errorf("at %d00 ms: %d", i, v)
		}
	}
}

func TestLimits(t *testing.T) {
	in := film(t, "testsrc2=size=640x360:rate=15", "sine=440", 4)
	if err := find(t, Config{Size: 20_000}).MP4(t.Context(), in, hidden(t), Size{640, 360}, 0, nil); !errors.Is(err, ErrSize) {
		t.Errorf("too large: %v", err)
	}
	if _, err := find(t, Config{Size: 20_000}).Peaks(t.Context(), in, 0, nil); !errors.Is(err, ErrSize) {
		t.Errorf("too large for a pipe: %v", err)
	}
	slow := find(t, Config{})
	slow.c.Time = time.Millisecond
	if err := slow.MP4(t.Context(), in, hidden(t), Size{640, 360}, 0, nil); !errors.Is(err, ErrTime) {
		t.Errorf("too slow: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err := find(t, Config{}).MP4(ctx, in, hidden(t), Size{640, 360}, 4*time.Second, func(float64) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	empty := hidden(t)
	if err := find(t, Config{}).MP4(t.Context(), empty, hidden(t), Size{}, 0, nil); !errors.Is(err, ErrFailed) {
		t.Errorf("of nothing: %v", err)
	}
}

func TestNoFFmpeg(t *testing.T) {
	for _, path := range []string{"/nowhere/ffmpeg", "/bin/false", "/bin/echo"} {
		if _, err := Find(t.Context(), Config{Path: path}); !errors.Is(err, ErrNone) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A file that names an address has nobody called and nothing else opened.
func TestNoNetwork(t *testing.T) {
	tool := find(t, Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan struct{}, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
			called <- struct{}{}
		}
	}()
	defer l.Close()
	list := filepath.Join(t.TempDir(), "list.m3u8")
	text := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://" + l.Addr().String() + "/a.ts\n#EXT-X-ENDLIST\n"
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tool.MP4(t.Context(), open(t, list), hidden(t), Size{}, 0, nil); !errors.Is(err, ErrFailed) {
		t.Errorf("a list of addresses: %v", err)
	}
	select {
	case <-called:
		t.Error("somebody was called")
	default:
	}
	// The control: without our words the same list does call.
	_ = exec.CommandContext(t.Context(), "ffmpeg", "-v", "quiet", "-protocol_whitelist", "file,http,tcp", "-i", list, "-f", "null", "-").Run()
	select {
	case <-called:
	default:
		t.Error("the control did not call: this test sees nothing")
	}
	t.Logf("without a network: %v", tool.Alone())
}
