package vtt

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

const sample = "\ufeffWEBVTT - made by hand\r\nKind: captions\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nNOTE nobody reads this\r\n\r\n" +
	"first\r\n00:01.500 --> 00:03.000 align:start\r\n<v Ada>Welcome &amp; <i>thanks</i>\r\nfor <b>coming\r\n\r\n1:00:00.000 --> 1:00:02.250\r\n1 &lt; 2\r\n"

func TestParse(t *testing.T) {
	got, err := Parse([]byte(sample))
	want := []Cue{{1500 * time.Millisecond, 3 * time.Second, "Welcome & thanks\nfor coming"}, {time.Hour, time.Hour + 2250*time.Millisecond, "1 < 2"}}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("%+v %v", got, err)
	}
	again, err := Parse(Format(got))
	if err != nil || !slices.Equal(again, want) {
		t.Errorf("%s: %+v %v", Format(got), again, err)
	}
	if out := Format(got); bytes.Contains(out, []byte("color")) || bytes.Contains(out, []byte("Ada")) || !bytes.Contains(out, []byte("1 &lt; 2")) {
		t.Errorf("%s", out)
	}
}

func TestWhatIsNoWebVTT(t *testing.T) {
	head := "WEBVTT\n\n"
	for name, text := range map[string]string{
		"nothing":         "",
		"another form":    "1\n00:00:01,000 --> 00:00:02,000\nHello\n",
		"no cue":          head,
		"backwards":       head + "00:03.000 --> 00:02.000\nHello\n",
		"no time":         head + "00:01.000 --> \nHello\n",
		"a comma":         head + "00:01,000 --> 00:02.000\nHello\n",
		"61 seconds":      head + "00:61.000 --> 02:02.000\nHello\n",
		"a page":          head + "<html>\n",
		"no UTF-8":        head + "00:01.000 --> 00:02.000\n\xff\n",
		"too long a time": head + "99:00:01.000 --> 99:00:02.000\nHello\n",
		"too long a text": head + "00:01.000 --> 00:02.000\n" + strings.Repeat("x", maxText+1),
		"too much":        head + strings.Repeat("00:01.000 --> 00:02.000\nHello\n\n", MaxBytes/30),
		"too many":        head + strings.Repeat("00:01.000 --> 00:02.000\nx\n\n", maxCues+1),
	} {
		if cues, err := Parse([]byte(text)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %d cues, %v", name, len(cues), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, b []byte) {
		cues, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(Format(cues))
		if err != nil || !slices.Equal(again, cues) {
			t.Errorf("%q: %+v, again %+v %v", b, cues, again, err)
		}
	})
}
