package recorder

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"flag"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"plenum/migrations/fresh"
	"plenum/recorder/consent"
	"plenum/recorder/master"
	"plenum/webinar"
	"plenum/webinar/media"
)

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", stories); err != nil { // the command line still has the last word
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// database opens an empty database whose ledger refuses appends while the table fault holds a row that says so: n counts
// down to the one append that fails; -1 fails them all.
func database(t testing.TB) *gorm.DB {
	t.Helper()
	db := fresh.For(t)
	for _, q := range []string{
		`CREATE TABLE fault (down INTEGER)`, `INSERT INTO fault VALUES (0)`,
		`CREATE TRIGGER fault BEFORE INSERT ON consent_chain WHEN (SELECT down FROM fault) BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`,
	} {
		if err := db.Exec(q).Error; err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// testKey is the same in every test.
func testKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }

// source is a source as the SFU would have it.
type source struct {
	track media.Track
	mu    sync.Mutex
	sink  media.Sink
	asked int
	seq   uint16
}

func (s *source) Track() media.Track { return s.track }

func (s *source) Tap(to media.Sink) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sink = to
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sink = nil
	}
}

func (s *source) RequestKeyFrame() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
}

func (s *source) Keep(bool) {}

func (s *source) tapped() media.Sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sink
}

// wanted reports, once, whether a key frame was asked for.
func (s *source) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.asked > 0
	s.asked = 0
	return w
}

// capture makes the packet that is captured now; its payload says when, for the oracle.
func (s *source) capture(now time.Time, key bool) *rtp.Packet {
	s.seq++
	head := map[string][2][]byte{ // of a picture that needs others, and of a key frame
		"video/VP9": {{0x48, 0x86}, {0x08, 0x82}}, "video/AV1": {{0x10, 0x32}, {0x18, 0x0a}},
	}[s.track.MimeType]
	if head[0] == nil {
		head = [2][]byte{{0x10, 0x51}, {0x10, 0x50}}
	}
	kind := 0
	if key {
		kind = 1
	}
	return &rtp.Packet{Header: rtp.Header{SSRC: 7, SequenceNumber: s.seq, Timestamp: s.rtp(now)},
		Payload: binary.BigEndian.AppendUint64(head[kind], uint64(now.UnixNano()))}
}

func (s *source) rtp(now time.Time) uint32 {
	return uint32(now.UnixMicro() * int64(s.track.ClockRate) / 1e6)
}

func (s *source) report(now time.Time) media.SenderReport {
	sec := uint64(now.Unix()+ntpEpoch) << 32
	frac := uint64(now.Nanosecond()) << 32 / uint64(time.Second)
	return media.SenderReport{SSRC: 7, NTP: sec | frac, RTP: s.rtp(now), At: now}
}

// line is one written packet.
type line struct {
	segment  string
	track    media.Track
	captured time.Time
	at       time.Time
}

// paper is the disk of the fake writers.
type paper struct {
	mu    sync.Mutex
	lines []line
	flush bool // seeded bug: what is buffered is flushed on close
	blind bool // seeded bug: the writer does not look at permits
	deaf  bool // seeded bug: the writer writes on after Discard
	late  bool // seeded bug: what a stop should have written is written a little later, asking nobody
	dry   int  // lines that a stop had written
}

func (p *paper) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.lines)
}

// after returns the lines from the n-th on.
func (p *paper) after(n int) []line {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]line(nil), p.lines[n:]...)
}

// scribe is a writer with a jitter buffer of two packets.
type scribe struct {
	p    *paper
	id   string
	mu   sync.Mutex
	buf  []held
	shut bool
	n    int64
}

type held struct {
	permit consent.Permit
	line   line
}

func (s *scribe) Write(permit consent.Permit, t media.Track, pkt *rtp.Packet, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut && !s.p.deaf {
		return
	}
	captured := time.Unix(0, int64(binary.BigEndian.Uint64(pkt.Payload[2:])))
	s.buf = append(s.buf, held{permit, line{segment: s.id, track: t, captured: captured, at: at}})
	if len(s.buf) > 2 {
		s.put()
	}
}

func (s *scribe) put() {
	h := s.buf[0]
	s.buf = s.buf[1:]
	if h.permit.Holds() || s.p.blind {
		h.line.at = time.Now()
		s.n++
		s.p.mu.Lock()
		s.p.lines = append(s.p.lines, h.line)
		s.p.mu.Unlock()
	}
}

// flushed writes without asking for permits.
func (p *paper) flushed(list []held) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range list {
		h.line.at = time.Now()
		p.lines = append(p.lines, h.line)
	}
}

func (s *scribe) Report(media.Track, media.SenderReport) {}

func (s *scribe) Drain(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.p.late {
		left := s.buf
		time.AfterFunc(100*time.Millisecond, func() { s.p.flushed(left) })
		return
	}
	before := s.n
	for len(s.buf) > 0 {
		s.put()
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	s.p.dry += int(s.n - before)
}

func (s *scribe) Discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.p.flush {
		s.p.flushed(s.buf)
	}
	s.buf, s.shut = nil, true
}

