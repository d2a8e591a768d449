package blob_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"plenum/recorder/blob"
	"plenum/recorder/blob/blobtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, blobtest.Leaks()...) }

func gateway(t *testing.T, dir string) *blob.Gateway {
	t.Helper()
	g, err := blob.Embedded(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

func open(t *testing.T, c blob.S3Config) *blob.S3 {
	t.Helper()
	s, err := blob.OpenS3(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestConformance(t *testing.T) {
	g := gateway(t, t.TempDir())
	p := blobtest.NewProxy(t, "unix", g.Config().Socket)
	c := g.Config()
	c.Socket = p.Socket
	conformance(t, open(t, g.Config()), open(t, c), p, true)
}

func TestGatewayIsPrivate(t *testing.T) {
	before, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "store")
	g := gateway(t, dir)
	if _, err := blob.Embedded(t.Context(), t.TempDir()); !errors.Is(err, blob.ErrEmbeddedTwice) {
		t.Fatalf("a second store in the process: %v", err)
	}
	s := open(t, g.Config())
	for i, n := range []int{100, 9 << 20} {
		if err := s.Put(t.Context(), upload([]string{"rec/a/b.webm", "rec/a/c.webm"}[i], content(1, n))); err != nil {
			t.Fatal(err)
		}
	}
	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		i, err := e.Info()
		if err == nil && i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v", path, i.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := g.Config().String(); strings.Contains(text, g.Config().SecretKey) {
		t.Error("the secret is printed")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Getwd(); err != nil || after != before {
		t.Errorf("working directory %q, was %q, %v", after, before, err)
	}
	if _, err := s.Stat(t.Context(), "rec/a/b.webm"); err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Errorf("a closed store says %v", err)
	}
}

func TestGatewayKeepsItsKeyAndObjects(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a long folder name ", 6)) // the socket must move
	want := content(1, 1000)
	var key string
	for n := range 2 {
		g := gateway(t, dir)
		c := g.Config()
		if len(c.Socket) >= 100 {
			t.Errorf("socket path of %d bytes", len(c.Socket))
		}
		s := open(t, c)
		if n == 0 {
			key = c.SecretKey
			if err := s.Put(t.Context(), upload("rec/a/b.webm", want)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := get(t.Context(), s, "rec/a/b.webm"); err != nil || !bytes.Equal(got, want) || c.SecretKey != key {
			t.Errorf("start %d: same key %t, %v", n, c.SecretKey == key, err)
		}
		wrong := c
		wrong.SecretKey += "x"
		if _, err := blob.OpenS3(t.Context(), wrong); err == nil {
			t.Error("a wrong key opened the store")
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Dir(c.Socket)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket's folder is left: %v", err)
		}
	}
}

// TestErasuresMeet has the store list what another erasure is taking away.
func TestErasuresMeet(t *testing.T) {
	s := open(t, gateway(t, t.TempDir()).Config())
	const key = "rec/r1/first.webm"
	var listed sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range 4 {
		listed.Go(func() {
			for ctx.Err() == nil {
				if err := s.Delete(t.Context(), "rec/r1/second.webm"); err != nil {
					t.Errorf("erase what is not there: %v", err)
				}
			}
		})
	}
	for range 100 { // the folder comes and goes with it
		if err := s.Put(t.Context(), upload(key, content(1, 100))); err != nil {
			t.Error(err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	stop()
	listed.Wait()
}
