package sfu

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/sdp/v3"
)

// TestEncodersAsTheyAre publishes with the offers of programs that are no browsers, and watches what they send.
func TestEncodersAsTheyAre(t *testing.T) {
	t.Parallel()
	same, waits, vp9 := strings.NewReplacer(), strings.NewReplacer("setup:actpass", "setup:passive"), strings.NewReplacer("VP8/", "VP9/")
	for _, c := range []struct {
		offer, setup string
		change       *strings.Replacer
	}{
		{"obs30-h264", "passive", same},
		{"obs32-av1", "passive", same},
		{"obs32-simulcast", "passive", same},
		{"ffmpeg8", "active", same},
		{"ffmpeg8-active", "passive", same},
		{"gstreamer-vp8", "passive", same},
		{"gstreamer-vp8", "active", waits},
		{"gstreamer-vp8", "passive", vp9},
		{"gstreamer-h264", "passive", same},
	} {
		t.Run(c.offer+" "+c.setup, func(t *testing.T) {
			e, _, _ := newTestEngine(t)
			e.SetLive("r", true)
			enc := startEncoder(t, e, "r", Publisher{Owner: "anna"}, c.change.Replace(offerOf(t, c.offer)))
			enc.check(c.setup)
			p := watch(t, e, "r", Viewer{}, 1, 1)
			enc.pump()
			eventually(t, "sound and picture", func() bool { return p.count("audio0") > 20 && p.count("video0") > 20 })
			gapless(t, p.packets("audio0"))
			gapless(t, p.packets("video0"))
			if err := e.Unpublish("r", enc.session, "anna"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestAnotherCertificateIsNobody has somebody between the publisher and the server, who knows all of the session but the
// key to the certificate that the offer names.
func TestAnotherCertificateIsNobody(t *testing.T) {
	e, w, _ := newTestEngine(t)
	other := "a=fingerprint:sha-512 " + strings.TrimSuffix(strings.Repeat("0A:", 64), ":")
	offer := regexp.MustCompile(`a=fingerprint:sha-256 \S+`).ReplaceAllString(offerOf(t, "obs30-h264"), other)
	enc, err := tryEncoder(t, e, "r", Publisher{Owner: "anna"}, offer)
	if err == nil {
		t.Error("the handshake was completed")
	}
	eventually(t, "the end of the session", func() bool { return !e.publishing("r", enc.session, "anna") })
	if got := w.list(); len(got) > 0 {
		t.Errorf("media of a stranger: %v", got)
	}
}

// check holds the answer against the offer: all lines taken, under the names and numbers of the offer, in the DTLS role
// that the offer leaves, with a candidate of ours that ffmpeg can read.
func (c *encoder) check(setup string) {
	c.t.Helper()
	if len(c.answer.MediaDescriptions) != len(c.offer.MediaDescriptions) {
		c.t.Fatalf("%d media lines for %d", len(c.answer.MediaDescriptions), len(c.offer.MediaDescriptions))
	}
	for i, a := range c.answer.MediaDescriptions {
		o := c.offer.MediaDescriptions[i]
		if a.MediaName.Port.Value == 0 && !has(a.Attributes, "bundle-only") || a.MediaName.Media != o.MediaName.Media {
			c.t.Errorf("line %d is refused: %v", i, a.MediaName)
		}
		if got, want := attribute(a.Attributes, "mid"), attribute(o.Attributes, "mid"); got != want {
			c.t.Errorf("line %d is called %q instead of %q", i, got, want)
		}
		if a.MediaName.Formats[0] != o.MediaName.Formats[0] {
			c.t.Errorf("line %d takes format %v instead of %v", i, a.MediaName.Formats, o.MediaName.Formats)
		}
		if !has(a.Attributes, "recvonly") {
			c.t.Errorf("line %d does not receive", i)
		}
		if got := said(&c.answer, i, "setup"); got != setup {
			c.t.Errorf("line %d: setup:%s instead of %s", i, got, setup)
		}
	}
	if !has(c.answer.Attributes, "ice-lite") {
		c.t.Error("the answer is not of an ICE-lite server")
	}
	if sim := attribute(c.offer.MediaDescriptions[len(c.offer.MediaDescriptions)-1].Attributes, "simulcast"); sim != "" {
		want := "recv " + sim[len("send "):]
		if got := attribute(c.answer.MediaDescriptions[len(c.answer.MediaDescriptions)-1].Attributes, "simulcast"); got != want {
			c.t.Errorf("simulcast:%s instead of %s", got, want)
		}
	}
}

// pump sends made-up media every 20 ms until the test ends, a key frame twice a second.
func (c *encoder) pump() {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for n := uint32(1); ; n++ {
			select {
			case <-quit:
				return
			case <-tick.C:
				if err := errors.Join(c.send("audio", 0, n*960, false, []byte{0xf8, 0xff, 0xfe}), c.picture(n)); err != nil {
					c.t.Error(err)
					return
				}
			}
		}
	}()
	c.t.Cleanup(func() { close(quit); <-done })
}

// picture sends the n-th picture in the codec of the offer, in each layer of it.
func (c *encoder) picture(n uint32) error {
	line, _ := c.ssrc("video")
	layers := 1
	for _, a := range c.offer.MediaDescriptions[line].Attributes {
		if a.Key == "rid" && a.Value != "0 send" {
			layers++
		}
	}
	for layer := range layers {
		if err := c.send("video", layer, n*1800, true, pictureOf(c.offer.MediaDescriptions[line], n%25 == 1, n)); err != nil {
			return err
		}
	}
	return nil
}

// pictureOf is a one-packet picture whose head is as the codec wants it.
func pictureOf(m *sdp.MediaDescription, key bool, n uint32) []byte {
	body := vp8(key, uint16(n), byte(n), 'E', n)
	heads := map[string][2][]byte{ // of a picture, of a key frame
		"VP8":  {{}, {}},
		"VP9":  {{0x4c}, {0x0c}},
		"AV1":  {{0x10, 0x32}, {0x18, 0x0a}},
		"H264": {{0x41}, {24, 0, 4, 0x67, 0x42, 0xc0, 0x1f, 0, 2, 0x68, 0xce, 0, byte(len(body) + 1), 0x65}}, // SPS, PPS and IDR in one (STAP-A)
	}
	_, format, _ := strings.Cut(attribute(m.Attributes, "rtpmap"), " ")
	name, _, _ := strings.Cut(format, "/")
	head := heads[name][0]
	if key {
		head = heads[name][1]
	}
	return append(slices.Clip(head), body...)
}
