package record

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"plenum/cmd/plenum/cores"
	"plenum/cmd/plenum/resident"
	"plenum/migrations"
	"plenum/recorder"
	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/webinar"
)

// studio is a recorder with all that it needs, and one person in front of it.
type studio struct {
	webinar  webinar.ID
	host     webinar.Ticket
	recorder *recorder.Service
	store    *store
	shut     []func() error
	own      float64 // MiB
}

// deaf hears events and forgets them.
type deaf struct{}

func (deaf) Publish(webinar.Event) {}

func newStudio(ctx context.Context, dir string, stderr io.Writer) (s *studio, err error) {
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	s = &studio{webinar: webinar.ID(webinar.NewID())}
	s.host = webinar.Ticket{ID: webinar.TicketID(webinar.NewID()), Webinar: s.webinar, Subject: webinar.SubjectID(webinar.NewID()), Role: webinar.Host, Name: "Ada"}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := resident.Settle(); err != nil { // as in the server, twice
		return s, err
	}
	db, err := migrations.Open(ctx, filepath.Join(dir, "plenum.db"))
	if err != nil {
		return s, err
	}
	conn, err := db.DB()
	if err != nil {
		return s, err
	}
	s.shut = append(s.shut, conn.Close)
	if s.store, err = startStore(ctx, dir, stderr); err != nil {
		return s, err
	}
	s.shut = append(s.shut, s.store.close)
	objects, err := s.store.open(ctx)
	if err != nil {
		return s, err
	}
	s.shut = append(s.shut, func() error { objects.Close(); return nil })
	spool := filepath.Join(dir, "spool")
	if err := os.Mkdir(spool, 0o700); err != nil {
		return s, err
	}
	shelf, err := archive.New(archive.Config{
		Objects: objects, Rows: archive.NewStore(db), Spool: spool, Log: log,
		Done: func(ctx context.Context, r archive.Result) error { return s.recorder.Archived(ctx, r) },
		Live: func(path string) bool { return s.recorder.Live(path) },
	})
	if err != nil {
		return s, err
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return s, err
	}
	s.recorder, err = recorder.New(ctx, recorder.Config{DB: db, Key: key, Events: deaf{}, Archive: shelf, Spool: spool, Log: log, AnnounceDelay: time.Millisecond, DiskReserve: 1 << 20})
	if err != nil {
		return s, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	faults := make(chan error, 2)
	wg.Go(func() { faults <- shelf.Run(run) })
	wg.Go(func() { faults <- s.recorder.Run(run) })
	wg.Go(func() { cores.Run(run) }) // as in the server
	s.shut = append(s.shut, func() error {
		stop()
		wg.Wait()
		return errors.Join(<-faults, <-faults)
	})
	if err := resident.Settle(); err != nil { // as in the server
		return s, err
	}
	return s, s.settle(ctx)
}

// settle waits until the thread that builds programs gives way, so that what it spends is told apart from then on. Where it
// cannot, because the process has the least priority already, all is counted together.
func (s *studio) settle(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); cpuAside() == 0 && time.Since(begun) < time.Second; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// close ends the parts, the last first.
func (s *studio) close() (err error) {
	for i := range s.shut {
		err = errors.Join(err, s.shut[len(s.shut)-1-i]())
	}
	s.shut = nil
	return err
}

// begin announces, has the person agree, and starts.
func (s *studio) begin(ctx context.Context) (recorder.Recording, error) {
	rec, err := s.recorder.Announce(ctx, s.webinar, s.host.Subject, true, "")
	if err != nil {
		return rec, err
	}
	notice, err := s.recorder.Notice(ctx, s.webinar, rec.ID)
	if err != nil {
		return rec, err
	}
	hash, _ := notice.Hash(webinar.English)
	for _, act := range []consent.Kind{consent.Shown, consent.Grant} {
		now := float64(time.Now().UnixMicro()) / 1000
		a := recorder.Answer{Act: act, Hash: hash, Lang: webinar.English, ClickMS: now, EpochMS: now, RTTMS: 1}
		if _, err := s.recorder.Answer(ctx, s.webinar, rec.ID, s.host, a); err != nil {
			return rec, err
		}
	}
	return s.recorder.Start(ctx, s.webinar, rec.ID, s.host.Subject)
}
