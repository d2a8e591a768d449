package master

import (
	"strconv"
	"time"

	"plenum/recorder/webm"
)

// startTag says in the file itself where it begins in the session, in ms: after a crash nothing else knows.
const startTag = "PLENUM_START_MS"

// reel turns samples into the clusters of one file. Every sample must hold its rights when it is appended, and again
// when its cluster goes to disk.
type reel struct {
	file webm.File
	mux  *webm.Writer // nil before the first sample
	base time.Duration
	open [3]rights // of what each track has in the clusters that are not written
	torn bool      // a cluster lost its pictures on the way
}

// write appends a sample unless its rights are gone. err is a failed write, after which the reel is at its end.
func (r *reel) write(x sample) (written bool, err error) {
	if !x.rights.hold() {
		return false, nil
	}
	if r.mux == nil {
		if err := r.begin(x.at); err != nil {
			return false, err
		}
	}
	ms, number := (x.at - r.base).Milliseconds(), numberOf(x.codec)
	if r.mux.Due(number, ms, x.key) && !r.mux.Split(number, ms, x.key) {
		if err := r.flush(); err != nil {
			return false, err
		}
		if r.mux == nil {
			return r.write(x)
		}
	}
	if r.torn && x.track == videoTrack {
		if !x.key {
			return false, nil
		}
		r.torn = false
	}
	if !x.rights.hold() {
		return false, nil
	}
	r.open[x.track].addAll(x.rights)
	return true, r.mux.Write(number, ms, x.key, x.data.data...)
}

// numberOf is the number of the codec's track. Every file declares one for each codec, since sound may come before it is
// known how pictures will be coded. Those that stay empty are left out when the file is finished.
func numberOf(c webm.Codec) uint8 { return uint8(c) }

func (r *reel) begin(at time.Duration) error {
	r.base = at.Truncate(time.Millisecond)
	tracks := make([]webm.Track, 0, 4)
	for _, c := range []webm.Codec{webm.VP8, webm.VP9, webm.AV1} {
		tracks = append(tracks, webm.Track{Number: numberOf(c), Codec: c})
	}
	tracks = append(tracks, webm.Track{Number: numberOf(webm.Opus), Codec: webm.Opus, Channels: 2}) // RFC 7587 section 7: always two
	start := strconv.FormatInt(r.base.Milliseconds(), 10)
	mux, err := webm.NewWriter(r.file, tracks, webm.Options{Tags: []webm.Tag{{Name: startTag, Value: start}}, Admit: r.admit})
	r.mux = mux
	return err
}

// admit is asked by the muxer right before a cluster is written.
func (r *reel) admit(number uint8) bool {
	track := videoTrack
	if number == numberOf(webm.Opus) {
		track = audioTrack
	}
	ok := r.open[track].hold()
	if !ok && track == videoTrack {
		r.torn = true
	}
	return ok
}

// flush writes what has been put into clusters, if there is any.
func (r *reel) flush() error {
	if r.mux == nil {
		return nil
	}
	err := r.mux.Flush()
	r.open = [3]rights{}
	if err == nil && r.mux.Stats().Clusters == 0 {
		r.mux = nil // all of it was refused; the file begins with what comes next
	}
	return err
}

// oldest is how long a sample may lie in the open cluster: with the depth before it, what the end of the process costs.
const oldest = webm.MaxClusterTime - 100*time.Millisecond

// age flushes the open cluster if its first sample would be too old by the next call, which comes after wait.
// Everything before session time now has been written.
func (r *reel) age(now, wait time.Duration) error {
	if r.mux == nil {
		return nil
	}
	open, first, _ := r.mux.Pending()
	if !open || now+wait-r.base-time.Duration(first)*time.Millisecond < oldest {
		return nil
	}
	return r.flush()
}

// drop throws away what is not written.
func (r *reel) drop() {
	if r.mux != nil {
		r.mux.Drop()
	}
	r.open = [3]rights{}
}
