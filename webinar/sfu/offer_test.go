package sfu

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// sample is an offer of the given number of lines, as a client would send it.
func sample(t testing.TB, dir webrtc.RTPTransceiverDirection, audio, video int) string {
	t.Helper()
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(webrtc.SettingEngine{LoggerFactory: quiet()})).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	for i := range audio + video {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audio {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: dir}); err != nil {
			t.Fatal(err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

// layers is what makes a line of an offer simulcast.
func layers(direction string, rids ...string) string {
	out := ""
	for _, r := range rids {
		out += "a=rid:" + r + " " + direction + "\r\n"
	}
	return out + "a=simulcast:" + direction + " " + strings.Join(rids, ";") + "\r\n"
}

// feedback is what a format of an offer's last line may be answered with.
func feedback(format string, kinds int) (lines string) {
	for i := range kinds {
		lines += fmt.Sprintf("a=rtcp-fb:%s x%d\r\n", format, i)
	}
	return lines
}

func TestOffersThatAreRefused(t *testing.T) {
	send, recv := webrtc.RTPTransceiverDirectionSendonly, webrtc.RTPTransceiverDirectionRecvonly
	good, view := sample(t, send, 1, 1), sample(t, recv, 3, 4)
	cut := func(s, prefix string) string {
		var out []string
		for l := range strings.SplitSeq(s, "\r\n") {
			if !strings.HasPrefix(l, prefix) {
				out = append(out, l)
			}
		}
		return strings.Join(out, "\r\n")
	}
	head := good[:strings.Index(good, "m=")]
	ssrcs := ""
	for i := range 20 {
		ssrcs += fmt.Sprintf("a=ssrc:%d cname:x\r\n", i+1)
	}
	e, _, _ := newTestEngine(t)
	for name, x := range map[string]struct {
		text    string
		publish bool
		reason  string // part of it; empty: accepted
	}{
		"good":            {good, true, ""},
		"good view":       {view, false, ""},
		"empty":           {"", true, "no media"},
		"html":            {"<html>", true, "not a session description"},
		"json":            {`{"sdp":"v=0"}`, false, "not a session description"},
		"no media":        {head, true, "no media"},
		"large":           {good + "a=" + strings.Repeat("x", maxOffer), true, "larger than"},
		"no fingerprint":  {cut(good, "a=fingerprint"), true, "fingerprint"},
		"bad fingerprint": {strings.ReplaceAll(good, "a=fingerprint:sha-256 ", "a=fingerprint:sha-256"), true, "fit together"},
		"no ufrag":        {cut(good, "a=ice-ufrag"), true, "ice-ufrag"},
		"no password":     {cut(good, "a=ice-pwd"), true, "ice-pwd"},
		"no bundle":       {cut(good, "a=group"), true, "BUNDLE"},
		"no mid":          {cut(good, "a=mid"), true, "mid"},
		"one mid twice":   {strings.ReplaceAll(good, "a=mid:1", "a=mid:0"), true, "mid"},
		"no rtcp-mux":     {cut(good, "a=rtcp-mux"), true, "rtcp-mux"},
		"lite":            {strings.Replace(good, "a=group", "a=ice-lite\r\na=group", 1), true, "ICE-lite"},
		"passive view":    {strings.ReplaceAll(view, "setup:actpass", "setup:passive"), false, "begin the DTLS handshake"},
		"plain RTP":       {strings.ReplaceAll(good, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), true, "SAVPF"},
		"only H265":       {strings.NewReplacer("VP8/", "H265/", "VP9/", "H265/", "AV1/", "H265/", "H264/", "H265/").Replace(good), true, "VP8"},
		"no opus":         {strings.ReplaceAll(good, "opus/48000", "speex/48000"), true, "opus"},
		"data channel":    {strings.Replace(good, "m=video", "m=application", 1), true, "audio and video"},
		"simulcast":       {good + layers("send", "q", "h", "f"), true, ""},
		"no rids":         {good + "a=simulcast:send a;b\r\n", true, "simulcast"},
		"four layers":     {good + layers("send", "q", "h", "f", "x"), true, "3 simulcast"},
		"layers to get":   {good + layers("recv", "q", "h"), true, "simulcast"},
		"layers viewed":   {view + layers("send", "q", "h"), false, "simulcast"},
		"long rid":        {good + layers("send", strings.Repeat("q", 17)), true, "simulcast"},
		"many streams":    {good + ssrcs, true, "streams"},
		"a format twice":  {strings.Replace(view, "SAVPF 96", "SAVPF 96 096", 1), false, "formats"},
		"much feedback":   {view + feedback("96", 10) + feedback("96", 20), false, "feedback"},
		"of each format":  {view + feedback("*", 30), false, "feedback"},
		"of all together": {view + feedback("*", 12) + feedback("96", 12), false, "feedback"},
		"some feedback":   {view + feedback("*", 4) + feedback("97", 12), false, ""},
		"two cameras":     {sample(t, send, 1, 2), true, "one audio and one video"},
		"view published":  {sample(t, recv, 1, 1), true, "sendonly"},
		"sent by viewer":  {good, false, "recvonly"},
		"15 lines":        {sample(t, recv, 5, 10), false, "14 media lines"},
	} {
		var err error
		if x.publish {
			_, _, err = e.Publish(t.Context(), "r", Publisher{Owner: "anna"}, x.text)
		} else {
			_, _, err = e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, x.text)
		}
		bad, ok := errors.AsType[*OfferError](err)
		switch {
		case x.reason == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case x.reason != "" && !ok:
			t.Errorf("%s: accepted, or another error: %v", name, err)
		case x.reason != "" && !strings.Contains(bad.Reason.String(), x.reason):
			t.Errorf("%s: reason %q", name, bad.Reason)
		}
	}
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "anna", OnStage: true}, sample(t, recv, 10, 10)); err != nil {
		t.Errorf("20 lines on stage: %v", err)
	}
}

