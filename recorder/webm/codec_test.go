package webm

import "testing"

// Headers that libaom and libvpx wrote for pictures of 64 by 48.
var (
	// A temporal delimiter that is to be skipped, a sequence header, the head of a key frame.
	av1Unit = []byte{0x12, 0x00, 0x0a, 0x0a, 0x00, 0x00, 0x00, 0x02, 0xaf, 0xf7, 0x9b, 0x5f, 0x20, 0x08, 0x32, 0x04, 0x10, 0x00, 0x90, 0x00}
	// The same with the colours of profile 1.
	av1Deep = []byte{0x0a, 0x0d, 0x20, 0x00, 0x00, 0x02, 0xaf, 0xf7, 0x9b, 0x5f, 0x24, 0x04, 0x34, 0x00, 0x80, 0x32, 0x04, 0x10, 0x00, 0x90, 0x00}
	vp9Unit = []byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x03, 0xf0, 0x02, 0xf6, 0x06, 0x38}
	vp9Deep = []byte{0xa2, 0x49, 0x83, 0x42, 0xe0, 0x03, 0xf0, 0x02, 0xf6, 0x06, 0x38} // profile 1, RGB
)

func TestKeysAndSizes(t *testing.T) {
	for _, c := range []struct {
		codec Codec
		data  []byte
		key   bool
		w, h  int
	}{
		{VP8, picture(true, 320, 180, 20), true, 320, 180},
		{VP8, picture(false, 0, 0, 20), false, 0, 0},
		{VP9, vp9Unit, true, 64, 48},
		{VP9, []byte{0x86, 0x00, 0x40}, false, 0, 0},
		{VP9, []byte{0x88}, false, 0, 0}, // shows an existing frame
		{VP9, vp9Deep, true, 64, 48},
		{AV1, av1Unit, true, 64, 48},
		{AV1, av1Deep, true, 64, 48},
		{AV1, []byte{0x32, 0x03, 0x30, 0x00, 0x00}, false, 0, 0},
		{Opus, []byte{1}, true, 0, 0},
	} {
		w, h, ok := c.codec.size(c.data)
		if c.codec.Key(c.data) != c.key || w != c.w || h != c.h || ok != (c.w > 0) {
			t.Errorf("%s %x: key %v, %d by %d", c.codec, c.data, c.codec.Key(c.data), w, h)
		}
	}
	if got := av1C(av1Unit); len(got) != 4+12 || got[0] != 0x81 || got[2] != 0x0c {
		t.Errorf("av1C %x", got)
	}
}

func FuzzCodecs(f *testing.F) {
	for _, b := range [][]byte{av1Unit, av1Deep, vp9Unit, vp9Deep, picture(true, 320, 180, 20), {0x0a, 0x01, 0xff}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range codecs() {
			w, h, ok := c.size(b)
			if ok && (w < 0 || h < 0 || w > 1<<16 || h > 1<<16) {
				t.Fatalf("%s: %d by %d", c, w, h)
			}
			if private := av1C(b); c.Key(b) && c == AV1 && (len(private) < 5 || len(private) > len(b)+4) {
				t.Fatalf("a key frame with av1C %x", private)
			}
		}
	})
}
