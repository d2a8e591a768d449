package webm

import (
	"bytes"
	"fmt"
	"time"
)

// Lengths that a last sample is taken to have: Opus in WebRTC is 20 ms, pictures about 30 a second.
const (
	audioSampleMS = 20
	videoSampleMS = 33
)

// entry is one cluster on disk.
type entry struct {
	at    int64 // position in the file
	first int64 // ms of its first sample
	key   int64 // ms of its first key frame of the video track, -1 without
}

// index gathers what finalising needs, from the writer as it writes or from a scan.
type index struct {
	declared []Track
	used     [128]bool
	video    uint8 // number of the first track that a picture came on, 0 before
	clusters []entry
	end      int64 // ms where the last sample ends
}

func newIndex(tracks []Track) index {
	return index{declared: append([]Track(nil), tracks...)}
}

// find returns the declared track with that number or nil.
func (x *index) find(number uint8) *Track {
	for i := range x.declared {
		if x.declared[i].Number == number {
			return &x.declared[i]
		}
	}
	return nil
}

// sample is one block of a cluster.
type sample struct {
	track          uint8
	key            bool
	ms             int64
	start          int64 // ms, timestamp of its cluster; no other has the same
	from, data, to int   // offsets of block, payload and end in the cluster's buffer
}

// add records a cluster whose bytes are on disk at position at.
func (x *index) add(at int64, buf []byte, samples []sample) {
	e := entry{at: at, first: samples[0].ms, key: -1}
	for _, s := range samples {
		x.used[s.track] = true
		t := x.find(s.track)
		length := int64(audioSampleMS)
		if t.Codec.Video() {
			length = videoSampleMS
			x.see(t)
			if s.key {
				t.look(buf[s.data:s.to])
			}
			if s.key && s.track == x.video && e.key < 0 {
				e.key = s.ms
			}
		}
		x.end = max(x.end, s.ms+length)
	}
	x.clusters = append(x.clusters, e)
}

// see notes that a picture came on a track.
func (x *index) see(t *Track) {
	if x.video == 0 && t.Codec.Video() {
		x.video = t.Number
	}
}

// look learns from a key frame what the track's entry must say.
func (t *Track) look(frame []byte) {
	if w, h, ok := t.Codec.size(frame); ok {
		t.Width, t.Height = max(t.Width, w), max(t.Height, h)
	}
	if t.Codec == AV1 && t.private == nil {
		t.private = bytes.Clone(av1C(frame))
	}
}

// tracks are the declared ones that hold samples.
func (x *index) tracks() []Track {
	var list []Track
	for _, t := range x.declared {
		if x.used[t.Number] {
			list = append(list, t)
		}
	}
	return list
}

// cues lists the clusters a player may seek to: those with a key frame, or all of them when there is sound only.
func (x *index) cues(tracks []Track) []byte {
	var list []byte
	for _, e := range x.clusters {
		ms, track := e.key, x.video
		if !x.used[x.video] {
			ms, track = e.first, tracks[0].Number
		}
		if ms < 0 {
			continue
		}
		pos := appendUint(nil, idCueTrack, uint64(track))
		pos = appendUint(pos, idCueCluster, uint64(e.at-segmentAt))
		point := appendUint(nil, idCueTime, uint64(ms))
		list = appendElement(list, idCuePoint, appendElement(point, idCuePositions, pos))
	}
	if list == nil {
		return nil
	}
	return appendElement(nil, idCues, list)
}

func (x *index) stats(bytes int64, tags []Tag) Stats {
	return Stats{Bytes: bytes, Clusters: len(x.clusters), Duration: time.Duration(x.end) * time.Millisecond,
		Tracks: x.tracks(), Tags: tags}
}

// finalise cuts the file at off, appends cues and chapters and patches the header. The header comes last: until it is
// patched, and also while it is torn, the file can be repaired.
func (x *index) finalise(f File, off int64, tags []Tag, list []Chapter) (Stats, error) {
	tracks := x.tracks()
	if len(tracks) == 0 {
		return Stats{}, ErrNoCluster
	}
	st := x.stats(off, tags)
	if err := f.Truncate(off); err != nil { // makes room, too, when the disk is full
		return st, fmt.Errorf("webm: cut: %w", err)
	}
	tail := x.cues(tracks)
	p := patch{duration: x.end}
	if len(tail) > 0 {
		p.cues = uint64(off - segmentAt)
	}
	if places := chapters(list, x.end); len(places) > 0 {
		p.chapters = uint64(off + int64(len(tail)) - segmentAt)
		tail = append(tail, places...)
	}
	p.size = uint64(off + int64(len(tail)) - segmentAt)
	if len(tail) > 0 {
		if _, err := f.WriteAt(tail, off); err != nil {
			return st, fmt.Errorf("webm: write cues: %w", err)
		}
	}
	head, err := front(tracks, tags, p)
	if err != nil {
		return st, err
	}
	if err := f.Sync(); err != nil {
		return st, fmt.Errorf("webm: sync cues: %w", err)
	}
	if _, err := f.WriteAt(head, 0); err != nil {
		return st, fmt.Errorf("webm: patch header: %w", err)
	}
	if err := f.Sync(); err != nil {
		return st, fmt.Errorf("webm: sync header: %w", err)
	}
	st.Bytes = off + int64(len(tail))
	return st, nil
}
