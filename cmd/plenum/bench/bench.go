// Package bench measures the server from outside: it starts one in a process of its own, with a data folder that is
// thrown away, and loads it over the public API. Client and server share the machine, so both need a core.
//
// The figures are those of loopback, where the kernel does the receiver's half of the work in the sender's name. So
// viewers take a train of datagrams as one (UDP_GRO) and cut it themselves: on a network, other machines queue datagrams
// and wake their readers, and a network card cuts trains if it can (ethtool's tx-udp-segmentation). With --gro=false the
// kernel does all that for each datagram while the server sends, which is more than it pays with any card.
package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
)

// ErrUsage is a command line that makes no sense.
var ErrUsage = errors.New("plenum bench fanout|joins|slow --viewers N --seconds S --kbps K [--gop S] [--deaf] [--layers 1|3] [--path gso|sendmmsg|sendto] [--stock] [--gro=false] [--json]")

// options of a run.
type options struct {
	mode                   string
	viewers, seconds, kbps int
	gop                    float64 // seconds between key frames
	deaf                   bool    // the publisher ignores requests for key frames
	layers                 int     // of the picture: 1, or 3 as simulcast
	path                   string
	stock, json            bool
	gro                    bool // viewers get trains whole
}

// Main runs "plenum bench ARGS".
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 1 && args[0] == stockServer {
		return serveStock(ctx, stdout)
	}
	if len(args) > 0 && args[0] == "votes" {
		return votes(ctx, args[1:], stdout, stderr)
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	var r fmt.Stringer
	switch o.mode {
	case "joins":
		r, err = joins(ctx, o, stderr)
	case "slow":
		r, err = slow(ctx, o, stderr)
	default:
		r, err = fanout(ctx, o, stderr)
	}
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(stdout).Encode(r)
	}
	_, err = fmt.Fprintln(stdout, r)
	return err
}

func parse(args []string) (options, error) {
	o := options{}
	if len(args) == 0 {
		return o, ErrUsage
	}
	o.mode = args[0]
	viewers, gop, ok := 100, 2.0, true
	switch o.mode {
	case "fanout":
	case "joins":
		viewers, gop = 300, 10
	case "slow":
		viewers = 50
	default:
		ok = false
	}
	fs := flag.NewFlagSet("bench "+o.mode, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.IntVar(&o.viewers, "viewers", viewers, "")
	fs.IntVar(&o.seconds, "seconds", 10, "")
	fs.IntVar(&o.kbps, "kbps", 1500, "")
	fs.Float64Var(&o.gop, "gop", gop, "")
	fs.BoolVar(&o.deaf, "deaf", false, "")
	fs.IntVar(&o.layers, "layers", 1, "")
	fs.StringVar(&o.path, "path", "auto", "")
	fs.BoolVar(&o.stock, "stock", false, "")
	fs.BoolVar(&o.gro, "gro", runtime.GOOS == "linux", "")
	fs.BoolVar(&o.json, "json", false, "")
	if err := fs.Parse(args[1:]); err != nil {
		return o, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	ok = ok && fs.NArg() == 0 && o.viewers >= 1 && o.viewers <= 2000 && o.seconds >= 1 && o.kbps >= 100 &&
		o.gop >= 0.5 && o.gop <= 60 && (o.layers == 1 || o.layers == len(rids()) && !o.stock) &&
		strings.Contains(" auto gso sendmmsg sendto ", " "+o.path+" ")
	if !ok {
		return o, ErrUsage
	}
	return o, nil
}

const (
	warmUp   = 2 * time.Second        // after the last viewer has a picture
	straggle = 100 * time.Millisecond // after a window nothing more is under way when nothing has come for five times so long
)

// stage is a live webinar on a server of its own with somebody on its stage.
type stage struct {
	srv   *server
	meter *meter
	pub   *publisher
	gro   bool
}

// rehearse starts the server and the publisher and waits until media flows.
func rehearse(ctx context.Context, o options, stderr io.Writer) (*stage, error) {
	srv, err := startServer(ctx, o, stderr)
	if err != nil {
		return nil, err
	}
	s := &stage{srv: srv, meter: newMeter(), gro: o.gro}
	if s.pub, err = publish(ctx, srv, o, s.meter); err != nil {
		return nil, errors.Join(err, srv.stop())
	}
	if err := wait(ctx, time.Second); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *stage) close() error { return errors.Join(s.pub.close(), s.srv.stop()) }

// window measures for d.
func (s *stage) window(ctx context.Context, d time.Duration) (*tally, cost, error) {
	return s.measure(ctx, func() error { return wait(ctx, d) })
}

// measure tells what viewers get of the packets that are sent during something, and what the server spends meanwhile.
func (s *stage) measure(ctx context.Context, something func() error) (*tally, cost, error) {
	t := newTally()
	before, err := s.srv.cpu()
	if err != nil {
		return nil, cost{}, err
	}
	start := time.Now()
	t.from.Store(s.pub.next.Load())
	s.meter.now.Store(t)
	if err := something(); err != nil {
		return nil, cost{}, err
	}
	t.to.Store(s.pub.next.Load())
	took := time.Since(start)
	after, err := s.srv.cpu()
	if err == nil {
		err = s.stragglers(ctx, t)
	}
	return t, cost{cpu: after - before, took: took}, err
}

// stragglers waits until all of a window has come that will. Silence counts only while viewers and server get their time,
// on a machine that is busy elsewhere too.
func (s *stage) stragglers(ctx context.Context, t *tally) error {
	for silent := 0; silent < 5; silent++ {
		before := t.packets.Load()
		if err := s.srv.answers(ctx); err != nil {
			return err
		}
		if err := wait(ctx, straggle); err != nil {
			return err
		}
		if t.packets.Load() != before {
			silent = -1
		}
	}
	return nil
}

// cost is what the server spent.
type cost struct{ cpu, took time.Duration }

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
