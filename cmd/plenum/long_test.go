//go:build full

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plenum/migrations"
	"plenum/recorder/blob"
	"plenum/recorder/webm"
)

var long = flag.Duration("long", 2*time.Hour, "how long the recording is that browsers seek in")

// trafficAtMost is what seeking in two hours may cost.
const trafficAtMost = 100 << 20

// TestBrowsersSeekInLongFiles puts a long recording of real pictures and sound where a real one lies, and has Chromium and
// Firefox jump about in it, over the real download, until each place is shown.
func TestBrowsersSeekInLongFiles(t *testing.T) {
	store := newStorehouse(t)
	h := newHouse(t, store.settings()...)
	h.start()
	speaker := h.open("Long", "Bob")
	leave := h.onStage(speaker, newFilm(t))
	rec := h.announced(speaker)
	h.recorded(100_000)
	h.host.call("POST", h.path+"/recordings/"+rec.ID+"/stop", nil, 200, nil)
	leave()
	segment := h.until("stored", func(l []recordingDetail) bool { return l[0].Recording.State == "available" })[0].Segments[0]
	h.kill()

	path := filepath.Join(t.TempDir(), "long.webm")
	size := stretch(t, path, *long)
	h.replace(store, rec.ID, segment.ID, path, size)
	h.start()
	for name, start := range map[string]func(address, profile string) *exec.Cmd{
		"chromium": func(address, profile string) *exec.Cmd {
			return exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--user-data-dir="+profile, address)
		},
		"firefox": func(address, profile string) *exec.Cmd {
			return exec.Command("firefox-esr", "--headless", "--no-remote", "--profile", profile, address)
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen, traffic := h.seek(t, h.path+"/recordings/"+rec.ID+"/segments/"+segment.ID, start)
			t.Logf("%v of %d MiB, %d places, slowest %.1f s, %.1f MiB of traffic", *long, size>>20, len(seen.Places), seen.slowest(), float64(traffic)/(1<<20))
			if length := time.Duration(seen.Duration * float64(time.Second)); length < *long-time.Second || length > *long+time.Second {
				t.Errorf("%s says that it lasts %v", name, length)
			}
			if seen.Fault != "" || len(seen.Places) != places {
				t.Errorf("%+v", seen)
			}
			for _, p := range seen.Places {
				if p.Shown < p.Wanted-0.5 || p.Shown > p.Wanted+0.5 || p.Width == 0 {
					t.Errorf("%+v", p)
				}
			}
			if traffic > trafficAtMost {
				t.Errorf("%d bytes of traffic", traffic)
			}
		})
	}
}

