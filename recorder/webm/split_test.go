package webm

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Clusters that are written together make the same file as those that are written one by one, also when a track is refused, and
// take no more syncs. A key frame that does not come after the split, since its right has ended, leaves nothing.
func TestSplitMakesTheSameFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		refused := rapid.SampledFrom([]uint8{0, 1, 2}).Draw(t, "refused")
		lost := rapid.SliceOfN(rapid.Bool(), 1, 30).Draw(t, "key frames that do not come")
		opt := Options{Admit: func(track uint8) bool { return track != refused }}
		f, g := newMem(), newMem()
		apart, together := mustWriter(t, f, opt), mustWriter(t, g, opt)
		whole, splits := true, 0
		for i, s := range drawSamples(t) {
			due := apart.Due(s.track, s.ms, s.key)
			split := together.Split(s.track, s.ms, s.key)
			if split && whole && !due {
				t.Fatalf("sample %d begins no cluster", i)
			}
			if split && lost[i%len(lost)] {
				whole = false
				continue
			}
			if split {
				splits++
			}
			if err := errors.Join(apart.Write(s.track, s.ms, s.key, s.data), together.Write(s.track, s.ms, s.key, s.data)); err != nil {
				t.Fatal(err)
			}
		}
		_, errF := apart.Finalize()
		_, errG := together.Finalize()
		if !errors.Is(errF, errG) || errF != nil && !errors.Is(errF, ErrNoCluster) {
			t.Fatal(errF, errG)
		}
		a, _ := read(t, f.b)
		b, _ := read(t, g.b)
		if !slices.EqualFunc(slices.Concat(a...), slices.Concat(b...), input.equal) {
			t.Fatalf("%v instead of %v", b, a)
		}
		if whole && (!bytes.Equal(f.b, g.b) || g.syncs > f.syncs || refused == 0 && g.syncs != f.syncs-splits) {
			t.Fatalf("another file, or %d syncs instead of %d less %d", g.syncs, f.syncs, splits)
		}
	})
}
