package sfu

import (
	"bytes"
	"testing"
)

func TestVP8Numbers(t *testing.T) {
	for _, x := range []struct {
		in   []byte
		want frame
	}{
		{nil, frame{}},
		{[]byte{0x10, 0x00}, frame{key: true}},
		{[]byte{0x10, 0x01}, frame{}},
		{[]byte{0x11, 0x00}, frame{}}, // partition 1
		{[]byte{0x00, 0x00}, frame{}}, // not the first packet
		{[]byte{0x90, 0x80, 0x05, 0x00}, frame{key: true, pic: pictureIDs{picAt: 2, pic: 5}}},
		{[]byte{0x90, 0xf0, 0x81, 0x02, 0x07, 0x00, 0x00}, frame{key: true, pic: pictureIDs{picAt: 2, wide: true, pic: 258, tl0At: 4, tl0: 7}}},
		{[]byte{0x90, 0x40, 0x07, 0x01}, frame{pic: pictureIDs{tl0At: 2, tl0: 7}}},
		{[]byte{0x90, 0x80, 0x81}, frame{}},
	} {
		if got := inspectVP8(x.in); got != x.want {
			t.Errorf("% x: %+v, want %+v", x.in, got, x.want)
		}
	}
}

func TestVP9Numbers(t *testing.T) {
	for _, x := range []struct {
		in   []byte
		want frame
	}{
		{nil, frame{}},
		{[]byte{0x08, 1}, frame{key: true}},
		{[]byte{0x48, 1}, frame{}}, // predicted
		{[]byte{0x00, 1}, frame{}}, // not the first packet
		{[]byte{0x88, 0x05}, frame{key: true, pic: pictureIDs{picAt: 1, pic: 5}}},
		{[]byte{0xa8, 0x81, 0x02, 0x00, 0x07}, frame{key: true, pic: pictureIDs{picAt: 1, wide: true, pic: 258, tl0At: 4, tl0: 7}}},
		{[]byte{0xa8, 0x81, 0x02, 0x02, 0x07}, frame{pic: pictureIDs{picAt: 1, wide: true, pic: 258, tl0At: 4, tl0: 7}}}, // a higher layer
		{[]byte{0xb8, 0x81, 0x02, 0x00}, frame{key: true, pic: pictureIDs{picAt: 1, wide: true, pic: 258}}},              // flexible
		{[]byte{0xa8, 0x81}, frame{}},
	} {
		if got := inspectVP9(x.in); got != x.want {
			t.Errorf("% x: %+v, want %+v", x.in, got, x.want)
		}
	}
}

func TestWhereDecodersCanStart(t *testing.T) {
	for name, x := range map[string]struct {
		inspect func([]byte) frame
		in      []byte
		key     bool
	}{
		"AV1 new sequence":          {inspectAV1, []byte{0x18, 0x0a}, true},
		"AV1 middle":                {inspectAV1, []byte{0x10, 0x32}, false},
		"AV1 new, but a fragment":   {inspectAV1, []byte{0x98, 0x0a}, false},
		"AV1 empty":                 {inspectAV1, []byte{0x18}, false},
		"H264 parameter set":        {inspectH264, []byte{0x67, 0x42}, true},
		"H264 picture parameters":   {inspectH264, []byte{0x68, 0xce}, false},
		"H264 key picture":          {inspectH264, []byte{0x65, 0x88}, true},
		"H264 other picture":        {inspectH264, []byte{0x41, 0x9a}, false},
		"H264 first piece of key":   {inspectH264, []byte{0x7c, 0x85}, true},
		"H264 middle piece of key":  {inspectH264, []byte{0x7c, 0x05}, false},
		"H264 first piece of other": {inspectH264, []byte{0x7c, 0x81}, false},
		"H264 several, with set":    {inspectH264, []byte{0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x67, 0x42}, true},
		"H264 several, without":     {inspectH264, []byte{0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x41, 0x9a}, false},
		"H264 several, cut":         {inspectH264, []byte{0x78, 0xff, 0xff, 0x09}, false},
		"H264 empty":                {inspectH264, nil, false},
	} {
		if got := x.inspect(x.in); got.key != x.key {
			t.Errorf("%s: %v", name, got.key)
		}
	}
}

// Whatever a payload holds, changing its numbers changes nothing else about it.
func FuzzPicture(f *testing.F) {
	f.Add(byte(0), []byte{0x90, 0xf0, 0x81, 0x02, 0x07, 0x00, 0x00}, uint16(7), uint8(9))
	f.Add(byte(0), []byte{0x90, 0x80, 0x05}, uint16(300), uint8(0))
	f.Add(byte(1), []byte{0xa8, 0x81, 0x02, 0x00, 0x07}, uint16(300), uint8(1))
	f.Add(byte(2), []byte{0x18, 0x0a}, uint16(3), uint8(1))
	f.Add(byte(3), []byte{0x78, 0, 2, 0x09, 0xf0, 0, 2, 0x67, 0x42}, uint16(3), uint8(1))
	all := codecs(true)
	f.Fuzz(func(t *testing.T, which byte, in []byte, pic uint16, tl0 uint8) {
		inspect := all[int(which)%len(all)].inspect
		was := inspect(in)
		out := bytes.Clone(in)
		was.pic.patch(out, pic, tl0)
		now := inspect(out)
		mask := uint16(0x7f)
		if was.pic.wide {
			mask = 0x7fff
		}
		if was.key != now.key || was.pic.picAt != now.pic.picAt || was.pic.tl0At != now.pic.tl0At || was.pic.wide != now.pic.wide {
			t.Fatalf("patching % x changed its shape: % x", in, out)
		}
		if was.pic.picAt != 0 && now.pic.pic != pic&mask || was.pic.tl0At != 0 && now.pic.tl0 != tl0 {
			t.Fatalf("% x does not carry %d/%d", out, pic, tl0)
		}
	})
}

func TestAreaVP8(t *testing.T) {
	head := []byte{0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x41, 0x68, 0x81} // 320 × 360, scaled for the display
	if got := areaVP8(head); got != 320*360 {
		t.Errorf("area %d", got)
	}
	if got := inspectVP8(append([]byte{0x10}, head...)); !got.key || got.area != 320*360 {
		t.Errorf("%+v", got)
	}
	for n := range head {
		if areaVP8(head[:n]) != 0 {
			t.Errorf("%d bytes are enough", n)
		}
	}
	head[4] = 2
	if areaVP8(head) != 0 {
		t.Error("no start code is needed")
	}
}
