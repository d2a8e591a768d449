package ffmpeg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// firstFile is the number of the first file that a child is handed.
const firstFile = 3

// Job is one run of ffmpeg.
type Job struct {
	In      []*os.File // what it reads, each from its beginning
	Filters string     // filter_complex; empty: none
	Args    []string   // between the inputs and the output
	Skip    bool       // look at key frames only
	Format  string     // of the output
	Out     *os.File   // written over; or
	Pipe    io.Writer  // written to in order
	// Length is how long the output will be, for Progress; 0: unknown.
	Length   time.Duration
	Progress func(share float64) // may be nil
}

// Run does a job. Errors: ErrFailed, ErrTime, ErrSize, those of Pipe, and of ctx, at whose end ffmpeg is killed. What is
// in Out after an error is of no use.
func (t *Tool) Run(ctx context.Context, j Job) (err error) {
	within, stop := context.WithTimeoutCause(ctx, t.c.Time, ErrTime)
	defer stop()
	said, say, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	defer func() { err = errors.Join(err, said.Close()) }()
	cmd := t.command(within, t.args(j)...)
	cmd.ExtraFiles = append(append(cmd.ExtraFiles, j.In...), say)
	if j.Out != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, j.Out)
	}
	out := &counted{to: j.Pipe, left: t.c.Size}
	if j.Pipe != nil {
		cmd.Stdout = out
	}
	if err := errors.Join(cmd.Start(), say.Close()); err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	listen(said, j)
	err = cmd.Wait()
	switch {
	case out.err != nil:
		return out.err
	case ctx.Err() != nil:
		return ctx.Err()
	case within.Err() != nil:
		return context.Cause(within)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	return t.fits(j.Out)
}

// fits reports an output that ffmpeg ended because it was too long: nobody wants half of it.
func (t *Tool) fits(f *os.File) error {
	if f == nil {
		return nil
	}
	i, err := f.Stat()
	if err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	if i.Size() >= t.c.Size-t.c.Size/64 {
		return ErrSize
	}
	return nil
}

func (t *Tool) args(j Job) []string {
	const only = "file,pipe"
	file := func(n int) string { return "/dev/fd/" + strconv.Itoa(firstFile+n) }
	threads := strconv.Itoa(t.c.Threads)
	// Each input keeps its times: a file whose first sample comes late is late.
	list := []string{"-nostdin", "-hide_banner", "-v", "quiet", "-y", "-copyts", "-filter_threads", threads, "-filter_complex_threads", threads}
	for i := range j.In {
		// Pictures change their size within a film; filters that scale them cope, a new chain of filters loses some.
		list = append(list, "-protocol_whitelist", only, "-threads", threads, "-reinit_filter", "0")
		if j.Skip {
			list = append(list, "-skip_frame", "nokey")
		}
		list = append(list, "-i", file(i))
	}
	if j.Filters != "" {
		list = append(list, "-filter_complex", j.Filters)
	}
	list = append(list, j.Args...)
	list = append(list, "-map_metadata:g", "-1", "-threads", threads, "-fs", strconv.FormatInt(t.c.Size, 10),
		"-progress", "pipe:"+strconv.Itoa(firstFile+len(j.In)), "-protocol_whitelist", only, "-f", j.Format)
	if j.Out != nil {
		return append(list, file(len(j.In)+1))
	}
	return append(list, "pipe:1")
}

// listen hears how far ffmpeg is until it ends.
func listen(said io.Reader, j Job) {
	for lines := bufio.NewScanner(said); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		us, err := strconv.ParseInt(value, 10, 64)
		if key != "out_time_us" || err != nil || j.Length <= 0 || j.Progress == nil {
			continue
		}
		at := time.Duration(us) * time.Microsecond
		j.Progress(min(max(at.Seconds()/j.Length.Seconds(), 0), 1))
	}
}

// counted lets so many bytes through.
type counted struct {
	to   io.Writer
	left int64
	err  error
}

func (c *counted) Write(p []byte) (int, error) {
	if c.left -= int64(len(p)); c.left < 0 {
		c.err = ErrSize
		return 0, c.err
	}
	n, err := c.to.Write(p)
	c.err = err
	return n, err
}

// Hidden makes a file in a folder that nobody else can find: it is gone when it is closed, or when we are killed.
func Hidden(folder string) (*os.File, error) {
	f, err := os.CreateTemp(folder, ".job-*")
	if err != nil {
		return nil, fmt.Errorf("ffmpeg: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("ffmpeg: %w", err), f.Close())
	}
	return f, nil
}
