package master

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"plenum/migrations/fresh"
	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

const (
	recID   = "rec"
	subject = webinar.SubjectID("s1")
)

// noDebts are those of a ledger that never fails.
type noDebts struct{}

func (noDebts) Set(string, any) error { return nil }
func (noDebts) Get(string, any) error { return nil }
func (noDebts) Flush() error          { return nil }

// newBook is a consent book in which the subject has agreed and the recording runs.
func newBook(t testing.TB) *consent.Book {
	t.Helper()
	db, err := fresh.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"))
	must(t, err)
	t.Cleanup(func() {
		if sql, err := db.DB(); err == nil {
			sql.Close()
		}
	})
	ctx := t.Context()
	b, err := consent.NewBook(ctx, consent.NewLedger(db, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))), noDebts{}, "w1")
	must(t, err)
	n := consent.Notice{Texts: map[webinar.Lang]string{webinar.English: "You are recorded."}}
	must(t, b.Announce(ctx, recID, n, "host", ""))
	a := consent.Answer{Recording: recID, Subject: subject, Actor: subject, Scopes: consent.Media,
		Hash: consent.Hash("You are recorded."), Lang: webinar.English}
	_, err = b.Show(ctx, a)
	must(t, err)
	_, err = b.Grant(ctx, a, func(consent.Scope) {})
	must(t, err)
	must(t, b.Mark(ctx, recID, consent.Start, "", "host"))
	if !b.Run(recID) {
		t.Fatal("recording does not run")
	}
	return b
}

// permit makes one that holds.
func permit(t testing.TB, b *consent.Book, k media.Kind) consent.Permit {
	t.Helper()
	scope := consent.Audio
	if k.Video() {
		scope = consent.Video
	}
	p := b.Permit(recID, subject, scope)
	if !p.Holds() {
		t.Fatal("no permit")
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func camera() media.Track {
	return media.Track{ID: "v", Kind: media.Camera, MimeType: "video/VP8", ClockRate: 90000}
}

func mic() media.Track {
	return media.Track{ID: "a", Kind: media.Mic, MimeType: "audio/opus", ClockRate: 48000, Channels: 2}
}

// tool runs a program of the test's tool box and returns what it said. The tools are needed: without them the files
// would go unjudged.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: install ffmpeg, mkvtoolnix and libwebm-tools to run this test", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// frame is one coded picture or packet of sound at its time of capture.
type frame struct {
	at   time.Duration
	data []byte
}

// filmVP8 codes seconds of a test picture with a key frame each second.
func filmVP8(t testing.TB, size string, seconds int) []frame {
	t.Helper()
	return filmed(t, size, seconds, "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "500k")
}

// filmed codes as the arguments say, with a key frame each second.
func filmed(t testing.TB, size string, seconds int, codec ...string) []frame {
	t.Helper()
	path := filepath.Join(t.TempDir(), "v.ivf")
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc=size=" + size + ":rate=30", "-t", strconv.Itoa(seconds)}
	tool(t, "ffmpeg", slices.Concat(args, codec, []string{"-pix_fmt", "yuv420p", "-g", "30", path})...)
	b, err := os.ReadFile(path)
	must(t, err)
	var list []frame
	for p := 32; p+12 <= len(b); {
		n := int(binary.LittleEndian.Uint32(b[p:]))
		ts := binary.LittleEndian.Uint64(b[p+4:])
		list = append(list, frame{at: time.Duration(ts) * time.Second / 30, data: b[p+12 : p+12+n]})
		p += 12 + n
	}
	return list
}

// filmOpus codes seconds of a tone in packets of 20 ms.
func filmOpus(t testing.TB, seconds int) []frame {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.ogg")
	tool(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", strconv.Itoa(seconds),
		"-ac", "2", "-c:a", "libopus", "-b:a", "32k", path)
	b, err := os.ReadFile(path)
	must(t, err)
	var cur []byte
	var packets [][]byte
	for p := 0; p+27 <= len(b); {
		lengths := b[p+27 : p+27+int(b[p+26])]
		q := p + 27 + len(lengths)
		for _, l := range lengths {
			cur = append(cur, b[q:q+int(l)]...)
			q += int(l)
			if l < 255 {
				packets, cur = append(packets, cur), nil
			}
		}
		p = q
	}
	var list []frame
	for i, d := range packets[2:] { // behind the two header packets
		list = append(list, frame{at: time.Duration(i) * 20 * time.Millisecond, data: d})
	}
	return list
}

// event is what the recorder hears at one moment.
type event struct {
	at     time.Duration
	track  media.Track
	pkt    *rtp.Packet
	report *media.SenderReport
}

// sender says how a track's packets are numbered and stamped.
type sender struct {
	ssrc  uint32
	seq   uint16
	ts    uint32
	ntp   time.Duration // what the sender's wall clock is off by
	delay time.Duration
}

// send packetises frames as a browser does, with a sender report each second.
func send(t media.Track, list []frame, s sender) []event {
	var payloader rtp.Payloader = &codecs.OpusPayloader{}
	if t.Kind.Video() {
		switch t.MimeType {
		case "video/VP9":
			payloader = &codecs.VP9Payloader{FlexibleMode: true}
		case "video/AV1":
			payloader = &codecs.AV1Payloader{}
		default:
			payloader = &codecs.VP8Payloader{EnablePictureID: true}
		}
	}
	var out []event
	stamp := func(at time.Duration) uint32 {
		return s.ts + uint32(int64(math.Round(at.Seconds()*float64(t.ClockRate))))
	}
	nextReport := time.Duration(0)
	for _, f := range list {
		if f.at >= nextReport {
			out = append(out, event{at: f.at + s.delay, track: t, report: &media.SenderReport{SSRC: s.ssrc, NTP: ntp(f.at + s.ntp), RTP: stamp(f.at)}})
			nextReport += time.Second
		}
		parts := payloader.Payload(1180, f.data)
		for i, p := range parts {
			out = append(out, event{at: f.at + s.delay, track: t, pkt: &rtp.Packet{Header: rtp.Header{Version: 2, SSRC: s.ssrc,
				SequenceNumber: s.seq, Timestamp: stamp(f.at), Marker: i == len(parts)-1}, Payload: p}})
			s.seq++
		}
	}
	return out
}

// ntp turns a time since an arbitrary instant into the form of sender reports.
func ntp(d time.Duration) uint64 {
	d += 1_000_000 * time.Second
	return uint64(d/time.Second)<<32 | uint64(d%time.Second)<<32/uint64(time.Second)
}

// merge puts events in order of arrival.
func merge(lists ...[]event) []event {
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return all
}

// folder is in memory where the machine has that: what is recorded is synced every second.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "plenum")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func config(t testing.TB) Config {
	return Config{Dir: folder(t), ID: "seg", Origin: time.Now(), Log: slog.New(slog.DiscardHandler)}
}

// contains tells whether the file has the bytes anywhere; a file that is not there has none.
func contains(t testing.TB, path string, b []byte) bool {
	t.Helper()
	all, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return false
	}
	must(t, err)
	return bytes.Contains(all, b)
}
