package sfu

import (
	"sync/atomic"
	"time"
)

// heardViewer is what a viewer last reported about its line. It is written where reports are decrypted and read by
// anybody.
type heardViewer struct {
	rtt      atomic.Int64  // ns, 0: not yet known
	estimate atomic.Uint64 // bit/s that it thinks its line carries (REMB), 0: never said
	judged   atomic.Int64  // Unix ms of the estimate
}

// estimateNow is the viewer's own guess in bit/s, 0 if it has made none lately.
func (h *heardViewer) estimateNow(now time.Time) int64 {
	if now.Sub(time.UnixMilli(h.judged.Load())) > reportFresh {
		return 0
	}
	return int64(h.estimate.Load())
}

// heardSlot is what a viewer last reported about one of its streams.
type heardSlot struct {
	at   atomic.Int64  // Unix ms, 0: never
	loss atomic.Uint32 // of 256 (RFC 3550 section 6.4.1)
}

// reportFresh is how long a report says something about now. Browsers send one a second or so for each stream that
// gets packets, audio alone at least every five.
const reportFresh = 10 * time.Second

// lossNow is the part of s's packets that did not arrive lately, from 0 to 1; ok is false when nobody said.
func (s *slot) lossNow(now time.Time) (loss float64, ok bool) {
	at := s.heard.at.Load()
	if at == 0 || now.Sub(time.UnixMilli(at)) > reportFresh {
		return 0, false
	}
	return float64(s.heard.loss.Load()) / 256, true
}
