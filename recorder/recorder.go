// Package recorder decides what is recorded. It keeps the life of each recording, from its announcement to its expiry,
// and puts a gate before every source on stage: between decryption and the first buffer, closed unless the consent
// ledger holds the person's grant, the recording runs, and the packet was captured after both.
package recorder

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"plenum/recorder/aio"
	"plenum/recorder/archive"
	"plenum/recorder/consent"
	"plenum/recorder/ffmpeg"
	"plenum/recorder/journal"
	"plenum/recorder/master"
	"plenum/webinar"
)

// Archive is where sealed segments go: an *archive.Archive.
type Archive interface {
	Add(ctx context.Context, segment, key string, info master.Info) error
	Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
	Put(ctx context.Context, key string, body []byte) error
	Erase(ctx context.Context, key string) error
	State() archive.State
	Look()
}

// Config holds the parts and settings of a Service. Zero settings mean their defaults.
type Config struct {
	DB      *gorm.DB
	Key     ed25519.PrivateKey // signs the ledger and makes receipt links
	Events  webinar.Publisher
	Archive Archive
	Spool   string // folder of growing and sealed files, absolute
	Log     *slog.Logger

	AnnounceDelay time.Duration // from the announcement to the earliest start, default 10 s
	Margin        time.Duration // behind the barrier, default 1 s, floor 250 ms
	BeatLimit     time.Duration // who gives no sign of life for so long is not recorded, default 6 s
	DiskReserve   int64         // bytes that stay free in the spool's file system, default 2 GiB
	Retention     time.Duration // from the end of a recording to its erasure, default 30 days
	Evidence      time.Duration // from its erasure to that of what people answered, default 3 years
	DiskFree      func(folder string) (int64, error)
	Polls         func(ctx context.Context, w webinar.ID) ([]Poll, error)       // those that were opened; nil: none
	Lines         func(ctx context.Context, w webinar.ID) ([]Line, error)       // what was written with a name; nil: none
	Lang          func(ctx context.Context, w webinar.ID) (webinar.Lang, error) // of a webinar; nil: English
	Plan          func(ctx context.Context, w webinar.ID) (webinar.Plan, error) // what its host said beforehand; nil: nothing
	Encode        func(Timeline) ([]byte, error)                                // as it is stored beside the films; nil: it is not
	FFmpeg        *ffmpeg.Tool                                                  // nil: what needs decoding is not made

	newWriter func(master.Config) writer
	repair    func(path string) (master.Info, error)
	owed      journal.File // nil: a file in the spool
}

func (c *Config) defaults() error {
	if c.DB == nil || c.Events == nil || c.Archive == nil {
		return errors.New("the recorder needs a database, a publisher and an archive")
	}
	if len(c.Key) != ed25519.PrivateKeySize {
		return errors.New("the recorder needs a key to sign with")
	}
	if !filepath.IsAbs(c.Spool) {
		return errors.New("the recorder's spool must be an absolute path")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.AnnounceDelay <= 0 {
		c.AnnounceDelay = 10 * time.Second
	}
	if c.Margin <= 0 {
		c.Margin = time.Second
	}
	if c.BeatLimit <= 0 {
		c.BeatLimit = beatLimit
	}
	if c.DiskReserve <= 0 {
		c.DiskReserve = 2 << 30
	}
	if c.Retention <= 0 {
		c.Retention = 30 * 24 * time.Hour
	}
	if c.Evidence <= 0 {
		c.Evidence = 3 * 365 * 24 * time.Hour
	}
	if c.DiskFree == nil {
		c.DiskFree = diskFree
	}
	if c.newWriter == nil {
		c.newWriter = func(m master.Config) writer { return master.New(m) }
	}
	if c.repair == nil {
		c.repair = master.Repair
	}
	return nil
}

// Service records all webinars. It implements media.Observer.
type Service struct {
	c      Config
	rows   *store
	ledger *consent.Ledger
	clock  clock
	kick   chan struct{} // a room has something to do
	bg     sync.WaitGroup
	disk   aio.Syncer // of the spool
	owed   *journal.Journal
	closer io.Closer // of its file; nil: there is none

	kickDerive chan struct{} // a derivative was queued

	mu     sync.Mutex
	rooms  map[webinar.ID]*room
	live   map[string]bool // segments whose files belong to a writer or a sealer
	builds map[RecordingID]*build
	closed bool
}

// New makes a service. What a crash left is mended before it returns: a running recording is paused, spool files are
// repaired and handed to the archive, which must not run yet.
func New(ctx context.Context, c Config) (*Service, error) {
	if err := c.defaults(); err != nil {
		return nil, err
	}
	s := &Service{c: c, rows: &store{db: c.DB}, ledger: consent.NewLedger(c.DB, c.Key), clock: newClock(), kick: make(chan struct{}, 1),
		rooms: map[webinar.ID]*room{}, live: map[string]bool{},
		kickDerive: make(chan struct{}, 1), builds: map[RecordingID]*build{}}
	if err := s.openOwed(); err != nil {
		return nil, fmt.Errorf("recorder: %w", err)
	}
	if err := s.restore(ctx); err != nil {
		return nil, fmt.Errorf("recorder: %w", errors.Join(err, s.closeOwed()))
	}
	return s, nil
}

// Live reports whether a spool file, by its path relative to the spool, still belongs to a writer. The archive asks.
func (s *Service) Live(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))]
}

