//go:build race

package sfu

// poolLoss is what sync.Pool makes anew for a packet under the race detector: it drops one in four, of two allocations.
const poolLoss = 0.6
