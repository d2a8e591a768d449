package record

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// twinWord begins the command line of the twin: plenum bench record twin FOLDER KBPS.
const twinWord = "twin"

// serveTwin is a recorder like the one that is measured, in the same minutes of the same machine, before which a person
// acts for nobody. It answers with what its process has spent so far, in ns, until in ends.
func serveTwin(ctx context.Context, dir string, kbps int, in io.Reader, out, stderr io.Writer) (err error) {
	s, err := newStudio(ctx, dir, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	ctx, cancel := context.WithCancel(ctx)
	acted := make(chan error, 1)
	go func() { acted <- s.rehearse(ctx, kbps) }()
	err = serve(in, out, true, func() (any, error) { return cpuTime(), nil })
	cancel()
	return errors.Join(err, <-acted)
}

// twin is that recorder in its process.
type twin struct{ *child }

func startTwin(ctx context.Context, dir string, kbps int, stderr io.Writer) (*twin, error) {
	dir = filepath.Join(dir, "twin")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	var ready bool
	c, err := startChild(ctx, stderr, &ready, twinWord, dir, strconv.Itoa(kbps))
	if err != nil {
		return nil, err
	}
	return &twin{c}, nil
}

// spent is what its process has spent on the cores so far.
func (t *twin) spent() (cpu time.Duration, err error) {
	err = t.ask(&cpu)
	return cpu, err
}
