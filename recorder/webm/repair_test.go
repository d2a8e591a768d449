package webm

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Cut at any byte, a file gives back every cluster that was whole, and repairing it twice changes nothing.
func TestRepairCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawSamples(t)
		f := newMem()
		w := mustWriter(t, f, Options{Tags: []Tag{{"START", "123"}}})
		if err := writeAll(w, list); err != nil {
			t.Fatalf("Write: %v", err)
		}
		if rapid.Bool().Draw(t, "finalised") {
			if _, err := w.Finalize(); err != nil {
				t.Fatalf("Finalize: %v", err)
			}
		} else if err := w.Flush(); err != nil {
			t.Fatalf("Flush: %v", err)
		}
		clusters, ends := read(t, f.b)
		cut := rapid.IntRange(0, len(f.b)).Draw(t, "cut")
		if rapid.Bool().Draw(t, "near a border") {
			end := int(rapid.SampledFrom(ends).Draw(t, "end"))
			cut = min(end+rapid.IntRange(-30, 30).Draw(t, "by"), len(f.b))
		}
		whole := 0
		for _, e := range ends {
			if e <= int64(cut) {
				whole++
			}
		}
		torn := &memFile{b: bytes.Clone(f.b[:cut]), room: -1}
		st, err := Repair(torn, int64(cut))
		if whole == 0 {
			if !errors.Is(err, ErrNoCluster) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		again, _ := read(t, torn.b)
		if !slices.EqualFunc(slices.Concat(again...), slices.Concat(clusters[:whole]...), input.equal) {
			t.Fatalf("cut at %d: %d clusters of %d", cut, len(again), whole)
		}
		if len(st.Tags) != 1 || st.Tags[0] != (Tag{"START", "123"}) || st.Bytes != int64(len(torn.b)) {
			t.Fatalf("%+v", st)
		}
		before := bytes.Clone(torn.b)
		if st2, err := Repair(torn, int64(len(torn.b))); err != nil || st2.Duration != st.Duration || !bytes.Equal(before, torn.b) {
			t.Fatalf("second repair: %+v, %v", st2, err)
		}
	})
}

// A repaired file is byte for byte what the writer would have finished with the same clusters.
func TestRepairEqualsFinalize(t *testing.T) {
	f := newMem()
	w := mustWriter(t, f, Options{})
	for i := range int64(300) {
		if err := writeAll(w, []input{{2, i * 20, true, []byte{1, 2, 3}}, {1, i*20 + 1, i%60 == 0, picture(i%60 == 0, 640, int(i), 50)}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	torn := &memFile{b: append(bytes.Clone(f.b), 0x1F, 0x43, 0xB6, 0x75, 1, 0, 0), room: -1}
	if _, err := w.Finalize(); err != nil {
		t.Fatal(err)
	}
	st, err := Repair(torn, int64(len(torn.b)))
	if err != nil || st.Torn != 7 {
		t.Fatalf("%+v, %v", st, err)
	}
	if !bytes.Equal(torn.b, f.b) {
		t.Fatal("repair and finalise differ")
	}
	if st.Tracks[0].Width != 640 || st.Tracks[0].Height != 240 || st.Tracks[0].UID == 0 {
		t.Fatalf("largest picture: %+v", st.Tracks[0])
	}
}

// A full disk at any byte is an error, never a panic; what was flushed survives, through Finalize or through Repair.
func TestDiskFullAnywhere(t *testing.T) {
	var list []input
	for i := range int64(120) {
		list = append(list, input{2, i * 50, true, bytes.Repeat([]byte{9}, 40)})
		if i%2 == 0 {
			list = append(list, input{1, i*50 + 1, i%20 == 0, picture(i%20 == 0, 64, 48, 90)})
		}
	}
	total := func() int {
		f := newMem()
		w := mustWriter(t, f, Options{})
		if err := writeAll(w, list); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Finalize(); err != nil {
			t.Fatal(err)
		}
		return len(f.b) + identityAt
	}()
	for room := range total {
		f := newMem()
		f.room = room
		w := mustWriter(t, f, Options{})
		err := writeAll(w, list)
		if err != nil && !errors.Is(err, errFull) {
			t.Fatalf("room %d: %v", room, err)
		}
		flushed := w.Stats().Clusters
		if err != nil {
			if again := w.Write(2, 1<<30, true, []byte{1}); !errors.Is(again, errFull) {
				t.Fatalf("room %d: a failed writer goes on: %v", room, again)
			}
		}
		st, ferr := w.Finalize()
		if flushed = max(flushed, st.Clusters); err == nil && ferr == nil {
			t.Fatalf("room %d: no error", room)
		}
		if flushed == 0 {
			continue
		}
		if ferr != nil {
			f.room = -1
			if st, err = Repair(f, int64(len(f.b))); err != nil {
				t.Fatalf("room %d: repair: %v", room, err)
			}
		}
		if st.Clusters < flushed {
			t.Fatalf("room %d: %d clusters of %d", room, st.Clusters, flushed)
		}
		if _, err := Repair(f, int64(len(f.b))); err != nil {
			t.Fatalf("room %d: not readable: %v", room, err)
		}
	}
}

// A cluster with a track that was never declared was not written by us: it is cut off like any torn one.
func TestRepairCutsUnknownTrack(t *testing.T) {
	f := newMem()
	w := mustWriter(t, f, Options{})
	for i := range int64(3) {
		if err := w.Write(2, i*1000, true, []byte{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	_, ends := read(t, f.b)
	f.b[ends[1]+clusterHead+2] = 0x80 | 9
	if st, err := Repair(f, int64(len(f.b))); err != nil || st.Clusters != 2 {
		t.Fatalf("%+v, %v", st, err)
	}
}

// Repair meets whatever a broken disk left: no panic, no endless loop, and what it calls repaired is repairable.
func FuzzRepair(f *testing.F) {
	m := newMem()
	w := mustWriter(f, m, Options{Tags: []Tag{{"START", "1"}}})
	for i := range int64(50) {
		if err := writeAll(w, []input{{2, i * 40, true, []byte{1, 2, 3}}, {1, i*40 + 1, i%10 == 0, picture(i%10 == 0, 32, 32, 12)}}); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(bytes.Clone(m.b))
	if _, err := w.Finalize(); err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(m.b))
	f.Add(m.b[:HeaderSize])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &memFile{b: bytes.Clone(b), room: -1}
		st, err := Repair(m, int64(len(b)))
		if err != nil {
			return
		}
		if st.Clusters == 0 || st.Bytes != int64(len(m.b)) {
			t.Fatalf("%+v of %d bytes", st, len(m.b))
		}
		again, err := Repair(m, int64(len(m.b)))
		if err != nil || again.Clusters != st.Clusters || again.Duration != st.Duration {
			t.Fatalf("%+v then %+v, %v", st, again, err)
		}
	})
}
