package record

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"plenum/recorder/blob"
)

// storeWord begins the command line of the object store's own process: plenum bench record store FOLDER.
const storeWord = "store"

// way is what the store tells whoever started it, through a pipe that nobody else can read.
type way struct {
	Socket, Bucket, Region, Access, Secret string
}

// serveStore is the embedded object store until in ends. It says the way to itself as one line, and then answers each
// line with one when all it has is on the disk.
func serveStore(ctx context.Context, dir string, in io.Reader, out io.Writer) (err error) {
	gateway, err := blob.Embedded(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gateway.Close()) }()
	c := gateway.Config()
	answer := json.NewEncoder(out)
	if err := answer.Encode(way{c.Socket, c.Bucket, c.Region, c.AccessKey, c.SecretKey}); err != nil { //nolint:gosec // to the parent alone
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if err := gateway.Sync(); err != nil {
			return err
		}
		if err := answer.Encode(true); err != nil {
			return err
		}
	}
	return lines.Err()
}

// store is the object store in a process of its own, as the S3 of others would be: what it costs is not the recorder's.
type store struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	way  way
	sync sync.Mutex
}

func startStore(ctx context.Context, dir string, stderr io.Writer) (_ *store, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &store{cmd: exec.CommandContext(context.WithoutCancel(ctx), self, "bench", "record", storeWord, filepath.Join(dir, "store"))} //nolint:gosec // this very program, with words of its own
	s.cmd.Stderr = stderr                                                                                                              // it ends when its input does
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.out = json.NewDecoder(out)
	if err := s.out.Decode(&s.way); err != nil {
		return nil, errors.Join(fmt.Errorf("the object store did not start: %w", err), s.close())
	}
	return s, nil
}

// open connects to it.
func (s *store) open(ctx context.Context) (*blob.S3, error) {
	w := s.way
	return blob.OpenS3(ctx, blob.S3Config{Socket: w.Socket, Bucket: w.Bucket, Region: w.Region, AccessKey: w.Access, SecretKey: w.Secret, PathStyle: true, Durable: s.durable})
}

// durable returns when all that the store has is on the disk.
func (s *store) durable() error {
	s.sync.Lock()
	defer s.sync.Unlock()
	if _, err := s.in.Write([]byte("\n")); err != nil {
		return err
	}
	var ok bool
	return s.out.Decode(&ok)
}

// close ends the process and waits for it.
func (s *store) close() error {
	return errors.Join(s.in.Close(), s.cmd.Wait())
}
