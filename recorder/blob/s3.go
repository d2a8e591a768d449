package blob

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/encrypt"
)

const (
	checksumHeader = "X-Amz-Checksum-Crc32c"
	recordingKey   = "Recording-Id" // object metadata
	segmentKey     = "Segment-Id"
)

var (
	errNoUpload    = errors.New("no such upload")
	errNoBucket    = errors.New("no such bucket")
	errUnmade      = errors.New("the bucket is missing")
	errUnset       = errors.New("no such setting") // of the bucket
	errUnsupported = errors.New("not supported by the store")
	errStore       = errors.New("fault of the store") // 500
)

// remote is the S3 protocol in this package's words, one request a method.
type remote struct {
	core      *minio.Core
	transport *http.Transport
	bucket    string
	region    string
	sse       encrypt.ServerSide
}

type part struct {
	size int64
	crc  string
	etag string
}

func dial(c S3Config) (*remote, error) {
	t, err := c.transport()
	if err != nil {
		return nil, err
	}
	o := &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: c.TLS, Transport: t, Region: c.Region,
		MaxRetries:   1,                     // the archive retries, with its own patience
		BucketLookup: minio.BucketLookupDNS, // what the client chooses by itself is the path, for all but a few hosts
	}
	if c.PathStyle {
		o.BucketLookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(c.Endpoint, o)
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	r := &remote{core: core, transport: t, bucket: c.Bucket, region: c.Region}
	if c.SSE != "" {
		r.sse = encrypt.NewSSE()
	}
	return r, nil
}

// translate adds this package's sentinel to what the store answered.
func translate(what string, err error) error {
	if err == nil {
		return nil
	}
	var kind error
	switch e := minio.ToErrorResponse(err); e.Code {
	case minio.NoSuchKey, minio.NoSuchVersion:
		kind = ErrNotFound
	case minio.NoSuchUpload:
		kind = errNoUpload
	case minio.NoSuchBucket:
		kind = errNoBucket
	case minio.NotImplemented, minio.MethodNotAllowed:
		kind = errUnsupported
	case "ObjectLockConfigurationNotFoundError", "ReplicationConfigurationNotFoundError":
		kind = errUnset
	case minio.InternalError:
		kind = errStore
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, kind, err)
}

// away says whether an error is no answer of the store: a connection that failed, an answer that took too long or broke
// off, or one that says to come back later. A store whose certificate is not trusted, or that speaks no TLS where it should,
// will be the same later.
func away(err error) bool {
	if e, ok := errors.AsType[minio.ErrorResponse](err); ok {
		switch e.StatusCode {
		case http.StatusRequestTimeout, http.StatusTooManyRequests:
			return true
		case http.StatusNotImplemented:
			return false
		}
		return e.StatusCode >= http.StatusInternalServerError
	}
	_, failed := errors.AsType[*url.Error](err)
	_, broke := errors.AsType[net.Error](err)
	return (failed || broke || errors.Is(err, io.ErrUnexpectedEOF)) && !untrusted(err)
}

func untrusted(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, plain := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return certificate || plain || alert || errors.Is(err, http.ErrSchemeMismatch)
}

func denied(err error) bool {
	e, ok := errors.AsType[minio.ErrorResponse](err)
	return ok && (e.StatusCode == http.StatusForbidden || e.StatusCode == http.StatusUnauthorized)
}

// full says whether the store has no room for more: the words of S3's heirs, which S3 itself has none for.
func full(err error) bool {
	e, ok := errors.AsType[minio.ErrorResponse](err)
	return ok && (e.StatusCode == http.StatusInsufficientStorage || e.Code == "XMinioStorageFull" || e.Code == "QuotaExceeded")
}

// busy says whether the store asks to come again later.
func busy(err error) bool {
	e, ok := errors.AsType[minio.ErrorResponse](err)
	return ok && (e.StatusCode == http.StatusServiceUnavailable || e.StatusCode == http.StatusTooManyRequests || e.StatusCode == http.StatusRequestTimeout)
}

func (r *remote) close() { r.transport.CloseIdleConnections() }

func (r *remote) exists(ctx context.Context) (bool, error) {
	ok, err := r.core.BucketExists(ctx, r.bucket)
	return ok, translate("look for the bucket", err)
}

func (r *remote) makeBucket(ctx context.Context) error {
	err := r.core.MakeBucket(ctx, r.bucket, minio.MakeBucketOptions{Region: r.region})
	if minio.ToErrorResponse(err).Code == minio.BucketAlreadyOwnedByYou {
		return nil
	}
	return translate("make the bucket", err)
}

// versioning returns "" for a bucket that never had any.
func (r *remote) versioning(ctx context.Context) (string, error) {
	v, err := r.core.GetBucketVersioning(ctx, r.bucket)
	return v.Status, translate("read versioning", err)
}

func (r *remote) locked(ctx context.Context) (bool, error) {
	state, _, _, _, err := r.core.GetObjectLockConfig(ctx, r.bucket)
	return state != "", translate("read object lock", err)
}

func (r *remote) replicated(ctx context.Context) (bool, error) {
	c, err := r.core.GetBucketReplication(ctx, r.bucket)
	return len(c.Rules) > 0, translate("read replication", err)
}

func (r *remote) options(key string) minio.PutObjectOptions {
	recording, segment, _ := ParseKey(key) // checked before
	return minio.PutObjectOptions{
		ContentType: FormOf(key), ServerSideEncryption: r.sse, DisableContentSha256: true, // sent as its own header
		UserMetadata: map[string]string{recordingKey: recording, segmentKey: segment},
	}
}

