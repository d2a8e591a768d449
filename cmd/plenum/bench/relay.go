package bench

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
)

// A poor line: what a viewer at the edge of a mobile network has.
const (
	relayRate  = 200_000 // bit/s towards the viewer
	relayQueue = 24      // datagrams that wait, a second of full ones
	relayLoss  = 0.05    // of each direction
)

// relay stands between one client and the server, on loopback, and is a poor line.
type relay struct {
	front, back *net.UDPConn // to the client, to the server
	client      atomic.Pointer[netip.AddrPort]
	queue       chan []byte
	quit        chan struct{}
	wg          sync.WaitGroup

	passed, lost atomic.Uint64 // bytes to the client, datagrams of both directions
}

// answer takes the place of the server's candidates in an answer, all of which are on loopback, and starts.
func (r *relay) answer(sdp string) (string, error) {
	line := regexp.MustCompile(`a=candidate:(\S+ 1 udp \d+) ([0-9.]+) (\d+) typ host`)
	found := line.FindStringSubmatch(sdp)
	if found == nil {
		return "", errors.New("the answer names no address")
	}
	server, err := netip.ParseAddrPort(net.JoinHostPort(found[2], found[3]))
	if err != nil {
		return "", err
	}
	local := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	if r.front, err = net.ListenUDP("udp4", local); err != nil {
		return "", err
	}
	if r.back, err = net.DialUDP("udp4", local, net.UDPAddrFromAddrPort(server)); err != nil {
		return "", errors.Join(err, r.front.Close())
	}
	r.queue, r.quit = make(chan []byte, relayQueue), make(chan struct{})
	r.wg.Go(r.up)
	r.wg.Go(r.down)
	r.wg.Go(r.pace)
	front := netip.MustParseAddrPort(r.front.LocalAddr().String())
	placed := false
	return regexp.MustCompile(`a=candidate:.*\r\n`).ReplaceAllStringFunc(sdp, func(string) string {
		if placed {
			return ""
		}
		placed = true
		return "a=candidate:" + found[1] + " " + front.Addr().String() + " " + front.String()[len(front.Addr().String())+1:] + " typ host\r\n"
	}), nil
}

// fails reports, for one datagram, that it is lost. The line is the same in every run.
func (r *relay) fails(dice *rand.Rand) bool {
	if dice.Float64() >= relayLoss {
		return false
	}
	r.lost.Add(1)
	return true
}

func (r *relay) up() {
	dice := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // chance of a line, not a secret
	buf := make([]byte, 2048)
	for {
		n, from, err := r.front.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		r.client.Store(&from)
		if !r.fails(dice) {
			_, _ = r.back.Write(buf[:n]) // a line does not tell
		}
	}
}

func (r *relay) down() {
	dice := rand.New(rand.NewPCG(2, 2)) //nolint:gosec // as above
	buf := make([]byte, 2048)
	for {
		n, err := r.back.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || r.fails(dice) { // the server's port may be closed for a moment
			continue
		}
		select {
		case r.queue <- append([]byte(nil), buf[:n]...):
		default:
			r.lost.Add(1)
		}
	}
}

func (r *relay) pace() {
	free := time.Now() // when the line is
	for {
		select {
		case b := <-r.queue:
			if now := time.Now(); free.Before(now) {
				free = now
			}
			free = free.Add(time.Duration(len(b)) * 8 * time.Second / relayRate)
			t := time.NewTimer(time.Until(free))
			select {
			case <-t.C:
			case <-r.quit:
				t.Stop()
				return
			}
			if to := r.client.Load(); to != nil {
				_, _ = r.front.WriteToUDPAddrPort(b, *to)
				r.passed.Add(uint64(len(b)))
			}
		case <-r.quit:
			return
		}
	}
}

// close ends it, if it was started.
func (r *relay) close() error {
	if r.front == nil || r.back == nil {
		return nil
	}
	close(r.quit)
	err := errors.Join(r.front.Close(), r.back.Close())
	r.wg.Wait()
	return err
}
