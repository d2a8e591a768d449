package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
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
	keyGap      = frameRate / 2 // frames between two key frames that were asked for
	keySeconds  = 0.24          // of the bit rate in one key frame: 45 kB of 1,500 kbit/s
	bitsPerByte = 8
)

// publisher sends a camera and a microphone.
type publisher struct {
	pc     *webrtc.PeerConnection
	meter  *meter
	video  []*layer // lowest first
	audio  *webrtc.TrackLocalStaticRTP
	deaf   bool
	next   atomic.Uint64 // number of the next packet
	quit   chan struct{}
	wg     sync.WaitGroup
	failed atomic.Uint64
}

func publish(ctx context.Context, s *server, o options, m *meter) (_ *publisher, err error) {
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	media, err := formats()
	if err != nil {
		return nil, err
	}
	if o.layers > 1 {
		if err := layerExtensions(media); err != nil {
			return nil, err
		}
	}
	chain := &interceptor.Registry{}
	if err := webrtc.RegisterDefaultInterceptors(media, chain); err != nil {
		return nil, err
	}
	p := &publisher{meter: m, deaf: o.deaf, quit: make(chan struct{})}
	if p.pc, err = newPeer(n, chain, media, nil); err != nil {
		return nil, err
	}
	if err = p.addPicture(o); err == nil {
		err = p.addSound()
	}
	if err == nil {
		_, err = connect(ctx, s, p.pc, exchange{face: "whip", header: s.host})
	}
	if err != nil {
		close(p.quit)
		err = errors.Join(err, p.pc.GracefulClose())
		p.wg.Wait()
		return nil, err
	}
	for _, l := range p.video {
		l.learn()
	}
	p.wg.Go(func() { p.every(time.Second/frameRate, p.pictures) })
	p.wg.Go(func() { p.every(audioEvery, p.sound()) })
	return p, nil
}

func (p *publisher) addSound() (err error) {
	if p.audio, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000}, "audio", "bench"); err != nil {
		return err
	}
	tr, err := p.pc.AddTransceiverFromTrack(p.audio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return err
	}
	p.wg.Go(func() {
		for err := error(nil); err == nil; {
			_, _, err = tr.Sender().ReadRTCP()
		}
	})
	return nil
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

// pictures sends one frame of each layer.
func (p *publisher) pictures() {
	for i, l := range p.video {
		flags := byte(i << layerShift)
		if i < len(p.video)-1 {
			flags |= flagLower
		}
		l.picture(flags)
	}
}

// number gives the packet its own.
func (p *publisher) number(flags byte) uint64 {
	if flags&flagLower != 0 {
		return p.next.Load()
	}
	return p.next.Add(1) - 1
}

func (p *publisher) sound() func() {
	buf := make([]byte, audioSize)
	n := uint32(0)
	return func() {
		n++
		p.meter.stamp(buf, true, 0, p.number(flagAudio), flagAudio)
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
