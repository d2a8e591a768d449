package sfu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// newRoamer is a client that opens new sockets for each ICE session, as one does whose network has changed.
func newRoamer(t testing.TB, change ...func(*webrtc.SettingEngine, *webrtc.Configuration)) *webrtc.PeerConnection {
	t.Helper()
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	n, err := newLoopNet(true)
	if err != nil {
		t.Fatal(err)
	}
	se := webrtc.SettingEngine{LoggerFactory: quiet()}
	patientClient(&se)
	se.SetNet(n)
	se.SetIncludeLoopbackCandidate(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	cfg := webrtc.Configuration{}
	for _, f := range change {
		f(&se, &cfg)
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(se), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.GracefulClose() })
	return pc
}

// fragmentFor is what a WHIP client sends to restart ICE.
func fragmentFor(offer string) string {
	return fmt.Sprintf("a=ice-options:trickle ice2\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"+
		"a=candidate:1 1 udp 2130706431 192.0.2.7 9 typ host\r\na=end-of-candidates\r\n", valueOf(offer, ufragLine), valueOf(offer, pwdLine))
}

// withICE is the answer that was, for the new ICE session.
func withICE(answer, fragment string) string {
	var candidates []string
	for l := range strings.Lines(fragment) {
		if strings.HasPrefix(l, "a=candidate:") {
			candidates = append(candidates, l)
		}
	}
	var b strings.Builder
	for l := range strings.Lines(answer) {
		switch {
		case strings.HasPrefix(l, ufragLine):
			l = ufragLine + valueOf(fragment, ufragLine) + lineEnds
		case strings.HasPrefix(l, pwdLine):
			l = pwdLine + valueOf(fragment, pwdLine) + lineEnds
		case strings.HasPrefix(l, "a=candidate:"):
			l = ""
		case strings.HasPrefix(l, "a=end-of-candidates"):
			l = strings.Join(candidates, "") + l
		}
		b.WriteString(l)
	}
	return b.String()
}

type patcher func(ctx context.Context, room, session, owner string, match []string, fragment string) (string, error)

// restartICE does what a client does on a new network. The answer is the one that now holds.
func restartICE(t testing.TB, pc *webrtc.PeerConnection, patch patcher, owner, session, answer string) string {
	t.Helper()
	dtls := atomic.Int64{}
	transport := func() *webrtc.DTLSTransport {
		if s := pc.GetSenders(); len(s) > 0 && s[0].Transport() != nil {
			return s[0].Transport()
		}
		return pc.GetReceivers()[0].Transport()
	}()
	transport.OnStateChange(func(webrtc.DTLSTransportState) { dtls.Add(1) })
	before, err := transport.ICETransport().GetSelectedCandidatePair()
	if err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	fragment, err := patch(t.Context(), "r", session, owner, []string{AnyICE}, fragmentFor(offer.SDP))
	if err != nil {
		t.Fatal(err)
	}
	if old := ICETag(answer); ICETag(fragment) == old || ICETag(fragment) == "" {
		t.Fatalf("the ICE session is %q and was %q", ICETag(fragment), old)
	}
	answer = withICE(answer, fragment)
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new pair", func() bool {
		now, err := transport.ICETransport().GetSelectedCandidatePair()
		return err == nil && now != nil && now.Local.Port != before.Local.Port && pc.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
	if dtls.Load() != 0 {
		t.Error("DTLS was made anew")
	}
	return answer
}

func TestICERestartKeepsTheMedia(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := publishFrom(t, e, "r", Publisher{Owner: "anna"}, 'A', newRoamer(t), nil)
	s.pump()
	p := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, newRoamer(t), nil)
	moving := func(what string) {
		t.Helper()
		from := s.sent()
		eventually(t, what, func() bool {
			return newest(p.packets("video0"), true) > from && newest(p.packets("audio0"), false) > from
		})
	}
	moving("media")
	first := fragmentFor(p.pc.LocalDescription().SDP)
	ssrcs := fmt.Sprint(p.ssrc)
	answer := p.answer
	for range 3 {
		answer = restartICE(t, p.pc, e.PatchViewer, "eve", p.session, answer)
		moving("media after the viewer's restart")
	}
	if _, err := e.PatchViewer(t.Context(), "r", p.session, "eve", []string{AnyICE}, first); !errors.Is(err, ErrOtherICE) {
		t.Errorf("a restart that was overtaken: %v", err)
	}
	restartICE(t, s.pc, e.PatchPublication, "anna", s.session, s.answer)
	moving("media after the publisher's restart")
	if got := fmt.Sprint(p.ssrc); got != ssrcs || len(p.pc.GetTransceivers()) != 2 {
		t.Errorf("streams are %s and were %s", got, ssrcs)
	}
	if got := w.list(); slices.ContainsFunc(got, func(x string) bool { return strings.HasPrefix(x, "closed") }) || len(got) != 2 {
		t.Errorf("the recorder was told %v", got)
	}
	if err := e.Mute("r", s.session, "anna", nil); err != nil {
		t.Errorf("the publication: %v", err)
	}
}

