package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/transport/v5/packetio"
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
	sink := func(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
		c := &counter{viewer: v, meter: s.meter, closed: make(chan struct{})}
		if kind == packetio.RTCPBufferPacket {
			c.meter = nil
		}
		return c
	}
	if v.pc, err = newPeer(n, &interceptor.Registry{}, media, sink); err != nil {
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

// counter stands in for the receive buffer of one stream, so that packets are counted where they are decrypted. All
// of a viewer are written by one goroutine.
type counter struct {
	viewer   *viewer
	meter    *meter // nil: not media
	started  bool
	unbroken bool // every packet of a key frame has come so far
	last     uint16
	once     sync.Once
	closed   chan struct{}
}

// Write takes one packet.
func (c *counter) Write(b []byte) (int, error) {
	if c.meter == nil || len(b) < 12 {
		return len(b), nil
	}
	seq := binary.BigEndian.Uint16(b[2:])
	gap := c.started && seq != c.last+1
	c.started, c.last = true, seq
	payload := b[12:] // no extensions were negotiated
	if flags, ok := c.meter.take(payload, gap); ok && flags&flagAudio == 0 && c.viewer.whole == 0 {
		c.watch(flags, payload[0]&0x10 != 0, b[1]&0x80 != 0, gap)
	}
	return len(b), nil
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

// Read gives nothing: packets are gone once counted.
func (c *counter) Read([]byte) (int, error) { <-c.closed; return 0, io.EOF }

// Close ends Read.
func (c *counter) Close() error { c.once.Do(func() { close(c.closed) }); return nil }

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
