package blob

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"github.com/versity/versitygw/s3api"
)

const (
	maxSocket = 100 // bytes; sun_path ends at 108 on Linux and 104 elsewhere
	bucket    = "recordings"
)

// ErrEmbeddedTwice says that this process runs an embedded store already; its library keeps global state.
var ErrEmbeddedTwice = errors.New("an embedded object store is already running in this process")

// Gateway is the embedded object store: S3 in front of a folder, on a unix socket that only this user can open.
type Gateway struct {
	config S3Config
	dir    string
	socket string
	before string // working directory to return to
	stop   context.CancelFunc
	ended  chan struct{}
	err    error // of the gateway; read after ended
	once   sync.Once
	closed error
}

// running guards what the library cannot: one gateway a process. It is the only variable of this package.
var running atomic.Bool //nolint:gochecknoglobals // the working directory it guards is global too

// Embedded starts the store in dir, which must be an absolute path; it is made with mode 0700. The folder holds objects/,
// meta/ where the file system knows no extended attributes, key.json (0600, made at the first start) and the socket,
// which moves to a private temporary folder when its path would be too long. ctx bounds the start only; Close ends it.
//
// The library changes the working directory of the process to objects/ and works with relative paths from there:
// make all other paths absolute before, and do not change the working directory until Close, which restores it.
func Embedded(ctx context.Context, dir string) (*Gateway, error) {
	return embedded(ctx, dir, posix.PosixOpts{}, hasXattr)
}

func embedded(ctx context.Context, dir string, o posix.PosixOpts, xattr func(dir string) bool) (_ *Gateway, err error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("the object store's folder %q must be an absolute path", dir)
	}
	if !running.CompareAndSwap(false, true) {
		return nil, ErrEmbeddedTwice
	}
	g := &Gateway{dir: dir, ended: make(chan struct{})}
	defer func() {
		if err != nil {
			_ = g.cleanUp() // why it did not start is the news
		}
	}()
	objects := filepath.Join(dir, "objects")
	if err := privateDir(dir); err != nil {
		return nil, err
	}
	if err := privateDir(objects); err != nil {
		return nil, err
	}
	if err := g.configure(); err != nil {
		return nil, err
	}
	store, err := metadata(dir, objects, xattr)
	if err != nil {
		return nil, err
	}
	if g.before, err = os.Getwd(); err != nil {
		return nil, fmt.Errorf("working directory: %w", err)
	}
	o.SetNewDirPerm(0o700)
	o.SetNewFilePerm(0o600)
	o.CopyObjectThreshold = 5 << 30
	o.ForceNoObjLockFile = true // for several gateways on one folder; its files would be readable by others
	backend, err := posix.New(objects, store, o)
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	if err := g.serve(ctx, backend); err != nil {
		backend.Shutdown()
		return nil, err
	}
	return g, nil
}

