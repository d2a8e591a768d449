package master

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"plenum/recorder/webm"
)

// Info says what a file holds.
type Info struct {
	Path  string
	Empty bool // nothing was written; there is no file
	Audio bool
	Video bool

	Codec         string // of the picture: vp8, vp9 or av1; empty without one
	Width, Height int    // largest, in pixels

	Start    time.Duration // session time at which the file begins
	Duration time.Duration // of the file, which counts from zero
	Bytes    int64
}

func newInfo(path string, st webm.Stats) Info {
	i := Info{Path: path, Audio: st.Has(false), Video: st.Has(true), Duration: st.Duration, Bytes: st.Bytes}
	for _, t := range st.Tracks {
		if t.Codec.Video() {
			i.Codec, i.Width, i.Height = t.Codec.String(), t.Width, t.Height
		}
	}
	for _, t := range st.Tags {
		if t.Name == startTag {
			ms, _ := strconv.ParseInt(t.Value, 10, 64) // ours; 0 is as good as any if not
			i.Start = time.Duration(ms) * time.Millisecond
		}
	}
	return i
}

// Repair finishes the file that a killed process left at path: it cuts a torn tail, writes cues and durations anew
// and makes all durable. A file without one whole cluster is removed, and Info says Empty. On a finished file nothing
// changes. Errors: webm.ErrHeader when the file is not one of ours (it stays), the file system's.
func Repair(path string) (Info, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return Info{Path: path}, fmt.Errorf("master: repair: %w", err)
	}
	defer f.Close()
	size, err := f.Seek(0, 2)
	if err != nil {
		return Info{Path: path}, fmt.Errorf("master: repair: %w", err)
	}
	st, err := webm.Repair(f, size)
	if errors.Is(err, webm.ErrNoCluster) {
		if err := os.Remove(path); err != nil {
			return Info{Path: path}, fmt.Errorf("master: repair: %w", err)
		}
		return Info{Path: path, Empty: true}, syncDir(filepath.Dir(path))
	}
	if err != nil {
		return Info{Path: path}, fmt.Errorf("master: repair: %w", err)
	}
	return newInfo(path, st), nil
}
