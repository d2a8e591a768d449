package api

import (
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plenum/recorder"
	"plenum/webinar/live"
	"plenum/webinar/sfu"
)

// Metrics writes the numbers of the whole server in the Prometheus text format. They count and never name: no label
// tells a webinar, a person or an address. Each part is asked when somebody looks.
func Metrics(media *sfu.Engine, hub *live.Hub, rec *recorder.Service) http.Handler {
	all := prometheus.NewRegistry()
	all.MustRegister(
		&numbers{media: media, hub: hub, recorder: rec, metrics: newMetrics()},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

func (s *server) metrics(c *call) error {
	c.Header("Cache-Control", "no-store")
	s.Numbers.ServeHTTP(c.Writer, c.Request)
	return nil
}

// numbers is a [prometheus.Collector].
type numbers struct {
	media    *sfu.Engine
	hub      *live.Hub
	recorder *recorder.Service
	metrics
}

// metrics describes what numbers has of its own.
type metrics struct {
	inPackets, inBytes, outPackets, outBytes, repeats, drops, requests, keys, calls, trains, path, cpu *prometheus.Desc
	rooms, publications, sources, viewers, poor, layers, joins, join, rtt, loss                        *prometheus.Desc
	streams, recordings, files, storage, free                                                          *prometheus.Desc
}

func newMetrics() metrics {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("plenum_"+name, help, labels, nil)
	}
	return metrics{
		inPackets:  d("media_received_packets_total", "RTP packets that publishers sent."),
		inBytes:    d("media_received_bytes_total", "Bytes of payload in them."),
		outPackets: d("media_sent_packets_total", "RTP packets sent to viewers, without repeats."),
		outBytes:   d("media_sent_bytes_total", "Bytes of payload in them."),
		repeats:    d("media_repeated_packets_total", "RTP packets sent once more because a viewer had lost them."),
		drops: d("media_dropped_packets_total", "Packets that went no further: remote_addresses counts checks of clients that came from too many addresses, "+
			"source_queue and over_limit packets of publishers, "+
			"worker_queue packets before they are multiplied, viewer_write and system packets to viewers.", "cause"),
		requests: d("media_dropped_requests_total", "Wishes of viewers (repeats, key frames) that found their worker busy."),
		keys:     d("media_keyframe_requests_total", "Key frames asked of publishers.", "kind"),
		calls:    d("media_system_calls_total", "System calls that sent media."),
		trains:   d("media_trains_total", "Messages in these calls, each one datagram or a train of several."),
		path:     d("media_workers", "Workers by the way in which they hand media to the system.", "path"),
		cpu:      d("cpu_seconds_per_sent_packet", "CPU time of the process since its start over all packets sent, repeats included; rate() of the counters tells it for a while."),

		rooms:        d("media_rooms", "Webinars in which somebody publishes or watches."),
		publications: d("publications", "Publications: camera and microphone, or a screen."),
		sources:      d("sources", "Published streams.", "kind"),
		viewers:      d("viewers", "Media connections of viewers, people on stage included.", "state"),
		poor:         d("viewers_poor", "Connected viewers two of whose last three reports told of more than 5 % lost or more than 600 ms there and back."),
		layers:       d("viewer_pictures", "Pictures that viewers should see, by the layer that they are sent; only: the source has no others.", "layer"),
		joins:        d("joins_total", "Attempts to watch, by how they went.", "result"),
		join:         d("join_seconds", "From a viewer's offer to its connection."),
		rtt:          d("viewer_rtt_seconds", "Time there and back in reports of viewers, one observation a viewer and two seconds at most."),
		loss:         d("viewer_loss_ratio", "Part of the packets that did not arrive in reports of viewers, of each one's worst stream."),

		streams:    d("event_streams", "Open event streams."),
		recordings: d("recordings", "Recordings that are not over.", "state"),
		files:      d("recording_files", "Recording files that are being written or sealed."),
		storage:    d("storage_up", "1: the object store answered the last call, and may hold recordings."),
		free:       d("spool_free_bytes", "Bytes free where recordings grow."),
	}
}

// Describe implements [prometheus.Collector].
func (n *numbers) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		n.inPackets, n.inBytes, n.outPackets, n.outBytes, n.repeats, n.drops, n.requests, n.keys, n.calls, n.trains, n.path, n.cpu,
		n.rooms, n.publications, n.sources, n.viewers, n.poor, n.layers, n.joins, n.join, n.rtt, n.loss,
		n.streams, n.recordings, n.files, n.storage, n.free,
	} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (n *numbers) Collect(to chan<- prometheus.Metric) {
	w := metricWriter{to}
	n.traffic(w, n.media.Stats())
	w.gauge(n.streams, n.hub.Streams())
	r := n.recorder.Numbers()
	w.gauge(n.recordings, r.Running, "running")
	w.gauge(n.recordings, r.Paused, "paused")
	w.gauge(n.files, r.Files)
	up := 0
	if r.StorageOK {
		up = 1
	}
	w.gauge(n.storage, up)
	if r.Free >= 0 {
		w.value(n.free, prometheus.GaugeValue, float64(r.Free))
	}
}

func (n *numbers) traffic(w metricWriter, s sfu.Stats) {
	w.counter(n.inPackets, s.InPackets)
	w.counter(n.inBytes, s.InBytes)
	w.counter(n.outPackets, s.OutPackets)
	w.counter(n.outBytes, s.OutBytes)
	w.counter(n.repeats, s.Repeats)
	for cause, count := range s.Drops {
		w.counter(n.drops, count, string(cause))
	}
	w.counter(n.requests, s.Requests)
	for kind, count := range s.KeyRequests {
		w.counter(n.keys, count, kind)
	}
	w.counter(n.calls, s.SystemCalls)
	w.counter(n.trains, s.Trains)
	for path, workers := range s.Path {
		w.gauge(n.path, workers, path)
	}
	if sent := s.OutPackets + s.Repeats; sent > 0 {
		w.value(n.cpu, prometheus.GaugeValue, cpuTime().Seconds()/float64(sent))
	}
	w.gauge(n.rooms, s.Rooms)
	w.gauge(n.publications, s.Publications)
	for kind, count := range s.Sources {
		w.gauge(n.sources, count, kind)
	}
	w.gauge(n.viewers, s.Connecting, "connecting")
	w.gauge(n.viewers, s.Connected, "connected")
	w.gauge(n.poor, s.Poor)
	for layer, pictures := range s.Layers {
		w.gauge(n.layers, pictures, layer)
	}
	for end, count := range s.Joins {
		w.counter(n.joins, count, string(end))
	}
	w.histogram(n.join, s.Join)
	w.histogram(n.rtt, s.RTT)
	w.histogram(n.loss, s.Loss)
}

// cpuTime is what the process has used of the cores, for itself and in the system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

type metricWriter struct{ to chan<- prometheus.Metric }

func (w metricWriter) counter(d *prometheus.Desc, v uint64, labels ...string) {
	w.value(d, prometheus.CounterValue, float64(v), labels...)
}

func (w metricWriter) gauge(d *prometheus.Desc, v int, labels ...string) {
	w.value(d, prometheus.GaugeValue, float64(v), labels...)
}

func (w metricWriter) value(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
	w.to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
}

func (w metricWriter) histogram(d *prometheus.Desc, h sfu.Histogram) {
	buckets := map[float64]uint64{}
	var n uint64
	for i, count := range h.Counts {
		n += count
		if i < len(h.Bounds) {
			buckets[h.Bounds[i]] = n
		}
	}
	w.to <- prometheus.MustNewConstHistogram(d, n, h.Sum, buckets)
}
