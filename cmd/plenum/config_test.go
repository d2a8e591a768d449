package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestDefaultsAreUsable(t *testing.T) {
	c, err := loadConfig(env())
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(c.Data) || c.AnnounceDelay != 10*time.Second || c.secure() || c.S3Endpoint != "" {
		t.Errorf("%+v", c)
	}
}

// TestRecordingsEndByThemselves holds the bounds of consent.md: 30 days unless it is said otherwise, never above 183.
func TestRecordingsEndByThemselves(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 30 * 24 * time.Hour, "1h": time.Hour, "4392h": 183 * 24 * time.Hour, "4392h0m1s": 0, "59m": 0, "0": 0} {
		c, err := loadConfig(env("PLENUM_RETAIN_RECORDING", value))
		switch {
		case want == 0 && (err == nil || !strings.Contains(err.Error(), "PLENUM_RETAIN_RECORDING")):
			t.Errorf("%q was taken: %v", value, err)
		case want != 0 && (err != nil || c.RetainRecording != want):
			t.Errorf("%q: %v, %v", value, c.RetainRecording, err)
		}
	}
}

func TestConfigReportsEveryFaultAtOnce(t *testing.T) {
	_, err := loadConfig(env("PLENUM_LISTEN", "nowhere", "PLENUM_URL", "ftp://x", "PLENUM_ANNOUNCE_DELAY", "1s",
		"PLENUM_CONSENT_MARGIN", "0", "PLENUM_S3_TLS", "maybe", "PLENUM_MEDIA_ADDRESSES", "1.2.3", "PLENUM_TLS_CERT", "x",
		"PLENUM_DISK_RESERVE", "-1", "PLENUM_S3_ENDPOINT", "minio:9000", "PLENUM_TRUSTED_PROXIES", "proxy",
		"PLENUM_METRICS_LISTEN", "0.0.0.0:9100"))

	if !errors.Is(err, errConfig) || exitCode(err) != 2 {
		t.Fatalf("%v", err)
	}
	for _, name := range []string{"PLENUM_LISTEN", "PLENUM_URL", "PLENUM_ANNOUNCE_DELAY", "PLENUM_CONSENT_MARGIN", "PLENUM_S3_TLS",
		"PLENUM_MEDIA_ADDRESSES", "PLENUM_TLS_KEY", "PLENUM_DISK_RESERVE", "PLENUM_S3_SECRET_KEY", "PLENUM_TRUSTED_PROXIES", "PLENUM_METRICS_LISTEN"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("no word about %s in:\n%v", name, err)
		}
	}
}

func TestAnnouncementsAreCheckedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "de.mp3"), []byte("not a sound"), 0o600))
	if _, err := loadConfig(env("PLENUM_ANNOUNCEMENTS", dir)); err == nil || !strings.Contains(err.Error(), "PLENUM_ANNOUNCEMENTS: de.mp3: this is no MP3 sound") {
		t.Errorf("a file that is no sound: %v", err)
	}
	sound, err := os.ReadFile(filepath.Join("..", "..", "frontend", "public", "audio", "announce-de.mp3"))
	must(err)
	must(os.WriteFile(filepath.Join(dir, "de.mp3"), sound, 0o600))
	c, err := loadConfig(env("PLENUM_ANNOUNCEMENTS", dir))
	must(err)
	if len(c.Announcements) != 2 {
		t.Errorf("%d paths have the operator's sound", len(c.Announcements))
	}
}

func TestSampleSecretIsRefused(t *testing.T) {
	_, err := loadConfig(env("PLENUM_S3_ENDPOINT", "minio:9000", "PLENUM_S3_ACCESS_KEY", "plenum", "PLENUM_S3_SECRET_KEY", sampleSecret))
	if !errors.Is(err, errConfig) {
		t.Errorf("%v", err)
	}
}

func TestPrintConfigNamesAllAndHidesSecrets(t *testing.T) {
	var out bytes.Buffer
	if err := printConfig(&out, env("PLENUM_S3_SECRET_KEY", "hush-hush-hush")); err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		if !strings.Contains(out.String(), s.name+" ") || s.unit == "" || s.doc == "" {
			t.Errorf("%s is not explained", s.name)
		}
	}
	if strings.Contains(out.String(), "hush") {
		t.Error("a secret was printed")
	}
}

func TestComposeFileUsesKnownSettings(t *testing.T) {
	raw, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Image       string
			Ports       []string
			Environment map[string]string
		}
	}
	if err := yaml.Unmarshal(raw, &compose); err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, s := range settings() {
		known = append(known, s.name)
	}
	plenum, ok := compose.Services["plenum"]
	if !ok || compose.Services["minio"].Image == "" {
		t.Fatal("the compose file needs the services plenum and minio")
	}
	values := []string{"PLENUM_URL", "https://plenum.example.org", "PLENUM_S3_SECRET_KEY", "a random secret for this test"}
	for name, value := range plenum.Environment {
		if !slices.Contains(known, name) {
			t.Errorf("%s is no setting", name)
		}
		if !strings.HasPrefix(value, "${") {
			values = append(values, name, value)
		} else if !strings.HasPrefix(value, "${"+name+":") {
			t.Errorf("%s takes %s", name, value)
		}
	}
	c, err := loadConfig(env(values...))
	if err != nil {
		t.Fatal(err)
	}
	if c.S3Endpoint != "minio:9000" || c.S3TLS || c.Data != "/data" {
		t.Errorf("%+v", c)
	}
	for _, want := range []string{"8080:8080", "8443:8443/udp"} {
		if !slices.Contains(plenum.Ports, want) {
			t.Errorf("port %s is not published", want)
		}
	}
}

func TestZone(t *testing.T) {
	for zone, ok := range map[string]bool{"": true, "Europe/Berlin": true, "UTC": true, ":Asia/Tokyo": true, "Europe/Atlantis": false, "/no/such/file": false} {
		if _, err := loadConfig(env("TZ", zone)); (err == nil) != ok {
			t.Errorf("%q: %v", zone, err)
		}
	}
}
