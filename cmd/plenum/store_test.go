package main

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"plenum/recorder/blob"
)

// bucketServer is a store with a certificate of its own that answers like one whose bucket is there, and remembers what
// it was asked.
type bucketServer struct {
	address, ca string

	mu        sync.Mutex
	versioned bool
	away      bool     // 503 to everything
	asked     []string // method, path and query of each request
	sse       string   // what the last upload asked for
}

func newBucketServer(t *testing.T) *bucketServer {
	t.Helper()
	b := &bucketServer{ca: filepath.Join(t.TempDir(), "ca.pem")}
	s := httptest.NewUnstartedServer(b)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what is wanted
	s.StartTLS()
	t.Cleanup(s.Close)
	b.address = s.Listener.Addr().String()
	if err := os.WriteFile(b.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bucketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	b.asked = append(b.asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	w.Header().Set("Last-Modified", "Sat, 28 Nov 2026 12:00:00 GMT")
	w.Header().Set("X-Amz-Server-Side-Encryption", "AES256")
	switch q := r.URL.Query(); {
	case q.Has("versioning") && b.versioned:
		_, _ = io.WriteString(w, `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`)
	case q.Has("versioning"):
		_, _ = io.WriteString(w, `<VersioningConfiguration/>`)
	case q.Has("object-lock"), q.Has("replication"):
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = io.WriteString(w, `<Error><Code>NotImplemented</Code></Error>`)
	case q.Has("uploads"):
		_, _ = io.WriteString(w, `<ListMultipartUploadsResult/>`)
	case q.Has("versions"):
		_, _ = io.WriteString(w, `<ListVersionsResult/>`)
	case r.Method == http.MethodPut:
		b.sse = r.Header.Get("X-Amz-Server-Side-Encryption")
	case r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/rec/"):
		if n := len(b.asked); n > 1 && !strings.HasPrefix(b.asked[n-2], "PUT") {
			w.WriteHeader(http.StatusNotFound) // it was deleted
		}
	}
}

// set changes how it answers.
func (b *bucketServer) set(away, versioned bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.away, b.versioned = away, versioned
}

func (b *bucketServer) settings(more ...string) func(string) string {
	return env(append(more, "PLENUM_S3_ENDPOINT", b.address, "PLENUM_S3_BUCKET", "films", "PLENUM_S3_REGION", "eu-north-9", "PLENUM_S3_ACCESS_KEY", "who", "PLENUM_S3_SECRET_KEY", "a random secret for this test",
		"PLENUM_S3_CA", b.ca)...)
}

// Each setting of the store reaches it, and a store is only reached by all of them.
func TestStoreSettings(t *testing.T) {
	b := newBucketServer(t)
	open := func(settings func(string) string) error {
		t.Helper()
		c, err := loadConfig(settings)
		if err != nil {
			t.Fatal(err)
		}
		p := &parts{cfg: c, log: slog.New(slog.DiscardHandler)}
		err = p.buildStore(t.Context())
		if p.examine != nil {
			err = errors.Join(err, blob.ErrAway)
		}
		return errors.Join(err, p.close())
	}
	if err := open(b.settings()); err != nil || len(b.asked) == 0 || b.sse != "" {
		t.Fatalf("%v, asked %q, encryption %q", err, b.asked, b.sse)
	}
	for _, asked := range b.asked {
		if !strings.Contains(asked, " /films/ ") || !strings.Contains(asked, "Credential=who/") || !strings.Contains(asked, "/eu-north-9/s3/") {
			t.Errorf("asked %s", asked)
		}
	}
	if err := open(b.settings("PLENUM_S3_ENCRYPT", "true")); err != nil || b.sse != "AES256" {
		t.Errorf("%v, encryption %q", err, b.sse)
	}
	if err := open(b.settings("PLENUM_S3_CA", "")); err == nil || !strings.Contains(err.Error(), "unknown authority") || !strings.Contains(err.Error(), "PLENUM_S3_CA") {
		t.Errorf("without its authority: %v", err)
	}
	if err := open(b.settings("PLENUM_S3_TLS", "false")); err == nil {
		t.Error("taken without TLS, which it speaks alone")
	}
	if err := open(b.settings("PLENUM_S3_PATH_STYLE", "false")); !errors.Is(err, blob.ErrAway) {
		t.Error("the bucket was not looked for in the host name")
	}
}

// A server whose bucket would keep what is erased does not start, and says how to mend it.
func TestVersionedBucketIsRefusedAtTheStart(t *testing.T) {
	b := newBucketServer(t)
	b.set(false, true)
	settings := b.settings("PLENUM_DATA", filepath.Join(t.TempDir(), "data"), "PLENUM_LISTEN", "127.0.0.1:0", "PLENUM_MEDIA_LISTEN", "127.0.0.1:0", "PLENUM_MEDIA_ADDRESSES", "127.0.0.1")
	err := run(context.Background(), []string{"serve"}, settings, io.Discard, io.Discard)
	if err == nil || !strings.Contains(err.Error(), `bucket "films" cannot hold recordings (versioning): make a new bucket without versioning`) {
		t.Errorf("%v", err)
	}
}
