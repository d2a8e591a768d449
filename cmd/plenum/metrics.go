package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// errNotLoopback keeps the numbers, which ask for no token there, on this machine.
var errNotLoopback = errors.New("only an address of this machine itself, such as 127.0.0.1:9100")

// listenMetrics opens the listener for the numbers; nil: none is wanted.
func (p *parts) listenMetrics() (net.Listener, error) {
	if p.cfg.MetricsListen == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", p.cfg.MetricsListen)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics: %w", err)
	}
	// A name may mean something else than it did when the settings were read.
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("PLENUM_METRICS_LISTEN: %w", errNotLoopback), l.Close())
	}
	p.log.Info("metrics are served", "address", l.Addr().String())
	return l, nil
}

func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

// serveMetrics answers /metrics on l until ctx ends.
func (p *parts) serveMetrics(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.numbers)
	srv := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// setLoopback takes a host:port of this machine itself, or nothing.
func setLoopback(field func(*config) *string) func(*config, string) error {
	return func(c *config, v string) error {
		if v == "" {
			return nil
		}
		if err := setAddr(field)(c, v); err != nil {
			return err
		}
		host, _, err := net.SplitHostPort(v)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("%q: %w", v, errNotLoopback)
		}
		return nil
	}
}
