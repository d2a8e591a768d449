package webm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var errFull = errors.New("no space left on device")

// memFile is a file in memory. When room is not negative, only that many bytes can be written.
type memFile struct {
	b      []byte
	room   int
	synced int
	syncs  int
}

func newMem() *memFile { return &memFile{room: -1} }

func (m *memFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(m.b)) {
		return 0, io.EOF
	}
	n := copy(p, m.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memFile) WriteAt(p []byte, off int64) (n int, err error) {
	if m.room >= 0 && len(p) > m.room {
		p, err = p[:m.room], errFull
	}
	if m.room >= 0 {
		m.room -= len(p)
	}
	if need := int(off) + len(p); need > len(m.b) {
		m.b = append(m.b, make([]byte, need-len(m.b))...)
	}
	return copy(m.b[off:], p), err
}

func (m *memFile) Truncate(size int64) error {
	m.b = m.b[:min(int(size), len(m.b))]
	return nil
}

func (m *memFile) Sync() error {
	m.synced, m.syncs = len(m.b), m.syncs+1
	return nil
}

// input is one call of Write.
type input struct {
	track uint8
	ms    int64
	key   bool
	data  []byte
}

func (a input) equal(b input) bool {
	return a.track == b.track && a.ms == b.ms && a.key == b.key && bytes.Equal(a.data, b.data)
}

// picture is a VP8 frame as far as this package looks.
func picture(key bool, w, h, size int) []byte {
	b := make([]byte, max(size, 10))
	if !key {
		b[0] = 1
		return b
	}
	copy(b[3:], []byte{0x9d, 0x01, 0x2a, byte(w), byte(w >> 8), byte(h), byte(h >> 8)})
	return b
}

var bothTracks = []Track{{Number: 1, Codec: VP8, UID: 7}, {Number: 2, Codec: Opus, UID: 8, Channels: 2}}

// read takes a finished or torn file apart with the scanner and returns what each whole cluster holds.
func read(t interface{ Fatalf(string, ...any) }, b []byte) (clusters [][]input, ends []int64) {
	for off := int64(HeaderSize); ; {
		one := newIndex(bothTracks)
		if off+clusterHead > int64(len(b)) {
			return clusters, ends
		}
		buf := b[off:]
		id, p, _, ok := next(buf)
		if !ok || id != idCluster {
			return clusters, ends
		}
		buf = buf[:clusterSize+len(p)]
		samples, ok := one.parseCluster(buf)
		if !ok {
			t.Fatalf("cluster at %d is broken", off)
		}
		var c []input
		for _, s := range samples {
			c = append(c, input{s.track, s.ms, s.key, bytes.Clone(buf[s.data:s.to])})
		}
		off += int64(len(buf))
		clusters, ends = append(clusters, c), append(ends, off)
	}
}

// samples draws a sequence such as a recorder might write, in order of time, with gaps.
func drawSamples(t *rapid.T) []input {
	kinds := rapid.SampledFrom([]string{"audio", "video", "both"}).Draw(t, "kinds")
	var list []input
	ms, begun := int64(0), false
	for range rapid.IntRange(1, 80).Draw(t, "samples") {
		ms += rapid.SampledFrom([]int64{1, 7, 20, 33, 400, 999, 1000, 10_000, 70_000}).Draw(t, "gap")
		video := kinds == "video" || kinds == "both" && rapid.Bool().Draw(t, "video")
		size := rapid.IntRange(10, 400).Draw(t, "size")
		if !video {
			data := bytes.Repeat([]byte{byte(len(list))}, size)
			list = append(list, input{2, ms, true, data})
			continue
		}
		key := !begun || rapid.IntRange(0, 9).Draw(t, "key") == 0
		begun = true
		list = append(list, input{1, ms, key, picture(key, 16+len(list), 16, size)})
	}
	return list
}

func writeAll(w *Writer, list []input) error {
	for _, s := range list {
		if err := w.Write(s.track, s.ms, s.key, s.data); err != nil {
			return err
		}
	}
	return nil
}

func mustWriter(t interface{ Fatalf(string, ...any) }, f File, opt Options) *Writer {
	w, err := NewWriter(f, bothTracks, opt)
	if err != nil {
		t.Fatalf("NewWriter: %v", err)
	}
	return w
}

// What is written comes back, in order, in clusters of at most a second that start at key frames.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawSamples(t)
		f := newMem()
		w := mustWriter(t, f, Options{Tags: []Tag{{"A", "b"}}})
		if err := writeAll(w, list); err != nil {
			t.Fatalf("Write: %v", err)
		}
		st, err := w.Finalize()
		if err != nil {
			t.Fatalf("Finalize: %v", err)
		}
		clusters, _ := read(t, f.b)
		if !slices.EqualFunc(slices.Concat(clusters...), list, input.equal) {
			t.Fatalf("other samples came back")
		}
		for _, c := range clusters {
			if c[len(c)-1].ms-c[0].ms >= 1000 {
				t.Fatalf("cluster of %d ms", c[len(c)-1].ms-c[0].ms)
			}
			for i, s := range c {
				if i > 0 && s.track == 1 && s.key && s.ms > c[0].ms {
					t.Fatalf("key frame at %d ms inside the cluster of %d ms", s.ms, c[0].ms)
				}
			}
		}
		if f.syncs != len(clusters)+2 || f.synced != len(f.b) || st.Bytes != int64(len(f.b)) || st.Clusters != len(clusters) {
			t.Fatalf("%d syncs, %d of %d bytes durable, %+v", f.syncs, f.synced, len(f.b), st)
		}
		last := list[len(list)-1].ms
		if d := st.Duration.Milliseconds() - last; d < audioSampleMS || d > videoSampleMS {
			t.Fatalf("duration %v, last sample at %d ms", st.Duration, last)
		}
	})
}