func TestPatch(t *testing.T) {
	e, _, _ := newTestEngine(t)
	pc := newRoamer(t)
	p := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, pc, nil)
	tag := ICETag(p.answer)
	current := fragmentFor(pc.LocalDescription().SDP)
	trickle := "a=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.7 9 typ host\r\n"
	other := strings.NewReplacer(valueOf(current, ufragLine), "otherufrag", valueOf(current, pwdLine), strings.Repeat("p", 24)).Replace(current)
	for name, x := range map[string]struct {
		match    []string
		fragment string
		reason   string // part of it
		err      error
		answered bool
	}{
		"trickle":                 {match: []string{"x", tag}, fragment: trickle},
		"trickle, named":          {match: []string{tag}, fragment: current},
		"trickle of another":      {match: []string{"x"}, fragment: trickle, err: ErrOtherICE},
		"restart of another":      {match: []string{"x"}, fragment: other, err: ErrOtherICE},
		"nothing meant":           {fragment: current, err: ErrOtherICE},
		"the restart once more":   {match: []string{AnyICE}, fragment: current, answered: true},
		"empty":                   {match: []string{AnyICE}, reason: "not an SDP fragment"},
		"an offer":                {match: []string{AnyICE}, fragment: pc.LocalDescription().SDP, reason: "not an SDP fragment"},
		"html":                    {match: []string{AnyICE}, fragment: "<html>", reason: "not an SDP fragment"},
		"large":                   {match: []string{AnyICE}, fragment: trickle + strings.Repeat("a=x\r\n", maxFragment/5), reason: "larger than"},
		"no password":             {match: []string{AnyICE}, fragment: "a=ice-ufrag:abcd\r\n", reason: "incomplete"},
		"short password":          {match: []string{AnyICE}, fragment: "a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n", reason: "incomplete"},
		"long password":           {match: []string{AnyICE}, fragment: "a=ice-ufrag:abcd\r\na=ice-pwd:" + strings.Repeat("p", 257) + "\r\n", reason: "incomplete"},
		"no ice-chars":            {match: []string{AnyICE}, fragment: "a=ice-ufrag:ab cd\r\na=ice-pwd:" + strings.Repeat("p", 24) + "\r\n", reason: "incomplete"},
		"two sessions":            {match: []string{AnyICE}, fragment: current + other, reason: "more than one"},
		"one session, said twice": {match: []string{tag}, fragment: current + current},
	} {
		got, err := e.PatchViewer(t.Context(), "r", p.session, "eve", x.match, x.fragment)
		bad, _ := errors.AsType[*FragmentError](err)
		switch {
		case x.err != nil && !errors.Is(err, x.err), x.reason != "" && (bad == nil || !strings.Contains(bad.Reason.String(), x.reason)), x.err == nil && x.reason == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case (got != "") != x.answered, x.answered && ICETag(got) != tag:
			t.Errorf("%s: answered with %q", name, got)
		}
	}
	for _, who := range []struct{ room, session, owner string }{{"x", p.session, "eve"}, {"r", "x", "eve"}, {"r", p.session, "anna"}} {
		if _, err := e.PatchViewer(t.Context(), who.room, who.session, who.owner, []string{AnyICE}, other); !errors.Is(err, ErrNoSession) {
			t.Errorf("%v: %v", who, err)
		}
		if _, err := e.PatchPublication(t.Context(), "r", p.session, "eve", []string{AnyICE}, other); !errors.Is(err, ErrNoSession) {
			t.Errorf("a viewer as a publication: %v", err)
		}
	}
	if pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
		t.Error("what was refused has changed something")
	}
}

// TestRestartThatNobodyFollows ends with the session, as a connection that breaks does.
func TestRestartThatNobodyFollows(t *testing.T) {
	t.Parallel()
	tm := patientTiming()
	tm.disconnected, tm.failed = 6*time.Second, 4*time.Second // of the client, before it restarts, there are signs of life every 2 s
	e, _, _ := startEngine(t, Config{Listen: "127.0.0.1:0"}, tm)
	p := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, newRoamer(t), nil)
	other := "a=ice-ufrag:nobody\r\na=ice-pwd:" + strings.Repeat("p", 24) + "\r\n"
	if _, err := e.PatchViewer(t.Context(), "r", p.session, "eve", []string{AnyICE}, other); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the session", func() bool {
		_, err := e.viewer("r", p.session, "eve")
		return errors.Is(err, ErrNoSession)
	})
}

// TestICERestartKeepsTheLayers has a publisher of three layers on another network: its streams are not negotiated anew.
func TestICERestartKeepsTheLayers(t *testing.T) {
	t.Parallel()
	e, w, _ := newTestEngine(t)
	e.SetLive("r", true)
	s := simulcast(t, e, "r", "anna")
	s.pump()
	p := watchFrom(t, e, "r", Viewer{Owner: "eve"}, 1, 1, newRoamer(t), nil)
	eventually(t, "media", func() bool { return p.count("video0") > 20 })
	offer, err := s.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	fragment, err := e.PatchPublication(t.Context(), "r", s.session, "anna", []string{AnyICE}, fragmentFor(offer.SDP))
	if err != nil {
		t.Fatal(err)
	}
	was := s.pc.CurrentRemoteDescription().SDP
	if err := s.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: withICE(was, fragment)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection", func() bool { return s.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
	n := p.count("video0")
	eventually(t, "media after the restart", func() bool { return p.count("video0") > n+40 })
	if got := w.list(); len(got) != 1 {
		t.Errorf("the recorder was told %v", got)
	}
}
