package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Two people who speak in turn, a screen in between, a pause: the checkers like the file, and at each moment the right
// one is seen and heard.
func TestProgram(t *testing.T) {
	red, blue, grey := film(t, "red", "320x180", 12), film(t, "blue", "320x180", 12), film(t, "gray", "640x360", 4)
	ann := master(t, red, voice(t, "lt(t,6)", 12))
	bob := master(t, blue, voice(t, "gte(t,6)", 12))
	screen := master(t, grey)
	again := master(t, red[:90], voice(t, "1", 3))
	sources := []Source{
		{Person: "ann", Rank: 1, Start: 500 * time.Millisecond, Open: opens(ann)},
		{Person: "bob", Rank: 2, Start: 500 * time.Millisecond, Open: opens(bob)},
		{Person: "bob", Rank: 2, Screen: true, Start: 2 * time.Second, Open: opens(screen)},
		{Person: "ann", Rank: 1, Start: time.Minute, Open: opens(again)},
	}
	path := filepath.Join(t.TempDir(), "program.webm")
	f, err := os.Create(path)
	must(t, err)
	defer f.Close()
	last := -1.0
	res, err := Build(t.Context(), f, Script{Sources: sources,
		Chapters: []Chapter{{0, "Start", "en"}, {2 * time.Second, "Bildschirm", "de"}, {time.Minute, "Weiter", "de"}},
		Progress: func(p float64) {
			if p < last || p > 1 {
				t.Errorf("progress %v after %v", p, last)
			}
			last = p
		}})
	must(t, err)
	if d := res.Duration - 15*time.Second; d < -100*time.Millisecond || d > 100*time.Millisecond || !res.Audio || !res.Video || res.Width != 640 || last < 0.5 {
		t.Errorf("%+v, progress %v", res, last)
	}
	judge(t, path, res)

	b, err := os.ReadFile(path)
	must(t, err)
	owner := map[string]string{}
	for name, file := range map[string][]byte{"ann": ann, "bob": bob, "screen": screen, "ann again": again} {
		for _, s := range samples(t, file) {
			owner[string(s.data)] = name
		}
	}
	seen, heard := map[int64]string{}, map[int64]string{}
	for _, s := range samples(t, b) {
		name, ok := owner[string(s.data)]
		if !ok {
			t.Fatalf("a sample at %d ms is of no master", s.ms)
		}
		if m := seen; s.sound {
			heard[s.ms/1000] = name
		} else {
			m[s.ms/1000] = name
		}
	}
	for _, want := range []struct {
		second     int64
		seen, hear string
	}{{0, "ann", "ann"}, {3, "screen", "ann"}, {4, "screen", "ann"}, {8, "bob", "bob"}, {10, "bob", "bob"}, {13, "ann", "ann"}} {
		// The same red frames are in both of Ann's masters.
		if s := strings.TrimSuffix(seen[want.second], " again"); s != want.seen || strings.TrimSuffix(heard[want.second], " again") != want.hear {
			t.Errorf("second %d: seen %q, heard %q, want %+v", want.second, seen[want.second], heard[want.second], want)
		}
	}
}

// judge lets the strict checkers look at a file.
func judge(t *testing.T, path string, res Result) {
	t.Helper()
	if out := tool(t, "webm_info", "-all", "-cues", "-i", path); strings.Contains(strings.ToLower(out), "error") {
		t.Fatalf("webm_info: %s", out)
	}
	tool(t, "mkvmerge", "-o", filepath.Join(t.TempDir(), "x.mkv"), path)
	if out := tool(t, "ffmpeg", "-v", "warning", "-i", path, "-c", "copy", "-f", "null", "-"); out != "" {
		t.Fatalf("ffmpeg copies with a warning: %s", out)
	}
	if out := tool(t, "ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"); out != "" {
		t.Fatalf("ffmpeg decodes with an error: %s", out)
	}
	var p struct {
		Format   struct{ Duration string }
		Chapters []struct {
			Start string `json:"start_time"`
			Tags  struct{ Title string }
		}
	}
	must(t, json.Unmarshal([]byte(tool(t, "ffprobe", "-v", "error", "-show_format", "-show_chapters", "-of", "json", path)), &p))
	seconds, err := strconv.ParseFloat(p.Format.Duration, 64)
	must(t, err)
	if d := time.Duration(seconds*float64(time.Second)) - res.Duration; d < -50*time.Millisecond || d > 50*time.Millisecond {
		t.Errorf("ffprobe: %v, result: %v", seconds, res.Duration)
	}
	if len(p.Chapters) != 3 || p.Chapters[1].Tags.Title != "Bildschirm" || !strings.HasPrefix(p.Chapters[1].Start, "1.5") || !strings.HasPrefix(p.Chapters[2].Start, "1") {
		t.Errorf("chapters %+v", p.Chapters)
	}
	st, err := os.Stat(path)
	must(t, err)
	if st.Size() != res.Bytes {
		t.Errorf("%d bytes, result says %d", st.Size(), res.Bytes)
	}
}

// picture is a VP8 frame as far as anything here looks, and unique.
func picture(key bool, n int) []byte {
	b := make([]byte, 20)
	b[0] = 1
	if key {
		b[0] = 0
		copy(b[3:], []byte{0x9d, 0x01, 0x2a, 64, 0, 48, 0})
	}
	b[12], b[13], b[14] = byte(n), byte(n>>8), byte(n>>16)
	return b
}

