package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
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

// viewer is a real receiver: ICE, DTLS and SRTP of its own on a socket of its own. It counts in place of playing.
type viewer struct {
	pc    *webrtc.PeerConnection
	asked time.Time
	first atomic.Int64  // ns from asked to the first packet of a picture
	seen  chan struct{} // closed with it
	once  sync.Once
}

type audience struct {
	mu  sync.Mutex
	all []*viewer
}

// joinAll returns when every viewer has a picture.
func joinAll(ctx context.Context, s *server, count int, m *meter) (*audience, error) {
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
			if err := a.join(ctx, s, n, m); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return a, context.Cause(ctx)
}

func (a *audience) join(ctx context.Context, s *server, n *stdnet.Net, m *meter) error {
	header, err := s.seat(ctx)
	if err != nil {
		return err
	}
	media, err := formats()
	if err != nil {
		return err
	}
	v := &viewer{seen: make(chan struct{})}
	sink := func(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
		c := &counter{viewer: v, meter: m, closed: make(chan struct{})}
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
	for i := range audioSlots + videoSlots {
		kind := webrtc.RTPCodecTypeAudio
		if i >= audioSlots {
			kind = webrtc.RTPCodecTypeVideo
		}
		if _, err := v.pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
			return err
		}
	}
	v.asked = time.Now()
	if err := connect(ctx, s, v.pc, "whep", header); err != nil {
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

// counter stands in for the receive buffer of one stream, so that packets are counted where they are decrypted.
type counter struct {
	viewer  *viewer
	meter   *meter // nil: not media
	started bool
	last    uint16
	once    sync.Once
	closed  chan struct{}
}

// Write takes one packet.
func (c *counter) Write(b []byte) (int, error) {
	if c.meter == nil || len(b) < 12 {
		return len(b), nil
	}
	seq := binary.BigEndian.Uint16(b[2:])
	gap := c.started && seq != c.last+1
	c.started, c.last = true, seq
	if c.meter.take(b[12:], gap) { // no extensions were negotiated
		c.viewer.once.Do(func() {
			c.viewer.first.Store(int64(time.Since(c.viewer.asked)))
			close(c.viewer.seen)
		})
	}
	return len(b), nil
}

// Read gives nothing: packets are gone once counted.
func (c *counter) Read([]byte) (int, error) { <-c.closed; return 0, io.EOF }

// Close ends Read.
func (c *counter) Close() error { c.once.Do(func() { close(c.closed) }); return nil }

// firstP99 is in milliseconds.
func (a *audience) firstP99() float64 {
	all := make([]int64, 0, len(a.all))
	for _, v := range a.all {
		all = append(all, v.first.Load())
	}
	slices.Sort(all)
	return float64(all[(len(all)-1)*99/100]) / 1e6
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
