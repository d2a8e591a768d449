package recorder

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/recorder/ffmpeg"
	"plenum/recorder/webm"
	"plenum/webinar"
	"plenum/webinar/media"
)

// foundFFmpeg finds ffmpeg, without which this file tests nothing.
func foundFFmpeg(t *testing.T, c ffmpeg.Config) *ffmpeg.Tool {
	t.Helper()
	tool, err := ffmpeg.Find(t.Context(), c)
	if err != nil {
		t.Fatalf("install ffmpeg to run this test: %v", err)
	}
	return tool
}

// coded has ffmpeg code what it draws and plays, and writes it as the recorder would.
func coded(t *testing.T, video, audio string) []byte {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "master"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := webm.NewWriter(f, []webm.Track{{Number: 1, Codec: webm.VP8}, {Number: 2, Codec: webm.Opus, Channels: 2}}, webm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	packets := func(source, stream, codec string, rate int) (list [][]byte) {
		if source == "" {
			return nil
		}
		path := filepath.Join(dir, stream)
		args := []string{"-v", "error", "-f", "lavfi", "-i", source, "-t", "4", "-c:" + stream, codec, "-g", fmt.Sprint(rate), "-deadline", "realtime", "-cpu-used", "8", "-ac", "2", path + ".mkv"}
		if out, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		out, err := exec.Command("ffprobe", "-v", "error", "-show_packets", "-show_data", "-of", "json", path+".mkv").Output()
		var p struct{ Packets []struct{ Data string } }
		if err == nil {
			err = json.Unmarshal(out, &p)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p.Packets {
			list = append(list, unhex(t, x.Data))
		}
		return list
	}
	pictures, sound := packets(video, "v", "libvpx", 15), packets(audio, "a", "libopus", 50)
	for ms := int64(0); ms < 4000; ms++ {
		if ms%80 == 0 && ms/80 < int64(len(pictures)) {
			p := pictures[ms/80]
			if err := w.Write(1, ms, p[0]&1 == 0, p); err != nil {
				t.Fatal(err)
			}
		}
		if ms%20 == 0 && ms/20 < int64(len(sound)) {
			if err := w.Write(2, ms, true, sound[ms/20]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := w.Finalize(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unhex reads ffprobe's dump of bytes: an address, eight groups of digits, and what they look like.
func unhex(t *testing.T, dump string) (out []byte) {
	t.Helper()
	for line := range strings.Lines(dump) {
		_, rest, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		digits := strings.ReplaceAll(rest[:min(len(rest), 39)], " ", "")
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, b...)
	}
	return out
}

// developed is what was coded already: the same four seconds serve every test.
var developed sync.Map

func footage(t *testing.T, video, audio string) []byte {
	t.Helper()
	b, ok := developed.Load(video + audio)
	if !ok {
		b, _ = developed.LoadOrStore(video+audio, coded(t, video, audio))
	}
	return bytes.Clone(b.([]byte))
}

// shot is a recording that has ended: ann's camera speaks, bob's shows a screen and speaks a second later.
func shot(t *testing.T, w *world) (rec Recording, bob webinar.Ticket) {
	t.Helper()
	ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
	rec = w.running(false, ann, bob)
	w.talk(9*time.Second, []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false), w.open(bob, "two", media.Screen, false)}, ann, bob)
	if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
		t.Fatal(err)
	}
	w.s.bg.Wait()
	rows, err := w.s.rows.segments(t.Context(), `recording_id = ?`, rec.ID)
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		b, start := footage(t, "color=green:size=160x90:rate=12.5", "sine=300"), 0
		switch {
		case Group(row.Grp) == ScreenGroup:
			b, start = footage(t, "color=white:size=320x180:rate=12.5", ""), 1000
		case row.SubjectID == string(bob.Subject):
			b, start = footage(t, "color=red:size=160x90:rate=12.5", "sine=900"), 1000
		}
		w.shelf.films[row.key()] = b
		if err := w.db.Exec(`UPDATE segments SET start_ms = ?, video = 1 WHERE id = ?`, start, row.ID).Error; err != nil {
			t.Fatal(err)
		}
	}
	return rec, bob
}

// states lists what is made and where it is.
func (w *world) states(rec RecordingID) string {
	w.t.Helper()
	tl, err := w.s.Timeline(w.t.Context(), w.w, rec)
	if err != nil {
		w.t.Fatal(err)
	}
	list := []string{fmt.Sprintf("program %s %v", tl.Program.State, tl.Program.Mixed)}
	for _, m := range tl.Made {
		list = append(list, fmt.Sprintf("%s %s", m.Making, m.State))
	}
	return strings.Join(list, ", ")
}

// taken reads what was made.
func (w *world) taken(rec RecordingID, what Making) ([]byte, Made) {
	w.t.Helper()
	f, m, err := w.s.OpenMade(w.t.Context(), w.w, rec, what)
	if err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil || int64(len(b)) != m.Bytes {
		w.t.Fatalf("%s: %d bytes of %+v, %v", what, len(b), m, err)
	}
	return b, m
}

// tones says which of the two tones a film holds while both are there, by how loud they are behind a narrow filter.
func tones(t *testing.T, film []byte) (out string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(path, film, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tone := range []string{"300", "900"} {
		pass := "atrim=1.5:3.5,bandpass=f=" + tone + ":w=40,bandpass=f=" + tone + ":w=40,volumedetect"
		text, err := exec.Command("ffmpeg", "-v", "info", "-i", path, "-af", pass, "-f", "null", "-").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		_, rest, _ := bytes.Cut(text, []byte("mean_volume: "))
		var db float64
		if _, err := fmt.Sscan(string(rest), &db); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if db > -35 {
			out += " " + tone
		}
	}
	return strings.TrimSpace(out)
}

func TestWhatFFmpegMakes(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		tool := foundFFmpeg(t, ffmpeg.Config{})
		w.s.c.FFmpeg = tool
		rec, bob := shot(t, w)
		if got := w.states(rec.ID); got != "program queued false, mix none, peaks none, sheet none, mp4 none, composite none" {
			t.Fatal(got)
		}
		if err := w.s.Ask(t.Context(), w.w, rec.ID, MP4); !errors.Is(err, ErrUnable) {
			t.Errorf("before there is a program: %v", err)
		}
		if !w.s.deriveNext(t.Context()) { // the program comes first
			t.Fatal("nothing to do")
		}
		first := w.shown(rec.ID)
		plain, _ := w.s.Program(t.Context(), w.w, rec.ID)
		w.make()
		if got := w.states(rec.ID); got != "program ready true, mix none, peaks ready, sheet ready, mp4 none, composite none" {
			t.Fatal(got)
		}
		all := w.shown(rec.ID)
		if got := tones(t, all); got != "300 900" || tones(t, first) == got {
			t.Errorf("in the mix: %s, without it: %s", got, tones(t, first))
		}
		if key := objectKey(rec.ID, plain.ID); !w.shelf.erased[key] {
			t.Error("the program without the mix is still there")
		}
		if b, m := w.taken(rec.ID, Sheet); string(b[8:12]) != "WEBP" || m.Pictures == nil || m.Pictures.Count != 3 {
			t.Errorf("%+v", m)
		}
		var p struct {
			Step  int `json:"step_ms"`
			Peaks []int
		}
		if b, _ := w.taken(rec.ID, Peaks); json.Unmarshal(b, &p) != nil || p.Step != 100 || len(p.Peaks) < 48 || p.Peaks[10] < 100 {
			t.Errorf("%s", b)
		}
		for _, what := range []Making{MP4, Composite, MP4} {
			if err := w.s.Ask(t.Context(), w.w, rec.ID, what); err != nil {
				t.Fatal(what, err)
			}
		}
		w.make()
		if b, _ := w.taken(rec.ID, MP4); string(b[4:8]) != "ftyp" || tones(t, b) != "300 900" {
			t.Errorf("%q", b[:12])
		}
		both, _ := w.taken(rec.ID, Composite)
		if got := tones(t, both); got != "300 900" {
			t.Errorf("in the composite: %s", got)
		}
		for _, what := range []Making{Mix, Sheet, "program", "timeline", "x"} {
			if err := w.s.Ask(t.Context(), w.w, rec.ID, what); !errors.Is(err, ErrUnable) {
				t.Errorf("%s: %v", what, err)
			}
		}
		w.i22(t, rec, bob)
	})
}

// i22 has somebody withdraw: all that was made goes, and what is made again holds nothing of them.
func (w *world) i22(t *testing.T, rec Recording, bob webinar.Ticket) {
	t.Helper()
	if err := w.s.Took(t.Context(), rec.ID, Download{Who: "ann", What: TookMP4, How: AsFile}); err != nil {
		t.Fatal(err)
	}
	rows, err := w.s.rows.derived(t.Context(), `kind <> 'timeline'`)
	if err != nil || len(rows) != 5 {
		t.Fatalf("%+v %v", rows, err)
	}
	if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
		t.Fatal(err)
	}
	for _, what := range []Making{MP4, Composite, Sheet, Peaks} {
		if _, _, err := w.s.OpenMade(t.Context(), w.w, rec.ID, what); !errors.Is(err, ErrNotFound) {
			t.Errorf("I22: %s after the withdrawal: %v", what, err)
		}
	}
	w.s.bg.Wait()
	for _, row := range rows {
		if !w.shelf.erased[row.key()] {
			t.Errorf("I22: the store still has the %s", row.Kind)
		}
	}
	list, err := w.s.Downloads(t.Context(), w.w, rec.ID)
	if err != nil || len(list) != 1 || list[0].Task.IsZero() {
		t.Errorf("the copy is no task: %+v %v", list, err)
	}
	w.make()
	// What was asked for is made again without them. Of a screen that is gone there is no corner.
	if got := w.states(rec.ID); got != "program ready true, mix none, peaks ready, sheet ready, mp4 ready" {
		t.Error(got)
	}
	if got := tones(t, w.shown(rec.ID)); got != "300" {
		t.Errorf("I22: still heard: %s", got)
	}
	if again, _ := w.taken(rec.ID, MP4); tones(t, again) != "300" {
		t.Errorf("I22: still heard in the MP4: %s", tones(t, again))
	}
	if err := w.s.Delete(t.Context(), w.w, rec.ID); err != nil || len(w.shelf.kept) > 0 || len(w.shelf.notes) > 0 {
		t.Errorf("I22: %v, left %v %v", err, w.shelf.kept, w.shelf.notes)
	}
	left, err := os.ReadDir(w.s.c.Spool)
	if err != nil || len(left) > 0 {
		t.Errorf("in the spool: %v %v", left, err)
	}
}