// drawSource makes a master with gaps, whose samples carry their session time.
func drawSource(t *rapid.T, n *int) (Source, []frame) {
	src := Source{Person: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "person"), Rank: rapid.IntRange(1, 3).Draw(t, "rank"),
		Screen: rapid.Bool().Draw(t, "screen"), Start: time.Duration(rapid.IntRange(0, 20_000).Draw(t, "start")) * time.Millisecond}
	kinds := rapid.SampledFrom([]string{"audio", "video", "both"}).Draw(t, "kinds")
	var list []frame
	key := true
	for ms := int64(0); ms < int64(rapid.IntRange(100, 15_000).Draw(t, "length")); {
		loud := rapid.Bool().Draw(t, "loud")
		for range rapid.IntRange(1, 40).Draw(t, "run") {
			*n++
			if kinds != "audio" {
				list = append(list, frame{ms, key, false, picture(key, *n)})
				key = *n%7 == 0
			}
			if kinds != "video" {
				size := 30
				if loud {
					size = 100
				}
				d := make([]byte, size)
				copy(d, picture(false, *n))
				list = append(list, frame{ms + 1, true, true, d})
			}
			ms += 40
		}
		ms += int64(rapid.SampledFrom([]int{0, 0, 700, 4000}).Draw(t, "gap"))
	}
	return src, list
}

// Whatever the masters are: every sample comes from one, unchanged, in order; a picture that begins, begins with a key
// frame and goes on without a hole as long as its master is taken.
func TestProgramHoldsOnlyWhatTheMastersHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sources []Source
		type home struct{ source, index int }
		homes := map[string]home{}
		n := 0
		for i := range rapid.IntRange(1, 4).Draw(t, "sources") {
			src, list := drawSource(t, &n)
			src.Open = opens(master(t, list))
			sources = append(sources, src)
			pictures := 0
			for _, s := range list {
				homes[string(s.data)] = home{i, pictures}
				if !s.sound {
					pictures++
				}
			}
		}
		f := &mem{}
		res, err := Build(context.Background(), f, Script{Sources: sources})
		if err != nil {
			t.Fatalf("%v", err)
		}
		last, ms := home{-1, 0}, int64(0)
		out := samples(t, f.b)
		for _, s := range out {
			h, ok := homes[string(s.data)]
			if !ok || s.ms < ms {
				t.Fatalf("sample at %d after %d, of a master: %v", s.ms, ms, ok)
			}
			ms = s.ms
			if s.sound {
				continue
			}
			if follows := h == (home{last.source, last.index + 1}); !follows && !s.key {
				t.Fatalf("picture %+v after %+v is no key frame", h, last)
			}
			last = h
		}
		if time.Duration(ms)*time.Millisecond > res.Duration || len(out) == 0 {
			t.Fatalf("%d ms, %+v", ms, res)
		}
	})
}

func TestProgramOfWhatWasTakenBack(t *testing.T) {
	var list []frame
	for i := range 300 {
		list = append(list, frame{int64(i) * 40, i%25 == 0, false, picture(i%25 == 0, i)})
	}
	b, asked := master(t, list), 0
	src := Source{Person: "a", Open: opens(b), Allowed: func() bool { asked++; return asked < 5 }}
	f := &mem{}
	if _, err := Build(t.Context(), f, Script{Sources: []Source{src}}); !errors.Is(err, ErrTakenBack) {
		t.Fatalf("%v", err)
	}
	if got := samples(t, f.b); len(got) != 100 { // four seconds were allowed
		t.Errorf("%d pictures", len(got))
	}
}

func TestBuildFails(t *testing.T) {
	if _, err := Build(t.Context(), &mem{}, Script{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	b := master(t, []frame{{0, true, false, picture(true, 1)}, {40, false, false, picture(false, 2)}})
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		open func(context.Context) (io.ReadCloser, error)
		want error
	}{
		"open": {func(context.Context) (io.ReadCloser, error) { return nil, broken }, broken},
		"read": {func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(b[:4100]), brokenReader{broken})), nil
		}, broken},
	} {
		if _, err := Build(t.Context(), &mem{}, Script{Sources: []Source{{Open: c.open}}}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Build(ctx, &mem{}, Script{Sources: []Source{{Open: opens(b)}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

// A window leaves what lies in it, from the key frame on that its first picture needs.
func TestProgramOfAWindow(t *testing.T) {
	var list []frame
	for i := range 500 { // 20 s, a key frame each second
		list = append(list, frame{int64(i) * 40, i%25 == 0, false, picture(i%25 == 0, i)})
	}
	src := Source{Person: "a", Start: time.Second, Open: opens(master(t, list))}
	chapters := []Chapter{{0, "before", ""}, {4 * time.Second, "at", ""}, {8 * time.Second, "in", ""}, {15 * time.Second, "behind", ""}}
	f := &mem{}
	res, err := Build(t.Context(), f, Script{Sources: []Source{src}, Only: Window{From: 5400 * time.Millisecond, To: 10 * time.Second}, Chapters: chapters})
	must(t, err)
	got := samples(t, f.b)
	if n := len(got); n != 125 || !got[0].key || !bytes.Equal(got[0].data, list[100].data) || got[0].ms != 0 || got[n-1].ms != 4960 {
		t.Errorf("%d pictures, the first at %d, the last at %d", n, got[0].ms, got[n-1].ms)
	}
	if d := res.Duration - 5*time.Second; d < -50*time.Millisecond || d > 50*time.Millisecond || res.From != 5*time.Second {
		t.Errorf("%v from %v on", res.Duration, res.From)
	}
	for title, want := range map[string]bool{"before": false, "at": true, "in": true, "behind": false} {
		if got := bytes.Contains(f.b[len(f.b)-300:], []byte(title+"\x43\x7c")); got != want {
			t.Errorf("chapter %q: %v", title, got)
		}
	}
	if _, err := Build(t.Context(), &mem{}, Script{Sources: []Source{src}, Only: Window{From: time.Minute, To: time.Hour}}); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing in it: %v", err)
	}
}
