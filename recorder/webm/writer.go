package webm

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
)

// The room kept before the blocks: cluster id and eight byte size, then the timestamp element, eight bytes wide.
const (
	clusterSize = 4 + 8
	clusterHead = clusterSize + 2 + 8
)

// Writer puts samples into clusters and clusters into a File. It is for one goroutine. After a failed write every
// call returns that error, but Finalize still finishes what had been written.
type Writer struct {
	f    File
	opt  Options
	x    index
	off  int64 // end of what is durable, 0 before the first cluster
	err  error
	done bool

	buf     []byte // the clusters that are not written yet: of each clusterHead bytes of room, then its blocks
	samples []sample
	start   int64 // ms, timestamp of the open cluster
	last    int64 // ms, newest sample
	prev    [128]int64
}

// NewWriter checks the tracks and writes nothing: the header goes out with the first cluster.
// Errors: ErrTracks.
func NewWriter(f File, tracks []Track, opt Options) (*Writer, error) {
	tracks = append([]Track(nil), tracks...)
	for i := range tracks {
		if tracks[i].UID == 0 {
			tracks[i].UID = newUID()
		}
	}
	if err := checkTracks(tracks); err != nil {
		return nil, err
	}
	if _, err := identity(tracks, opt.Tags); err != nil {
		return nil, err
	}
	w := &Writer{f: f, opt: opt, x: newIndex(tracks)}
	for i := range w.prev {
		w.prev[i] = -1
	}
	return w, nil
}

func newUID() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails, by its contract
	return binary.BigEndian.Uint64(b[:]) | 1
}

// Write appends one sample of a track at ms, counted from the file's start; key marks a picture that needs no other
// (for sound it is ignored). Samples are expected in order of time: one that comes too late is moved behind the
// last, because a player needs order more than it needs those milliseconds. Its data may come in pieces, and is copied.
// Errors: ErrSample, ErrClosed, and the File's from the cluster that had to be closed first.
func (w *Writer) Write(track uint8, ms int64, key bool, data ...[]byte) error {
	t, size := w.x.find(track), 0
	for _, piece := range data {
		size += len(piece)
	}
	if t == nil || ms < 0 || ms > 1<<40 || size == 0 || size > MaxSample {
		return fmt.Errorf("%w: track %d, %d ms, %d bytes", ErrSample, track, ms, size)
	}
	if w.done {
		return ErrClosed
	}
	key = key || !t.Codec.Video()
	ms = max(ms, w.last, w.prev[track]+1)
	if w.Due(track, ms, key) {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if w.err != nil {
		return w.err
	}
	if len(w.samples) == 0 {
		w.begin(ms)
	}
	from := len(w.buf)
	w.buf = appendSize(append(w.buf, idSimpleBlock), uint64(size+4))
	flags := byte(0)
	if key {
		flags = 0x80
	}
	delta := uint16(ms - w.start)
	w.buf = append(w.buf, 0x80|track, byte(delta>>8), byte(delta), flags)
	at := len(w.buf)
	for _, piece := range data {
		w.buf = append(w.buf, piece...)
	}
	w.samples = append(w.samples, sample{track: track, key: key, ms: ms, start: w.start, from: from, data: at, to: len(w.buf)})
	w.last, w.prev[track] = ms, ms
	return nil
}

// begin makes room for the head of a cluster that starts at ms, behind the last sample: a cluster that got none is none.
func (w *Writer) begin(ms int64) {
	w.start = ms
	w.buf = append(w.buf[:w.end()], make([]byte, clusterHead)...)
}

// end of the last sample that is not written.
func (w *Writer) end() int {
	if n := len(w.samples); n > 0 {
		return w.samples[n-1].to
	}
	return 0
}

// Split ends the open cluster where a key frame at ms begins the next, and leaves both to be written at once. It reports
// false, and does nothing, when the sample begins no cluster or what is not written should be.
func (w *Writer) Split(track uint8, ms int64, key bool) bool {
	if !w.atKey(track, ms, key) || ms <= w.last || ms-w.samples[0].start >= MaxClusterTime.Milliseconds() || len(w.buf) >= maxCluster {
		return false
	}
	w.begin(ms)
	return true
}

func (w *Writer) atKey(track uint8, ms int64, key bool) bool {
	return len(w.samples) > 0 && key && ms > w.start && w.pictures(track)
}

// Due says whether a sample begins a new cluster, so that Write would flush the open one first.
func (w *Writer) Due(track uint8, ms int64, key bool) bool {
	if len(w.samples) == 0 {
		return false
	}
	return w.atKey(track, ms, key) || ms-w.start >= MaxClusterTime.Milliseconds() || len(w.buf) >= maxCluster
}

// pictures reports whether a track is declared for pictures.
func (w *Writer) pictures(track uint8) bool {
	t := w.x.find(track)
	return t != nil && t.Codec.Video()
}

// Pending says whether there are samples that are not written, and the first and the newest of them in ms.
func (w *Writer) Pending() (open bool, first, last int64) {
	if len(w.samples) == 0 {
		return false, w.start, w.last
	}
	return true, w.samples[0].start, w.last
}

// Drop throws away what is not written.
func (w *Writer) Drop() {
	clear(w.buf)
	w.buf, w.samples = w.buf[:0], w.samples[:0]
}

// Flush writes the open cluster and those that Split has ended, as far as Admit allows, in one write and returns when they are
// durable.
// Errors: the File's, and that one again from then on.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	w.refuse()
	if len(w.samples) == 0 {
		return nil
	}
	w.buf = w.buf[:w.end()]
	for list := range w.clusters() {
		from := list[0].from - clusterHead
		head := appendSize8(appendID(w.buf[:from], idCluster), uint64(list[len(list)-1].to-from-clusterSize))
		binary.BigEndian.AppendUint64(append(head, idTimestamp, 0x88), uint64(list[0].start))
	}

	out, at, pos := w.buf, w.off, w.off
	if w.off == 0 {
		var err error
		if out, err = w.withHeader(); err != nil {
			w.err = err
			return err
		}
		pos = HeaderSize
	}
	if err := w.put(out, at); err != nil {
		w.err = fmt.Errorf("webm: write cluster: %w", err)
		w.Drop()
		return w.err
	}
	for list := range w.clusters() {
		w.x.add(pos+int64(list[0].from-clusterHead), w.buf, list)
	}
	w.off = at + int64(len(out))
	w.buf, w.samples = w.buf[:0], w.samples[:0]
	return nil
}

