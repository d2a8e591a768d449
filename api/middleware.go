package api

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

const requestIDKey = "request-id"

// identify gives the request an id of ours; what a client sends as one is not believed.
func (s *server) identify(c *gin.Context) {
	id := strings.ToLower(rand.Text()[:12])
	c.Set(requestIDKey, id)
	c.Header("X-Request-Id", id)
}

// logAccess writes one line a request: the route's template and never the path, the query or an address; and none for a
// ballot, since its moment would help to tell whose it is.
func (s *server) logAccess(c *gin.Context) {
	start := time.Now()
	c.Next()
	route := c.FullPath()
	switch {
	case route == "":
		route = "-"
	case strings.HasSuffix(route, "/:poll/votes"), strings.HasSuffix(route, "/:poll/token"), strings.HasSuffix(route, "/:poll/ballots"), strings.HasSuffix(route, "/:poll/mandates"):
		return
	}
	s.Log.LogAttrs(c.Request.Context(), slog.LevelDebug, "request", slog.String("method", knownMethod(c.Request.Method)), slog.String("route", route),
		slog.Int("status", c.Writer.Status()), slog.Int64("ms", time.Since(start).Milliseconds()), slog.String("request_id", requestID(c)))
}

// knownMethod keeps what a client made up out of the log.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recovered turns a panic into the answer for an unknown fault. The value of the panic is not logged, only its type:
// it may hold what somebody typed.
func (s *server) recovered(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { //nolint:errorlint // the value itself, as net/http compares it
			panic(v)
		}
		s.Log.LogAttrs(c.Request.Context(), slog.LevelError, "panic", slog.String("type", fmt.Sprintf("%T", v)),
			slog.String("request_id", requestID(c)), slog.String("stack", string(debug.Stack())))
		s.fail(c, errPanic)
	}()
	c.Next()
}

// contentSecurityPolicy allows what the front end ships and nothing else, in frames of the ancestors. Script texts go
// through Trusted Types.
func contentSecurityPolicy(ancestors string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "style-src 'self'", "font-src 'self'",
		"img-src 'self' data: blob:", "media-src 'self' blob:", "connect-src 'self'", "manifest-src 'self'", "form-action 'self'",
		"base-uri 'none'", "frame-ancestors " + ancestors, "require-trusted-types-for 'script'", "trusted-types svelte-trusted-html",
	}, "; ")
}

func (s *server) secureHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", contentSecurityPolicy(s.frameAncestors(c.Request.Context(), c.Request.URL.Path)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), autoplay=(self), "+
		"screen-wake-lock=(self), geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), midi=(), browsing-topics=()")
	if s.TLS { // browsers ignore both on plain HTTP, and the second with a complaint
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if p := c.Request.URL.Path; strings.HasPrefix(p, "/api/") {
		h.Set("Cache-Control", "no-store")
	}
}

// sameOrigin refuses what another site's page sends. GET passes, so no GET changes anything.
func (s *server) sameOrigin(c *gin.Context) {
	if err := s.cross.Check(c.Request); err != nil {
		s.fail(c, errForeignOrigin)
	}
}

func requestID(c *gin.Context) string { return c.GetString(requestIDKey) }
