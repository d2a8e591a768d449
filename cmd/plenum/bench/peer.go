package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// The numbers that browsers give to these formats.
const (
	videoType = 96
	audioType = 111
)

func formats() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBNACK}, {Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"}}
	video := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback}
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: video, PayloadType: videoType}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	audio := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	return m, m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: audio, PayloadType: audioType}, webrtc.RTPCodecTypeAudio)
}

// roomy is the largest receive buffer to be had: a client that shares its cores with the server must not lose what a
// machine of its own would have read in time.
const roomy = 4 << 20

// roomyNet gives it to every socket.
type roomyNet struct{ *stdnet.Net }

// ListenUDP implements [transport.Net].
func (n roomyNet) ListenUDP(network string, at *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, at)
	if err == nil {
		err = c.SetReadBuffer(roomy)
	}
	return c, err
}

// newPeer makes a client on loopback that hears with hark, or else through the library.
func newPeer(n *stdnet.Net, chain *interceptor.Registry, m *webrtc.MediaEngine, hark *ear) (*webrtc.PeerConnection, error) {
	se := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}}}
	se.SetNet(roomyNet{n})
	if hark != nil {
		hark.Net = n
		se.SetNet(hark)
		se.SetDTLSKeyLogWriter(hark)
	}
	if err := se.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil { // as an ear expects of the server
		return nil, err
	}
	se.SetIncludeLoopbackCandidate(true)
	se.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICETimeouts(30*time.Second, time.Minute, 2*time.Second)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(se), webrtc.WithInterceptorRegistry(chain)).NewPeerConnection(webrtc.Configuration{})
}

// exchange is how an offer is made.
type exchange struct {
	face    string // whip or whep
	header  http.Header
	asking  func()              // just before the request, if set
	through func(string) string // changes the answer, if set
}

// connect offers pc to the server and returns when media can flow, with the path of the session.
func connect(ctx context.Context, s *server, pc *webrtc.PeerConnection, x exchange) (session string, err error) {
	connected := make(chan struct{}, 1)
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			select {
			case connected <- struct{}{}:
			default:
			}
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		return "", err
	}
	<-gathered
	if x.asking != nil {
		x.asking()
	}
	body, header, err := s.post(ctx, s.base+"/"+x.face, "application/sdp", []byte(pc.LocalDescription().SDP), x.header)
	if err != nil {
		return "", err
	}
	answer := string(body)
	if x.through != nil {
		answer = x.through(answer)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	select {
	case <-connected:
		return header.Get("Location"), nil
	case <-ctx.Done():
		return "", errors.New("a peer did not connect")
	}
}
