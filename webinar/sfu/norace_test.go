//go:build !race

package sfu

const (
	poolLoss = 0
	slowness = 1
)
