// Package blob keeps finished recordings as objects in an S3-compatible store: an external one, or the embedded gateway
// on a unix socket. Both are reached through the same client, so that there is one behaviour to test.
//
// An object counts as stored only when its checksum was compared and, in the embedded store, the file system was
// synced; until then the caller keeps its own copy. Keys are random and never hold a name.
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// Faults of the store that a caller may want to tell apart.
var (
	// ErrNotFound says that the store has no such object.
	ErrNotFound = errors.New("no such object")
	// ErrKey says that a key does not look like one of those that ParseKey knows.
	ErrKey = errors.New("malformed object key")
	// ErrCorrupt says that what the store holds is not what was sent: another size, checksum or identity.
	ErrCorrupt = errors.New("the stored object differs from its source")
	// ErrHalted says that Put stopped because Upload.Halted told it to.
	ErrHalted = errors.New("upload halted")
	// ErrAway says that the store gave no answer of its own: none at all, or that it cannot now (5xx). It may be asked again.
	ErrAway = errors.New("the object store does not answer")
	// ErrNotEncrypted says that the store ignored the server-side encryption that was asked for.
	ErrNotEncrypted = errors.New("the object store ignores the server-side encryption that is configured")
)

// BucketError refuses a bucket whose settings would keep erased recordings alive, or that cannot be examined.
type BucketError struct {
	Bucket string // its name
	Reason string // "versioning", "object lock", "replication", "access"
	Mend   string // one sentence: what the operator should do
	Err    error  // the store's answer, nil if it was clear
}

func (e *BucketError) Error() string {
	s := fmt.Sprintf("bucket %q cannot hold recordings (%s): %s", e.Bucket, e.Reason, e.Mend)
	if e.Err != nil {
		s += " (" + e.Err.Error() + ")"
	}
	return s
}

func (e *BucketError) Unwrap() error { return e.Err }

// Store is an object store for recordings.
type Store interface {
	// Put sends an object and returns nil once it is verified by checksum and durable. It may be called again with the
	// same upload at any time, also after it succeeded.
	Put(ctx context.Context, u Upload) error
	// Open returns a reader of the object and its size in bytes; ErrNotFound if there is none. ctx must live as long
	// as the reader.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, int64, error)
	// Stat returns what the store says about the object; ErrNotFound if there is none.
	Stat(ctx context.Context, key string) (Info, error)
	// Delete removes the object, all its versions and all its unfinished uploads. No object is no error.
	Delete(ctx context.Context, key string) error
	// Sweep aborts unfinished uploads that keep does not claim and returns their number.
	Sweep(ctx context.Context, keep func(key, uploadID string) bool) (int, error)
	// Each tells f of every object below rec/ and when it was stored. The first error of f ends it and is returned.
	Each(ctx context.Context, f func(key string, stored time.Time) error) error
}

// Upload is one object to be sent.
type Upload struct {
	Key  string      // see CheckKey
	Body io.ReaderAt // must not change any more
	Size int64       // bytes, > 0
	// UploadID resumes a multipart upload of an earlier call, "" starts anew.
	UploadID string
	// Started is told the id of a new multipart upload before its first part is sent, so that it can be kept; its error
	// ends the call. It may be nil.
	Started func(uploadID string) error
	// Halted is asked before each request; true ends the call with ErrHalted while no request is in flight, so that
	// nothing of this call can reach the store afterwards. It may be nil.
	Halted func() bool
}

// Info is what the store knows of an object.
type Info struct {
	Size      int64  // bytes
	Checksum  string // CRC32C in base64, "-N" appended when it is one of N parts' checksums; "" if the store keeps none
	Recording string // recording id in the metadata
	Segment   string // segment id in the metadata
	encrypted string
}

// timeline names the one object of a recording that is no film. Its segment id is made of the recording's.
const (
	timelineName   = "timeline.json"
	timelinePrefix = "timeline-"
)

// ParseKey returns the recording's and the segment's id in a key rec/<id>/<segment>.webm (or .mp4, .webp, .json) or
// rec/<id>/timeline.json, or ErrKey. Ids are 1 to 64 letters, digits, "-" and "_".
func ParseKey(key string) (recording, segment string, err error) {
	rest, ok := strings.CutPrefix(key, "rec/")
	if id, name, _ := strings.Cut(rest, "/"); ok && name == timelineName && validID(id) {
		return id, timelinePrefix + id, nil
	}
	recording, segment, cut := strings.Cut(rest, "/")
	form := path.Ext(segment)
	segment = strings.TrimSuffix(segment, form)
	if !ok || !cut || FormOf(key) == "" || !validID(recording) || !validID(segment) {
		return "", "", ErrKey
	}
	return recording, segment, nil
}

// FormOf returns the media type of what lies under a key, empty for a form that is not kept.
func FormOf(key string) string {
	switch path.Ext(key) {
	case ".webm":
		return "video/webm"
	case ".mp4":
		return "video/mp4"
	case ".webp":
		return "image/webp"
	case ".json":
		return "application/json"
	}
	return ""
}

// Key returns the object key of a segment, or ErrKey for ids that ParseKey would not take.
func Key(recording, segment string) (string, error) {
	key := "rec/" + recording + "/" + segment + ".webm"
	if _, _, err := ParseKey(key); err != nil {
		return "", err
	}
	return key, nil
}

func validID(id string) bool {
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return 0 < len(id) && len(id) <= 64
}
