package bench

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

// The slots that the attendees' page asks for.
const (
	audioSlots = 3
	videoSlots = 4
)

const joinAhead = 8 // viewers that join at a time when nothing else is said

// viewer is a real receiver: ICE, DTLS and SRTP of its own on a socket of its own. It counts in place of playing.
type viewer struct {
	pc    *webrtc.PeerConnection
	asked time.Time     // just before the WHEP request
	first time.Duration // from then to the first packet of a picture
	whole time.Duration // and to the last one of the first whole key frame
	seen  chan struct{} // closed with it
}

type audience struct {
	mu  sync.Mutex
	all []*viewer
}

// joinAll returns when every viewer has a picture.
func joinAll(ctx context.Context, s *stage, count int) (*audience, error) {
	a := &audience{}
	n, err := stdnet.NewNet()
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make(chan struct{}, joinAhead)
	var wg sync.WaitGroup
	for range count {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			if ctx.Err() != nil {
				return
			}
			if err := a.join(ctx, s, n); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return a, context.Cause(ctx)
}

// join takes a seat and returns when it has a picture.
func (a *audience) join(ctx context.Context, s *stage, n *stdnet.Net) error {
	header, err := s.srv.seat(ctx)
	if err != nil {
		return err
	}
	media, err := formats()
	if err != nil {
		return err
	}
	v := &viewer{seen: make(chan struct{})}
	slots := map[uint32]*counter{}
	hark := &ear{trains: s.gro, heard: func(h *rtp.Header, payload []byte, late time.Duration) {
		c := slots[h.SSRC]
		if c == nil {
			c = &counter{viewer: v, meter: s.meter}
			slots[h.SSRC] = c
		}
		c.take(h, payload, late)
	}}
	if v.pc, err = newPeer(n, &interceptor.Registry{}, media, hark); err != nil {
		return err
	}
	a.mu.Lock()
	a.all = append(a.all, v)
	a.mu.Unlock()
	if err := addSlots(v.pc); err != nil {
		return err
	}
	if _, err := connect(ctx, s.srv, v.pc, exchange{face: "whep", header: header, asking: func() { v.asked = time.Now() }}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	select {
	case <-v.seen:
		return nil
	case <-ctx.Done():
		return errors.New("a viewer got no picture")
	}
}

func addSlots(pc *webrtc.PeerConnection) error {
	for i := range audioSlots + videoSlots {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audioSlots {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return err
		}
	}
	return nil
}

// counter takes in what comes of one slot.
type counter struct {
	viewer   *viewer
	meter    *meter
	started  bool
	unbroken bool // every packet of a key frame has come so far
	last     uint16
}

func (c *counter) take(h *rtp.Header, payload []byte, late time.Duration) {
	gap := c.started && h.SequenceNumber != c.last+1
	c.started, c.last = true, h.SequenceNumber
	if flags, ok := c.meter.take(payload, gap, late); ok && flags&flagAudio == 0 && c.viewer.whole == 0 {
		c.watch(flags, payload[0]&0x10 != 0, h.Marker, gap)
	}
}

// watch waits for the first whole key frame.
func (c *counter) watch(flags byte, begins, ends, gap bool) {
	v := c.viewer
	now := time.Since(v.asked)
	if v.first == 0 {
		v.first = now
	}
	c.unbroken = flags&flagKey != 0 && (begins || c.unbroken && !gap)
	if c.unbroken && ends {
		v.whole = now
		close(v.seen)
	}
}

// each asks every viewer that has a picture.
func (a *audience) each(ask func(*viewer) time.Duration) []time.Duration {
	var out []time.Duration
	for _, v := range a.all {
		select {
		case <-v.seen:
			out = append(out, ask(v))
		default:
		}
	}
	return out
}

func (a *audience) close() error {
	errs := make([]error, len(a.all))
	var wg sync.WaitGroup
	for i, v := range a.all {
		wg.Go(func() { errs[i] = v.pc.GracefulClose() })
	}
	wg.Wait()
	return errors.Join(errs...)
}
