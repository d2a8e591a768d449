package sfu

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"plenum/webinar/media"
)

// publication is a WHIP session: camera and microphone, or a screen and its sound.
type publication struct {
	*session
	subject string
	screen  bool
	rids    []string // of the layers that were offered
	clock   senderClock
	rhythm  rhythm    // of its pictures
	since   time.Time // see media.Track
	quit    chan struct{}
	wg      sync.WaitGroup // readers and loops

	mu       sync.Mutex
	replaced bool // under the engine's lock
	closed   bool
	muted    map[media.Kind]bool
	sources  map[media.Kind]*source
}

// Publish answers a WHIP offer. An earlier publication of the same owner and group ends before it returns. Errors:
// [OfferError], [ErrStageFull], [ErrBusy], [ErrClosed], the context's.
func (e *Engine) Publish(ctx context.Context, room string, p Publisher, text string) (id, answer string, err error) {
	if err := e.enter(); err != nil {
		return "", "", err
	}
	defer e.wg.Done()
	o, err := checkOffer(text, true, maxLines)
	if err != nil {
		return "", "", err
	}
	if err := e.stageFree(room, p.Owner); err != nil {
		return "", "", err
	}
	in := &intake{}
	api, err := e.stack.publisherAPI(in, o.passive)
	if err != nil {
		return "", "", err
	}
	s, err := e.newSession(api, room, p.Owner, o, true)
	if err != nil {
		return "", "", err
	}
	in.stop = s.stop
	pub := &publication{session: s, subject: p.Subject, screen: p.Screen, rids: o.rids, since: time.Now(), quit: make(chan struct{}), muted: map[media.Kind]bool{}, sources: map[media.Kind]*source{}}
	maps.Copy(pub.muted, p.Muted)
	s.cleanup = pub.cleanup
	s.pc.OnTrack(pub.open)
	s.watchState(func() {})
	answer, err = s.negotiate(ctx, o, func() error { return nil })
	if err == nil {
		err = e.addPublication(pub)
	}
	if err != nil {
		s.end()
		return "", "", err
	}
	e.log.Debug("publishing", "room", room, "session", s.id, "screen", p.Screen)
	return s.id, answer, nil
}

// Unpublish ends a publication: once it returns nothing of it is forwarded or tapped and its sources are closed.
func (e *Engine) Unpublish(room, session, owner string) error {
	pub, err := e.publication(room, session, owner)
	if err != nil {
		return err
	}
	pub.end()
	return nil
}

// Mute changes the kinds that it names. Once it returns nothing of what is muted is forwarded or tapped any more.
func (e *Engine) Mute(room, session, owner string, muted map[media.Kind]bool) error {
	pub, err := e.publication(room, session, owner)
	if err != nil {
		return err
	}
	var follow []*source
	pub.mu.Lock()
	for kind, m := range muted {
		pub.muted[kind] = m
		if s := pub.sources[kind]; s != nil {
			follow = append(follow, s)
		}
	}
	pub.mu.Unlock()
	for _, s := range follow {
		s.follow()
	}
	return nil
}

func (p *publication) wantsMuted(kind media.Kind) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.muted[kind]
}

func (p *publication) kindOf(video bool) media.Kind {
	switch {
	case video && p.screen:
		return media.Screen
	case video:
		return media.Camera
	case p.screen:
		return media.ScreenAudio
	default:
		return media.Mic
	}
}

// open begins the source of a track whose first packet has come, or a further layer of one.
func (p *publication) open(t *webrtc.TrackRemote, recv *webrtc.RTPReceiver) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	s := p.sources[p.kindOf(t.Kind() == webrtc.RTPCodecTypeVideo)]
	switch {
	case s == nil:
		if s = p.newSource(t, recv); s == nil {
			return
		}
		p.sources[s.track.Kind] = s
		p.wg.Go(s.run)
	case t.RID() == "" || s.streams >= maxLayers || !strings.EqualFold(s.track.MimeType, t.Codec().MimeType):
		return // one stream of each kind and layer; a further one is never read
	}
	s.streams++
	l := newLayer(s, t.RID(), uint32(t.SSRC()))
	p.wg.Go(func() { readMedia(t, l) })
	p.wg.Go(func() { readReports(recv, l) })
}

func (p *publication) newSource(t *webrtc.TrackRemote, recv *webrtc.RTPReceiver) *source {
	params := t.Codec()
	video := t.Kind() == webrtc.RTPCodecTypeVideo
	c, ok := codecOf(video, params.MimeType)
	if !ok {
		return nil
	}
	s := &source{
		e: p.e, pub: p, codec: c,
		track: media.Track{
			ID: rand.Text(), Session: p.id, Owner: p.owner, Subject: p.subject, Kind: p.kindOf(video),
			MimeType: params.MimeType, ClockRate: params.ClockRate, Channels: params.Channels, Since: p.since,
		},
		in: make(chan arrival, arrivals), sync: make(chan chan struct{}), wake: make(chan struct{}, 1),
		quit: p.quit, done: make(chan struct{}),
	}
	for _, x := range recv.GetParameters().HeaderExtensions {
		if x.URI == audioLevelURI {
			s.level = uint8(x.ID)
		}
	}
	return s
}

// readMedia stamps and passes on what comes, until the connection closes.
func readMedia(t *webrtc.TrackRemote, l *layer) {
	buf := make([]byte, 1600)
	pt := uint8(0) // the first packet's: before it a layer has none, and later the track's own follows what comes
	for {
		n, _, err := t.Read(buf)
		at := time.Now()
		switch {
		case errors.Is(err, webrtc.ErrCodecNotFound), errors.Is(err, io.ErrShortBuffer):
			continue // one packet of a format that was not negotiated, or too large
		case err != nil:
			return
		}
		// A copy of the right size: the packet lives in the cache for seconds.
		pkt := &rtp.Packet{}
		if pkt.Unmarshal(append([]byte(nil), buf[:n]...)) != nil {
			continue
		}
		if pt == 0 {
			pt = pkt.PayloadType
		}
		if pkt.PayloadType != pt {
			continue
		}
		l.src.arrive(arrival{layer: l, at: at, rtp: pkt})
	}
}

func readReports(recv *webrtc.RTPReceiver, l *layer) {
	read := recv.Read
	if l.rid != "" {
		read = func(b []byte) (int, interceptor.Attributes, error) { return recv.ReadSimulcast(b, l.rid) }
	}
	buf := make([]byte, 1600)
	var left ration
	for {
		n, _, err := read(buf)
		at := time.Now()
		if err != nil {
			return
		}
		if !left.allows(at) {
			l.src.e.books.overLimit.Add(1)
			continue
		}
		pkts, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue
		}
		for _, p := range pkts {
			// A datagram holds many; each goes to the recorder.
			if r, ok := p.(*rtcp.SenderReport); ok && left.allows(at) {
				l.src.arrive(arrival{layer: l, at: at, report: r})
			}
		}
	}
}

// cleanup ends the loops first, so that nothing is forwarded while the connection closes.
func (p *publication) cleanup() {
	p.mu.Lock()
	p.closed = true
	sources := maps.Clone(p.sources)
	p.mu.Unlock()
	close(p.quit)
	for _, s := range sources {
		<-s.done
	}
	if err := p.pc.GracefulClose(); err != nil {
		p.e.log.Debug("closing a connection", "session", p.id, "error", err)
	}
	p.wg.Wait()
	p.e.removePublication(p)
}
