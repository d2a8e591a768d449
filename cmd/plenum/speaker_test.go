package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/ivfreader"
	"github.com/pion/webrtc/v4/pkg/media/oggreader"
)

// film is four seconds of real pictures and sound.
type film struct{ pictures, sound [][]byte }

func newFilm(t *testing.T) film { t.Helper(); return filmOf(t, "320x180", "300k", 30) }

// filmOf has a size, a bit rate and so many pictures from one key frame to the next.
func filmOf(t *testing.T, size, rate string, group int) film {
	t.Helper()
	var f film
	made := func(args ...string) io.Reader {
		out, err := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-v", "error", "-f", "lavfi"}, args...)...).Output() //nolint:gosec // fixed words
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(out)
	}
	ivf, _, err := ivfreader.NewWith(made("-i", "testsrc2=size="+size+":rate=30", "-t", "4", "-c:v", "libvpx", "-b:v", rate, "-minrate", rate, "-maxrate", rate, "-g", strconv.Itoa(group), "-deadline", "realtime", "-f", "ivf", "-"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, _, err := ivf.ParseNextFrame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		f.pictures = append(f.pictures, b)
	}
	ogg, _, err := oggreader.NewWith(made("-i", "sine=frequency=440:sample_rate=48000", "-t", "4", "-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-page_duration", "20000", "-f", "ogg", "-"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, head, err := ogg.ParseNextPage()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if head.GranulePosition > 0 {
			f.sound = append(f.sound, b)
		}
	}
	if len(f.pictures) < 100 || len(f.sound) < 150 {
		t.Fatalf("%d pictures, %d sounds", len(f.pictures), len(f.sound))
	}
	return f
}

// onStage shows the film as the speaker, over a real connection, until leave is called.
func (h *house) onStage(speaker script, f film) (leave func()) {
	h.t.Helper()
	se := webrtc.SettingEngine{}
	se.SetIncludeLoopbackCandidate(true)
	se.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICEMaxBindingRequests(1 << 15) // while the server gets no time; seven are made in less than two seconds
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(se)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		h.t.Fatal(err)
	}
	connected := make(chan struct{})
	once := sync.OnceFunc(func() { close(connected) }) // a connection that was away for a moment comes back
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once()
		}
	})
	add := func(mime string, rate uint32) *webrtc.TrackLocalStaticSample {
		track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: rate}, mime[:5], "stage")
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			h.t.Fatal(err)
		}
		return track
	}
	video, audio := add(webrtc.MimeTypeVP8, 90000), add(webrtc.MimeTypeOpus, 48000)
	h.offer(pc, speaker)
	select {
	case <-connected:
	case <-time.After(patience):
		h.t.Fatalf("no connection\n%s", h.logged)
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	late := newLateness()
	h.late = late
	play := func(track *webrtc.TrackLocalStaticSample, list [][]byte, every time.Duration, sent func()) {
		wg.Go(func() {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for i := 0; ctx.Err() == nil; i++ {
				_ = track.WriteSample(media.Sample{Data: list[i%len(list)], Duration: every}) // to a server that may be dead
				sent()
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
			}
		})
	}
	play(video, f.pictures, time.Second/30, func() {})
	play(audio, f.sound, soundEvery, late.sent)
	wg.Go(func() { late.ask(ctx, h.t, h) })
	wg.Go(func() { // signs of life; the server may be dead
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for ctx.Err() == nil {
			if beat(ctx, speaker, h.path) {
				late.answered()
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
		}
	})
	return sync.OnceFunc(func() {
		stop()
		wg.Wait()
		if err := pc.GracefulClose(); err != nil {
			h.t.Error(err)
		}
	})
}

func (h *house) offer(pc *webrtc.PeerConnection, speaker script) {
	h.t.Helper()
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		h.t.Fatal(err)
	}
	<-gathered
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.host.base+h.path+"/whip", bytes.NewReader([]byte(pc.LocalDescription().SDP)))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+speaker.bearer)
	req.Header.Set("Content-Type", "application/sdp")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusCreated {
		h.t.Fatalf("publish: %d %s %v", res.StatusCode, answer, err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		h.t.Fatal(err)
	}
}

func beat(ctx context.Context, speaker script, path string) (answered bool) {
	body := fmt.Sprintf(`{"epoch_ms":%d,"rtt_ms":1}`, time.Now().UnixMilli())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, speaker.base+path+"/beat", strings.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Authorization", "Bearer "+speaker.bearer)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		_ = res.Body.Close()
	}
	return err == nil
}
