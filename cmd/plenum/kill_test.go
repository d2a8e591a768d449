package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

var (
	kills = flag.Int("kills", 2, "how often the server is killed while it records, half of them with its object store")
	seed  = flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the moments")
)

// lostAtMost is how much of a recording kill -9 may cost: the depth of the jitter buffer and one open cluster.
const lostAtMost = 2500 * time.Millisecond

// unheard is what is left out between a start or resume and the first sound: the margin behind the barrier, and the
// packets around it.
const unheard = 1500 * time.Millisecond

// TestI5Killed kills a recording server at random moments, half of them with the object store, once in a while after the
// stop, when files are on their way. Every file is repaired, no longer than the last seconds short, plays in strict
// readers, and never changes again; what was paused by the crash goes on when the host says so.
func TestI5Killed(t *testing.T) {
	t.Parallel() // most of it is waiting
	t.Logf("-seed %d", *seed)
	chance := rand.New(rand.NewPCG(*seed, 0)) //nolint:gosec // moments, no secrets
	between := func(from, to time.Duration) time.Duration {
		return from + time.Duration(chance.Int64N(int64(to-from)))
	}
	store := newStorehouse(t)
	h := newHouse(t, store.settings()...)
	h.start()
	speaker, movie := h.open("Killed", "Bob"), newFilm(t)
	files := map[string][]byte{}
	// The moments lie anywhere between, and some in each part: were all of them early, there would be no file to look at.
	const earliest, latest = 200 * time.Millisecond, 6 * time.Second
	parts, part := chance.Perm(*kills), (latest-earliest)/time.Duration(*kills)
	leave := h.onStage(speaker, movie)
	rec := h.announced(speaker)
	judged := 0
	for round := 1; round <= *kills || judged == 0 && round <= *kills+8; round++ { // more if the machine was too busy elsewhere in all of them
		h.until("recording with a file", func(l []recordingDetail) bool {
			return l[0].Recording.State == "recording" && slices.ContainsFunc(l[0].Segments, func(s segmentState) bool { return s.State == "writing" })
		})
		begun := time.Now()
		ran := earliest + time.Duration(parts[(round-1)%*kills])*part + between(0, part)
		withStore, stopped := round%2 == 0, round%5 == 3
		h.pause(ran)
		live := time.Since(*rec.StartedAt)
		if stopped {
			h.host.call("POST", h.path+"/recordings/"+rec.ID+"/stop", nil, 200, nil)
			h.pause(between(0, 400*time.Millisecond))
		}
		if withStore && chance.IntN(2) == 0 { // the store goes first, a while before
			store.kill()
			h.pause(between(0, 1500*time.Millisecond))
			if !stopped {
				live = time.Since(*rec.StartedAt)
			}
		}
		missing, told := h.late.sum()
		killed := time.Now()
		h.kill()
		if withStore {
			store.kill()
			store.start()
		}
		leave()
		h.start()
		speaker.base = h.host.base

		list := h.until("paused and repaired", func(l []recordingDetail) bool {
			for _, d := range l {
				for _, s := range d.Segments {
					if s.State == "writing" {
						return false
					}
				}
			}
			return stopped || l[0].Recording.State == "paused" && l[0].Recording.Reason == "restart"
		})
		known := len(files)
		newest := h.sound(list, files)
		short := live - newest
		if len(files) == known { // killed before the first cluster was due
			short = killed.Sub(begun) - unheard
		}
		t.Logf("round %d: killed after %v (store %v, stopped %v), %d new files, %v short, %v for want of time (told %v)", round, killed.Sub(begun).Round(time.Millisecond), withStore, stopped, len(files)-known, short.Round(time.Millisecond), missing.Round(time.Millisecond), told)
		if told {
			judged++
		}
		if told && short-missing > lostAtMost {
			t.Errorf("round %d: %v are missing at the end, %v for want of time", round, short, missing)
		}
		leave = h.onStage(speaker, movie)
		if stopped {
			rec = h.announced(speaker)
		} else {
			h.host.call("POST", h.path+"/recordings/"+rec.ID+"/resume", nil, 200, nil)
		}
	}
	if judged == 0 {
		t.Error("the machine was too busy elsewhere to tell what a kill costs")
	}
	h.recorded(60_000)
	h.host.call("POST", h.path+"/recordings/"+rec.ID+"/stop", nil, 200, nil)
	leave()
	list := h.until("all stored", func(l []recordingDetail) bool {
		for _, d := range l {
			if d.Recording.State != "available" {
				return false
			}
		}
		return true
	})
	h.sound(list, files)
	if len(files) < max(1, *kills/3) {
		t.Errorf("only %d files", len(files))
	}
}

// sound has strict readers look at every file that is new, holds the others against what they were, and returns where
// the newest recording ends.
func (h *house) sound(list []recordingDetail, files map[string][]byte) (newest time.Duration) {
	h.t.Helper()
	for i, d := range list {
		for _, s := range d.Segments {
			var body string
			h.host.call("GET", h.path+"/recordings/"+d.Recording.ID+"/segments/"+s.ID+"?download=1", nil, 200, &body)
			if i == 0 {
				newest = max(newest, time.Duration(s.StartMS+s.DurationMS)*time.Millisecond)
			}
			if before, ok := files[s.ID]; ok {
				if !bytes.Equal(before, []byte(body)) {
					h.t.Errorf("file %s has changed", s.ID)
				}
				continue
			}
			files[s.ID] = []byte(body)
			path := filepath.Join(h.t.TempDir(), "x.webm")
			if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
				h.t.Fatal(err)
			}
			if found := complaints(h.t, path, time.Duration(s.DurationMS)*time.Millisecond); len(found) > 0 {
				h.t.Errorf("file %s of %d bytes: %v", s.ID, len(body), found)
			}
		}
	}
	return newest
}

// complaints is what strict readers say about a file.
func complaints(t *testing.T, path string, length time.Duration) (found []string) {
	t.Helper()
	tool := func(name string, args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput() //nolint:gosec // fixed words
		return string(out), err
	}
	if out, err := tool("webm_info", "-cues", "-i", path); err != nil || regexp.MustCompile(`(?i)error|invalid`).MatchString(out) {
		found = append(found, "webm_info: "+out)
	}
	if out, err := tool("mkvmerge", "-o", path+".mkv", path); err != nil {
		found = append(found, "mkvmerge: "+out)
	}
	if out, err := tool("ffmpeg", "-v", "warning", "-i", path, "-c", "copy", "-f", "null", "-"); err != nil || out != "" {
		found = append(found, "ffmpeg: "+out)
	}
	out, err := tool("ffprobe", "-v", "error", "-show_format", "-of", "json", path)
	var p struct{ Format struct{ Duration string } }
	if err != nil || json.Unmarshal([]byte(out), &p) != nil {
		return append(found, "ffprobe: "+out)
	}
	seconds, err := strconv.ParseFloat(p.Format.Duration, 64)
	if err != nil || time.Duration(seconds*float64(time.Second))-length > 50*time.Millisecond || length-time.Duration(seconds*float64(time.Second)) > 50*time.Millisecond {
		found = append(found, fmt.Sprintf("it says %s s instead of %v", p.Format.Duration, length))
	}
	return found
}