// clusters are the samples of each cluster that is not written.
func (w *Writer) clusters() iter.Seq[[]sample] {
	return func(yield func([]sample) bool) {
		for from, to := 0, 1; to <= len(w.samples); to++ {
			if to < len(w.samples) && w.samples[to].start == w.samples[from].start {
				continue
			}
			if !yield(w.samples[from:to]) {
				return
			}
			from = to
		}
	}
}

func (w *Writer) put(b []byte, at int64) error {
	if n, err := w.f.WriteAt(b, at); err != nil {
		return err
	} else if n < len(b) {
		return io.ErrShortWrite
	}
	return w.f.Sync()
}

// withHeader is the first cluster behind the header region.
func (w *Writer) withHeader() ([]byte, error) {
	b, err := front(w.x.declared, w.opt.Tags, patch{})
	if err != nil {
		return nil, err
	}
	id, err := identity(w.x.declared, w.opt.Tags)
	if err != nil {
		return nil, err
	}
	return append(append(b, id...), w.buf...), nil
}

// refuse takes out of what is to be written what Admit no longer allows.
func (w *Writer) refuse() {
	if w.opt.Admit == nil || len(w.samples) == 0 {
		return
	}
	var asked, ok [128]bool
	all := true
	for _, s := range w.samples {
		if !asked[s.track] {
			asked[s.track], ok[s.track] = true, w.opt.Admit(s.track)
			all = all && ok[s.track]
		}
	}
	if all {
		return
	}
	kept, end := w.samples[:0], 0
	for _, s := range w.samples {
		if !ok[s.track] {
			continue
		}
		if len(kept) == 0 || kept[len(kept)-1].start != s.start {
			end += clusterHead
		}
		shift := s.from - end
		end += copy(w.buf[end:], w.buf[s.from:s.to])
		s.from, s.data, s.to = s.from-shift, s.data-shift, s.to-shift
		kept = append(kept, s)
	}
	clear(w.buf[end:])
	w.buf, w.samples = w.buf[:end], kept
}

// Stats of what is on disk so far.
func (w *Writer) Stats() Stats { return w.x.stats(w.off, w.opt.Tags) }

// Finalize writes the open cluster, cues, chapters, duration and sizes, and leaves declared tracks without samples out. After
// a failed write it finishes what is on disk; when even that fails the file is as good as after a crash, for Repair.
// Errors: ErrNoCluster when nothing was written, ErrClosed, the File's.
func (w *Writer) Finalize(list ...Chapter) (Stats, error) {
	if w.done {
		return w.Stats(), ErrClosed
	}
	lost := w.Flush()
	w.done = true
	if w.off == 0 && lost != nil {
		return w.Stats(), lost
	}
	st, err := w.x.finalise(w.f, w.off, w.opt.Tags, list)
	if err != nil {
		w.err = err
	}
	return st, err
}
