package api

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"plenum/recorder"
	"plenum/recorder/archive"
	"plenum/recorder/master"
	"plenum/webinar"
	"plenum/webinar/sfu"
)

// shelf is an archive that leaves the sealed files in the spool.
type shelf struct {
	mu    sync.Mutex
	files map[string]string
	notes map[string][]byte
}

func (a *shelf) Add(_ context.Context, _, key string, info master.Info) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[key] = info.Path
	return nil
}

func (a *shelf) Open(_ context.Context, key string) (io.ReadSeekCloser, int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := os.Open(a.files[key])
	if err != nil {
		return nil, 0, err
	}
	stat, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, stat.Size(), nil
}

func (a *shelf) Erase(_ context.Context, key string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	path, ok := a.files[key]
	if !ok {
		return nil
	}
	delete(a.files, key)
	return os.Remove(path)
}

func (a *shelf) Put(_ context.Context, key string, body []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.notes[key] = body
	return nil
}

func (a *shelf) Look() {}

func (a *shelf) State() archive.State { return archive.State{Health: archive.Ok} }

func newRecorder(t testing.TB, spool string, db *gorm.DB, events webinar.Publisher, plan func(context.Context, webinar.ID) (webinar.Plan, error), log *slog.Logger) *recorder.Service {
	t.Helper()
	r, err := recorder.New(t.Context(), recorder.Config{
		DB: db, Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), Events: events, Archive: &shelf{files: map[string]string{}, notes: map[string][]byte{}}, Spool: spool, Plan: plan, Log: log,
		AnnounceDelay: time.Millisecond, Margin: 250 * time.Millisecond, DiskReserve: 1,
		BeatLimit: time.Hour, // most tests give no signs of life, however long the machine is busy elsewhere
	})
	must(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		must(t, <-done)
	})
	return r
}

func newMedia(t testing.TB, r *recorder.Service, screens sfu.Screens, log *slog.Logger) *sfu.Engine {
	t.Helper()
	e, err := sfu.New(sfu.Config{Listen: "127.0.0.1:0", Log: log}, r, screens)
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	return e
}

func (s *site) endParts(ctx context.Context, id webinar.ID) error {
	err := s.recorder.EndWebinar(ctx, id)
	s.media.CloseRoom(string(id))
	return errors.Join(err, s.polls.CloseAll(ctx, id))
}
