//go:build minio

package blob_test

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"plenum/recorder/blob"
	"plenum/recorder/blob/blobtest"
)

// minio starts the program that PLENUM_TEST_MINIO names; it ends with the test.
func minio(t *testing.T, env ...string) blob.S3Config {
	t.Helper()
	program := os.Getenv("PLENUM_TEST_MINIO")
	if program == "" {
		t.Fatal("PLENUM_TEST_MINIO must name a MinIO program, see .ci/minio")
	}
	c := blob.S3Config{Bucket: "plenum-test", Region: "us-east-1", AccessKey: rand.Text(), SecretKey: rand.Text(), PathStyle: true, Endpoint: free(t)}
	cmd := exec.Command(program, "server", "--quiet", "--address", c.Endpoint, "--console-address", free(t), t.TempDir())
	cmd.Env = append(os.Environ(), "MINIO_ROOT_USER="+c.AccessKey, "MINIO_ROOT_PASSWORD="+c.SecretKey, "MINIO_UPDATE=off", "HOME="+t.TempDir())
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // it was told to end
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for !ready(ctx, "http://"+c.Endpoint+"/minio/health/ready") {
		if ctx.Err() != nil {
			t.Fatal("MinIO does not get ready")
		}
	}
	return c
}

// ready asks and, if the answer is no, waits a moment.
func ready(ctx context.Context, url string) bool {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if resp, err := client.Do(ask); err == nil {
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return true
		}
	}
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
	return false
}

// free finds a port on loopback that nobody uses.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestConformanceOfMinIO(t *testing.T) {
	direct := minio(t)
	p := blobtest.NewProxy(t, "tcp", direct.Endpoint)
	proxied := direct
	proxied.Socket = p.Socket
	conformance(t, open(t, direct), open(t, proxied), p, false)
}

func TestMinIOWithoutKeysCannotEncrypt(t *testing.T) {
	c := minio(t)
	c.SSE = "AES256"
	if s, err := blob.OpenS3(t.Context(), c); err == nil {
		s.Close()
		t.Error("a store that cannot encrypt was taken")
	}
}