func (g *Gateway) serve(ctx context.Context, backend *posix.Posix) error {
	run, stop := context.WithCancel(context.Background())
	g.stop = stop
	listening := make(chan struct{})
	root := auth.Account{Access: g.config.AccessKey, Secret: g.config.SecretKey, Role: auth.RoleAdmin}
	config := &embedgw.Config{
		IAMService:     auth.NewIAMServiceSingle(root), // the default is the same, but says so on stdout
		RootUserAccess: g.config.AccessKey, RootUserSecret: g.config.SecretKey, Region: g.config.Region,
		Ports: []string{g.socket}, SocketPerm: "0600", MaxConnections: 1000, MaxRequests: 512, MultipartMaxParts: maxParts,
		Quiet: true, KeepAlive: true, DisableACLs: true,
		S3Options: []s3api.Option{
			s3api.WithOnListen(sync.OnceFunc(func() { close(listening) })),
			func(s *s3api.S3ApiServer) { s.Router.WithAdmSrv = false }, // on by default, with no other switch
		},
	}
	go func() {
		defer close(g.ended)
		g.err = embedgw.RunVersityGW(run, backend, config)
	}()
	var err error
	select {
	case <-listening:
		if err = g.answers(ctx); err == nil {
			return nil
		}
	case <-g.ended:
		err = g.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	stop()
	<-g.ended
	return fmt.Errorf("object store did not start: %w", err)
}

// answers returns when a request has got an answer, whatever it says. The library tells that it listens before its loop
// runs, and whoever stops it in between has a loop that never ends.
func (g *Gateway) answers(ctx context.Context) error {
	t, err := g.config.transport()
	if err != nil {
		return err
	}
	defer t.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.config.Endpoint, nil)
	if err != nil {
		return err
	}
	res, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// Config returns how to reach the store with OpenS3.
func (g *Gateway) Config() S3Config { return g.config }

// Sync returns when everything in the store is on the disk; the library itself never syncs.
func (g *Gateway) Sync() error { return syncTree(g.dir) }

// Close ends the store, waits for its requests (at most 10 s) and returns when its last goroutine has ended. Further
// calls return the same.
func (g *Gateway) Close() error {
	g.once.Do(func() {
		g.stop()
		<-g.ended
		g.closed = errors.Join(g.err, g.Sync(), g.cleanUp())
	})
	return g.closed
}

// cleanUp gives back what is not the gateway's own: working directory, socket, the place of the only instance.
func (g *Gateway) cleanUp() error {
	var err error
	if g.before != "" {
		err = os.Chdir(g.before)
	}
	if g.socket != "" {
		if e := os.Remove(g.socket); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
		if parent := filepath.Dir(g.socket); parent != g.dir {
			err = errors.Join(err, os.Remove(parent))
		}
	}
	running.Store(false)
	return err
}

// configure chooses the socket and reads or makes the key pair.
func (g *Gateway) configure() error {
	g.socket = filepath.Join(g.dir, "s3.sock")
	if len(g.socket) >= maxSocket {
		short, err := os.MkdirTemp("", "s3-") // made with mode 0700
		if err != nil {
			return fmt.Errorf("object store socket: %w", err)
		}
		g.socket = filepath.Join(short, "s3.sock")
	}
	if err := os.Remove(g.socket); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an earlier process
		return fmt.Errorf("object store socket: %w", err)
	}
	keys, err := keyPair(g.dir)
	if err != nil {
		return fmt.Errorf("object store key: %w", err)
	}
	g.config = S3Config{
		Endpoint: "localhost", Bucket: bucket, Region: "us-east-1", AccessKey: keys.Access, SecretKey: keys.Secret,
		PathStyle: true, Socket: g.socket, Durable: g.Sync,
	}
	return nil
}

type keys struct{ Access, Secret string }

func keyPair(dir string) (keys, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return keys{}, err
	}
	defer root.Close()
	const name = "key.json"
	raw, err := root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		k := keys{Access: rand.Text(), Secret: rand.Text() + rand.Text()}
		if raw, err = json.Marshal(k); err != nil { //nolint:gosec // the key belongs in its file
			return keys{}, err
		}
		// Written aside first: a crash must not leave half a key.
		if err := root.WriteFile(name+".new", raw, 0o600); err != nil {
			return keys{}, err
		}
		return k, root.Rename(name+".new", name)
	}
	if err != nil {
		return keys{}, err
	}
	var k keys
	if err := json.Unmarshal(raw, &k); err != nil || k.Access == "" || k.Secret == "" {
		return keys{}, errors.Join(errors.New(name+" is damaged; delete it to make a new one"), err)
	}
	return k, nil
}

// metadata chooses where checksums and the like are kept: in extended attributes, else in files beside the objects.
// A store that once began with files stays with them.
func metadata(dir, objects string, xattr func(dir string) bool) (meta.MetadataStorer, error) {
	side := filepath.Join(dir, "meta")
	if _, err := os.Stat(side); errors.Is(err, fs.ErrNotExist) && xattr(objects) {
		return meta.XattrMeta{}, nil
	}
	if err := privateDir(side); err != nil {
		return nil, err
	}
	s, err := meta.NewSideCar(side)
	if err != nil {
		return nil, fmt.Errorf("object store: %w", err)
	}
	return s, nil
}

// hasXattr sets one on a file: the answer of a file system to reading one proves nothing.
func hasXattr(dir string) bool {
	f, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return false
	}
	defer os.Remove(f.Name())
	defer f.Close()
	return meta.XattrMeta{}.StoreAttribute(f, "", "", "probe", []byte{1}) == nil
}

// privateDir makes a folder that only this user can enter, whatever the umask is.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("object store folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs its x
		return fmt.Errorf("object store folder: %w", err)
	}
	return nil
}