// stretch writes a file of the length out of a short film, as the recorder would.
func stretch(t *testing.T, path string, length time.Duration) int64 {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	movie := filmOf(t, "640x360", "1500k", 60)
	file := &lazyFile{File: f}
	w, err := webm.NewWriter(file, []webm.Track{{Number: 1, Codec: webm.VP8}, {Number: 4, Codec: webm.Opus, Channels: 2}}, webm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, j := 0, 0; time.Duration(i)*time.Second/30 < length; i++ {
		at := time.Duration(i) * time.Second / 30
		for ; time.Duration(j)*20*time.Millisecond <= at; j++ {
			if err := w.Write(4, int64(j)*20, true, movie.sound[j%len(movie.sound)]); err != nil {
				t.Fatal(err)
			}
		}
		n := i % len(movie.pictures)
		if err := w.Write(1, at.Milliseconds(), webm.VP8.Key(movie.pictures[n]), movie.pictures[n]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		t.Fatal(err)
	}
	file.durable = true // what was written before was, cluster by cluster
	begun := time.Now()
	st, err := w.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(begun)
	t.Logf("%v of recording are finished in %v", length, took.Round(time.Millisecond))
	if took > playableIn {
		t.Errorf("a recording that has stopped plays after %v", took)
	}
	return st.Bytes
}

// playableIn is how long after the stop people may wait for a master. It plays from the spool as soon as it is finished.
const playableIn = 10 * time.Second

// lazyFile is durable in its own time, until it is asked to be at once.
type lazyFile struct {
	*os.File
	durable bool
}

func (l *lazyFile) Sync() error {
	if l.durable {
		return l.File.Sync()
	}
	return nil
}

// replace has a stored recording be another file; the server is down.
func (h *house) replace(store *storehouse, rec, segment, path string, size int64) {
	h.t.Helper()
	f, err := os.Open(path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	objects, err := blob.OpenS3(h.t.Context(), blob.S3Config{Endpoint: store.keys.Address, Bucket: "plenum", AccessKey: store.keys.Access, SecretKey: store.keys.Secret, PathStyle: true})
	if err != nil {
		h.t.Fatal(err)
	}
	defer objects.Close()
	key, err := blob.Key(rec, segment)
	if err != nil {
		h.t.Fatal(err)
	}
	begun := time.Now()
	if err := objects.Put(h.t.Context(), blob.Upload{Key: key, Body: f, Size: size}); err != nil {
		h.t.Fatal(err)
	}
	h.t.Logf("%d MiB were stored and verified in %v", size>>20, time.Since(begun).Round(time.Millisecond))
	db, err := migrations.Open(h.t.Context(), filepath.Join(h.dir, databaseFile))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, q := range []string{`UPDATE segments SET bytes = ?, duration_ms = ? WHERE id = ?`, `UPDATE archive SET size = ? + 0 * ? WHERE segment = ?`} {
		if err := db.Exec(q, size, long.Milliseconds(), segment).Error; err != nil {
			h.t.Fatal(err)
		}
	}
	if err := closeDatabase(db); err != nil {
		h.t.Fatal(err)
	}
}

// seeing is what the page tells of a file.
type seeing struct {
	Duration float64 // s
	Fault    string
	Places   []struct {
		Wanted, Shown, Took float64 // s
		Width               int
	}
}

func (s seeing) slowest() (most float64) {
	for _, p := range s.Places {
		most = max(most, p.Took)
	}
	return most
}

// places are how often the page jumps.
const places = 6

const seekPage = `<!doctype html><title>seek</title><video muted preload="metadata" src="%s"></video><script>
const v = document.querySelector('video');
const once = (what) => new Promise((ok, no) => {
	v.addEventListener(what, ok, { once: true });
	v.addEventListener('error', () => no(new Error('media error ' + v.error?.code + ' ' + v.error?.message)), { once: true });
});
const told = { Duration: 0, Fault: '', Places: [] };
(async () => {
	try {
		if (!v.duration) await once('loadedmetadata');
		told.Duration = v.duration;
		for (let i = 0; i < %d; i++) {
			const Wanted = v.duration * ((i * 0.618 + 0.05) %% 0.97), begun = performance.now();
			const there = once('seeked');
			v.currentTime = Wanted;
			await there;
			told.Places.push({ Wanted, Shown: v.currentTime, Took: (performance.now() - begun) / 1000, Width: v.readyState >= 2 ? v.videoWidth : 0 });
		}
	} catch (e) { told.Fault = String(e); }
	await fetch('/told', { method: 'POST', body: JSON.stringify(told) });
})();
</script>`

// seek has a browser jump about in a file, and counts what it loads of it.
func (h *house) seek(t *testing.T, path string, start func(address, profile string) *exec.Cmd) (seeing, int64) {
	t.Helper()
	site, err := url.Parse(h.host.base)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan seeing, 1)
	var traffic atomic.Int64
	proxy := httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(site)
			r.Out.Header.Set("Authorization", "Bearer "+h.host.bearer)
		},
		ErrorLog: nil, ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}, // a browser that jumps hangs up
	}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/seek":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w, seekPage, path, places)
		case r.URL.Path == "/told":
			var s seeing
			body, _ := io.ReadAll(r.Body)
			if err := json.Unmarshal(body, &s); err != nil {
				s.Fault = fmt.Sprintf("%v in %s", err, body)
			}
			told <- s
		case strings.HasPrefix(r.URL.Path, "/api/"):
			defer func() { _ = recover() }() // http.ErrAbortHandler, when the browser has gone
			proxy.ServeHTTP(&counted{ResponseWriter: w, n: &traffic}, r)
		default:
			http.NotFound(w, r)
		}
	}))
	// What lies in our own buffers is no traffic: a browser that jumps never takes it.
	front.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetWriteBuffer(128 << 10)
		}
		return ctx
	}
	front.Start()
	defer front.Close()
	profile := t.TempDir()
	cmd := start(front.URL+"/seek", profile)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = append(os.Environ(), "HOME="+profile)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	defer func() { _ = cmd.Process.Kill(); <-ended }()
	select {
	case s := <-told:
		return s, traffic.Load()
	case <-ended:
		t.Fatalf("the browser ended: %s", &said)
	case <-ctx.Done():
		t.Fatalf("the browser tells nothing; %d bytes of traffic", traffic.Load())
	}
	return seeing{}, 0
}

// counted counts the bytes of an answer.
type counted struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// Unwrap implements what [http.ResponseController] asks for.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }
