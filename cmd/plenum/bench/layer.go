package bench

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// rids are the names that browsers' examples give to layers, lowest first.
func rids() []string { return []string{"q", "h", "f"} }

// share is a layer's part of the bit rate of the best one: a quarter of the pixels each needs a third of it.
func share(layer, layers int) float64 {
	part := 1.0
	for range layers - 1 - layer {
		part /= 3
	}
	return part
}

// layer is one encoding of the picture.
type layer struct {
	p          *publisher
	track      *webrtc.TrackLocalStaticRTP
	sender     *webrtc.RTPSender
	rid        string // empty: the only one
	delta, key int    // bytes of a frame
	every      uint32 // frames between key frames
	wantKey    atomic.Bool
	keys       atomic.Uint64

	midID, ridID uint8 // RTP extensions, 0: none
	mid          string

	buf          []byte
	seq          uint16
	frames, last uint32
	left         int

	mu    sync.Mutex
	asked []time.Time // requests for a key frame
}

// layerExtensions registers what tells layers apart (RFC 8852).
func layerExtensions(m *webrtc.MediaEngine) error {
	for _, uri := range []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
	}
	return nil
}

func (p *publisher) addPicture(o options) error {
	for i := range o.layers {
		rate := float64(o.kbps) * 1000 / bitsPerByte * share(i, o.layers)
		l := &layer{p: p, every: uint32(o.gop * frameRate), key: max(int(rate*keySeconds), stampAt+stampSize), buf: make([]byte, packetSize)}
		l.delta = int((rate*float64(l.every)/frameRate - float64(l.key)) / float64(l.every-1))
		var named []func(*webrtc.TrackLocalStaticRTP)
		if o.layers > 1 {
			l.rid = rids()[i]
			named = append(named, webrtc.WithRTPStreamID(l.rid))
		}
		var err error
		if l.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "bench", named...); err != nil {
			return err
		}
		if i > 0 {
			l.sender = p.video[0].sender
			err = l.sender.AddEncoding(l.track)
		} else {
			var tr *webrtc.RTPTransceiver
			if tr, err = p.pc.AddTransceiverFromTrack(l.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err == nil {
				l.sender = tr.Sender()
			}
		}
		if err != nil {
			return err
		}
		p.video = append(p.video, l)
		p.wg.Go(l.listen)
	}
	return nil
}

// learn reads what was negotiated.
func (l *layer) learn() {
	for _, x := range l.sender.GetParameters().HeaderExtensions {
		switch {
		case l.rid == "":
		case x.URI == sdp.SDESMidURI:
			l.midID = uint8(x.ID)
		case x.URI == sdp.SDESRTPStreamIDURI:
			l.ridID = uint8(x.ID)
		}
	}
	for _, tr := range l.p.pc.GetTransceivers() {
		if tr.Sender() == l.sender {
			l.mid = tr.Mid()
		}
	}
}

// listen notes requests for key frames until the connection closes.
func (l *layer) listen() {
	read := func() ([]rtcp.Packet, interceptor.Attributes, error) { return l.sender.ReadRTCP() }
	if l.rid != "" {
		read = func() ([]rtcp.Packet, interceptor.Attributes, error) { return l.sender.ReadSimulcastRTCP(l.rid) }
	}
	for {
		all, _, err := read()
		if err != nil {
			return
		}
		for _, x := range all {
			switch x.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				l.wantKey.Store(!l.p.deaf)
				l.mu.Lock()
				l.asked = append(l.asked, time.Now())
				l.mu.Unlock()
			}
		}
	}
}

// asking is how often the worst second since then saw a request. A second is a twentieth shorter here, for the
// jitter of the arrivals.
func (l *layer) asking(since time.Time) (worst int) {
	const second = time.Second - time.Second/20
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, from := range l.asked {
		n := 0
		for _, at := range l.asked[i:] {
			if at.Sub(from) < second {
				n++
			}
		}
		if !from.Before(since) {
			worst = max(worst, n)
		}
	}
	return worst
}

// picture sends one frame.
func (l *layer) picture(flags byte) {
	l.frames++
	l.left += l.delta
	size := max(l.left/packetSize, 1) * packetSize // full packets; the rest goes to the next frame
	if l.rid != "" && l.delta < packetSize {
		size = max(l.delta, stampAt+stampSize) // of a low layer every frame is a small packet
	}
	l.left -= size
	if gone := l.frames - l.last; gone >= l.every || l.frames == 1 || gone >= keyGap && l.wantKey.Load() {
		size, flags, l.last, l.left = l.key, flags|flagKey, l.frames, 0
		l.wantKey.Store(false)
		l.keys.Add(1)
	}
	for at := 0; at < size; at += packetSize {
		b := l.buf[:max(min(packetSize, size-at), stampAt+stampSize)]
		l.p.meter.stamp(b, at == 0, uint16(l.frames), l.p.number(flags), flags)
		l.seq++
		pkt := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: at+packetSize >= size, SequenceNumber: l.seq, Timestamp: l.frames * (90000 / frameRate)}, Payload: b}
		if l.ridID != 0 && l.midID != 0 && (pkt.SetExtension(l.midID, []byte(l.mid)) != nil || pkt.SetExtension(l.ridID, []byte(l.rid)) != nil) {
			l.p.failed.Add(1)
		}
		l.p.write(l.track, pkt)
	}
}
