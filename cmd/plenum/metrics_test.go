package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestMetricsStayOnThisMachine(t *testing.T) {
	for at, ok := range map[string]bool{
		"": true, "127.0.0.1:9100": true, "127.8.9.1:0": true, "[::1]:9100": true, "localhost:9100": true,
		":9100": false, "0.0.0.0:9100": false, "[::]:9100": false, "192.168.1.2:9100": false, "plenum.example.org:9100": false,
		"127.0.0.1": false, "[::ffff:10.0.0.1]:9100": false,
	} {
		if _, err := loadConfig(env("PLENUM_METRICS_LISTEN", at)); (err == nil) != ok || err != nil && !errors.Is(err, errConfig) {
			t.Errorf("%q: %v", at, err)
		}
	}
}

// TestMetricsAreServed reads the numbers of a whole server both ways.
func TestMetricsAreServed(t *testing.T) {
	dir := t.TempDir()
	if err := addUser(t.Context(), mustLoad(t, dir), []string{"--email", "ada@example.org", "--name", "Ada"},
		strings.NewReader("correct horse battery\n"), io.Discard); err != nil {
		t.Fatal(err)
	}
	var token bytes.Buffer
	create := []string{"token", "create", "--user", "ada@example.org", "--scope"}
	if err := run(t.Context(), append(create, "metrics"), settingsFor(dir), &token, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), append(create, "root"), settingsFor(dir), io.Discard, io.Discard); !errors.Is(err, errUsage) {
		t.Errorf("an unknown scope: %v", err)
	}
	settings := settingsFor(dir)
	printed, logged, stop := startedWith(t, func(name string) string {
		if name == "PLENUM_METRICS_LISTEN" {
			return "127.0.0.1:0"
		}
		return settings(name)
	})
	base := find(t, printed, `ready:\s+(\S+)`)
	local := "http://" + find(t, logged.String(), `metrics are served" address=(\S+)`)
	reader := script{t: t, base: base, bearer: strings.TrimSpace(token.String())}
	var public, private string
	reader.call("GET", "/metrics", nil, 200, &public)
	reader.call("GET", "/api/webinars", nil, 403, nil)
	script{t: t, base: base, bearer: "pat_wrong"}.call("GET", "/metrics", nil, 401, nil)
	anybody := script{t: t, base: local}
	anybody.call("GET", "/metrics", nil, 200, &private)
	anybody.call("GET", "/healthz", nil, 404, nil)
	anybody.call("POST", "/metrics", nil, 405, nil)
	for _, text := range []string{public, private} {
		if !strings.Contains(text, "plenum_media_rooms 0\n") {
			t.Errorf("no numbers in %.300s", text)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Fatalf("%v\n%s", err, logged)
	}
}
