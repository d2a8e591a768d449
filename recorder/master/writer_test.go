package master

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"plenum/recorder/consent"
	"plenum/recorder/webm"
	"plenum/webinar/media"
)

// marked is a sound that can be found again in a file.
func marked(i int) []byte { return fmt.Appendf(nil, "<sound %06d>", i) }

// still is a VP8 frame as far as the recorder looks, and can be found again.
func still(i int, key bool) []byte {
	b := append(make([]byte, 10), fmt.Appendf(nil, "<picture %06d>", i)...)
	if !key {
		b[0] = 1
		return b
	}
	copy(b[3:], []byte{0x9d, 0x01, 0x2a, 64, 0, 48, 0})
	return b
}

// marks are n sounds and n/2 pictures, a key frame every 2 s, in 20 ms steps.
func marks(n int) []event {
	var sound, pictures []frame
	for i := range n {
		at := time.Duration(i) * 20 * time.Millisecond
		sound = append(sound, frame{at, marked(i)})
		if i%2 == 0 {
			pictures = append(pictures, frame{at, still(i, i%100 == 0)})
		}
	}
	return merge(send(camera(), pictures, sender{ssrc: 1}), send(mic(), sound, sender{ssrc: 2}))
}

// run plays events in a bubble; act is called with each event's index before it.
func run(t *testing.T, events []event, act func(i int, w *Writer, b *consent.Book)) (info Info) {
	t.Helper()
	b, cfg := newBook(t), config(t)
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		for i, e := range events {
			time.Sleep(time.Until(cfg.Origin.Add(e.at))) // the bubble's clock
			act(i, w, b)
			scope := consent.Audio
			if e.track.Kind.Video() {
				scope = consent.Video
			}
			if e.pkt != nil {
				w.Write(b.Permit(recID, subject, scope), e.track, e.pkt, time.Now())
			}
		}
		ripen()
		var err error
		info, err = w.Seal()
		must(t, err)
	})
	return info
}

func withdraw(t *testing.T, b *consent.Book, s consent.Scope) {
	t.Helper()
	a := consent.Answer{Recording: recID, Subject: subject, Actor: subject, Scopes: s}
	_, err := b.Withdraw(context.Background(), a, func() {})
	must(t, err)
}

func folderIsEmpty(t *testing.T, dir string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	must(t, err)
	if len(list) > 0 {
		t.Fatalf("%s is in the spool", list[0].Name())
	}
}

func TestNoPermitNoBuffer(t *testing.T) {
	w := prepare(config(t))
	w.Write(consent.Permit{}, mic(), &rtp.Packet{Payload: marked(1)}, time.Now())
	if len(w.queue.take()) > 0 {
		t.Fatal("a packet without permit is kept in memory")
	}
}

func TestNoPermitNoFile(t *testing.T) {
	cfg := config(t)
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		for range 300 {
			time.Sleep(20 * time.Millisecond) // the bubble's clock
			w.Write(consent.Permit{}, mic(), &rtp.Packet{Payload: marked(1)}, time.Now())
		}
		ripen()
		info, err := w.Seal()
		if err != nil || !info.Empty {
			t.Fatalf("%+v, %v", info, err)
		}
	})
	folderIsEmpty(t, cfg.Dir)
}

// A permit that ends while what came under it is buffered takes that along, wherever it is.
func TestI1PermitEndsWhileBuffered(t *testing.T) {
	const end = 150 // sounds: 3 s
	events := marks(400)
	ended := false
	info := run(t, events, func(i int, w *Writer, b *consent.Book) {
		if events[i].at >= end*20*time.Millisecond && !ended {
			ended = true
			withdraw(t, b, consent.All)
		}
	})
	// What was captured in the last depth before the end was not on disk, and what follows has no permit.
	for i := range 400 {
		at := time.Duration(i) * 20 * time.Millisecond
		if there := contains(t, info.Path, marked(i)); there && at > end*20*time.Millisecond-depth {
			t.Fatalf("sound %d was written", i)
		} else if !there && at < end*20*time.Millisecond-depth-time.Second-2*tickEvery {
			t.Fatalf("sound %d is missing", i)
		}
		if contains(t, info.Path, still(i, i%100 == 0)) && at > end*20*time.Millisecond-depth {
			t.Fatalf("picture %d was written", i)
		}
	}
}

