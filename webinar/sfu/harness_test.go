package sfu

import (
	"flag"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"plenum/webinar/media"
)

// atOnce is how many of the tests that may run beside others do: they wait for media more than they work.
const atOnce = "4"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", atOnce); err != nil { // the command line still has the last word
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what must come: long, since it costs nothing when it comes, and a machine that is
// busy elsewhere may give the test a small part of its time for many seconds.
const patience = 2 * time.Minute

// patientTiming gives nobody up because the machine is busy elsewhere.
func patientTiming() timing {
	tm := defaultTiming()
	tm.disconnected, tm.failed, tm.connect, tm.stranger = time.Hour, time.Hour, time.Hour, time.Hour
	return tm
}

// patientClient has a client go on with its checks while the server gets no time: pion would give a pair up after seven,
// in less than two seconds.
func patientClient(se *webrtc.SettingEngine) {
	se.SetICEMaxBindingRequests(endlessChecks)
	se.SetICETimeouts(5*time.Second, patience, 2*time.Second)
}

const endlessChecks = 1 << 15

// eventually waits for cond.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting: %s", what)
		}
		<-tick.C
	}
}

// board is a Screens that remembers the newest of everything.
type board struct {
	mu     sync.Mutex
	slots  map[string][]Slot
	stage  []SourceState
	layers []string
	talks  [][]string // each change
	lines  []Health   // each change
}

func (b *board) SpeakingChanged(_ string, owners []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.talks = append(b.talks, owners)
}

func (b *board) HealthChanged(_ string, h Health) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, h)
}

func (b *board) SlotsChanged(_, owner string, s []Slot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.slots == nil {
		b.slots = map[string][]Slot{}
	}
	b.slots[owner] = s
}

func (b *board) StageChanged(_ string, s []SourceState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stage = s
}

func (b *board) LayersChanged(_, owner string, l Layers) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.layers = append(b.layers, owner+" "+string(l.Kind)+" "+strings.Join(l.Rids, ","))
}

func (b *board) of(owner string) []Slot {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.slots[owner])
}

func (b *board) sources() []SourceState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.stage)
}

// watcher is an Observer that taps everything and lets tests look into its calls.
type watcher struct {
	mu      sync.Mutex
	events  []string
	taps    map[string]*sink // owner/kind, newest
	sources map[string]media.Source
	during  func(event string, s media.Source) // runs inside the call
}

func (w *watcher) note(event string, s media.Source) {
	w.mu.Lock()
	w.events = append(w.events, event+" "+name(s.Track()))
	during := w.during
	w.mu.Unlock()
	if during != nil {
		during(event, s)
	}
}

func name(t media.Track) string { return t.Owner + "/" + string(t.Kind) }

func (w *watcher) SourceOpened(_ string, s media.Source, muted bool) {
	k := &sink{}
	s.Tap(k)
	w.mu.Lock()
	if w.taps == nil {
		w.taps, w.sources = map[string]*sink{}, map[string]media.Source{}
	}
	w.taps[name(s.Track())], w.sources[name(s.Track())] = k, s
	w.mu.Unlock()
	if muted {
		w.note("opened-muted", s)
	} else {
		w.note("opened", s)
	}
}

func (w *watcher) SourceMuted(_ string, s media.Source, muted bool) {
	if muted {
		w.note("muted", s)
	} else {
		w.note("unmuted", s)
	}
}

func (w *watcher) SourceClosed(_ string, s media.Source) { w.note("closed", s) }

func (w *watcher) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.events)
}

func (w *watcher) tap(who string) *sink {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taps[who]
}

type sink struct {
	packets, reports atomic.Int64
	tag              atomic.Int32 // of the newest picture
	rude             atomic.Int32 // changes of the tag without a key frame
}

func (k *sink) WriteRTP(p *rtp.Packet, _ time.Time) {
	k.packets.Add(1)
	if len(p.Payload) > 6 {
		if now := int32(p.Payload[6]); k.tag.Swap(now) != now && !inspectVP8(p.Payload).key {
			k.rude.Add(1)
		}
	}
}

func (k *sink) WriteReport(media.SenderReport) { k.reports.Add(1) }

func allMuted() map[media.Kind]bool { return map[media.Kind]bool{media.Mic: true, media.Camera: true} }

func newTestEngine(t testing.TB) (*Engine, *watcher, *board) {
	t.Helper()
	return startEngine(t, Config{Listen: "127.0.0.1:0"}, patientTiming())
}

func startEngine(t testing.TB, cfg Config, tm timing) (*Engine, *watcher, *board) {
	t.Helper()
	w, b := &watcher{}, &board{}
	cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	e, err := start(cfg, w, b, tm)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, w, b
}