// What Admit refuses when the cluster is written does not reach the file, and the rest does.
func TestAdmit(t *testing.T) {
	for _, refuse := range [][]uint8{nil, {1}, {2}, {1, 2}} {
		t.Run(fmt.Sprintf("%v", refuse), func(t *testing.T) {
			f, calls := newMem(), 0
			w := mustWriter(t, f, Options{Admit: func(track uint8) bool { calls++; return !slices.Contains(refuse, track) }})
			secret := []byte("secret picture bytes")
			list := []input{{2, 0, true, []byte("sound 1")}, {1, 0, true, secret}, {2, 20, true, []byte("sound 2")}}
			if err := writeAll(w, list); err != nil || calls != 0 {
				t.Fatal(err, calls)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			var want []input
			for _, s := range list {
				if !slices.Contains(refuse, s.track) {
					want = append(want, s)
				}
			}
			if want == nil {
				if len(f.b) != 0 {
					t.Fatal("refused bytes made a file")
				}
				return
			}
			got, _ := read(t, f.b)
			if !slices.EqualFunc(slices.Concat(got...), want, input.equal) {
				t.Fatalf("%v", got)
			}
			if slices.Contains(refuse, 1) && bytes.Contains(f.b, secret) {
				t.Fatal("refused bytes are in the file")
			}
		})
	}
}

func TestNothingOnDiskBeforeFlush(t *testing.T) {
	f := newMem()
	w := mustWriter(t, f, Options{})
	if err := w.Write(2, 0, true, []byte{1}); err != nil || len(f.b) != 0 {
		t.Fatal(err, len(f.b))
	}
	w.Drop()
	if _, err := w.Finalize(); !errors.Is(err, ErrNoCluster) || len(f.b) != 0 {
		t.Fatal(err, len(f.b))
	}
	if err := w.Write(2, 5, true, []byte{1}); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

// Cues lead to each cluster with a key frame; where there is only sound, to every cluster.
func TestCues(t *testing.T) {
	for _, video := range []bool{true, false} {
		f := newMem()
		w := mustWriter(t, f, Options{})
		for i := range int64(500) { // 10 s
			if err := w.Write(2, i*20, true, []byte{1}); err != nil {
				t.Fatal(err)
			}
			if video && i%10 == 0 {
				if err := w.Write(1, i*20+5, i%150 == 0, picture(i%150 == 0, 8, 8, 12)); err != nil {
					t.Fatal(err)
				}
			}
		}
		st, err := w.Finalize()
		if err != nil {
			t.Fatal(err)
		}
		_, ends := read(t, f.b)
		_, cues, _, ok := next(f.b[ends[len(ends)-1]:])
		points := 0
		ok = ok && each(cues, func(id uint32, p []byte) bool {
			points++
			return id == idCuePoint && each(p, func(id uint32, p []byte) bool {
				return id != idCuePositions || each(p, func(id uint32, p []byte) bool {
					at := int64(parseUint(p)) + segmentAt
					return id != idCueCluster || bytes.HasPrefix(f.b[at:], []byte{0x1F, 0x43, 0xB6, 0x75})
				})
			})
		})
		want := st.Clusters
		if video {
			want = 4
		}
		if !ok || points != want {
			t.Fatalf("video %v: %d cues for %d clusters, well-formed %v", video, points, st.Clusters, ok)
		}
	}
}

func TestUIDsAreRandom(t *testing.T) {
	seen := map[uint64]bool{}
	for range 50 {
		w, err := NewWriter(newMem(), []Track{{Number: 1, Codec: VP8}, {Number: 2, Codec: Opus, Channels: 1}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, track := range w.x.declared {
			if track.UID == 0 || seen[track.UID] {
				t.Fatal("UID", track.UID)
			}
			seen[track.UID] = true
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	w := mustWriter(t, newMem(), Options{})
	for _, s := range []input{{3, 0, true, []byte{1}}, {1, -1, true, []byte{1}}, {1, 0, true, nil}, {1, 0, true, make([]byte, MaxSample+1)}} {
		if err := w.Write(s.track, s.ms, s.key, s.data); !errors.Is(err, ErrSample) {
			t.Errorf("track %d at %d: %v", s.track, s.ms, err)
		}
	}
	for _, tracks := range [][]Track{nil, {{Number: 0, Codec: VP8}}, {{Number: 1}}, {{Number: 1, Codec: Opus}},
		{{Number: 1, Codec: VP8}, {Number: 1, Codec: VP8}}} {
		if _, err := NewWriter(newMem(), tracks, Options{}); !errors.Is(err, ErrTracks) {
			t.Errorf("%v: %v", tracks, err)
		}
	}
}

// Late samples are moved behind the last one, so that the times of a track never repeat or go back.
func TestLateSamplesKeepOrder(t *testing.T) {
	f := newMem()
	w := mustWriter(t, f, Options{})
	if err := writeAll(w, []input{{2, 500, true, []byte{1}}, {2, 100, true, []byte{2}}, {2, 501, true, []byte{3}}, {1, 90, true, picture(true, 8, 8, 20)}}); err != nil {
		t.Fatal(err)
	}
	st, err := w.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := read(t, f.b)
	var ms []int64
	for _, s := range slices.Concat(got...) {
		ms = append(ms, s.ms)
	}
	if !slices.Equal(ms, []int64{500, 501, 502, 502}) || st.Duration != 535*time.Millisecond {
		t.Fatal(ms, st.Duration)
	}
}