// traps are addresses of another host, as far as the server knows.
type traps struct {
	t     testing.TB
	udp   []net.PacketConn
	tcp   *net.TCPListener
	lines string // candidates that name them
}

func newTraps(t testing.TB) *traps {
	t.Helper()
	x := &traps{t: t}
	for i, kind := range []string{"typ host", "typ srflx raddr 10.0.0.1 rport 9", "typ relay raddr 10.0.0.1 rport 9"} {
		c, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		x.udp = append(x.udp, c)
		x.lines += fmt.Sprintf("a=candidate:%d 1 udp 2130706431 127.0.0.1 %d %s\r\n", i, c.LocalAddr().(*net.UDPAddr).Port, kind)
	}
	tcp, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close() })
	x.tcp = tcp
	x.lines += fmt.Sprintf("a=candidate:9 1 tcp 2130706431 127.0.0.1 %d typ host tcptype passive\r\na=end-of-candidates\r\n", tcp.Addr().(*net.TCPAddr).Port)
	return x
}

// untouched fails if the server sends something to one of them, or dials it.
func (x *traps) untouched() {
	x.t.Helper()
	patience := 500 * time.Millisecond
	for _, c := range x.udp {
		c.SetReadDeadline(time.Now().Add(patience)) // one that is over would let nothing be read at all
		patience = 10 * time.Millisecond
		if n, _, err := c.ReadFrom(make([]byte, 1500)); err == nil {
			x.t.Errorf("the server sent %d bytes to a candidate", n)
		}
	}
	x.tcp.SetDeadline(time.Now().Add(50 * time.Millisecond))
	if c, err := x.tcp.Accept(); err == nil {
		c.Close()
		x.t.Error("the server dialled a candidate")
	}
}

// A candidate in an offer could make the server send to whatever host it names.
func TestCandidatesOfOffersAreIgnored(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	x := newTraps(t)
	s := sample(t, webrtc.RTPTransceiverDirectionSendonly, 1, 1)
	s = strings.Replace(s, "m=video", x.lines+"m=video", 1) + x.lines
	for _, text := range []string{s, strings.ReplaceAll(s, "\r\n", "\n")} {
		if _, _, err := e.Publish(t.Context(), "r", Publisher{Owner: "anna"}, text); err != nil {
			t.Fatal(err)
		}
		if o, err := checkOffer(text, true, maxLines); err != nil || strings.Contains(o.text, "candidate") {
			t.Errorf("candidates are left (%v): %s", err, o.text)
		}
	}
	if _, _, err := e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, strings.ReplaceAll(s, "a=sendonly", "a=recvonly")); err != nil {
		t.Fatal(err)
	}
	x.untouched()
}

// A machine with many networks names dozens of candidates; GStreamer names three for each address. An offer is not refused
// for them: they are cut off before the library sees them, and what is kept is the same as without any.
func TestManyCandidatesLeaveNothing(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	s := sample(t, webrtc.RTPTransceiverDirectionSendonly, 1, 1)
	var lines strings.Builder
	for i := range 500 {
		fmt.Fprintf(&lines, "a=candidate:%d 1 udp 2130706431 192.0.2.%d %d typ host\r\n", i, i%250+1, 1024+i)
	}
	many := strings.Replace(s, "m=video", lines.String()+"m=video", 1) + lines.String()
	without, err := checkOffer(s, true, maxLines)
	if err != nil {
		t.Fatal(err)
	}
	if with, err := checkOffer(many, true, maxLines); err != nil || with.text != without.text {
		t.Errorf("%v: %d bytes are kept, %d without candidates", err, len(with.text), len(without.text))
	}
	id, _, err := e.Publish(t.Context(), "r", Publisher{Owner: "anna"}, many)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.publication("r", id, "anna")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range p.pc.GetStats() {
		if c, ok := x.(webrtc.ICECandidateStats); ok && c.Type == webrtc.StatsTypeRemoteCandidate {
			t.Fatal("the library keeps a candidate of the offer")
		}
	}
	if large := many + strings.Repeat(lines.String(), 2); len(large) <= maxOffer {
		t.Fatalf("%d bytes are not large", len(large))
	} else if _, err := checkOffer(large, true, maxLines); err == nil {
		t.Error("the size of an offer is not limited")
	}
}

