package bench

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// slowViewer is a receiver behind a relay that does what a browser does there: it asks for lost packets, reports its
// losses, says what rate it takes (REMB) and asks for a key frame when a picture is broken.
type slowViewer struct {
	srv     *server
	pc      *webrtc.PeerConnection
	line    *relay
	session string
	header  http.Header
	sounds  atomic.Uint64 // packets
	quit    chan struct{}
	wg      sync.WaitGroup

	mu      sync.Mutex
	streams []*stream
	rate    float64 // bit/s, the estimate; 0: none yet
}

// stream is what came in one slot since the last report.
type stream struct {
	ssrc        uint32
	video       bool
	bytes, got  int
	first, last uint16
	started     bool
}

func joinSlowly(ctx context.Context, s *server, n *stdnet.Net) (_ *slowViewer, err error) {
	v := &slowViewer{srv: s, line: &relay{}, quit: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, v.close())
		}
	}()
	if v.header, err = s.seat(ctx); err != nil {
		return nil, err
	}
	media, err := formats()
	if err != nil {
		return nil, err
	}
	rtx := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96"}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: rtx, PayloadType: videoType + 1}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	chain := &interceptor.Registry{}
	lost, err := nack.NewGeneratorInterceptor()
	if err != nil {
		return nil, err
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, err
	}
	chain.Add(lost)
	chain.Add(reports)
	if v.pc, err = newPeer(n, chain, media, nil); err != nil {
		return nil, err
	}
	v.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { v.wg.Go(func() { v.receive(t) }) })
	if err := addSlots(v.pc); err != nil {
		return nil, err
	}
	var wrong error
	through := func(answer string) (out string) { out, wrong = v.line.answer(answer); return out }
	v.session, err = connect(ctx, s, v.pc, exchange{face: "whep", header: v.header, through: through})
	if err != nil || wrong != nil {
		return nil, errors.Join(err, wrong)
	}
	v.wg.Go(v.feedback)
	return v, nil
}

func (v *slowViewer) receive(t *webrtc.TrackRemote) {
	s := &stream{ssrc: uint32(t.SSRC()), video: t.Kind() == webrtc.RTPCodecTypeVideo}
	v.mu.Lock()
	v.streams = append(v.streams, s)
	v.mu.Unlock()
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		if !s.video {
			v.sounds.Add(1)
		}
		v.mu.Lock()
		if !s.started {
			s.started, s.first, s.last = true, p.SequenceNumber, p.SequenceNumber-1
		}
		if int16(p.SequenceNumber-s.last) > 0 {
			s.last = p.SequenceNumber
		}
		s.bytes += len(p.Payload)
		s.got++
		v.mu.Unlock()
	}
}

func (v *slowViewer) feedback() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if out := v.wishes(); len(out) > 0 {
				_ = v.pc.WriteRTCP(out) // a poor line may also be a broken one
			}
		case <-v.quit:
			return
		}
	}
}

// wishes looks at the last second. The estimate is as crude as it can be: what came, when much is lost, else a little
// more than before.
func (v *slowViewer) wishes() (out []rtcp.Packet) {
	v.mu.Lock()
	defer v.mu.Unlock()
	bytes, got, want := 0, 0, 0
	remb := &rtcp.ReceiverEstimatedMaximumBitrate{}
	for _, s := range v.streams {
		missing := 0
		if s.started {
			missing = max(int(int16(s.last-s.first))+1-s.got, 0)
		}
		if s.video && missing > 0 {
			out = append(out, &rtcp.PictureLossIndication{MediaSSRC: s.ssrc})
		}
		bytes, got, want = bytes+s.bytes, got+s.got, want+s.got+missing
		remb.SSRCs = append(remb.SSRCs, s.ssrc)
		s.bytes, s.got, s.first = 0, 0, s.last+1
	}
	switch now := float64(bytes) * bitsPerByte; {
	case want == 0:
		return out
	case v.rate == 0, float64(want-got) > 0.1*float64(want):
		v.rate = now * 0.9
	case float64(want-got) < 0.02*float64(want):
		v.rate *= 1.08
	}
	remb.Bitrate = float32(v.rate)
	return append(out, remb)
}

// leave ends the session at the server, which might not hear of it otherwise.
func (v *slowViewer) leave(ctx context.Context) error {
	err := v.srv.leave(ctx, v.session, v.header)
	return errors.Join(err, v.close())
}

func (v *slowViewer) close() (err error) {
	close(v.quit)
	if v.pc != nil {
		err = v.pc.GracefulClose()
	}
	v.wg.Wait()
	return errors.Join(err, v.line.close())
}
