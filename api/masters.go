package api

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"plenum/recorder"
	"plenum/webinar"
)

// attach marks an answer as a file to keep.
func attach(c *call, name string) {
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="%s"`, name))
}

// fileName is recording-20060102-150405 with something behind it.
func fileName(r recorder.Recording, behind string) string {
	return "recording-" + r.StartedAt.UTC().Format(fileStamp) + behind
}

// masters hands out every film of a recording and its timeline as one ZIP. Nothing of it lies anywhere but in the answer.
func (s *server) masters(c *call) error {
	var t recorder.Timeline
	var line []byte
	var list []packed
	for range 2 { // as tookWords does
		var err error
		if t, line, list, err = s.toPack(c); err != nil {
			return err
		}
		if wonders(c) {
			c.Status(http.StatusNoContent)
			return nil
		}
		for _, p := range list { // each is somebody's copy
			if err := s.tookAs(c, t.Recording.ID, recorder.TookSegment, p.ID, recorder.AsFile); err != nil {
				return err
			}
		}
		if err := s.tookAs(c, t.Recording.ID, recorder.TookTimeline, "", recorder.AsFile); err != nil {
			return err
		}
	}
	size, err := zipSize(list, int64(len(line)))
	if err != nil {
		return err
	}
	attach(c, fileName(t.Recording, ".zip"))
	c.Header("Content-Type", "application/zip")
	c.Header("Content-Length", strconv.FormatInt(size, 10)) // whoever gets less knows that it broke off
	unhurried(http.NewResponseController(c.Writer))
	c.Status(http.StatusOK)
	if err := s.writeZip(c, t, list, line); err != nil {
		panic(http.ErrAbortHandler) // the answer has begun: only the connection can still say so
	}
	return nil
}

// toPack reads what goes into the ZIP: the timeline, also as it is written there, and the films.
func (s *server) toPack(c *call) (t recorder.Timeline, line []byte, list []packed, err error) {
	if t, err = s.Recorder.Timeline(c.ctx(), c.webinar.ID, recordingID(c)); err != nil {
		return t, nil, nil, err
	}
	if list, err = s.clips(c.ctx(), t); err == nil && len(list) == 0 {
		err = webinar.ErrNotFound
	}
	if err == nil {
		line, err = encodePacked(t, list)
	}
	return t, line, list, err
}

// packed is a film in a ZIP. Its times and bytes are those of what the trim left.
type packed struct {
	recorder.Part
	whole recorder.Part
	name  string
}

// encodePacked writes the timeline as it lies in the ZIP: with the films that are there by their names, and nothing of what
// was cut off.
func encodePacked(t recorder.Timeline, list []packed) ([]byte, error) {
	t.Made = nil
	t = t.Kept()
	t.Parts = make([]recorder.Part, len(list))
	for i, p := range list {
		t.Parts[i] = p.Part
	}
	out := timelineWire(t)
	for i, p := range list {
		out.Segments[i].File = p.name
	}
	return json.Marshal(out)
}

// clips lists what the trim leaves of the masters, with the size and the name of each.
func (s *server) clips(ctx context.Context, t recorder.Timeline) ([]packed, error) {
	var out []packed
	seen := map[string]int{}
	for _, p := range t.Parts {
		clip, err := s.Recorder.OpenClip(ctx, t, p)
		if errors.Is(err, webinar.ErrNotFound) {
			continue // outside of the trim, or taken back this moment
		}
		if err != nil {
			return nil, err
		}
		if err := clip.Close(); err != nil {
			return nil, err
		}
		name := clipName(p)
		if seen[name]++; seen[name] > 1 {
			name += "-" + strconv.Itoa(seen[name])
		}
		out = append(out, packed{Part: clip.Part, whole: p, name: name + ".webm"})
	}
	return out, nil
}

// clipName is speaker-1-camera, with the name in it of a person who allowed that.
func clipName(p recorder.Part) string {
	name := fmt.Sprintf("speaker-%d", p.Speaker)
	words := strings.FieldsFunc(p.Label, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	if len(words) > 0 {
		name += "-" + strings.Join(words, "-")
	}
	return name + "-" + string(p.Group)
}

func stored(name string) *zip.FileHeader { return &zip.FileHeader{Name: name, Method: zip.Store} }

// timelineEntry is the name of the timeline in a ZIP.
const timelineEntry = "timeline.json"

// zipSize is how long the ZIP will be: one with nothing but zeros in it is written to nowhere, which takes no time. The
// list at the end depends on how long everything before it is.
func zipSize(list []packed, line int64) (int64, error) {
	var out counter
	z := zip.NewWriter(&out)
	zeros := make([]byte, 1<<20)
	for _, p := range append([]packed{{name: timelineEntry, Part: recorder.Part{Segment: recorder.Segment{Bytes: line}}}}, list...) {
		h := stored(p.name)
		h.Flags = 0x8 // the sizes come behind each film, as they do when it is written for good
		h.CompressedSize64, h.UncompressedSize64 = uint64(p.Bytes), uint64(p.Bytes)
		w, err := z.CreateRaw(h)
		if err != nil {
			return 0, err
		}
		for left := p.Bytes; left > 0; left -= int64(len(zeros)) {
			if _, err := w.Write(zeros[:min(left, int64(len(zeros)))]); err != nil {
				return 0, err
			}
		}
	}
	if err := z.Close(); err != nil {
		return 0, err
	}
	return int64(out), nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (s *server) writeZip(c *call, t recorder.Timeline, list []packed, line []byte) error {
	z := zip.NewWriter(c.Writer)
	w, err := z.CreateHeader(stored(timelineEntry))
	if err == nil {
		_, err = w.Write(line)
	}
	for _, p := range list {
		if err != nil {
			return err
		}
		if w, err = z.CreateHeader(stored(p.name)); err == nil {
			err = s.pack(c, w, t, p)
		}
	}
	return errors.Join(err, z.Close())
}

// pack copies one film. It breaks off soon after its owner has withdrawn.
func (s *server) pack(c *call, w io.Writer, t recorder.Timeline, p packed) (err error) {
	clip, err := s.Recorder.OpenClip(c.ctx(), t, p.whole)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clip.Close()) }()
	if clip.Bytes != p.Bytes {
		return recorder.ErrStorage
	}
	k := &kept{Reader: clip, check: func() error { return s.stillThere(c, t.Recording.ID, p.ID) }}
	n, err := io.Copy(w, k)
	if err == nil && n != p.Bytes {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// clip hands out a segment as the trim leaves it, as a file to keep.
func (s *server) clip(c *call, t recorder.Timeline, n int) error {
	clip, err := s.Recorder.OpenClip(c.ctx(), t, t.Parts[n])
	if err != nil {
		return err
	}
	defer func() { _ = clip.Close() }() // it was only read
	if wonders(c) {
		c.Status(http.StatusNoContent)
		return nil
	}
	if err := s.tookAs(c, t.Recording.ID, recorder.TookSegment, clip.ID, recorder.AsFile); err != nil {
		return err
	}
	attach(c, fileName(t.Recording, fmt.Sprintf("-%d.webm", n+1)))
	c.Header("Content-Type", "video/webm")
	c.Header("Content-Length", strconv.FormatInt(clip.Bytes, 10))
	unhurried(http.NewResponseController(c.Writer))
	c.Status(http.StatusOK)
	k := &kept{Reader: clip, check: func() error { return s.stillThere(c, t.Recording.ID, clip.ID) }}
	if n, err := io.Copy(c.Writer, k); err != nil || n != clip.Bytes {
		panic(http.ErrAbortHandler)
	}
	return nil
}
