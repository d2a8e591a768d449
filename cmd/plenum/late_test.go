package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// lateness is what a machine that is busy elsewhere keeps from a speaker and from the server: what was not sent cannot be
// recorded, and what waited at the server when it was killed had no time to become a file.
type lateness struct {
	mu     sync.Mutex
	begun  time.Time
	sounds int           // that were sent
	heard  time.Time     // when the server last answered a sign of life
	gap    time.Duration // the longest time without one
	since  time.Time     // the server or the disk is asked since then; zero: not now
	slow   time.Duration // how much longer than usual they took to answer, in all
}

const (
	soundEvery = 20 * time.Millisecond
	promptly   = 50 * time.Millisecond // is how soon the server and the disk answer as a rule
	// lapses is how long signs of life may be missing: nothing is recorded of who gives none for 6 s, nor for some time
	// afterwards.
	lapses = 5 * time.Second
)

func newLateness() *lateness { return &lateness{begun: time.Now(), heard: time.Now()} }

func (l *lateness) sent() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sounds++
}

func (l *lateness) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gap = max(l.gap, time.Since(l.heard))
	l.heard = time.Now()
}

// ask looks, every now and then, how long the server takes to answer and the disk to keep a byte.
func (l *lateness) ask(ctx context.Context, t *testing.T, h *house) {
	disk, err := os.CreateTemp(h.dir, "late")
	if err != nil {
		t.Error(err)
		return
	}
	defer disk.Close()
	site := h.host.base
	tick := time.NewTicker(4 * promptly)
	defer tick.Stop()
	for ctx.Err() == nil {
		l.look(time.Now())
		if req, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/healthz", nil); err == nil {
			if res, err := http.DefaultClient.Do(req); err == nil { // it may be dead
				_ = res.Body.Close()
			}
		}
		if _, err := disk.WriteAt([]byte{1}, 0); err != nil || disk.Sync() != nil {
			t.Error("the disk does not keep a byte")
		}
		l.look(time.Time{})
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// look begins to wait for an answer, or has it.
func (l *lateness) look(since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slow += l.waited()
	l.since = since
}

// waited is how much longer than usual the answer takes that is waited for. The lock is held.
func (l *lateness) waited() time.Duration {
	if l.since.IsZero() {
		return 0
	}
	return max(0, time.Since(l.since)-promptly)
}

// sum is how much is missing of a recording because of it. It cannot be told when signs of life were missing for so long
// that nothing was recorded.
func (l *lateness) sum() (missing time.Duration, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	unsent := time.Since(l.begun) - time.Duration(l.sounds)*soundEvery
	return max(0, unsent) + l.slow + l.waited(), max(l.gap, time.Since(l.heard)) < lapses
}

// recorded waits until the newest recording has a file of so many bytes.
func (h *house) recorded(size int64) {
	h.t.Helper()
	h.until("a file with something in it", func(l []recordingDetail) bool {
		for _, s := range l[0].Segments {
			info, err := os.Stat(filepath.Join(h.dir, spoolFolder, s.ID+".webm"))
			if err == nil && s.State == "writing" && info.Size() >= size {
				return true
			}
		}
		return false
	})
}
