// Package webm writes WebM files that survive a crash: VP8, VP9, AV1 and Opus samples go in, bytes come out.
//
// Layout: a fixed region of 4 KiB (EBML head, SeekHead, Info, Tracks, Tags, Void), clusters of known size and at
// most one second, then Cues. The segment's size is unknown until Finalize patches the region. Each cluster is one
// write and one sync, so a kill costs the open cluster only; Repair drops a torn tail and finalises the rest.
// Container: https://www.webmproject.org/docs/container/ and RFC 9559 (Matroska), RFC 8794 (EBML).
package webm

import (
	"errors"
	"io"
	"time"
)

// HeaderSize is the length in bytes of the region that Finalize patches; the first cluster follows it.
const HeaderSize = 4096

// Limits of what one Write and one cluster may hold, in bytes.
const (
	MaxSample  = 4 << 20
	maxCluster = 1 << 20             // a cluster that has reached this is closed
	maxScan    = 2*MaxSample + 1<<16 // a larger cluster was not written by us
)

// MaxClusterTime is the longest span of one cluster.
const MaxClusterTime = time.Second

// Errors of this package; failed writes come back wrapped around the File's own error.
var (
	ErrNoCluster = errors.New("webm: no complete cluster")
	ErrHeader    = errors.New("webm: header cannot be read")
	ErrSample    = errors.New("webm: sample out of range")
	ErrTracks    = errors.New("webm: tracks cannot be declared")
	ErrClosed    = errors.New("webm: writer is closed")
)

// Track declares one track. Width and Height grow with the key frames that are written; Channels is for sound. Of several
// tracks with pictures, which are declared before it is known what comes, one should be written: players show one.
type Track struct {
	Number        uint8 // 1 to 126
	Codec         Codec
	UID           uint64 // not zero; NewWriter draws one if it is
	Width, Height int    // pixels
	Channels      int    // 1 or 2
	private       []byte // what the codec wants to be told first
}

// Tag is a name and a value for the whole file. Tags stand in the header region so that a crash cannot lose them.
type Tag struct{ Name, Value string }

// File is what Writer and Repair need of a file; *os.File is one. WriteAt follows io.WriterAt, Sync returns when the
// bytes are durable.
type File interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
}

// Options of a Writer.
type Options struct {
	Tags []Tag
	// Admit is asked for each track of a cluster immediately before the cluster is written; the samples of a track
	// that it refuses are thrown away. nil admits all.
	Admit func(track uint8) bool
}

// Stats says what a file holds.
type Stats struct {
	Bytes    int64
	Clusters int
	Duration time.Duration // end of the last sample, counted from zero
	Tracks   []Track       // only those with samples
	Tags     []Tag
	Torn     int64 // bytes that Repair cut off
}

// Has tells whether the file holds pictures (video true) or sound.
func (s Stats) Has(video bool) bool {
	for _, t := range s.Tracks {
		if t.Codec.Video() == video {
			return true
		}
	}
	return false
}
