package blob

import (
	"bufio"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// plain answers like a store without any settings: it says of versioning that there is none, of the rest that it has no
// such thing, and yes to all else.
func plain(w http.ResponseWriter, r *http.Request) {
	switch q := r.URL.Query(); {
	case q.Has("versioning"):
		_, _ = io.WriteString(w, `<VersioningConfiguration/>`)
	case q.Has("object-lock"), q.Has("replication"):
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = io.WriteString(w, `<Error><Code>NotImplemented</Code></Error>`)
	case q.Has("uploads") && r.Method == http.MethodPost:
		_, _ = io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`)
	}
}

func server(t *testing.T, f http.HandlerFunc) S3Config {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return S3Config{Endpoint: s.Listener.Addr().String(), Bucket: "b-1", AccessKey: "a", SecretKey: "secret", PathStyle: true}
}

// A store with a certificate of an authority of its own is reached with that authority's file, and not without it.
func TestPrivateAuthority(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(plain))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are what is wanted
	s.StartTLS()
	t.Cleanup(s.Close)
	dir := t.TempDir()
	file := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := file("ca.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	for name, c := range map[string]struct {
		ca, said string // said: "" is taken
		plain    bool
	}{
		"its authority":            {ca: ca},
		"no authority":             {said: "certificate signed by unknown authority"},
		"a file that is not there": {ca: filepath.Join(dir, "none.pem"), said: "no such file"},
		"a file that is none":      {ca: file("bad.pem", []byte("not a certificate")), said: "no certificate in"},
		"without TLS":              {ca: ca, plain: true, said: "400 Bad Request"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := OpenS3(t.Context(), S3Config{Endpoint: s.Listener.Addr().String(), Bucket: "b-1", AccessKey: "a", SecretKey: "secret", PathStyle: true, TLS: !c.plain, CAFile: c.ca})
			if got != nil {
				got.Close()
			}
			if (err == nil) != (c.said == "") || err != nil && !strings.Contains(err.Error(), c.said) {
				t.Errorf("%v", err)
			}
		})
	}
}

// The bucket stands in the path or in the host name, as it is set.
func TestPathStyle(t *testing.T) {
	for style, want := range map[bool]string{true: "store.example /b-1/", false: "b-1.store.example /"} {
		socket := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan string, 20)
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.Host + " " + r.URL.Path
			plain(w, r)
		})}
		go func() { _ = s.Serve(l) }()
		t.Cleanup(func() { s.Close() })
		connect(t, S3Config{Endpoint: "store.example", Socket: socket, Bucket: "b-1", AccessKey: "a", SecretKey: "secret", PathStyle: style})
		if got := <-asked; got != want {
			t.Errorf("path style %t asked for %q", style, got)
		}
	}
}

// Whatever begins an object asks for encryption if that is set, and a store that does it is taken.
func TestEncryptionIsAskedFor(t *testing.T) {
	for _, sse := range []string{"", "AES256"} {
		const header = "X-Amz-Server-Side-Encryption"
		asked, heads := map[string]string{}, 0
		c := server(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost || r.Method == http.MethodPut {
				asked[r.Method] = r.Header.Get(header)
			}
			w.Header().Set("Last-Modified", "Sat, 28 Nov 2026 12:00:00 GMT")
			w.Header().Set(header, sse)
			switch q := r.URL.Query(); {
			case q.Has("uploads") && r.Method == http.MethodGet:
				_, _ = io.WriteString(w, `<ListMultipartUploadsResult/>`)
			case q.Has("versions"):
				_, _ = io.WriteString(w, `<ListVersionsResult/>`)
			case r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/probe/"):
				if heads++; heads > 1 {
					w.WriteHeader(http.StatusNotFound) // it was deleted
				}
			default:
				plain(w, r)
			}
		})
		c.SSE = sse
		s := connect(t, c)
		_ = put(t.Context(), s, pattern(100)) // this store keeps nothing
		if _, err := s.remote.newUpload(t.Context(), testKey); err != nil {
			t.Fatal(err)
		}
		if asked[http.MethodPut] != sse || asked[http.MethodPost] != sse {
			t.Errorf("%q is set, asked was %q", sse, asked)
		}
	}
	c := server(t, plain)
	c.SSE = "aws:kms"
	if _, err := OpenS3(t.Context(), c); err == nil || !strings.Contains(err.Error(), `must be "AES256" or empty`) {
		t.Errorf("another kind of encryption: %v", err)
	}
}

// A film that the store sends only in part ends with a fault, never like a shorter film.
func TestTruncatedAnswer(t *testing.T) {
	const size = 1000
	for sent, broken := range map[int]bool{size: false, size - 1: true, size / 2: true, 0: true} {
		s := connect(t, server(t, func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, "/rec/") {
				plain(w, r)
				return
			}
			w.Header().Set("Content-Length", fmt.Sprint(size))
			w.Header().Set("Last-Modified", "Sat, 28 Nov 2026 12:00:00 GMT")
			if r.Method == http.MethodGet {
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(pattern(size)[:sent])
			}
		}))
		r, n, err := s.Open(t.Context(), testKey)
		if err != nil || n != size {
			t.Fatal(n, err)
		}
		b, err := io.ReadAll(r)
		if (err != nil) != broken || broken && len(b) > 0 || !broken && len(b) != size {
			t.Errorf("%d of %d bytes sent: %d read, %v", sent, size, len(b), err)
		}
		if back, err := s.sumsBack(t.Context(), testKey, size); (err != nil) != broken || broken && back != nil {
			t.Errorf("%d of %d bytes sent: read back as %s, %v", sent, size, back, err)
		}
	}
}

// A store that takes a request and never answers is given up in time, whatever was asked; one that is only slow is not.
func TestStoreThatHangs(t *testing.T) {
	ask := map[string]func(*S3, context.Context) error{
		"look":   func(s *S3, ctx context.Context) error { _, err := s.Stat(ctx, testKey); return err },
		"delete": func(s *S3, ctx context.Context) error { return s.removeVersions(ctx, testKey) },
		"sweep":  func(s *S3, ctx context.Context) error { _, err := s.sweep(ctx, testKey, nil); return err },
		"list":   func(s *S3, ctx context.Context) error { return s.Each(ctx, nil) },
		"send":   func(s *S3, ctx context.Context) error { return put(ctx, s, pattern(1000)) },
		"resume": func(s *S3, ctx context.Context) error {
			return s.Put(ctx, Upload{Key: testKey, Body: strings.NewReader(strings.Repeat("x", 9<<20)), Size: 9 << 20, UploadID: "u"})
		},
		"read back": func(s *S3, ctx context.Context) error { _, err := s.sumsBack(ctx, testKey, 1000); return err },
		"read": func(s *S3, ctx context.Context) error {
			_, err := (&reader{ctx: ctx, remote: s.remote, key: testKey, size: 1000}).Read(make([]byte, 1))
			return err
		},
	}
	for name, f := range ask {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, err := dial(S3Config{Endpoint: "store.example", Bucket: "b-1", Region: "us-east-1", AccessKey: "a", SecretKey: "secret", PathStyle: true})
				if err != nil {
					t.Fatal(err)
				}
				defer r.close()
				r.transport.Proxy = nil
				r.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() { _, _ = io.Copy(io.Discard, bufio.NewReader(theirs)) }()
					return ours, nil
				}
				since := time.Now()
				err = f(&S3{remote: r, durable: func() error { return nil }}, t.Context())
				if took := time.Since(since); !errors.Is(err, context.DeadlineExceeded) || took < time.Minute || took > time.Minute+time.Second {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
	ctx, stop := deadline(t.Context(), 8<<20)
	defer stop()
	if end, ok := ctx.Deadline(); !ok || time.Until(end) < 5*time.Minute || time.Until(end) > 6*time.Minute {
		t.Errorf("8 MiB have until %v", end)
	}
}

// A store that cannot list unfinished uploads, or versions, erases all the same.
func TestStoreWithoutLists(t *testing.T) {
	erased := false
	s := connect(t, server(t, func(w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case q.Has("uploads"), q.Has("versions"):
			w.WriteHeader(http.StatusNotImplemented)
			_, _ = io.WriteString(w, `<Error><Code>NotImplemented</Code></Error>`)
		case strings.Contains(r.URL.Path, "/rec/") && r.Method == http.MethodDelete:
			erased = true
			w.WriteHeader(http.StatusNoContent)
		case strings.Contains(r.URL.Path, "/rec/"):
			w.WriteHeader(http.StatusNotFound)
		default:
			plain(w, r)
		}
	}))
	if err := s.Delete(t.Context(), testKey); err != nil || !erased {
		t.Errorf("erased: %t, %v", erased, err)
	}
}
