package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/versity/versitygw/backend/posix"
	"pgregory.net/rapid"
)

const testKey = "rec/a/b.webm"

// local starts an embedded store with options that Embedded does not offer.
func local(t *testing.T, dir string, o posix.PosixOpts, xattr func(string) bool) *Gateway {
	t.Helper()
	g, err := embedded(t.Context(), dir, o, xattr)
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

func connect(t *testing.T, c S3Config) *S3 {
	t.Helper()
	s, err := OpenS3(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func put(ctx context.Context, s *S3, b []byte) error {
	return s.Put(ctx, Upload{Key: testKey, Body: bytes.NewReader(b), Size: int64(len(b))})
}

func pattern(n int) []byte { return bytes.Repeat([]byte("plenum plenum plenum plenum!"), n/28+1)[:n] }

// traces lists the files below dir that hold the pattern.
func traces(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("plenum plenum")) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestVersionsAreRefusedAndDeleted(t *testing.T) {
	dir, versions := t.TempDir(), t.TempDir()
	g := local(t, dir, posix.PosixOpts{VersioningDir: versions}, hasXattr)
	s := connect(t, g.Config())
	for _, status := range []string{"EnableVersioning", "SuspendVersioning"} {
		set := s.remote.core.EnableVersioning
		if status == "SuspendVersioning" {
			set = s.remote.core.SuspendVersioning
		}
		if err := set(t.Context(), bucket); err != nil {
			t.Fatal(err)
		}
		_, err := OpenS3(t.Context(), g.Config())
		refused, ok := errors.AsType[*BucketError](err)
		if !ok || refused.Reason != "versioning" || !strings.Contains(err.Error(), "new bucket") {
			t.Fatalf("%s: %v", status, err)
		}
		for n := range 3 { // versions of a store that was switched to versioning later
			if err := put(t.Context(), s, pattern(1000+n)); err != nil {
				t.Fatal(err)
			}
		}
		if len(traces(t, dir))+len(traces(t, versions)) < 1 {
			t.Fatal("the test finds nothing where something is")
		}
		if err := s.Delete(t.Context(), testKey); err != nil {
			t.Fatal(err)
		}
		if left := append(traces(t, dir), traces(t, versions)...); len(left) > 0 {
			t.Errorf("%s: left after delete: %v", status, left)
		}
	}
}

func TestDamageAtRestIsFound(t *testing.T) {
	dir := t.TempDir()
	g := local(t, dir, posix.PosixOpts{}, func(string) bool { return false }) // checksums as files
	s := connect(t, g.Config())
	file := filepath.Join(dir, "objects", bucket, testKey)
	for _, n := range []int{1000, 9 << 20} {
		b := pattern(n)
		if err := put(t.Context(), s, b); err != nil {
			t.Fatal(err)
		}
		sent, err := sumsOf(bytes.NewReader(b), int64(n))
		if err != nil {
			t.Fatal(err)
		}
		if i, err := s.Stat(t.Context(), testKey); err != nil || i.Checksum != sent.String() {
			t.Fatalf("the store says %+v, %v; sent was %s", i, err, sent)
		}
		other := append(sums{sent[0] + 1}, sent[1:]...)
		if err := s.verify(t.Context(), testKey, int64(n), other, false); !errors.Is(err, ErrCorrupt) {
			t.Errorf("another checksum in the store: %v", err)
		}
		if err := s.verify(t.Context(), testKey, int64(n)+1, sent, false); !errors.Is(err, ErrCorrupt) {
			t.Errorf("another size in the store: %v", err)
		}
		b[n-1] ^= 1
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.verify(t.Context(), testKey, int64(n), sent, true); !errors.Is(err, ErrCorrupt) {
			t.Errorf("one bit of %d bytes, interrupted: %v", n, err)
		}
		if err := os.Remove(filepath.Join(dir, "meta", bucket, testKey, "meta", "checksums")); err != nil {
			t.Fatal(err)
		}
		if err := s.verify(t.Context(), testKey, int64(n), sent, false); !errors.Is(err, ErrCorrupt) {
			t.Errorf("one bit of %d bytes in a store without checksums: %v", n, err)
		}
		b[n-1] ^= 1
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.verify(t.Context(), testKey, int64(n), sent, false); err != nil {
			t.Errorf("a store without checksums must be read back: %v", err)
		}
		if err := s.Delete(t.Context(), testKey); err != nil {
			t.Fatal(err)
		}
		if left := traces(t, dir); len(left) > 0 {
			t.Errorf("left after delete: %v", left)
		}
	}
}

func TestSidecarStaysSidecar(t *testing.T) {
	dir := t.TempDir()
	for n, xattr := range []bool{false, true} {
		g := local(t, dir, posix.PosixOpts{}, func(string) bool { return xattr })
		s := connect(t, g.Config())
		if n == 0 {
			if err := put(t.Context(), s, pattern(10)); err != nil {
				t.Fatal(err)
			}
		}
		if i, err := s.Stat(t.Context(), testKey); err != nil || i.Segment != "b" || i.Checksum == "" {
			t.Errorf("start %d: %+v, %v", n, i, err)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMissingBucketIsMadeAndMissed(t *testing.T) {
	g := local(t, t.TempDir(), posix.PosixOpts{}, hasXattr)
	s := connect(t, g.Config())
	if err := s.remote.core.RemoveBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), s, pattern(10)); !errors.Is(err, errNoBucket) {
		t.Errorf("put without a bucket: %v", err)
	}
	if err := s.Delete(t.Context(), testKey); !errors.Is(err, errNoBucket) {
		t.Errorf("delete without a bucket must not pass as done: %v", err)
	}
	if err := put(t.Context(), connect(t, g.Config()), pattern(10)); err != nil {
		t.Error(err)
	}
}

func TestIgnoredEncryptionIsRefused(t *testing.T) {
	dir := t.TempDir()
	g := local(t, dir, posix.PosixOpts{}, hasXattr)
	c := g.Config()
	c.SSE = "AES256"
	if _, err := OpenS3(t.Context(), c); !errors.Is(err, ErrNotEncrypted) {
		t.Fatal(err)
	}
	s := connect(t, g.Config())
	s.sse = true
	if err := put(t.Context(), s, pattern(100)); !errors.Is(err, ErrNotEncrypted) {
		t.Fatal(err)
	}
	if left := traces(t, dir); len(left) > 0 {
		t.Errorf("left in the clear: %v", left)
	}
}

func TestNothingIsDoneBeforeItIsDurable(t *testing.T) {
	g := local(t, t.TempDir(), posix.PosixOpts{}, hasXattr)
	c, calls, full := g.Config(), 0, errors.New("disk failed")
	if err := c.Durable(); err != nil {
		t.Fatal(err)
	}
	c.Durable = func() error { calls++; return full }
	s := connect(t, c)
	for n, do := range []func() error{
		func() error { return put(t.Context(), s, pattern(100)) },
		func() error { return put(t.Context(), s, pattern(9<<20)) },
		func() error { return s.Delete(t.Context(), testKey) },
	} {
		if err := do(); !errors.Is(err, full) || calls != n+1 {
			t.Errorf("%d: %v after %d calls", n, err, calls)
		}
	}
}

// TestBucketSettings asks a server that answers like the stores do: a bucket that would keep what is erased is refused
// with a sentence that says how to mend it.
func TestBucketSettings(t *testing.T) {
	const missing = `<Error><Code>%s</Code></Error>`
	none := map[string]string{
		"versioning":  `<VersioningConfiguration/>`,
		"object-lock": fmt.Sprintf(missing, "ObjectLockConfigurationNotFoundError"),
		"replication": fmt.Sprintf(missing, "ReplicationConfigurationNotFoundError"),
	}
	denied, unknown := fmt.Sprintf(missing, "AccessDenied"), fmt.Sprintf(missing, "NotImplemented")
	const allow = "allow the access key to read this setting"
	for _, c := range []struct{ name, setting, answer, reason, mend string }{
		{name: "plain"},
		{name: "a store without replication", setting: "replication", answer: unknown},
		{name: "a store without object lock", setting: "object-lock", answer: unknown},
		{"versioned", "versioning", `<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>`, "versioning", "make a new bucket without versioning"},
		{"versioned once", "versioning", `<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>`, "versioning", "old versions may still be there"},
		{"versioning unreadable", "versioning", denied, "versioning", allow},
		{"object-locked", "object-lock", `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`, "object lock", "make a new bucket without object lock"},
		{"object lock unreadable", "object-lock", denied, "object lock", allow},
		{"replicated", "replication", `<ReplicationConfiguration><Role>r</Role><Rule><ID>1</ID><Status>Enabled</Status></Rule></ReplicationConfiguration>`, "replication", "remove the replication rules"},
		{"replication unreadable", "replication", denied, "replication", allow},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := OpenS3(t.Context(), server(t, func(w http.ResponseWriter, r *http.Request) {
				for name, answer := range none {
					if !r.URL.Query().Has(name) {
						continue
					}
					if name == c.setting {
						answer = c.answer
					}
					if strings.HasPrefix(answer, "<Error>") {
						w.WriteHeader(http.StatusForbidden)
					}
					_, _ = io.WriteString(w, answer)
				}
			}))
			if s != nil {
				s.Close()
			}
			if c.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused, ok := errors.AsType[*BucketError](err)
			if !ok || refused.Reason != c.reason || !strings.Contains(err.Error(), c.mend) || !strings.Contains(err.Error(), `bucket "b-1" cannot hold recordings`) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPartSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 48<<40).Draw(t, "size") // S3 takes 48.8 TiB
		step := partSize(size)
		if parts := (size + step - 1) / step; parts > maxParts || step < minPart || step > 5<<30 || step%(1<<20) != 0 {
			t.Fatalf("%d parts of %d", parts, step)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	for _, s := range []string{testKey, "rec/../../x.webm", "rec/a/b.webm/../c.webm", "rec/a//b.webm", "rec/ä/b.webm", "rec/a/timeline.json", "rec/a/other.json"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		recording, segment, err := ParseKey(key)
		if err != nil {
			return
		}
		if again, err := Key(recording, segment); strings.HasSuffix(key, ".webm") && (err != nil || again != key) {
			t.Fatalf("%q becomes %q, %v", key, again, err)
		}
		if !filepath.IsLocal(key) || filepath.Clean(key) != key || strings.Count(key, "/") != 2 {
			t.Fatalf("%q is no flat path", key)
		}
	})
}
