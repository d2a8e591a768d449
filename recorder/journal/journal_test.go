package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// disk is a file whose writes tear, fail or are lost.
type disk struct {
	b     []byte
	left  int // bytes that are still taken; below 0: all
	syncs int
}

var errTorn = errors.New("torn")

func (d *disk) ReadAt(p []byte, at int64) (int, error) {
	if at >= int64(len(d.b)) {
		return 0, io.EOF
	}
	n := copy(p, d.b[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (d *disk) WriteAt(p []byte, at int64) (int, error) {
	q := p
	if d.left >= 0 {
		q = p[:min(len(p), d.left)]
		d.left -= len(q)
	}
	if end := int(at) + len(q); end > len(d.b) {
		d.b = append(d.b, make([]byte, end-len(d.b))...)
	}
	copy(d.b[at:], q)
	if len(q) < len(p) {
		return len(q), errTorn
	}
	return len(q), nil
}

func (d *disk) Sync() error {
	if d.left == 0 {
		return errTorn
	}
	d.syncs++
	return nil
}

func (j *Journal) all() string {
	out := ""
	for _, n := range j.Names("") {
		out += fmt.Sprintf("%s=%s\n", n, j.lists[n])
	}
	return out
}

// Whatever is torn off a write, the next process finds the last state that was flushed, or the one that was being.
func TestTornWritesKeepTheLastState(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &disk{left: -1}
		j, err := New(d)
		if err != nil {
			rt.Fatal(err)
		}
		flushed, tried := "", ""
		rt.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				n := rapid.IntRange(0, 3).Draw(t, "items")
				if err := j.Set(rapid.SampledFrom([]string{"a/1", "a/2", "b/1"}).Draw(t, "name"), make([]int, n)); err != nil {
					t.Fatal(err)
				}
			},
			"flush": func(t *rapid.T) {
				if err := j.Flush(); err != nil {
					t.Fatal(err)
				}
				flushed = j.all()
			},
			"torn": func(t *rapid.T) {
				tried = j.all()
				d.left = rapid.IntRange(0, 200).Draw(t, "left")
				err := j.Flush()
				if err == nil {
					flushed = j.all()
				} else if !errors.Is(err, errTorn) {
					t.Fatal(err)
				}
				d.left = -1
			},
			"die": func(t *rapid.T) {
				if j, err = New(d); err != nil {
					t.Fatal(err)
				}
				flushed = j.all()
			},
			"": func(t *rapid.T) {
				again, err := New(&disk{b: bytes.Clone(d.b)})
				if err != nil {
					t.Fatal(err)
				}
				if got := again.all(); got != flushed && got != tried {
					t.Fatalf("found\n%sflushed\n%stried\n%s", got, flushed, tried)
				}
			},
		})
	})
}

func TestUnchangedIsNotWritten(t *testing.T) {
	d := &disk{left: -1}
	j, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range [][]int{nil, {1}, {1}, {}, nil} {
		if err := errors.Join(j.Set("a", v), j.Flush()); err != nil {
			t.Fatal(err)
		}
	}
	if d.syncs != 2 || len(j.Names("")) != 0 {
		t.Errorf("%d syncs for two changes, %v left", d.syncs, j.Names(""))
	}
}

func TestDamageIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "j")
	write := func(v string) {
		j, file, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(j.Set("a/1", v), j.Flush(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (string, error) {
		j, file, err := Open(path)
		if err != nil {
			return "", err
		}
		v := ""
		err = errors.Join(j.Get("a/1", &v), file.Close())
		return v + strings.Join(j.Names("a/"), ","), err
	}
	spoil := func(slot int) {
		b, err := os.ReadFile(path)
		if err != nil || len(b) != 2*slotBytes {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		b[slot*slotBytes+headBytes+2] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	write("two")
	spoil(0) // the newest, number 2
	if got, err := read(); err != nil || got != "one1" {
		t.Fatalf("the state before: %q %v", got, err)
	}
	spoil(1)
	if _, err := read(); !errors.Is(err, ErrDamaged) {
		t.Fatalf("both spoilt: %v", err)
	}
}

func TestFullIsSaid(t *testing.T) {
	d := &disk{left: -1}
	j, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Set("a", 1), j.Flush()); err != nil {
		t.Fatal(err)
	}
	if err := j.Set("b", strings.Repeat("x", slotBytes)); err != nil {
		t.Fatal(err)
	}
	if err := j.Flush(); !errors.Is(err, ErrFull) {
		t.Fatalf("%v", err)
	}
	if err := errors.Join(j.Set("b", nil), j.Set("c", 2), j.Flush()); err != nil {
		t.Fatal(err)
	}
	again, err := New(d)
	if err != nil || again.all() != j.all() {
		t.Errorf("%v: %s, want %s", err, again.all(), j.all())
	}
}

// FuzzNew: no file, however spoilt, is more than refused.
func FuzzNew(f *testing.F) {
	d := &disk{left: -1}
	j, err := New(d)
	if err != nil {
		f.Fatal(err)
	}
	if err := errors.Join(j.Set("a", []int{1}), j.Flush(), j.Set("a", []int{2}), j.Flush()); err != nil {
		f.Fatal(err)
	}
	f.Add(d.b[:64], d.b[slotBytes:])
	f.Fuzz(func(t *testing.T, one, two []byte) {
		b := make([]byte, 2*slotBytes)
		copy(b, one)
		copy(b[slotBytes:], two)
		if j, err := New(&disk{b: b, left: -1}); err == nil {
			if err := errors.Join(j.Set("x", 1), j.Flush()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
