package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// stock forwards as the library's examples do: one TrackLocalStaticRTP for all, default interceptors, a socket for
// each peer. It is what the server is compared with.
type stock struct {
	net          *stdnet.Net
	video, audio *webrtc.TrackLocalStaticRTP
	wg           sync.WaitGroup

	mu    sync.Mutex
	all   []*webrtc.PeerConnection
	pub   *webrtc.PeerConnection
	ssrc  uint32
	asked time.Time
}

func serveStock(ctx context.Context, stdout io.Writer) (err error) {
	s := &stock{}
	if s.net, err = stdnet.NewNet(); err != nil {
		return err
	}
	if s.video, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "stock"); err != nil {
		return err
	}
	if s.audio, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "stock"); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/webinars/bench/{face}", s.handle)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	wg.Go(func() { err = srv.Serve(l) })
	_, printed := fmt.Fprintf(stdout, "ready: http://%s\n/setup#none\n", l.Addr())
	<-ctx.Done()
	closed := srv.Close()
	wg.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	s.mu.Lock()
	all := s.all
	s.mu.Unlock()
	for _, pc := range all {
		err = errors.Join(err, pc.GracefulClose())
	}
	s.wg.Wait()
	return errors.Join(err, printed, closed)
}

func (s *stock) handle(w http.ResponseWriter, r *http.Request) {
	offer, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	var answer string
	if err == nil {
		answer, err = s.answer(string(offer), r.PathValue("face") == "whip")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer) // a client that has gone needs no answer
}

func (s *stock) answer(offer string, publish bool) (string, error) {
	media, err := formats()
	if err != nil {
		return "", err
	}
	chain := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, chain); err != nil {
		return "", err
	}
	pc, err := newPeer(s.net, chain, media, nil)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	s.all = append(s.all, pc)
	s.mu.Unlock()
	if publish {
		pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { s.forward(pc, t) })
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	if !publish {
		if err := s.addTracks(pc); err != nil {
			return "", err
		}
	}
	desc, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(desc); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

func (s *stock) addTracks(pc *webrtc.PeerConnection) error {
	for _, t := range []*webrtc.TrackLocalStaticRTP{s.audio, s.video} {
		sender, err := pc.AddTrack(t)
		if err != nil {
			return err
		}
		s.wg.Go(func() {
			buf := make([]byte, 1500)
			for {
				if _, _, err := sender.Read(buf); err != nil {
					return
				}
			}
		})
	}
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			s.askKeyFrame()
		}
	})
	return nil
}

func (s *stock) forward(pc *webrtc.PeerConnection, t *webrtc.TrackRemote) {
	out := s.audio
	if strings.EqualFold(t.Codec().MimeType, webrtc.MimeTypeVP8) {
		out = s.video
		s.mu.Lock()
		s.pub, s.ssrc = pc, uint32(t.SSRC())
		s.mu.Unlock()
	}
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		if out.WriteRTP(p) != nil {
			continue // one viewer that left; the others have it
		}
	}
}

// askKeyFrame asks for a picture for a new viewer, twice a second at most.
func (s *stock) askKeyFrame() {
	s.mu.Lock()
	pc, ssrc := s.pub, s.ssrc
	if time.Since(s.asked) < 500*time.Millisecond {
		pc = nil
	} else {
		s.asked = time.Now()
	}
	s.mu.Unlock()
	if pc != nil {
		_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}) // the next one asks again
	}
}
