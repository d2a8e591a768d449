package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"plenum/polls/runsheet"
	"plenum/webinar"
)

// The faults that arise here.
var (
	errNoRoute       = errors.New("no such address")
	errNoMethod      = errors.New("method not allowed")
	errForeignOrigin = errors.New("request from another site")
	errPanic         = errors.New("panic")
	errOneScreen     = errors.New("a seat that stays on one screen")
	errFull          = errors.New("the server is at its limit")
	errOnlyNumbers   = errors.New("a token for the numbers, used for something else")
	errNoNumbers     = errors.New("the numbers, without a token for them")
)

// sentence says one thing in each language.
type sentence struct{ en, de string }

func (s sentence) in(lang webinar.Lang) string {
	if lang == webinar.German {
		return s.de
	}
	return s.en
}

// fault is one row of the table: which error becomes which status, code and sentence.
type fault struct {
	err    error
	status int
	code   string
	says   sentence
}

// tooManyError is a rate limit; Wait is when to come again.
type tooManyError struct{ seconds int }

func (e *tooManyError) Error() string { return fmt.Sprintf("too many tries, wait %d s", e.seconds) }

// statusClientGone is what others write into logs for a client that hung up.
const statusClientGone = 499

// problem is an answer as in RFC 9457.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	// Details is the sentence in every language: who changes the language of a page reads what is on it already.
	Details   map[webinar.Lang]string `json:"details"`
	RequestID string                  `json:"request_id"`
	Field     string                  `json:"field,omitempty"`
}

// fail ends the request with the problem that err is. An error that nobody foresaw is logged once and shows the
// person nothing but its id.
func (s *server) fail(c *gin.Context, err error) {
	c.Abort()
	if too, ok := errors.AsType[*tooManyError](err); ok {
		c.Header("Retry-After", fmt.Sprint(too.seconds))
	}
	f, field, known := s.judge(err)
	ctx := c.Request.Context()
	switch {
	case !known && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)):
		c.Status(statusClientGone) // for the log; nothing is wrong and nobody reads an answer
		return
	case !known:
		s.Log.LogAttrs(ctx, slog.LevelError, "request failed", slog.String("route", c.FullPath()),
			slog.String("request_id", requestID(c)), slog.String("error", err.Error()))
	}
	if c.Writer.Written() {
		return
	}
	body, err := json.Marshal(problem{
		Type: "about:blank", Title: http.StatusText(f.status), Status: f.status, Code: f.code, Detail: f.says.in(speaks(c.Request)),
		Details: map[webinar.Lang]string{webinar.English: f.says.en, webinar.German: f.says.de}, RequestID: requestID(c), Field: field,
	})
	if err != nil {
		c.Status(http.StatusInternalServerError)
		return
	}
	h := c.Writer.Header()
	for _, name := range []string{"Content-Disposition", "Content-Length", "ETag", "Location"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	c.Data(f.status, "application/problem+json", body)
}

// judge finds the row for err; known is false for an error that nobody foresaw.
func (s *server) judge(err error) (f fault, field string, known bool) {
	if line, ok := errors.AsType[*runsheet.LineError](err); ok { // before what it wraps
		return judgeLine(line), "text", true
	}
	if invalid, ok := errors.AsType[*webinar.InvalidError](err); ok {
		return fault{status: http.StatusUnprocessableEntity, code: "invalid", says: sayInvalid(invalid)}, invalid.Field, true
	}
	if bad, ok := errors.AsType[*bodyError](err); ok {
		status := http.StatusBadRequest
		if bad.kind == wrongType {
			status = http.StatusUnsupportedMediaType
		}
		return fault{status: status, code: string(bad.kind), says: sayBody(bad)}, bad.field, true
	}
	if f, ok := judgeTyped(err); ok {
		return f, "", true
	}
	for _, f := range s.faults {
		if errors.Is(err, f.err) {
			return f, "", true
		}
	}
	return fault{status: http.StatusInternalServerError, code: "internal", says: sentence{
		"Something went wrong on our side. If it happens again, tell the operator the request number.",
		"Bei uns ist etwas schiefgegangen. Wenn es wieder passiert, nennen Sie dem Betreiber die Anfragenummer.",
	}}, "", false
}

// speaks is the language of the sentence: the first of ours that Accept-Language names, English if none.
func speaks(r *http.Request) webinar.Lang {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if strings.TrimRight(strings.TrimSpace(q), "0.") == "q=" { // q=0: not this one
			continue
		}
		for _, l := range webinar.Langs() {
			if primary == string(l) {
				return l
			}
		}
	}
	return webinar.English
}
