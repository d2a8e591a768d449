package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// TestPlayersGetAFewSecondsAtOnce reads a film as fast as it comes: the first part is there at once, the rest in its time.
func TestPlayersGetAFewSecondsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := bytes.Repeat([]byte("film"), (playAtOnce+3*playPace)/4)
		film := newPlaying(t.Context(), bytes.NewReader(whole))
		begun := time.Now()
		got := make([]byte, playAtOnce)
		if _, err := io.ReadFull(film, got); err != nil || time.Since(begun) != 0 {
			t.Fatalf("the first %d bytes after %v: %v", playAtOnce, time.Since(begun), err)
		}
		rest, err := io.ReadAll(film)
		if err != nil || !bytes.Equal(append(got, rest...), whole) {
			t.Fatalf("%d of %d bytes: %v", len(got)+len(rest), len(whole), err)
		}
		if took := time.Since(begun).Round(time.Second); took != 3*time.Second {
			t.Errorf("the rest took %v", took)
		}
	})
}

// TestPlayersThatGoAreLetGo ends the request while its next part waits.
func TestPlayersThatGoAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, gone := context.WithTimeout(t.Context(), time.Second)
		defer gone()
		film := newPlaying(ctx, bytes.NewReader(make([]byte, playAtOnce+10*playPace)))
		n, err := io.Copy(io.Discard, struct{ io.Reader }{film})
		if err == nil || n > playAtOnce+2*playPace {
			t.Errorf("%d bytes, %v", n, err)
		}
		if errors.Is(err, io.EOF) {
			t.Error("a film that was broken off looks whole")
		}
	})
}
