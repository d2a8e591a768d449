package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"gorm.io/gorm"

	"plenum/cmd/plenum/cores"
	"plenum/cmd/plenum/resident"
	"plenum/migrations"
	"plenum/polls"
	"plenum/recorder"
	"plenum/recorder/archive"
	"plenum/recorder/blob"
	"plenum/webinar"
	"plenum/webinar/live"
	"plenum/webinar/sfu"
	"plenum/webinar/talk"
	"plenum/webinar/turn"
)

// shutdownTime is what open requests get to end; event streams are ended at once.
const shutdownTime = 10 * time.Second

// serve builds every part in order, runs until ctx ends, and stops them in reverse.
func serve(ctx context.Context, cfg *config, stdout, stderr io.Writer) (err error) {
	level := slog.LevelInfo
	if cfg.AccessLog {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))
	settle(log)
	if err := cfg.dataFolder(); err != nil {
		return err
	}
	unlock, err := lockFolder(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	db, err := migrations.Open(ctx, filepath.Join(cfg.Data, databaseFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDatabase(db)) }()

	p := &parts{cfg: cfg, log: log, db: db}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.build(ctx); err != nil {
		return err
	}
	l, err := p.listen()
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Listen, err)
	}
	if err := p.buildSite(l.Addr()); err != nil {
		return errors.Join(err, l.Close())
	}
	ml, err := p.listenMetrics()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := p.welcome(ctx, stdout, l.Addr()); err != nil {
		return errors.Join(err, l.Close(), closeListener(ml))
	}
	settle(log)
	return p.run(ctx, l, ml)
}

// settle gives memory back that is needed no more: what the packages' own starts touched, before anything is opened, and what
// building touched. Between the two a process would hold the sum.
func settle(log *slog.Logger) {
	if err := resident.Settle(); err != nil {
		log.Debug("starting took memory that was not given back", "error", err)
	}
}

// parts is everything that lives as long as the server.
type parts struct {
	cfg *config
	log *slog.Logger
	db  *gorm.DB

	hub       *live.Hub
	accounts  *webinar.Accounts
	webinars  *webinar.Service
	polls     *polls.Service
	pictures  *polls.Pictures
	questions *talk.Questions
	store     blob.Store
	examine   func(context.Context) error // of a store that did not answer at the start; nil: it was examined
	archive   *archive.Archive
	recorder  *recorder.Service
	engine    *sfu.Engine
	numbers   http.Handler
	relay     *turn.Server // nil: none
	site      http.Handler
	full      func() bool // of descriptors
	spare     func(net.Conn) bool

	closers []func() error // in order of building
}

func (p *parts) onClose(f func() error) { p.closers = append(p.closers, f) }

func (p *parts) close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}

// listen opens the web port before anything is printed, so that the printed address works.
func (p *parts) listen() (net.Listener, error) {
	port, err := net.Listen("tcp", p.cfg.Listen)
	if err != nil {
		return nil, err
	}
	l, err := withRoom(port)
	if err != nil {
		return nil, errors.Join(err, port.Close())
	}
	p.full = l.full.Load
	if p.cfg.TLSCert == "" {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(p.cfg.TLSCert, p.cfg.TLSKey)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"},
	}), nil
}

// run serves until ctx ends or a part fails. Ml may be nil.
func (p *parts) run(ctx context.Context, l, ml net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// Requests outlive the signal by shutdownTime; only event streams watch the hub, which ends them at once.
	srv := &http.Server{
		Handler: p.site, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	var wg sync.WaitGroup
	background := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	background("recorder", p.recorder.Run)
	background("archive", p.archive.Run)
	background("retention", p.retention)
	background("cores", func(ctx context.Context) error { cores.Run(ctx); return nil })
	if ml != nil {
		background("metrics", func(ctx context.Context) error { return p.serveMetrics(ctx, ml) })
	}
	wg.Go(func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			cancel(err)
		}
	})
	<-ctx.Done()
	p.hub.Close()
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer done()
	err := srv.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	wg.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// retention erases what is due, at the start and every hour.
func (p *parts) retention(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := errors.Join(p.webinars.Sweep(ctx), p.questions.Sweep(ctx)); err != nil && ctx.Err() == nil {
			p.log.Error("retention sweep", "error", err)
		}
		if err := p.pictures.Sweep(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("sweep of pictures", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