// Neither a trickled candidate nor one that comes with a restart leads anywhere.
func TestCandidatesOfPatchesAreIgnored(t *testing.T) {
	t.Parallel()
	e, _, _ := newTestEngine(t)
	x := newTraps(t)
	offer := sample(t, webrtc.RTPTransceiverDirectionSendonly, 1, 1)
	pub, answer, err := e.Publish(t.Context(), "r", Publisher{Owner: "anna"}, offer)
	if err != nil {
		t.Fatal(err)
	}
	view, seen, err := e.Watch(t.Context(), "r", Viewer{Owner: "eve"}, sample(t, webrtc.RTPTransceiverDirectionRecvonly, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	trickle := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" + x.lines
	restart := "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:otherufrag\r\na=ice-pwd:" + strings.Repeat("p", 24) + "\r\n" + x.lines
	if got, err := e.PatchPublication(t.Context(), "r", pub, "anna", []string{ICETag(answer)}, trickle); err != nil || got != "" {
		t.Errorf("trickle: %q, %v", got, err)
	}
	if got, err := e.PatchViewer(t.Context(), "r", view, "eve", []string{ICETag(seen)}, trickle); err != nil || got != "" {
		t.Errorf("trickle of a viewer: %q, %v", got, err)
	}
	if got, err := e.PatchPublication(t.Context(), "r", pub, "anna", []string{AnyICE}, restart); err != nil || got == "" {
		t.Errorf("restart: %q, %v", got, err)
	}
	if got, err := e.PatchViewer(t.Context(), "r", view, "eve", []string{AnyICE}, restart); err != nil || got == "" {
		t.Errorf("restart of a viewer: %q, %v", got, err)
	}
	x.untouched()
}

func TestAnswerNamesTheAddresses(t *testing.T) {
	recv := webrtc.RTPTransceiverDirectionRecvonly
	text := sample(t, recv, 1, 2)
	ask := func(cfg Config) string {
		t.Helper()
		e, _, _ := startEngine(t, cfg, patientTiming())
		_, answer, err := e.Watch(t.Context(), "r", Viewer{}, text)
		if err != nil {
			t.Fatal(err)
		}
		port := fmt.Sprint(e.Addr().Port())
		for line := range strings.SplitSeq(answer, "\r\n") {
			if strings.HasPrefix(line, "a=candidate") && !strings.Contains(line, " "+port+" typ host") {
				t.Errorf("candidate %q is not at port %s", line, port)
			}
		}
		for _, want := range []string{"a=ice-lite", "a=setup:passive", "a=end-of-candidates"} {
			if !strings.Contains(answer, want) {
				t.Errorf("the answer lacks %s", want)
			}
		}
		return answer
	}
	public := []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")}
	if a := ask(Config{Listen: ":0", Advertise: public}); strings.Count(a, "a=candidate") != 2 || !strings.Contains(a, " 203.0.113.7 ") || !strings.Contains(a, " 2001:db8::7 ") {
		t.Errorf("advertised addresses: %s", a)
	}
	a := ask(Config{Listen: ":0"})
	for _, ip := range machineAddrs(true) {
		if ip.Is4() && !strings.Contains(a, " "+ip.String()+" ") {
			t.Errorf("the answer lacks %v", ip)
		}
	}
	if !strings.Contains(a, " 127.0.0.1 ") {
		t.Error("the answer lacks loopback")
	}
}

func FuzzOffer(f *testing.F) {
	f.Add(sample(f, webrtc.RTPTransceiverDirectionSendonly, 1, 1), true)
	f.Add(sample(f, webrtc.RTPTransceiverDirectionRecvonly, 3, 4), false)
	f.Add("v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", true)
	e, err := New(Config{Listen: "127.0.0.1:0"}, &watcher{}, &board{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { e.Close() })
	f.Fuzz(func(t *testing.T, text string, publish bool) {
		var id string
		var err error
		if publish {
			if id, _, err = e.Publish(t.Context(), "r", Publisher{Owner: "o"}, text); err == nil {
				err = e.Unpublish("r", id, "o")
			}
		} else if id, _, err = e.Watch(t.Context(), "r", Viewer{Owner: "o"}, text); err == nil {
			err = e.Unwatch("r", id, "o")
		}
		if _, refused := errors.AsType[*OfferError](err); err != nil && !refused {
			t.Fatal(err)
		}
	})
}
