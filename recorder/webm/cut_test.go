package webm

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"
)

// reel is a file of ten seconds: sound each 20 ms, and, with pictures, a key frame each two seconds.
func reel(t testing.TB, pictures bool) []byte {
	t.Helper()
	f := newMem()
	tracks := []Track{{Number: 2, Codec: Opus, Channels: 2}}
	if pictures {
		tracks = append(tracks, Track{Number: 1, Codec: VP8})
	}
	w, err := NewWriter(f, tracks, Options{Tags: []Tag{{"SEGMENT", "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	for ms := int64(0); ms < 10_000; ms += 20 {
		if pictures && ms%40 == 0 {
			if err := w.Write(1, ms, ms%2000 == 0, picture(ms%2000 == 0, 64, 48, 20)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Write(2, ms, true, []byte{byte(ms / 20), byte(ms / 20 >> 8), 7}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Finalize(Chapter{MS: 0, Title: "Start"}); err != nil {
		t.Fatal(err)
	}
	return f.b
}

// A cut is a finished file of its own, whose samples are the same ones, moved, from the key frame before its beginning on.
func TestCut(t *testing.T) {
	for name, c := range map[string]struct {
		pictures           bool
		from, to           time.Duration
		first, last, sound int64 // ms in the source
	}{
		"middle":      {true, 5 * time.Second, 7500 * time.Millisecond, 4000, 8000, 200},
		"at a key":    {true, 4 * time.Second, 6 * time.Second, 4000, 6000, 100},
		"all":         {true, -time.Second, time.Hour, 0, 10_000, 500},
		"end only":    {true, 0, 3 * time.Second, 0, 3000, 150},
		"sound alone": {false, 5500 * time.Millisecond, 6500 * time.Millisecond, 5000, 7000, 100},
	} {
		t.Run(name, func(t *testing.T) {
			cut, err := NewCut(bytes.NewReader(reel(t, c.pictures)), c.from, c.to)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(cut)
			if err != nil || int64(len(b)) != cut.Size() {
				t.Fatalf("%d of %d bytes, %v", len(b), cut.Size(), err)
			}
			h, err := readHead(bytes.NewReader(b))
			if err != nil || h.cues[0].ms != 0 || len(h.tags) != 1 || c.pictures && (len(h.tracks) != 2 || h.tracks[1].Width != 64 && h.tracks[0].Width != 64) {
				t.Fatalf("%+v, %v", h, err)
			}
			if d := h.duration - (c.last - c.first); d < -20 || d > 40 {
				t.Errorf("%d ms long, want %d", h.duration, c.last-c.first)
			}
			r, err := NewReader(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			var sounds int64
			for first := true; ; first = false {
				s, err := r.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if first && c.pictures && (s.Track != 1 || !s.Key || s.MS != 0) {
					t.Errorf("begins with %+v", s)
				}
				if s.Track == 2 {
					sounds++
					if was := (int64(s.Data[0]) | int64(s.Data[1])<<8) * 20; was != s.MS+c.first {
						t.Fatalf("the sound of %d ms stands at %d", was, s.MS)
					}
				}
			}
			if sounds != c.sound {
				t.Errorf("%d sounds, want %d", sounds, c.sound)
			}
			if _, err := NewCut(bytes.NewReader(b), 0, time.Second); err != nil {
				t.Errorf("a cut of the cut: %v", err)
			}
		})
	}
}

func TestCutOfNothing(t *testing.T) {
	whole := reel(t, true)
	for name, c := range map[string]struct {
		b        []byte
		from, to time.Duration
		want     error
	}{
		"before":     {whole, -2 * time.Second, -time.Second, ErrNoCluster},
		"behind":     {whole, time.Minute, time.Hour, ErrNoCluster},
		"no header":  {whole[:4000], 0, time.Second, ErrHeader},
		"no cues":    {whole[:9000], 0, time.Second, ErrHeader},
		"not a film": {bytes.Repeat([]byte("x"), 9000), 0, time.Second, ErrHeader},
	} {
		if _, err := NewCut(bytes.NewReader(c.b), c.from, c.to); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	broken := bytes.Clone(whole)
	cut, err := NewCut(bytes.NewReader(broken), 0, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	second := HeaderSize + bytes.Index(broken[HeaderSize+4:], []byte{0x1F, 0x43, 0xB6, 0x75}) + 4
	broken[second+4] = 9
	if _, err := io.ReadAll(cut); !errors.Is(err, ErrTorn) {
		t.Errorf("a broken cluster: %v", err)
	}
}

func FuzzCut(f *testing.F) {
	f.Add(reel(f, true), int64(2000), int64(5000))
	f.Add(reel(f, false), int64(0), int64(1))
	f.Fuzz(func(t *testing.T, b []byte, from, to int64) {
		cut, err := NewCut(bytes.NewReader(b), time.Duration(from)*time.Millisecond, time.Duration(to)*time.Millisecond)
		if err != nil {
			return
		}
		n, err := io.Copy(io.Discard, cut)
		if err == nil && n != cut.Size() {
			t.Errorf("%d bytes of %d", n, cut.Size())
		}
	})
}
