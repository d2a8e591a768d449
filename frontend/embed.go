// Package frontend holds the built web app and serves it: the pages, their hashed assets, nothing else.
package frontend

import (
	"bytes"
	"embed"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// unbuilt is the answer of a binary that was built before its web app.
const unbuilt = "The web app is not in this binary. Run \"make build\" and start again.\n"

// Handler serves the app that was embedded at build time. It answers GET and HEAD and knows every path: an
// entry for each page, the files of dist, and for all others a page that says so with status 404. A binary
// without a built app answers 503 with a sentence. ours are played instead of the announcements that are built in.
func Handler(ours Announcements) http.Handler {
	sub, err := fs.Sub(dist, "dist")
	if err != nil { // only an invalid literal path can fail
		panic(err)
	}
	return handler{files: sub, ours: ours}
}

type handler struct {
	files fs.FS
	ours  Announcements
}

// entry names the HTML file of a page, "" for none. Deeper paths of a page belong to its own router.
func entry(p string) string {
	first, rest, deep := strings.Cut(strings.TrimPrefix(p, "/"), "/")
	switch first {
	case "", "setup", "login", "password":
		if !deep {
			return "host.html"
		}
	case "webinars", "recordings":
		return "host.html"
	case "stage", "s", "members":
		if one(rest) {
			return "host.html"
		}
	case "w":
		if one(rest) {
			return "attendee.html"
		}
	case "j", "vote":
		if rest == "" || one(rest) {
			return "attendee.html"
		}
	case "embed":
		if kind, id, _ := strings.Cut(rest, "/"); kind == "poll" && one(id) {
			return "attendee.html"
		}
	case "receipt":
		if !deep {
			return "receipt.html"
		}
	case "present":
		if one(rest) {
			return "present.html"
		}
	}
	return ""
}

// one tells whether rest is one path segment.
func one(rest string) bool { return rest != "" && !strings.Contains(rest, "/") }

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are known here.", http.StatusMethodNotAllowed)
		return
	}
	if _, err := fs.Stat(h.files, "host.html"); errors.Is(err, fs.ErrNotExist) {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, unbuilt, http.StatusServiceUnavailable)
		return
	}
	name, status := entry(r.URL.Path), http.StatusOK
	if name == "" {
		name = strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		if !h.isFile(name) {
			name, status = "404.html", http.StatusNotFound
		}
	}
	h.serve(w, r, name, status)
}

// isFile tells whether a file may be asked for by its own name. Pages have paths and the compressed twins have
// none of their own.
func (h handler) isFile(name string) bool {
	if !fs.ValidPath(name) || strings.HasPrefix(path.Base(name), ".") {
		return false
	}
	switch path.Ext(name) {
	case ".html", ".br", ".gz":
		return false
	}
	info, err := fs.Stat(h.files, name)
	return err == nil && info.Mode().IsRegular()
}

func (h handler) serve(w http.ResponseWriter, r *http.Request, name string, status int) {
	head := w.Header()
	head.Set("Content-Type", contentType(name))
	head.Set("X-Content-Type-Options", "nosniff")
	head.Add("Vary", "Accept-Encoding")
	switch {
	case strings.HasPrefix(name, "assets/"): // the hash of its content is in the name
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	case path.Ext(name) == ".html":
		head.Set("Cache-Control", "no-cache")
	default:
		head.Set("Cache-Control", "public, max-age=3600")
	}
	if s, ok := h.ours[name]; ok {
		head.Set("Content-Type", s.contentType)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.body))
		return
	}
	body, encoding, err := h.read(name, r.Header.Get("Accept-Encoding"))
	if err != nil {
		http.Error(w, "This file cannot be read.", http.StatusInternalServerError)
		return
	}
	if encoding != "" {
		head.Set("Content-Encoding", encoding)
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) //nolint:gosec // a built page, no input; if the client is gone there is nothing to do
		}
		return
	}
	if encoding != "" {
		r = r.Clone(r.Context())
		r.Header.Del("Range") // a range would count the compressed bytes
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// read answers the smallest form of a file that the client accepts, and its Content-Encoding ("" for plain).
func (h handler) read(name, accept string) (body []byte, encoding string, err error) {
	for _, twin := range []struct{ coding, suffix string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(accept, twin.coding) {
			continue
		}
		if body, err = fs.ReadFile(h.files, name+twin.suffix); err == nil {
			return body, twin.coding, nil
		}
	}
	body, err = fs.ReadFile(h.files, name)
	return body, "", err
}

// accepts reads an Accept-Encoding header (RFC 9110, 12.5.3): the coding is named and not refused with q=0.
func accepts(header, coding string) bool {
	for item := range strings.SplitSeq(header, ",") {
		token, params, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(token), coding) {
			continue
		}
		q := strings.ReplaceAll(strings.ToLower(params), " ", "")
		return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return false
}

// contentType does not ask the machine's own MIME table, which differs from host to host.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".mp3":
		return "audio/mpeg"
	case ".ogg":
		return "audio/ogg"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".wasm":
		return "application/wasm"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