func (s *Service) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Service) setLive(segment string, live bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if live {
		s.live[segment] = true
	} else {
		delete(s.live, segment)
	}
}

// room returns the room of a webinar, made at need.
func (s *Service) room(w webinar.ID) *room {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[w]
	if r == nil {
		r = newRoom(s, w)
		s.rooms[w] = r
	}
	return r
}

func (s *Service) every() []*room {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*room, 0, len(s.rooms))
	for _, r := range s.rooms {
		out = append(out, r)
	}
	return out
}

func (s *Service) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// The rhythm of Run.
const (
	againEvery  = 200 * time.Millisecond // for what was due and could not be done
	diskEvery   = 10 * time.Second       // the store is looked after as often
	retryEvery  = 10 * time.Second       // for what the ledger or the database did not take
	expireEvery = time.Minute
	forgetEvery = 24 * time.Hour
)

// Run does what time asks for: beats, the strict rule's resume, the disk, the store, retries, expiry of recordings and of evidence. When ctx ends it closes every
// gate, pauses what runs, seals all files and returns nil.
func (s *Service) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var making sync.WaitGroup
	making.Go(func() { s.derive(ctx) })
	defer making.Wait()
	p := pulse{disk: every(diskEvery), retry: every(retryEvery), expire: every(expireEvery), forget: every(forgetEvery)}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-s.kick:
			s.drain(ctx)
		case now := <-timer.C:
			s.beat(ctx, p, now)
		}
		timer.Reset(time.Until(s.due(time.Now())))
	}
	s.shutdown(context.WithoutCancel(ctx))
	return nil
}

// pulse says which of the slower tasks are due.
type pulse struct{ disk, retry, expire, forget func(now time.Time) bool }

func (s *Service) beat(ctx context.Context, p pulse, now time.Time) {
	if p.disk(now) {
		s.watchDisk()
		s.watchStore(now)
	}
	if p.retry(now) {
		s.retry(ctx)
	}
	if p.expire(now) {
		s.expire(ctx)
	}
	if p.forget(now) {
		s.forget(ctx, now.Add(-s.c.Evidence))
	}
	for _, r := range s.every() {
		r.beat(now)
	}
	s.drain(ctx)
}

// due is when the next beat is needed. Whoever brings that nearer calls wake.
func (s *Service) due(now time.Time) time.Time {
	at := now.Add(diskEvery)
	for _, r := range s.every() {
		if next, ok := r.due(); ok && next.Before(at) {
			at = next
		}
	}
	if !at.After(now) {
		return now.Add(againEvery)
	}
	return at
}

func (s *Service) drain(ctx context.Context) {
	for _, r := range s.every() {
		r.drain(ctx)
	}
}

// every returns a question that is answered yes once in each period.
func every(period time.Duration) func(now time.Time) bool {
	var last time.Time
	return func(now time.Time) bool {
		if !last.IsZero() && now.Sub(last) < period {
			return false
		}
		last = now
		return true
	}
}

// shutdown pauses everything and waits until all files are sealed. Sources that open afterwards are not recorded.
func (s *Service) shutdown(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, r := range s.every() {
		r.suspend()
		r.drain(ctx)
	}
	s.bg.Wait()
	if err := s.closeOwed(); err != nil {
		s.c.Log.Error("recorder: the journal was not closed", "error", err)
	}
	if err := s.disk.Close(); err != nil {
		s.c.Log.Warn("recorder: requests to the disk were not given back", "error", err)
	}
}
