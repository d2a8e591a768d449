//go:build !linux

package bench

import (
	"errors"
	"time"
)

var errSystem = errors.New("the bench runs on Linux only")

func cpuOf(int) (time.Duration, error) { return 0, errSystem }

func rssOf(int) (int64, error) { return 0, errSystem }
