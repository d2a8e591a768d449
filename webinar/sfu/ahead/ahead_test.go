package ahead

import (
	"testing"
	"unsafe"
)

// block begins with a line.
func block(t *testing.T) unsafe.Pointer {
	t.Helper()
	b := make([]byte, (maxLines+2)*lineSize)
	return unsafe.Pointer(&b[-uintptr(unsafe.Pointer(&b[0]))%lineSize])
}

func TestAnObjectIsTheLinesThatItTouches(t *testing.T) {
	p := block(t)
	for _, c := range []struct {
		at, size uintptr
		want     []uintptr // lines of the block
	}{
		{0, 0, nil},
		{0, 1, []uintptr{0}},
		{0, 64, []uintptr{0}},
		{0, 65, []uintptr{0, 1}},
		{63, 1, []uintptr{0}},
		{63, 2, []uintptr{0, 1}},
		{130, 200, []uintptr{2, 3, 4, 5}},
	} {
		var l Lines
		l.Add(unsafe.Add(p, c.at), c.size)
		if l.count != len(c.want) {
			t.Errorf("%d bytes from %d on are %d lines, want %d", c.size, c.at, l.count, len(c.want))
			continue
		}
		for i, n := range c.want {
			if l.at[i] != uintptr(p)+n*lineSize {
				t.Errorf("line %d of %d bytes from %d on is %d bytes away", i, c.size, c.at, l.at[i]-uintptr(p))
			}
		}
	}
}

func TestTooMuchIsLeftOut(t *testing.T) {
	p := block(t)
	var l Lines
	l.Add(p, lineSize)
	l.Add(nil, lineSize)
	l.Add(p, (maxLines+2)*lineSize)
	if l.count != maxLines {
		t.Errorf("%d lines", l.count)
	}
	if l.at[maxLines-1] != uintptr(p)+(maxLines-2)*lineSize {
		t.Error("the last is not where the room ended")
	}
	l.Fetch()
}

// What was freed or never there may be asked for: the processor forgets it.
func TestAnyAddressMayBeFetched(t *testing.T) {
	for _, at := range []uintptr{0, 1, lineSize, ^uintptr(0) >> 17, ^uintptr(0) >> 16, ^uintptr(0)} {
		l := Lines{count: 1, at: [maxLines]uintptr{at}}
		l.Fetch()
	}
	var none Lines
	none.Fetch()
}

// BenchmarkLook compares looking into objects that the caches have lost with asking for them two objects ahead.
func BenchmarkLook(b *testing.B) {
	type object struct {
		next *object
		data [7]uint64
		far  [4032]byte // each on a page of its own
	}
	const count, apart = 20_000, 3
	all := make([]object, count)
	lines := make([]Lines, count/apart)
	for i := range lines {
		o := &all[i*apart]
		o.next = &all[i*apart+1]
		o.next.next = &all[i*apart+2]
		for o := o; o != nil; o = o.next {
			lines[i].Add(unsafe.Pointer(o), lineSize)
		}
	}
	for name, early := range map[string]int{"when needed": 0, "ahead": 2} {
		b.Run(name, func(b *testing.B) {
			var sum uint64
			for i := 0; b.Loop(); i++ {
				if early > 0 {
					lines[(i+early)%len(lines)].Fetch()
				}
				for o := &all[i%len(lines)*apart]; o != nil; o = o.next {
					sum += o.data[0]
				}
				for n := range uint64(500) { // somebody is served
					sum += n * sum
				}
			}
			if sum == 1 {
				b.Fail()
			}
		})
	}
}