// Taking the pictures back leaves the sound whole.
func TestVideoPermitEnds(t *testing.T) {
	const end = 230
	events := marks(400)
	ended := false
	info := run(t, events, func(i int, w *Writer, b *consent.Book) {
		if events[i].at >= end*20*time.Millisecond && !ended {
			ended = true
			withdraw(t, b, consent.Video)
		}
	})
	for i := range 400 {
		if !contains(t, info.Path, marked(i)) {
			t.Fatalf("sound %d is missing", i)
		}
		at := time.Duration(i) * 20 * time.Millisecond
		if at > end*20*time.Millisecond-depth && contains(t, info.Path, still(i, i%100 == 0)) {
			t.Fatalf("picture %d was written", i)
		}
	}
	if !info.Video || !info.Audio {
		t.Fatalf("%+v", info)
	}
}

// After an interruption the pictures go on with a key frame, under the new permit.
func TestNewPermitStartsWithKeyFrame(t *testing.T) {
	const end = 230 // between the key frames 200 and 300
	events := marks(400)
	done := false
	info := run(t, events, func(i int, w *Writer, b *consent.Book) {
		if !done && events[i].at >= end*20*time.Millisecond {
			done = true
			b.Lapse(recID, subject)
		}
	})
	for i := end + 2; i < 300; i += 2 {
		if contains(t, info.Path, still(i, false)) {
			t.Fatalf("picture %d cannot be decoded and was written", i)
		}
	}
	for i := 300; i < 400; i += 2 {
		if !contains(t, info.Path, still(i, i == 300)) {
			t.Fatalf("picture %d is missing", i)
		}
	}
	if !contains(t, info.Path, marked(end)) {
		t.Fatal("sound after the interruption is missing")
	}
}

// Discard ends everything at once: not a byte of the last depth reaches the file, nor what comes later.
func TestDiscard(t *testing.T) {
	events := marks(400)
	var size int64
	info := run(t, events, func(i int, w *Writer, b *consent.Book) {
		if events[i].at < 4*time.Second || size > 0 {
			return
		}
		w.Discard()
		st, err := os.Stat(filepath.Join(w.cfg.Dir, "seg.webm"))
		must(t, err)
		size = st.Size()
	})
	for i := 125; i < 400; i++ {
		if contains(t, info.Path, marked(i)) {
			t.Fatalf("sound %d was written", i)
		}
	}
	if tail := info.Bytes - size; tail <= 0 || tail > 200 { // cues
		t.Fatalf("%d bytes were added", tail)
	}
}

// Drain puts down the last depth and the open cluster, behind a hole too, before Discard would have thrown them away.
func TestDrainKeepsTheEnd(t *testing.T) {
	b, cfg := newBook(t), config(t)
	var info Info
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		events := slices.DeleteFunc(marks(210), func(e event) bool { return e.pkt != nil && bytes.Equal(e.pkt.Payload, marked(205)) })
		play(t, w, b, events)
		w.Drain(t.Context())
		w.Drain(t.Context())
		var err error
		info, err = w.Seal()
		must(t, err)
		w.Drain(t.Context()) // of what is sealed: nothing, and at once
	})
	for _, mark := range [][]byte{marked(0), marked(204), marked(206), marked(209), still(208, false)} {
		if !contains(t, info.Path, mark) {
			t.Errorf("%q is missing", mark)
		}
	}
}

