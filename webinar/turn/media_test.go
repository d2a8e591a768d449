package turn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"plenum/webinar/media"
	"plenum/webinar/sfu"
	"plenum/webinar/turn"
)

// nobody listens.
type nobody struct{}

func (nobody) SourceOpened(string, media.Source, bool) {}
func (nobody) SourceMuted(string, media.Source, bool)  {}
func (nobody) SourceClosed(string, media.Source)       {}
func (nobody) SlotsChanged(string, string, []sfu.Slot) {}
func (nobody) StageChanged(string, []sfu.SourceState)  {}
func (nobody) LayersChanged(_, _ string, _ sfu.Layers) {}
func (nobody) SpeakingChanged(string, []string)        {}
func (nobody) HealthChanged(string, sfu.Health)        {}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func secure(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// trust makes the certificate one that the system trusts, as clients of a relay insist. It must be the first thing in the
// process that asks for those, and works where they come from a file (Unix, but not macOS).
func trust(t *testing.T, c *tls.Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "roots.pem")
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificates[0].Certificate[0]}), 0o600))
	t.Setenv("SSL_CERT_FILE", file)
}

// onlyRelayed is a client that goes through one relay or not at all.
func onlyRelayed(t testing.TB, relay *turn.Server, url string) *webrtc.PeerConnection {
	t.Helper()
	m := &webrtc.MediaEngine{}
	must(t, m.RegisterDefaultCodecs())
	se := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, ScopeLevels: map[string]logging.LogLevel{}}}
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICEMaxBindingRequests(1 << 15) // while the server gets no time; seven are made in less than two seconds
	name, password := relay.Credentials("anna")
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(se), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{url}, Username: name, Credential: password}},
	})
	must(t, err)
	t.Cleanup(func() { must(t, pc.GracefulClose()) })
	return pc
}

func offer(t testing.TB, pc *webrtc.PeerConnection) string {
	t.Helper()
	o, err := pc.CreateOffer(nil)
	must(t, err)
	must(t, pc.SetLocalDescription(o))
	return o.SDP
}

// TestMediaThroughTheRelay has a speaker and a viewer of whom neither reaches the media port, on a server that clients
// know by an address which is none of its own.
func TestMediaThroughTheRelay(t *testing.T) {
	engine, err := sfu.New(sfu.Config{Listen: ":0", Advertise: []netip.Addr{netip.MustParseAddr("203.0.113.7")}}, nobody{}, nobody{})
	must(t, err)
	defer func() { must(t, engine.Close()) }()
	certificate := secure(t)
	trust(t, certificate)
	relay, err := turn.New(turn.Config{Listen: "127.0.0.1:0", TLSListen: "127.0.0.1:0", TLS: certificate, Media: engine.Addr(), Peers: engine.Offered})
	must(t, err)
	defer func() { must(t, relay.Close()) }()
	engine.SetLive("r", true)
	for _, url := range relay.URLs("127.0.0.1") {
		scheme, _, _ := strings.Cut(url, ":")
		t.Run(scheme+" "+url[strings.Index(url, "?")+1:], func(t *testing.T) {
			speaker, viewer := onlyRelayed(t, relay, url), onlyRelayed(t, relay, url)
			track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "a", "s")
			must(t, err)
			_, err = speaker.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			must(t, err)
			_, answer, err := engine.Publish(t.Context(), "r", sfu.Publisher{Owner: "anna"}, offer(t, speaker))
			must(t, err)
			must(t, speaker.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))

			heard := make(chan struct{})
			viewer.OnTrack(func(r *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
				for n := 0; ; n++ {
					if _, _, err := r.ReadRTP(); err != nil {
						return
					}
					if n == 20 {
						close(heard)
					}
				}
			})
			_, err = viewer.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
			must(t, err)
			_, answer, err = engine.Watch(t.Context(), "r", sfu.Viewer{Owner: "eve"}, offer(t, viewer))
			must(t, err)
			must(t, viewer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))

			tick, late := time.NewTicker(20*time.Millisecond), time.After(2*time.Minute)
			defer tick.Stop()
			for n := uint16(0); ; n++ {
				select {
				case <-heard:
					return
				case <-late:
					t.Fatal("nothing is heard")
				case <-tick.C:
					_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte{1, 2, 3}})
				}
			}
		})
	}
}