func (s *scribe) Seal() (master.Info, error) {
	s.Discard()
	s.mu.Lock()
	defer s.mu.Unlock()
	return master.Info{Path: "/nowhere/" + s.id + ".webm", Empty: s.n == 0, Audio: true, Bytes: s.n, Duration: time.Second}, nil
}

// ear hears what is published.
type ear struct {
	mu     sync.Mutex
	events []webinar.Event
	hear   func(webinar.Event)
}

func (e *ear) Publish(ev webinar.Event) {
	e.mu.Lock()
	e.events = append(e.events, ev)
	hear := e.hear
	e.mu.Unlock()
	if hear != nil {
		hear(ev)
	}
}

// world is a service with everything around it.
type world struct {
	t     testing.TB
	s     *Service
	db    *gorm.DB
	w     webinar.ID
	paper *paper
	shelf *shelf
	ear   *ear
	free  int64
	pulse pulse
	notes *sheet // the journal, which outlives the service
	n     int    // names tracks
}

// sheet is a journal's file in memory.
type sheet struct {
	mu sync.Mutex
	b  []byte
}

func (s *sheet) ReadAt(p []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at >= int64(len(s.b)) {
		return 0, io.EOF
	}
	n := copy(p, s.b[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *sheet) WriteAt(p []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end := int(at) + len(p); end > len(s.b) {
		s.b = append(s.b, make([]byte, end-len(s.b))...)
	}
	return copy(s.b[at:], p), nil
}

func (s *sheet) Sync() error { return nil }

func newWorld(t testing.TB, db *gorm.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, notes: &sheet{}, w: webinar.ID(webinar.NewID()), paper: &paper{}, ear: &ear{}, free: 1 << 40,
		shelf: &shelf{kept: map[string]bool{}, paths: map[string]string{}, erased: map[string]bool{}, notes: map[string]string{}, films: map[string][]byte{}}}
	w.boot()
	return w
}

// boot starts a service on what is in the database. An older one is forgotten as if it had been killed.
func (w *world) boot() {
	w.t.Helper()
	dir := w.t.TempDir()
	s, err := New(context.Background(), Config{DB: w.db, Key: testKey(), Events: w.ear, Archive: w.shelf, Spool: dir,
		DiskFree:  func(string) (int64, error) { return w.free, nil },
		owed:      w.notes,
		newWriter: func(c master.Config) writer { return &scribe{p: w.paper, id: c.ID} },
		repair:    func(path string) (master.Info, error) { return master.Info{}, os.ErrNotExist }})
	if err != nil {
		w.t.Fatal(err)
	}
	w.s, w.shelf.done = s, s.Archived
	w.pulse = pulse{disk: every(diskEvery), retry: every(retryEvery), expire: every(expireEvery), forget: every(forgetEvery)}
}

// die ends the service as a kill would, but for what a dead process cannot do: write on.
func (w *world) die() {
	r := w.s.room(w.w)
	r.mu.Lock()
	x := r.shutting(func(*gate) bool { return true })
	r.mu.Unlock()
	x.shut()
	w.s.bg.Wait()
}

func (w *world) ledgerDown(down bool) {
	w.t.Helper()
	if err := w.db.Exec(`UPDATE fault SET down = ?`, down).Error; err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) seat(name string, role webinar.Role) webinar.Ticket {
	return webinar.Ticket{ID: webinar.TicketID("t-" + name), Webinar: w.w, Subject: webinar.SubjectID("s-" + name), Role: role, Name: name}
}

// open puts a source on stage.
func (w *world) open(who webinar.Ticket, session string, k media.Kind, muted bool) *source {
	w.n++
	s := &source{track: media.Track{ID: webinar.NewID(), Session: session, Owner: string(who.ID), Subject: string(who.Subject), Kind: k,
		MimeType: "audio/opus", ClockRate: 48000, Channels: 2}}
	if k.Video() {
		s.track.MimeType, s.track.ClockRate, s.track.Channels = "video/VP8", 90000, 0
	}
	w.s.SourceOpened(string(w.w), s, muted)
	w.s.drain(context.Background())
	return s
}

func (w *world) answer(rec RecordingID, who webinar.Ticket, act consent.Kind, scopes consent.Scope) error {
	n, err := w.s.Notice(context.Background(), w.w, rec)
	if err != nil {
		return err
	}
	h, _ := n.Hash(webinar.English)
	now := float64(time.Now().UnixMicro()) / 1000
	_, err = w.s.Answer(context.Background(), w.w, rec, who, Answer{Act: act, Scopes: scopes, Hash: h, Lang: webinar.English, ClickMS: now, EpochMS: now, RTTMS: 10})
	return err
}

func (w *world) agree(rec RecordingID, who webinar.Ticket) {
	w.t.Helper()
	for _, act := range []consent.Kind{consent.Shown, consent.Grant} {
		if err := w.answer(rec, who, act, 0); err != nil {
			w.t.Fatalf("%s: %v", act, err)
		}
	}
}

func (w *world) end() {
	w.s.shutdown(context.Background())
}
