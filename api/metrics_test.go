package api

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"plenum/webinar"
)

// scrape reads the numbers as Prometheus does.
func scrape(t *testing.T, s *site, who asker) map[string]*dto.MetricFamily {
	t.Helper()
	got := s.want(s.do(who, "metrics", nil, ""), http.StatusOK, "")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	all, err := parser.TextToMetricFamilies(bytes.NewReader(got.body))
	must(t, err)
	return all
}

// value is the one number of a family that has the label's value, if one is asked for.
func value(t *testing.T, all map[string]*dto.MetricFamily, name, label string) float64 {
	t.Helper()
	for _, m := range all[name].GetMetric() {
		if label != "" && (len(m.GetLabel()) != 1 || m.GetLabel()[0].GetValue() != label) {
			continue
		}
		switch all[name].GetType() {
		case dto.MetricType_COUNTER:
			return m.GetCounter().GetValue()
		case dto.MetricType_GAUGE:
			return m.GetGauge().GetValue()
		case dto.MetricType_HISTOGRAM:
			return float64(m.GetHistogram().GetSampleCount())
		default: // no other is exposed
		}
	}
	t.Errorf("no %s{%s}", name, label)
	return -1
}

func TestMetrics(t *testing.T) {
	s := newSite(t)
	host := s.account("canary@example.org")
	token, err := s.accounts.NewToken(t.Context(), "canary@example.org", webinar.ScopeMetrics)
	must(t, err)
	who := bearer(token)
	w := s.webinar(host)
	speaker, ticket := s.ticket(host, w, "speaker")
	attendee, seat := s.ticket(host, w, "attendee")
	stream := s.open(attendee, w, "")
	stream.wait("snapshot")
	defer stream.close()
	s.want(s.do(speaker, "publish", in(w), offerOf(t, webrtc.RTPTransceiverDirectionSendonly)), http.StatusCreated, "")
	s.want(s.do(attendee, "watch", in(w), offerOf(t, webrtc.RTPTransceiverDirectionRecvonly)), http.StatusCreated, "")
	s.do(attendee, "watch", in(w), "v=0")

	all := scrape(t, s, who)
	for _, c := range []struct {
		name, label string
		want        float64
	}{
		{"plenum_media_rooms", "", 1}, {"plenum_publications", "", 1}, {"plenum_viewers", "connecting", 1}, {"plenum_viewers", "connected", 0},
		{"plenum_viewers_poor", "", 0}, {"plenum_viewer_pictures", "high", 0}, {"plenum_viewer_pictures", "none", 0}, {"plenum_event_streams", "", 1}, {"plenum_joins_total", "offer", 1}, {"plenum_joins_total", "full", 0}, {"plenum_joins_total", "connected", 0},
		{"plenum_join_seconds", "", 0}, {"plenum_viewer_rtt_seconds", "", 0}, {"plenum_viewer_loss_ratio", "", 0},
		{"plenum_media_received_packets_total", "", 0}, {"plenum_media_sent_packets_total", "", 0}, {"plenum_media_sent_bytes_total", "", 0},
		{"plenum_media_repeated_packets_total", "", 0}, {"plenum_media_keyframe_requests_total", "camera", 0},
		{"plenum_media_dropped_packets_total", "remote_addresses", 0}, {"plenum_media_dropped_packets_total", "source_queue", 0}, {"plenum_media_dropped_packets_total", "over_limit", 0},
		{"plenum_media_dropped_packets_total", "worker_queue", 0}, {"plenum_media_dropped_packets_total", "viewer_write", 0},
		{"plenum_media_dropped_packets_total", "system", 0}, {"plenum_media_dropped_requests_total", "", 0},
		{"plenum_recordings", "running", 0}, {"plenum_recordings", "paused", 0}, {"plenum_recording_files", "", 0}, {"plenum_storage_up", "", 1},
	} {
		if got := value(t, all, c.name, c.label); got != c.want {
			t.Errorf("%s{%s} is %v, want %v", c.name, c.label, got, c.want)
		}
	}
	for _, name := range []string{"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "go_goroutines", "plenum_spool_free_bytes"} {
		if value(t, all, name, "") <= 0 {
			t.Errorf("%s says nothing", name)
		}
	}
	body := string(s.do(who, "metrics", nil, "").body)
	for _, private := range []string{w, ticket.ID, seat.ID, "canary", "127.0.0.1", "A webinar", "A speaker"} {
		if strings.Contains(body, private) {
			t.Errorf("the numbers know %q", private)
		}
	}
}

func TestMetricsHeaders(t *testing.T) {
	s := newSite(t)
	s.account("host@example.org")
	token, err := s.accounts.NewToken(t.Context(), "host@example.org", webinar.ScopeMetrics)
	must(t, err)
	got := s.do(bearer(token), "metrics", nil, "")
	if got.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(got.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Errorf("%v", got.header)
	}
	// A browser that is signed in is no reader, and no page may embed it.
	in := s.do(asker{}, "signIn", nil, `{"email":"host@example.org","password":"a long password"}`)
	if refused := s.want(s.do(asker{cookies: in.cookie}, "metrics", nil, ""), http.StatusForbidden, "forbidden"); !bytes.Contains(refused.body, []byte("token of scope metrics")) {
		t.Errorf("%s", refused.body)
	}
	if refused := s.want(s.do(bearer(token), "listWebinars", nil, ""), http.StatusForbidden, "forbidden"); !bytes.Contains(refused.body, []byte("nothing else")) {
		t.Errorf("%s", refused.body)
	}
	if got.header.Get("Cross-Origin-Resource-Policy") != "same-origin" || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v", got.header)
	}
}
