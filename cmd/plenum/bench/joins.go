package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v5/stdnet"
)

// Joins is what a run of many joins measured.
type Joins struct {
	Joins     int     `json:"joins"`
	Failed    int     `json:"failed"`
	Seconds   float64 `json:"seconds"` // that the joins were spread over
	GOP       float64 `json:"gop_s"`
	Deaf      bool    `json:"deaf"`
	FirstP50  float64 `json:"first_ms_p50"` // from the WHEP request to the last packet of the first whole picture
	FirstP99  float64 `json:"first_ms_p99"`
	PacketP50 float64 `json:"first_packet_ms_p50"` // and to the first packet of any picture
	PacketP99 float64 `json:"first_packet_ms_p99"`
	PLIsMax   int     `json:"plis_per_s_max"` // that reach the publisher, of the layer that is asked most
	KeyFrames uint64  `json:"keyframes"`      // that the publisher sent meanwhile
	CPU       float64 `json:"cpu_ms_per_join"`
	PacketCPU float64 `json:"cpu_us_per_packet"` // afterwards
	Gaps      uint64  `json:"gaps"`
	Path      string  `json:"path"`
	GRO       bool    `json:"gro"` // see Result
}

func (r Joins) String() string {
	return fmt.Sprintf("%d joins in %.1f s, %d failed; key frames every %.1f s, deaf: %v\n"+
		"first picture %.0f ms (median), %.0f ms (p99); its first packet %.0f and %.0f ms\n"+
		"at most %d requests for a key frame a second, %d key frames; %.1f ms of CPU a join",
		r.Joins, r.Seconds, r.Failed, r.GOP, r.Deaf, r.FirstP50, r.FirstP99, r.PacketP50, r.PacketP99, r.PLIsMax, r.KeyFrames, r.CPU)
}

func joins(ctx context.Context, o options, stderr io.Writer) (r Joins, err error) {
	s, err := rehearse(ctx, o, stderr)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	before, start := s.pub.keyFrames(), time.Now()
	var all *audience
	var failed int
	t, spent, err := s.measure(ctx, func() error {
		all, failed, err = s.crowd(ctx, o, stderr)
		return err
	})
	if all != nil {
		defer func() { err = errors.Join(err, all.close()) }()
	}
	if err != nil {
		return r, err
	}
	keys, asked := s.pub.keyFrames()-before, s.pub.asking(start)
	// What forwarding costs is known only with all of them there; a packet is dearer while they are few.
	after, calm, err := s.window(ctx, 3*time.Second)
	if err != nil {
		return r, err
	}
	packet := float64(calm.cpu.Microseconds()) / float64(max(after.packets.Load(), 1))
	first := all.each(func(v *viewer) time.Duration { return v.first })
	whole := all.each(func(v *viewer) time.Duration { return v.whole })
	return Joins{
		Joins: o.viewers, Failed: failed, Seconds: float64(o.seconds), GOP: o.gop, Deaf: o.deaf,
		FirstP50: quantile(whole, 0.5), FirstP99: quantile(whole, 0.99), PacketP50: quantile(first, 0.5), PacketP99: quantile(first, 0.99),
		PLIsMax: asked, KeyFrames: keys, PacketCPU: packet, Gaps: t.gaps.Load(), Path: s.srv.path(), GRO: o.gro,
		CPU: (float64(spent.cpu.Microseconds()) - packet*float64(t.packets.Load())) / 1000 / float64(o.viewers),
	}, nil
}

// crowd lets viewers come evenly over the time and returns when each has a picture or has given up.
func (s *stage) crowd(ctx context.Context, o options, stderr io.Writer) (*audience, int, error) {
	a := &audience{}
	n, err := stdnet.NewNet()
	if err != nil {
		return a, 0, err
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	var failed atomic.Int64
	start, span := time.Now(), time.Duration(o.seconds)*time.Second
	for i := range o.viewers {
		if err := wait(ctx, time.Until(start.Add(span*time.Duration(i)/time.Duration(o.viewers)))); err != nil {
			return a, 0, err
		}
		wg.Go(func() {
			if err := a.join(ctx, s, n); err != nil && failed.Add(1) == 1 {
				fmt.Fprintln(stderr, "a join failed:", err)
			}
		})
	}
	wg.Wait()
	return a, int(failed.Load()), ctx.Err()
}

// keyFrames counts those of all layers.
func (p *publisher) keyFrames() (n uint64) {
	for _, l := range p.video {
		n += l.keys.Load()
	}
	return n
}

// asking is the most requests for a key frame that a layer saw in a second.
func (p *publisher) asking(since time.Time) (worst int) {
	for _, l := range p.video {
		worst = max(worst, l.asking(since))
	}
	return worst
}
