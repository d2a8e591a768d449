package program

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// temp makes files that are gone once they are closed.
func temp(t testing.TB) func() (*os.File, error) {
	dir := t.TempDir()
	return func() (*os.File, error) {
		f, err := os.CreateTemp(dir, "x")
		if err == nil {
			err = os.Remove(f.Name())
		}
		return f, err
	}
}

// mixed is the oracle's own mixer: ffmpeg with other words than the ones that are shipped.
func mixed(ctx context.Context, t testing.TB, lanes []*os.File) (io.ReadCloser, error) {
	dir := t.TempDir()
	args := []string{"-v", "error", "-copyts"}
	for i, f := range lanes {
		path := filepath.Join(dir, string(rune('a'+i))+".webm")
		b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<30))
		must(t, err)
		must(t, os.WriteFile(path, b, 0o600))
		args = append(args, "-i", path)
	}
	out := filepath.Join(dir, "mix.ogg")
	graph := "[0:a]aresample=async=1:first_pts=0[x];[1:a]aresample=async=1:first_pts=0[y];[x][y]amix=inputs=2:normalize=0"
	if err := exec.CommandContext(ctx, "ffmpeg", append(args, "-filter_complex", graph, "-c:a", "libopus", out)...).Run(); err != nil {
		return nil, err
	}
	return os.Open(out)
}

// loud decodes a file's sound and says for each tenth of a second how loud it is, in dB of full scale.
func loud(t testing.TB, path string) (list []float64) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "pcm")
	tool(t, "ffmpeg", "-v", "error", "-i", path, "-af", "aresample=async=1:first_pts=0", "-f", "s16le", "-ac", "1", "-ar", "8000", out)
	b, err := os.ReadFile(out)
	must(t, err)
	const window = 800 * 2
	for ; len(b) >= window; b = b[window:] {
		sum := 1.0
		for i := 0; i < window; i += 2 {
			v := float64(int16(binary.LittleEndian.Uint16(b[i:])))
			sum += v * v
		}
		list = append(list, 10*math.Log10(sum/(window/2))-90.3)
	}
	return list
}

// Two people who speak at the same time are both heard, each at their time; the picture is that of the program without it.
func TestEverybodyIsHeard(t *testing.T) {
	red := film(t, "red", "320x180", 8)
	ann := master(t, red, voice(t, "lt(t,2)+gte(t,6)", 8))
	bob := master(t, nil, voice(t, "between(t,1,3)", 5))
	sources := []Source{
		{Person: "ann", Rank: 1, Start: 500 * time.Millisecond, Open: opens(ann)},
		{Person: "bob", Rank: 2, Start: 2500 * time.Millisecond, Open: opens(bob)}, // heard from 3.5 to 5.5, 3 to 5 in the program
	}
	build := func(s *Sound) string {
		path := filepath.Join(t.TempDir(), "p.webm")
		f, err := os.Create(path)
		must(t, err)
		defer f.Close()
		last := 0.0
		res, err := Build(t.Context(), f, Script{Sources: sources, Sound: s, Progress: func(p float64) {
			if p < last || p > 1 {
				t.Errorf("progress %v after %v", p, last)
			}
			last = p
		}})
		must(t, err)
		if d := res.Duration - 8*time.Second; d < -100*time.Millisecond || d > 100*time.Millisecond || last < 0.85 {
			t.Errorf("%+v, progress %v", res, last)
		}
		return path
	}
	plain := build(nil)
	all := build(&Sound{Temp: temp(t), Mix: func(ctx context.Context, lanes []*os.File, length time.Duration, progress func(float64)) (io.ReadCloser, error) {
		if len(lanes) != 2 || length < 7900*time.Millisecond {
			t.Errorf("%d lanes, %v", len(lanes), length)
		}
		progress(1)
		return mixed(ctx, t, lanes)
	}})
	if out := tool(t, "ffmpeg", "-v", "warning", "-i", all, "-f", "null", "-"); out != "" {
		t.Errorf("ffmpeg complains: %s", out)
	}
	tool(t, "webm_info", "-all", "-cues", "-i", all)
	level := loud(t, all)
	for _, s := range []struct {
		from, to int // tenths
		heard    bool
	}{{3, 18, true}, {22, 28, false}, {32, 48, true}, {52, 58, false}, {62, 75, true}} {
		for i := s.from; i < s.to; i++ {
			if (level[i] > -40) != s.heard {
				t.Errorf("at %.1f s: %.0f dB, heard should be %v", float64(i)/10, level[i], s.heard)
			}
		}
	}
	pictures := func(path string) (list []frame) {
		b, err := os.ReadFile(path)
		must(t, err)
		for _, s := range samples(t, b) {
			if !s.sound {
				list = append(list, s)
			}
		}
		return list
	}
	a, b := pictures(plain), pictures(all)
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d and %d pictures", len(a), len(b))
	}
	for i := range a {
		if a[i].ms != b[i].ms || !bytes.Equal(a[i].data, b[i].data) {
			t.Fatalf("picture %d is another one", i)
		}
	}
}

func TestNothingToMix(t *testing.T) {
	b := master(t, nil, voice(t, "1", 1))
	sources := []Source{{Person: "a", Rank: 1, Open: opens(b)}, {Person: "b", Rank: 2, Start: 2 * time.Second, Open: opens(b)}}
	never := &Sound{Temp: temp(t), Mix: func(context.Context, []*os.File, time.Duration, func(float64)) (io.ReadCloser, error) {
		t.Error("mixed")
		return nil, io.ErrUnexpectedEOF
	}}
	if _, err := Build(t.Context(), &mem{}, Script{Sources: sources, Sound: never}); !errors.Is(err, ErrAlone) {
		t.Errorf("in turn: %v", err)
	}
}

// A mixer that fails, or whose work cannot be read, and somebody who takes it back while the others are mixed.
func TestMixesThatFail(t *testing.T) {
	b := master(t, nil, voice(t, "1", 1))
	fault := errors.New("no")
	for _, c := range []struct {
		name string
		mix  string
		err  error
		want error
	}{{"a fault", "", fault, fault}, {"no Ogg", "certainly no Ogg, but long enough for a head", nil, errOgg}, {"half a page", "OggS", nil, errOgg}} {
		back := false
		sources := []Source{{Person: "a", Rank: 1, Open: opens(b)}, {Person: "b", Rank: 2, Open: opens(b), Allowed: func() bool { return !back }}}
		s := &Sound{Temp: temp(t), Mix: func(context.Context, []*os.File, time.Duration, func(float64)) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader([]byte(c.mix))), c.err
		}}
		if _, err := Build(t.Context(), &mem{}, Script{Sources: sources, Sound: s}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, during := range []string{"the lanes are filled", "it is mixed"} {
		back := during == "the lanes are filled"
		sources := []Source{{Person: "a", Rank: 1, Open: opens(b)}, {Person: "b", Rank: 2, Open: opens(b), Allowed: func() bool { return !back }}}
		s := &Sound{Temp: temp(t), Mix: func(ctx context.Context, lanes []*os.File, _ time.Duration, _ func(float64)) (io.ReadCloser, error) {
			back = true
			return mixed(ctx, t, lanes)
		}}
		f := &mem{}
		if _, err := Build(t.Context(), f, Script{Sources: sources, Sound: s}); !errors.Is(err, ErrTakenBack) || len(f.b) > 4096 {
			t.Errorf("taken back while %s: %v, %d bytes", during, err, len(f.b))
		}
	}
}