// I1: what was taken back is not put down by Drain either.
func TestI1DrainAsksThePermits(t *testing.T) {
	b, cfg := newBook(t), config(t)
	var info Info
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		play(t, w, b, marks(210))
		withdraw(t, b, consent.Video)
		w.Drain(t.Context())
		var err error
		info, err = w.Seal()
		must(t, err)
	})
	if !contains(t, info.Path, marked(209)) || contains(t, info.Path, still(208, false)) {
		t.Error("sound that may be written is missing, or a picture that may not is there")
	}
}

// A writer that hangs keeps nobody waiting for longer than wished.
func TestDrainEndsInTime(t *testing.T) {
	w := prepare(config(t)) // nobody works for it
	ctx, stop := context.WithCancel(t.Context())
	stop()
	w.Drain(ctx)
}

func TestDiscardBeforeAnything(t *testing.T) {
	b, cfg := newBook(t), config(t)
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		play(t, w, b, marks(60)) // 1.2 s: still in memory
		w.Discard()
		w.Discard()
		ripen()
		info, err := w.Seal()
		if err != nil || !info.Empty {
			t.Fatalf("%+v, %v", info, err)
		}
	})
	folderIsEmpty(t, cfg.Dir)
}

// Discard races with writes: whatever the moment, the file does not grow once it has returned.
func TestDiscardRacesWithWrites(t *testing.T) {
	b := newBook(t)
	p := permit(t, b, media.Camera)
	for round := range 200 {
		w := prepare(config(t))
		var wg sync.WaitGroup
		begun := make(chan struct{})
		wg.Go(func() {
			for i := range 1_000_000 { // each key frame closes a cluster
				var r rights
				r.add(p)
				x := sample{track: videoTrack, codec: webm.VP8, key: true, at: time.Duration(i) * 40 * time.Millisecond, data: whole(still(i, true)), rights: r}
				if _, err := w.reel.write(x); err != nil {
					if !errors.Is(err, errShut) {
						t.Error(err)
					}
					return
				}
				if i == round%5 {
					close(begun)
				}
			}
			t.Error("writes went on")
		})
		<-begun
		w.Discard()
		before, err := os.ReadFile(w.spool.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		wg.Wait()
		after, err := os.ReadFile(w.spool.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if !bytes.Equal(before, after) {
			t.Fatalf("round %d: the file grew from %d to %d bytes", round, len(before), len(after))
		}
		close(w.done)
		_, err = w.Seal()
		must(t, err)
	}
}

// Key frames are asked for until one comes, after a loss, and at the last waking before the last one is 4 s old; never twice in
// 500 ms, and not of a camera that is silent.
func TestKeyFrames(t *testing.T) {
	b, cfg := newBook(t), config(t)
	var asked []time.Duration
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		cfg.KeyFrame = func(k media.Kind) {
			if k != media.Camera {
				t.Errorf("asked %s", k)
			}
			asked = append(asked, time.Since(cfg.Origin))
		}
		w := New(cfg)
		var list []frame
		for i := range 600 { // 20 s, pictures each 33 ms; the only key frame comes after 2 s
			list = append(list, frame{time.Duration(i) * time.Second / 30, still(i, i == 60)})
		}
		play(t, w, b, send(camera(), list, sender{ssrc: 1}))
		time.Sleep(30 * time.Second) // the bubble's clock
		_, err := w.Seal()
		must(t, err)
	})
	early, pause, late := 0, 0, 0
	for i, at := range asked {
		if i > 0 && at-asked[i-1] < askEvery {
			t.Fatalf("asked at %v and %v", asked[i-1], at)
		}
		switch {
		case at < 2*time.Second+tickEvery:
			early++
		case at < 6*time.Second-tickEvery:
			pause++
		case at > 22*time.Second:
			t.Fatalf("asked at %v, long after the last picture", at)
		default:
			late++
		}
	}
	if early < 3 || pause > 0 || late < 16 || asked[early] > 6*time.Second {
		t.Fatalf("asked %d, %d, %d times: %v", early, pause, late, asked)
	}
}
