package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestStrictJSON(t *testing.T) {
	for _, try := range []struct {
		body string
		kind bodyKind
	}{
		{`{"title":"x","lang":"de"}`, ""},
		{" {\n\"title\" : \"x\"}\n", ""},
		{``, malformed},
		{`null`, malformed},
		{`[]`, malformed},
		{`"x"`, malformed},
		{`{"title":"x"`, malformed},
		{`{"title":"x",}`, malformed},
		{`{"title":"` + "\xff" + `"}`, malformed},
		{`{"titel":"x"}`, unknownKey},
		{`{"Title":"x"}`, unknownKey},
		{`{"starts_at":"2030-01-01T00:00:00Z","ſtarts_at":"2030-01-01T00:00:00Z"}`, unknownKey},
		{`{"title":"x","title":"y"}`, duplicateKey},
		{`{"title":"x","lang":{"a":1,"a":2}}`, duplicateKey},
		{`{"title":"x"}{}`, trailing},
		{`{"title":"x"} y`, trailing},
		{`{"title":1}`, wrongKind},
		{`{"starts_at":"tomorrow"}`, malformed},
	} {
		var in webinarRequestJSON
		err := decodeStrict([]byte(try.body), &in)
		var got bodyKind
		if fault, ok := errors.AsType[*bodyError](err); ok {
			got = fault.kind
		} else if err != nil {
			t.Errorf("%s: %v is no bodyError", try.body, err)
		}
		if got != try.kind {
			t.Errorf("%s: %q, want %q", try.body, got, try.kind)
		}
	}
}

func TestContentTypeAndSize(t *testing.T) {
	for _, try := range []struct {
		contentType, want string
		size              int
		ok                bool
	}{
		{"application/json", "application/json", 10, true},
		{"application/json; charset=utf-8", "application/json", maxBody, true},
		{"application/json", "application/json", maxBody + 1, false},
		{"text/plain", "application/json", 10, false},
		{"", "application/json", 10, false},
		{"application/sdp", "application/sdp", 10, true},
	} {
		for _, chunked := range []bool{false, true} {
			r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", try.size)))
			r.Header.Set("Content-Type", try.contentType)
			if chunked {
				r.ContentLength = -1
			}
			body, err := readBody(httptest.NewRecorder(), r, try.want)
			if (err == nil) != try.ok || try.ok && len(body) != try.size {
				t.Errorf("%+v chunked=%v: %d bytes, %v", try, chunked, len(body), err)
			}
		}
	}
}

// FuzzStrictJSON holds two things: what is accepted is JSON that encoding/json accepts too, and says the same after a
// round trip.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"act":"grant","scopes":["audio"],"publish":true,"click_ms":1.5}`, `{"a":{"a":[{"b":1}]},"a":2}`, `{"scopes":[[]]}`, `[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in, again answerJSON
		if decodeStrict(body, &in) != nil {
			return
		}
		if !json.Valid(body) || bytes.TrimSpace(body)[0] != '{' {
			t.Fatalf("accepted %q", body)
		}
		out, err := json.Marshal(in)
		must(t, err)
		must(t, decodeStrict(out, &again))
		a, err := json.Marshal(again)
		must(t, err)
		if !bytes.Equal(out, a) {
			t.Fatalf("%s became %s", out, a)
		}
	})
}
