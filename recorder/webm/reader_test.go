package webm

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

func readAll(r *Reader) (list []input, err error) {
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		list = append(list, input{track: s.Track, ms: s.MS, key: s.Key, data: bytes.Clone(s.Data)})
	}
}

// What was written is read back, finished or not; a file cut anywhere gives a beginning of it and no panic.
func TestReaderGivesBackWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawSamples(t)
		f := newMem()
		w := mustWriter(t, f, Options{})
		if err := writeAll(w, list); err != nil {
			t.Fatalf("%v", err)
		}
		if _, err := w.Finalize(Chapter{Title: "a"}, Chapter{MS: 5, Title: "b", Lang: "de"}); err != nil {
			t.Fatalf("%v", err)
		}
		clusters, _ := read(t, f.b)
		var want []input
		for _, c := range clusters {
			want = append(want, c...)
		}
		r, err := NewReader(bytes.NewReader(f.b))
		if err != nil {
			t.Fatalf("%v", err)
		}
		got, err := readAll(r)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d of %d samples, %v", len(got), len(want), err)
		}
		for i := range got {
			if !got[i].equal(want[i]) {
				t.Fatalf("sample %d: %+v instead of %+v", i, got[i], want[i])
			}
		}
		cut := rapid.IntRange(0, len(f.b)).Draw(t, "cut")
		if r, err = NewReader(bytes.NewReader(f.b[:cut])); err != nil {
			if cut >= HeaderSize || !errors.Is(err, ErrHeader) {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			return
		}
		got, err = readAll(r)
		if err != nil && !errors.Is(err, ErrTorn) {
			t.Fatalf("%v", err)
		}
		for i := range got {
			if !got[i].equal(want[i]) {
				t.Fatalf("cut at %d, sample %d: %+v instead of %+v", cut, i, got[i], want[i])
			}
		}
	})
}

func FuzzReader(f *testing.F) {
	m := newMem()
	w := mustWriter(f, m, Options{})
	for ms := int64(0); ms < 3000; ms += 100 {
		if err := errors.Join(w.Write(1, ms, ms%1000 == 0, picture(ms%1000 == 0, 320, 180, 50)), w.Write(2, ms, true, []byte{1, 2, 3})); err != nil {
			f.Fatal(err)
		}
	}
	if _, err := w.Finalize(Chapter{Title: "x"}); err != nil {
		f.Fatal(err)
	}
	f.Add(m.b)
	f.Add(m.b[:HeaderSize+7])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		last, total := int64(0), 0
		for {
			s, err := r.Next()
			if err != nil {
				if _, again := r.Next(); !errors.Is(again, err) {
					t.Fatalf("%v, then %v", err, again)
				}
				return
			}
			if s.MS < 0 || len(s.Data) == 0 || r.Codec(s.Track) == 0 {
				t.Fatalf("%+v after %d", s, last)
			}
			if total += len(s.Data); total > len(b) {
				t.Fatal("more data than bytes")
			}
			last = s.MS
		}
	})
}
