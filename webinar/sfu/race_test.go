//go:build race

package sfu

// poolLoss is what sync.Pool makes anew for a packet under the race detector: it drops one in four, of two allocations.
const poolLoss = 0.6

// slowness is what the detector takes for crypto; the longest tests do that much less.
const slowness = 5
