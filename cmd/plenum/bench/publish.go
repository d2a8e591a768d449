package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// The shape of the load.
const (
	frameRate   = 30
	packetSize  = 1100 // bytes of payload
	audioSize   = 100
	audioEvery  = 20 * time.Millisecond
	keyEvery    = 2 * frameRate // frames
	keyGap      = frameRate / 2 // between two that were asked for
	keySeconds  = 0.24          // of the bit rate in one key frame: 45 kB of 1,500 kbit/s
	bitsPerByte = 8
)

// publisher sends a camera and a microphone.
type publisher struct {
	pc           *webrtc.PeerConnection
	meter        *meter
	video, audio *webrtc.TrackLocalStaticRTP
	delta, key   int           // bytes of a frame
	next         atomic.Uint64 // number of the next packet
	wantKey      atomic.Bool
	quit         chan struct{}
	wg           sync.WaitGroup
	failed       atomic.Uint64
}

func publish(ctx context.Context, s *server, kbps int, m *meter) (_ *publisher, err error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	media, err := formats()
	if err != nil {
		return nil, err
	}
	chain := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, chain); err != nil {
		return nil, err
	}
	rate := float64(kbps) * 1000 / bitsPerByte
	p := &publisher{meter: m, quit: make(chan struct{}), key: int(rate * keySeconds)}
	p.delta = int((rate*keyEvery/frameRate - float64(p.key)) / (keyEvery - 1))
	if p.pc, err = newPeer(n, chain, media, nil); err != nil {
		return nil, err
	}
	if p.video, err = p.add(webrtc.MimeTypeVP8, 90000); err == nil {
		p.audio, err = p.add(webrtc.MimeTypeOpus, 48000)
	}
	if err == nil {
		err = connect(ctx, s, p.pc, "whip", s.host)
	}
	if err != nil {
		close(p.quit)
		err = errors.Join(err, p.pc.GracefulClose())
		p.wg.Wait()
		return nil, err
	}
	p.wg.Go(func() { p.every(time.Second/frameRate, p.picture()) })
	p.wg.Go(func() { p.every(audioEvery, p.sound()) })
	return p, nil
}

func (p *publisher) add(mime string, clock uint32) (*webrtc.TrackLocalStaticRTP, error) {
	t, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clock}, mime, "bench")
	if err != nil {
		return nil, err
	}
	tr, err := p.pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	p.wg.Go(func() {
		for {
			all, _, err := tr.Sender().ReadRTCP()
			if err != nil {
				return
			}
			for _, x := range all {
				if _, ok := x.(*rtcp.PictureLossIndication); ok {
					p.wantKey.Store(true)
				}
			}
		}
	})
	return t, nil
}

func (p *publisher) every(d time.Duration, send func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			send()
		case <-p.quit:
			return
		}
	}
}

// picture returns what sends one frame.
func (p *publisher) picture() func() {
	buf := make([]byte, packetSize)
	seq, frames, last, left := uint16(0), uint32(0), uint32(0), 0
	return func() {
		frames++
		left += p.delta
		size, flags := max(left/packetSize, 1)*packetSize, byte(0) // full packets; the rest goes to the next frame
		left -= size
		if gone := frames - last; gone >= keyEvery || frames == 1 || gone >= keyGap && p.wantKey.Load() {
			size, flags, last, left = p.key, flagKey, frames, 0
			p.wantKey.Store(false)
		}
		for at := 0; at < size; at += packetSize {
			b := buf[:max(min(packetSize, size-at), stampAt+stampSize)]
			p.meter.stamp(b, at == 0, uint16(frames), p.next.Add(1)-1, flags)
			seq++
			p.write(p.video, &rtp.Packet{Header: rtp.Header{Version: 2, Marker: at+packetSize >= size, SequenceNumber: seq, Timestamp: frames * (90000 / frameRate)}, Payload: b})
		}
	}
}

func (p *publisher) sound() func() {
	buf := make([]byte, audioSize)
	n := uint32(0)
	return func() {
		n++
		p.meter.stamp(buf, true, 0, p.next.Add(1)-1, flagAudio)
		p.write(p.audio, &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: n * 960}, Payload: buf})
	}
}

func (p *publisher) write(t *webrtc.TrackLocalStaticRTP, pkt *rtp.Packet) {
	if t.WriteRTP(pkt) != nil {
		p.failed.Add(1) // shows as not delivered
	}
}

func (p *publisher) close() error {
	close(p.quit)
	err := p.pc.GracefulClose()
	p.wg.Wait()
	return err
}
