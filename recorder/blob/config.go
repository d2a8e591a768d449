package blob

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"
)

// S3Config tells where the store is. It prints itself without its secret.
type S3Config struct {
	Endpoint  string // host or host:port
	Bucket    string
	Region    string // default us-east-1
	AccessKey string
	SecretKey string
	TLS       bool
	CAFile    string // PEM file of further certificate authorities, may be empty
	PathStyle bool   // http://host/bucket/key instead of http://bucket.host/key
	Socket    string // path of a unix socket to connect to instead of Endpoint
	SSE       string // "" or "AES256": encryption by the store
	// Durable is called after each change; it returns when the store's data would survive a power cut. Nil: the store's
	// answer alone is the promise.
	Durable func() error
}

// String names the store without the secret.
func (c S3Config) String() string {
	return fmt.Sprintf("s3 endpoint %q bucket %q region %q tls %t socket %q", c.Endpoint, c.Bucket, c.Region, c.TLS, c.Socket)
}

// GoString is String, so that no format verb prints the secret.
func (c S3Config) GoString() string { return c.String() }

// LogValue is String, for log/slog.
func (c S3Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c S3Config) validate() error {
	switch {
	case c.Endpoint == "" && c.Socket == "":
		return errors.New("the object store needs an endpoint")
	case c.Bucket == "":
		return errors.New("the object store needs a bucket")
	case c.AccessKey == "" || c.SecretKey == "":
		return errors.New("the object store needs an access key and a secret key")
	case c.SSE != "" && c.SSE != "AES256":
		return errors.New(`server-side encryption must be "AES256" or empty`)
	}
	return nil
}

// transport makes the HTTP transport; each request has a deadline of its own, see deadline.
func (c S3Config) transport() (*http.Transport, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     time.Minute,
		DisableCompression:  true, // a decompressed body would not be the stored bytes
	}
	if c.Socket != "" {
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, "unix", c.Socket)
			if err != nil {
				return nil, err
			}
			return &wide{Conn: conn}, nil
		}
	} else {
		t.Proxy = http.ProxyFromEnvironment
	}
	if c.TLS {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if c.TLS && c.CAFile != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("system certificates: %w", err)
		}
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("certificate authorities: %w", err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("certificate authorities: no certificate in %s", c.CAFile)
		}
		t.TLSClientConfig.RootCAs = pool
	}
	return t, nil
}

// wide is a connection that takes a body in pieces of what a socket holds: a third of the CPU less than in net/http's of 32 KiB.
type wide struct {
	net.Conn
	room []byte // of one body after the other
}

// ReadFrom implements io.ReaderFrom, for which net/http looks.
func (w *wide) ReadFrom(r io.Reader) (int64, error) {
	n := int64(sumRoom)
	if l, ok := r.(*io.LimitedReader); ok {
		n = min(n, max(l.N, 1))
	}
	if int64(len(w.room)) < n {
		w.room = make([]byte, n)
	}
	return io.CopyBuffer(struct{ io.Writer }{w.Conn}, struct{ io.Reader }{r}, w.room)
}

// answerIn is how long a store may take to answer what moves nothing.
const answerIn = time.Minute

// deadline bounds one request that moves size bytes: that, and the time that 32 KiB/s take. A store that hangs is found out
// by it.
func deadline(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, answerIn+time.Duration(size>>15)*time.Second)
}