// A withdrawal, the end of the server and a kill in the midst of a job: nothing of it stays, and it is made again.
func TestJobsThatAreBrokenOff(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		tool := foundFFmpeg(t, ffmpeg.Config{})
		w.s.c.FFmpeg = tool
		rec, bob := shot(t, w)
		w.make()
		if err := w.s.Ask(t.Context(), w.w, rec.ID, MP4); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		w.shelf.opened = func(string) { stop() } // the server ends while the program is read
		w.s.deriveNext(ctx)
		if got := w.states(rec.ID); !strings.Contains(got, "mp4 queued") {
			t.Errorf("after the end: %s", got)
		}
		w.shelf.opened = nil
		if err := w.db.Exec(`UPDATE derivatives SET state = 'building' WHERE kind = 'mp4'`).Error; err != nil {
			t.Fatal(err)
		}
		row, err := w.s.rows.derived(t.Context(), `kind = 'mp4'`)
		if err != nil || len(row) != 1 {
			t.Fatal(row, err)
		}
		w.s.shutdown(t.Context())
		w.boot() // killed
		w.s.c.FFmpeg = tool
		if got := w.states(rec.ID); !strings.Contains(got, "mp4 queued") {
			t.Errorf("after a kill: %s", got)
		}
		w.shelf.opened = func(string) {
			w.shelf.opened = nil
			if err := w.answer(rec.ID, bob, consent.Withdraw, consent.All); err != nil {
				t.Error(err)
			}
		}
		w.make()
		if got := w.states(rec.ID); !strings.Contains(got, "program ready") || !strings.Contains(got, "mp4 ready") {
			t.Errorf("after a withdrawal: %s", got)
		}
		if got := tones(t, w.shown(rec.ID)); got != "300" {
			t.Errorf("still heard: %s", got)
		}
	})
}

// A job that hits a limit is given up; one whose ffmpeg has gone is not on the list any more.
func TestJobsThatAreTooLarge(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.s.c.FFmpeg = foundFFmpeg(t, ffmpeg.Config{Size: 9000})
		rec, _ := shot(t, w)
		w.make()
		if got := w.states(rec.ID); !strings.HasPrefix(got, "program ready false, mix failed, peaks failed") {
			t.Errorf("%s", got)
		}
		w.s.c.FFmpeg = nil
		if got := w.states(rec.ID); got != "program ready false" {
			t.Errorf("without ffmpeg: %s", got)
		}
	})
}
