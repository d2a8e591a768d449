package record

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"plenum/recorder/blob"
)

// storeWord begins the command line of the object store's own process: plenum bench record store FOLDER.
const storeWord = "store"

// way is what the store tells whoever started it, through a pipe that nobody else can read.
type way struct {
	Socket, Bucket, Region, Access, Secret string
}

// serveStore is the embedded object store until in ends. It says the way to itself, and answers when all it has is on the disk.
func serveStore(ctx context.Context, dir string, in io.Reader, out io.Writer) (err error) {
	gateway, err := blob.Embedded(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()
	c := gateway.Config()
	return serve(in, out, way{c.Socket, c.Bucket, c.Region, c.AccessKey, c.SecretKey}, func() (any, error) { return true, gateway.Sync() })
}

// store is the object store in a process of its own, as the S3 of others would be: what it costs is not the recorder's.
type store struct {
	*child
	way way
}

func startStore(ctx context.Context, dir string, stderr io.Writer) (*store, error) {
	var w way
	c, err := startChild(ctx, stderr, &w, storeWord, filepath.Join(dir, "store"))
	if err != nil {
		return nil, err
	}
	return &store{c, w}, nil
}

// open connects to it.
func (s *store) open(ctx context.Context) (*blob.S3, error) {
	w := s.way
	return blob.OpenS3(ctx, blob.S3Config{Socket: w.Socket, Bucket: w.Bucket, Region: w.Region, AccessKey: w.Access, SecretKey: w.Secret, PathStyle: true, Durable: s.durable})
}

// durable returns when all that the store has is on the disk.
func (s *store) durable() error {
	var ok bool
	return s.ask(&ok)
}
