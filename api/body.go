package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxBody is the most that one request with JSON or SDP may carry, in bytes.
const maxBody = 64 << 10

// bodyError is a body that cannot be read as what it should be.
type bodyError struct {
	kind  bodyKind
	field string // the JSON key at fault, or empty
}

type bodyKind string

// The ways in which a body can be wrong; each has a sentence in errors.go.
const (
	wrongType    bodyKind = "wrong-content-type"
	malformed    bodyKind = "malformed-json"
	unknownKey   bodyKind = "unknown-key"
	duplicateKey bodyKind = "duplicate-key"
	trailing     bodyKind = "trailing-data"
	wrongKind    bodyKind = "wrong-type"
)

func (f *bodyError) Error() string {
	if f.field != "" {
		return string(f.kind) + ": " + f.field
	}
	return string(f.kind)
}

// readBody returns the whole body, which must be of the media type want and at most maxBody long. It returns a
// *bodyError or an *http.MaxBytesError.
func readBody(w http.ResponseWriter, r *http.Request, want string) ([]byte, error) {
	return readUpTo(w, r, maxBody, func(mediaType string) bool { return mediaType == want })
}

// readUpTo is readBody for other limits and several media types.
func readUpTo(w http.ResponseWriter, r *http.Request, limit int64, wanted func(mediaType string) bool) ([]byte, error) {
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !wanted(got) {
		return nil, &bodyError{kind: wrongType}
	}
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
}

// readJSON reads the body as one JSON object into into. Unlike encoding/json alone it refuses unknown and duplicate
// keys, keys in another case, data behind the object and text that is no UTF-8.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := readBody(w, r, "application/json")
	if err != nil {
		return err
	}
	return decodeStrict(body, into)
}

func decodeStrict(body []byte, into any) error {
	if !utf8.Valid(body) {
		return &bodyError{kind: malformed}
	}
	if err := checkKeys(body); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		return nil
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &bodyError{kind: wrongKind, field: wrong.Field}
	}
	// encoding/json has no type for this one.
	if key, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return &bodyError{kind: unknownKey, field: safeKey(strings.Trim(key, `"`))}
	}
	return &bodyError{kind: malformed}
}

// object is one JSON value that is being read: the keys of an object so far, or nil for an array.
type object struct {
	keys    map[string]bool
	wantKey bool
}

// checkKeys walks through body, which must be exactly one object, and refuses duplicate keys at any depth. Keys are
// lower case everywhere in this interface; any other is unknown, since encoding/json would fold its case.
func checkKeys(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var open []*object
	for first := true; first || len(open) > 0; first = false {
		token, err := dec.Token()
		if err != nil {
			return &bodyError{kind: malformed}
		}
		delim, isDelim := token.(json.Delim)
		if first && (!isDelim || delim != '{') {
			return &bodyError{kind: malformed}
		}
		var top *object
		if len(open) > 0 {
			top = open[len(open)-1]
		}
		switch {
		case isDelim && (delim == '}' || delim == ']'):
			open = open[:len(open)-1]
			continue
		case top != nil && top.keys != nil && top.wantKey:
			if err := top.addKey(token); err != nil {
				return err
			}
			continue
		}
		if top != nil {
			top.wantKey = true
		}
		if isDelim {
			next := &object{}
			if delim == '{' {
				next.keys, next.wantKey = map[string]bool{}, true
			}
			open = append(open, next)
		}
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return &bodyError{kind: trailing}
	}
	return nil
}

func (o *object) addKey(token json.Token) error {
	key, ok := token.(string)
	if !ok {
		return &bodyError{kind: malformed}
	}
	if safeKey(key) == "" {
		return &bodyError{kind: unknownKey}
	}
	if o.keys[key] {
		return &bodyError{kind: duplicateKey, field: key}
	}
	o.keys[key], o.wantKey = true, false
	return nil
}

// safeKey returns key if it could be one of ours, so that nothing else is echoed.
func safeKey(key string) string {
	if key == "" || len(key) > 64 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return ""
	}
	return key
}
