package master

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// A payload stays as it came until it is freed, whatever is kept and freed around it.
func TestSlabs(t *testing.T) {
	type kept struct{ got, want []byte }
	var s slabs
	made := map[*slab]bool{}
	held := map[*slab][]kept{}
	random := rand.New(rand.NewPCG(4, 17))
	for i := range 20_000 {
		want := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, random.IntN(700))
		got, slab := s.keep(want)
		made[slab] = true
		held[slab] = append(held[slab], kept{got, want})
		for slab, list := range held {
			if len(held) < 4 && random.IntN(3) > 0 {
				break
			}
			j := random.IntN(len(list))
			if !bytes.Equal(list[j].got, list[j].want) {
				t.Fatalf("packet %d: another has been written over it", i)
			}
			slab.free()
			if held[slab] = append(list[:j], list[j+1:]...); len(held[slab]) == 0 {
				delete(held, slab)
			}
			break
		}
	}
	// At random 20,000 of 700 bytes would take 213 slabs.
	if len(made) > 100 {
		t.Fatalf("%d slabs", len(made))
	}
}

// With an order, as the writer has, as many are used as are held at once.
func TestSlabsAgain(t *testing.T) {
	var s slabs
	made := map[*slab]bool{}
	var held []*slab
	for range 50_000 {
		_, slab := s.keep(make([]byte, 1200))
		made[slab] = true
		if held = append(held, slab); len(held) > 270 { // 1.5 s of sound and pictures
			held[0].free()
			held = held[1:]
		}
	}
	if len(made) > 8 {
		t.Fatalf("%d slabs for 324 kB", len(made))
	}
	s.drop()
	for _, slab := range held {
		slab.free()
	}
	if len(s.spare) != len(made) {
		t.Fatalf("%d of %d slabs are spare", len(s.spare), len(made))
	}
}

func TestSlabTooSmall(t *testing.T) {
	var s slabs
	large := make([]byte, slabSize/4+1)
	large[0] = 7
	got, slab := s.keep(large)
	if slab != nil || !bytes.Equal(got, large) || &got[0] == &large[0] {
		t.Fatal("no copy in room of its own")
	}
	slab.free()
}
