package recorder

import (
	"testing"
	"time"
)

func TestBarrier(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			for _, f := range s.faults(nil) {
				t.Error(f)
			}
		})
	}
}

// A barrier must hold for hours, in which the timestamp passes half a wrap.
func TestBarrierForHours(t *testing.T) {
	w := newBench(true, 50*ms)
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, 0)
	w.run(at(10*time.Second), at(12*time.Second))
	for h := time.Duration(0); h < 30*time.Hour; h += time.Second {
		if !w.send(at(12*time.Second+h), false, 0) {
			t.Fatalf("closed after %v", h)
		}
	}
	if w.send(at(0), true, 30*time.Hour) && w.leaks == 0 {
		t.Error("harness: a leak was not counted")
	}
}

func TestI20BarrierNeverStale(t *testing.T) { // I20: a new order closes what an older one had opened
	w := newBench(false, 50*ms)
	w.run(at(0), at(10*time.Second))
	w.agree(at(10*time.Second), 30*ms, 0)
	w.run(at(10*time.Second), at(13*time.Second))
	w.agree(at(13*time.Second), 30*ms, 0)
	w.leaks = 0
	w.run(at(13*time.Second), at(18*time.Second))
	for c := at(11 * time.Second); c < at(13*time.Second); c = c.add(20 * ms) {
		w.send(c, false, 5*time.Second)
	}
	if w.leaks > 0 {
		t.Errorf("%d packets from before the second order passed", w.leaks)
	}
}

func TestFreshSource(t *testing.T) {
	for _, video := range []bool{false, true} {
		b := newBarrier(video, 90000, time.Second)
		b.arm(order{fresh: true}, epoch, 0, false)
		pass, ask := b.judge(1, 1000, false, epoch)
		if pass == video || ask != video {
			t.Errorf("video %v, first packet: pass %v, ask %v", video, pass, ask)
		}
		if pass, _ := b.judge(1, 2000, true, epoch); !pass {
			t.Errorf("video %v: key frame refused", video)
		}
		if pass, _ := b.judge(1, 500, true, epoch); pass {
			t.Errorf("video %v: older than the first passed", video)
		}
	}
}

func TestVP8Key(t *testing.T) {
	for name, c := range map[string]struct {
		p    []byte
		want bool
	}{
		"key":              {[]byte{0x10, 0x50, 0, 0}, true},
		"delta":            {[]byte{0x10, 0x51, 0, 0}, false},
		"not the start":    {[]byte{0x00, 0x50}, false},
		"second partition": {[]byte{0x11, 0x50}, false},
		"15 bit id":        {[]byte{0x90, 0x80, 0x81, 0x01, 0x50}, true},
		"7 bit id":         {[]byte{0x90, 0x80, 0x01, 0x50}, true},
		"all fields":       {[]byte{0x90, 0xf0, 0x81, 0x01, 0x05, 0x20, 0x50}, true},
		"all, delta":       {[]byte{0x90, 0xf0, 0x81, 0x01, 0x05, 0x20, 0x51}, false},
		"empty":            {nil, false},
		"cut":              {[]byte{0x90, 0xf0, 0x81}, false},
	} {
		if got := vp8Key(c.p); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestVP9AndAV1Keys(t *testing.T) {
	for _, c := range []struct {
		mime string
		p    []byte
		want bool
	}{
		{"video/VP9", []byte{0x08, 0x82}, true},
		{"video/VP9", []byte{0x48, 0x82}, false},                   // predicted
		{"video/VP9", []byte{0x00, 0x82}, false},                   // goes on
		{"video/VP9", []byte{0xa8, 0x81, 0x02, 0x00, 0x82}, true},  // 15 bits, layer 0
		{"video/VP9", []byte{0xa8, 0x81, 0x02, 0x02, 0x82}, false}, // layer 1
		{"video/VP9", []byte{0xa8, 0x01, 0x10, 0x00, 0x82}, true},  // 7 bits
		{"video/VP9", []byte{0xa8, 0x81}, false},                   // cut
		{"video/AV1", []byte{0x18, 0x0a}, true},
		{"video/AV1", []byte{0x98, 0x0a}, false}, // goes on
		{"video/AV1", []byte{0x10, 0x32}, false},
		{"video/av1", []byte{0x18}, false},
		{"video/H264", []byte{0x65, 0x88}, false},
	} {
		if got := keyStart(c.mime, c.p); got != c.want {
			t.Errorf("%s %x: %v", c.mime, c.p, got)
		}
	}
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte{0x90, 0xf0, 0x81, 0x01, 0x05, 0x20, 0x50})
	f.Add([]byte{0xa8, 0x81, 0x02, 0x00, 0x82})
	f.Fuzz(func(t *testing.T, p []byte) {
		if vp8Key(p) && (len(p) < 2 || p[0]&0x10 == 0) || vp9Key(p) && p[0]&0x48 != 0x08 || av1Key(p) && p[0]&0x88 != 0x08 {
			t.Fatal("a key frame without a start")
		}
	})
}

func TestNTPInstant(t *testing.T) {
	if got := ntpInstant(ntpEpoch << 32); got != 0 {
		t.Errorf("1970: %d", got)
	}
	if got := ntpInstant(ntpEpoch<<32 | 1<<31); got != instant(500*ms) {
		t.Errorf("half a second: %d", got)
	}
}
