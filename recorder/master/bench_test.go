package master

import (
	"syscall"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar/media"
)

// BenchmarkRecordMinute is one minute of a camera at 1.5 Mbit/s and a microphone, from RTP to a synced file: what
// it takes is the CPU and disk time of one recorded person a minute.
func BenchmarkRecordMinute(b *testing.B) {
	book := newBook(b)
	var pictures, sound []frame
	for i := range 60 * 30 {
		pictures = append(pictures, frame{time.Duration(i) * time.Second / 30, append(still(i, i%90 == 0), make([]byte, 6200)...)})
	}
	for i := range 60 * 50 {
		sound = append(sound, frame{time.Duration(i) * 20 * time.Millisecond, make([]byte, 80)})
	}
	events := merge(send(camera(), pictures, sender{ssrc: 1}), send(mic(), sound, sender{ssrc: 2}))
	video, audio := permit(b, book, media.Camera), permit(b, book, media.Mic)
	size, begin := int64(0), cpu(b)
	for b.Loop() {
		size = recordOnce(b, events, video, audio).Bytes
	}
	b.ReportMetric(float64((cpu(b)-begin).Milliseconds())/float64(b.N), "cpu-ms/op")
	b.ReportMetric(float64(size)/(1<<20), "MiB/file")
}

// cpu is what this process has used so far, in user and system mode.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// recordOnce takes events through a writer on a clock of its own.
func recordOnce(b *testing.B, events []event, video, audio consent.Permit) Info {
	w := prepare(config(b))
	tick := time.Duration(0)
	for _, e := range events {
		for ; tick < e.at; tick += tickEvery {
			_, err := w.work(tick)
			must(b, err)
		}
		switch {
		case e.report != nil:
			w.Report(e.track, *e.report)
		case e.track.Kind.Video():
			w.Write(video, e.track, e.pkt, w.cfg.Origin.Add(e.at))
		default:
			w.Write(audio, e.track, e.pkt, w.cfg.Origin.Add(e.at))
		}
	}
	_, err := w.work(tick + depth + time.Second)
	must(b, err)
	close(w.done)
	info, err := w.Seal()
	must(b, err)
	return info
}
