// Package blobtest helps tests that need a real object store: a proxy in front of it that breaks on purpose, and what
// the embedded store leaves behind in a test process.
package blobtest

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Fault is what a Proxy does to the traffic. Byte counts are of what goes to the store, over all connections since Set;
// 0 means never.
type Fault struct {
	Refuse      bool  // close each connection at once
	Unavailable bool  // answer 503 to everything
	CutAt       int64 // close the connection after this byte, and refuse all later ones
	FlipAt      int64 // invert this byte
	StallAt     int64 // stop before this byte: close Stalled, then wait for Resume
	Stalled     chan struct{}
	Resume      chan struct{}
}

// Proxy forwards a unix socket to a store.
type Proxy struct {
	Socket   string
	network  string // of upstream
	upstream string
	listener net.Listener
	all      sync.WaitGroup
	ended    chan struct{}

	mu    sync.Mutex
	fault Fault
	sent  int64
	conns map[net.Conn]bool
}

// NewProxy starts a proxy without faults in front of a store, "unix" or "tcp"; it ends with the test.
func NewProxy(t testing.TB, network, upstream string) *Proxy {
	t.Helper()
	dir, err := os.MkdirTemp("", "px") // short: t.TempDir holds the test's name
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Socket: filepath.Join(dir, "s"), network: network, upstream: upstream, ended: make(chan struct{}), conns: map[net.Conn]bool{}}
	if p.listener, err = net.Listen("unix", p.Socket); err != nil {
		t.Fatal(err)
	}
	p.all.Go(p.accept)
	t.Cleanup(func() {
		p.listener.Close()
		close(p.ended)
		p.Set(Fault{Refuse: true})
		p.all.Wait()
		os.RemoveAll(dir)
	})
	return p
}

// Set changes the fault and drops all connections, so that it holds for the next request.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.sent = f, 0
	p.dropAll()
}

func (p *Proxy) dropAll() {
	for c := range p.conns {
		c.Close()
	}
}

// Sent returns the bytes that went to the store since Set.
func (p *Proxy) Sent() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) serve(c net.Conn) {
	defer c.Close()
	p.mu.Lock()
	f := p.fault
	p.conns[c] = true
	p.mu.Unlock()
	defer p.forget(c)
	switch {
	case f.Refuse:
		return
	case f.Unavailable:
		p.unavailable(c)
		return
	}
	up, err := net.Dial(p.network, p.upstream)
	if err != nil {
		return
	}
	defer up.Close()
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(c, up) // one of them is broken: the other shall see it
		c.Close()
	})
	p.forward(up, c)
	up.Close()
	back.Wait()
}

func (p *Proxy) forget(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) unavailable(c net.Conn) {
	if _, err := c.Read(make([]byte, 64<<10)); err != nil {
		return
	}
	_, _ = io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	_, _ = io.Copy(io.Discard, c) // the rest of the request, or the client gets a reset instead of the answer
}

var errCut = errors.New("cut")

func (p *Proxy) forward(up io.Writer, c io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := c.Read(buf)
		if n > 0 && p.pass(up, buf[:n]) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// pass sends b upstream under the fault of the moment.
func (p *Proxy) pass(up io.Writer, b []byte) error {
	p.mu.Lock()
	f, from := p.fault, p.sent
	p.sent += int64(len(b))
	hit := func(at int64) bool { return at > 0 && from < at && at <= from+int64(len(b)) }
	if hit(f.CutAt) {
		p.fault.Refuse = true
	}
	p.mu.Unlock()
	if hit(f.FlipAt) {
		b[f.FlipAt-from-1] ^= 0xff
	}
	if hit(f.StallAt) {
		close(f.Stalled)
		select {
		case <-f.Resume:
		case <-p.ended:
		}
	}
	if hit(f.CutAt) {
		_, _ = up.Write(b[:f.CutAt-from])
		p.mu.Lock()
		p.dropAll()
		p.mu.Unlock()
		return errCut
	}
	_, err := up.Write(b)
	return err
}
