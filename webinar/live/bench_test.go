package live

import (
	"fmt"
	"testing"

	"plenum/webinar"
)

// BenchmarkPublish hands one event to 1,000 streams that read it.
func BenchmarkPublish(b *testing.B) {
	const listeners = 1000
	h, _ := newHub(b)
	streams := make([]*Stream, listeners)
	for i := range streams {
		streams[i], _ = h.Subscribe(b.Context(), room1, attendee(fmt.Sprint(i)), "")
	}
	e := webinar.Event{Webinar: room1, Body: note{1}}
	for i := 0; b.Loop(); i++ {
		h.Publish(e)
		if i%(queueSize/2) == 0 {
			b.StopTimer()
			for _, s := range streams {
				for len(s.queue) > 0 {
					<-s.queue
				}
			}
			b.StartTimer()
		}
	}
	b.ReportMetric(float64(b.N)*listeners/b.Elapsed().Seconds(), "messages/s")
	if got := h.Watching(room1); got != listeners {
		b.Fatalf("%d of %d streams are left", got, listeners)
	}
}