// put sends a whole object in one request.
func (r *remote) put(ctx context.Context, key string, body io.ReadSeeker, size int64, d digest) error {
	o := r.options(key)
	o.UserMetadata[checksumHeader] = crcText(d.crc)
	_, err := r.core.PutObject(ctx, r.bucket, key, body, size, "", d.sha256, o)
	return translate("send object", err)
}

func (r *remote) newUpload(ctx context.Context, key string) (string, error) {
	o := r.options(key)
	o.UserMetadata["X-Amz-Checksum-Algorithm"] = "CRC32C"
	o.UserMetadata["X-Amz-Checksum-Type"] = "COMPOSITE"
	id, err := r.core.NewMultipartUpload(ctx, r.bucket, key, o)
	return id, translate("begin upload", err)
}

func (r *remote) putPart(ctx context.Context, key, upload string, n int, body io.ReadSeeker, size int64, d digest) (part, error) {
	p, err := r.core.PutObjectPart(ctx, r.bucket, key, upload, n, body, size, minio.PutObjectPartOptions{
		Sha256Hex: d.sha256, DisableContentSha256: true, CustomHeader: http.Header{checksumHeader: {crcText(d.crc)}},
	})
	return part{size: size, crc: crcText(d.crc), etag: p.ETag}, translate("send part", err)
}

func (r *remote) parts(ctx context.Context, key, upload string) (map[int]part, error) {
	found := map[int]part{}
	for mark := 0; ; {
		l, err := r.core.ListObjectParts(ctx, r.bucket, key, upload, mark, 1000)
		if err != nil {
			return nil, translate("list parts", err)
		}
		for _, p := range l.ObjectParts {
			found[p.PartNumber] = part{size: p.Size, crc: p.ChecksumCRC32C, etag: strings.Trim(p.ETag, `"`)}
		}
		if !l.IsTruncated || l.NextPartNumberMarker <= mark {
			return found, nil
		}
		mark = l.NextPartNumberMarker
	}
}

func (r *remote) complete(ctx context.Context, key, upload string, parts []part) error {
	list := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		list[i] = minio.CompletePart{PartNumber: i + 1, ETag: p.etag, ChecksumCRC32C: p.crc}
	}
	_, err := r.core.CompleteMultipartUpload(ctx, r.bucket, key, upload, list, minio.PutObjectOptions{})
	return translate("complete upload", err)
}

func (r *remote) abort(ctx context.Context, key, upload string) error {
	err := translate("abort upload", r.core.AbortMultipartUpload(ctx, r.bucket, key, upload))
	if errors.Is(err, errNoUpload) {
		return nil
	}
	return err
}

type openUpload struct{ key, id string }

// uploads lists unfinished uploads under a prefix. MinIO finds them only by the exact key.
func (r *remote) uploads(ctx context.Context, prefix string) ([]openUpload, error) {
	var found []openUpload
	for keyMark, idMark := "", ""; ; {
		l, err := r.core.ListMultipartUploads(ctx, r.bucket, prefix, keyMark, idMark, "", 1000)
		if err != nil {
			return nil, translate("list uploads", err)
		}
		for _, u := range l.Uploads {
			found = append(found, openUpload{key: u.Key, id: u.UploadID})
		}
		if !l.IsTruncated || (l.NextKeyMarker == keyMark && l.NextUploadIDMarker == idMark) {
			return found, nil
		}
		keyMark, idMark = l.NextKeyMarker, l.NextUploadIDMarker
	}
}

func (r *remote) stat(ctx context.Context, key string) (Info, error) {
	o, err := r.core.StatObject(ctx, r.bucket, key, minio.StatObjectOptions{Checksum: true})
	if err != nil {
		return Info{}, translate("look at object", err)
	}
	return Info{
		Size: o.Size, Checksum: o.ChecksumCRC32C, Recording: o.UserMetadata[recordingKey], Segment: o.UserMetadata[segmentKey],
		encrypted: o.Metadata.Get("X-Amz-Server-Side-Encryption"),
	}, nil
}

// get hands take the object's n bytes from offset on, which must read them all.
func (r *remote) get(ctx context.Context, key string, offset, n int64, take func(io.Reader) error) error {
	var o minio.GetObjectOptions
	if err := o.SetRange(offset, offset+n-1); err != nil {
		return fmt.Errorf("read object: %w", err)
	}
	body, _, _, err := r.core.GetObject(ctx, r.bucket, key, o)
	if err != nil {
		return translate("read object", err)
	}
	return errors.Join(translate("read object", take(body)), body.Close())
}

// each tells f of the objects whose keys begin with prefix. There may be any number of them: the store has its time for each
// page anew.
func (r *remote) each(ctx context.Context, prefix string, f func(key string, stored time.Time) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	late := time.AfterFunc(answerIn, func() { stop(context.DeadlineExceeded) })
	defer late.Stop()
	for o := range r.core.ListObjectsIter(ctx, r.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		late.Stop()
		if o.Err != nil {
			return errors.Join(translate("list objects", o.Err), context.Cause(ctx))
		}
		if err := f(o.Key, o.LastModified); err != nil {
			return err
		}
		late.Reset(answerIn)
	}
	return translate("list objects", context.Cause(ctx)) // the list ends without a word then
}

// versions lists the version ids of exactly this key, delete markers too.
func (r *remote) versions(ctx context.Context, key string) ([]string, error) {
	var ids []string
	for o := range r.core.ListObjectsIter(ctx, r.bucket, minio.ListObjectsOptions{Prefix: key, Recursive: true, WithVersions: true}) {
		if o.Err != nil {
			return nil, translate("list versions", o.Err)
		}
		if o.Key == key {
			ids = append(ids, o.VersionID)
		}
	}
	return ids, nil
}

func (r *remote) remove(ctx context.Context, key, version string) error {
	err := translate("delete object", r.core.RemoveObject(ctx, r.bucket, key, minio.RemoveObjectOptions{VersionID: version}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
