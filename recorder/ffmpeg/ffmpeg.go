// Package ffmpeg runs the ffmpeg of this machine, if there is one: one program at a time that reads and writes only what
// is handed to it as open files, has no network, gives way to everything else and ends with us. What it says about a
// fault is thrown away, since it may quote what is in a file.
package ffmpeg

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Faults of this package.
var (
	// ErrNone says that there is no ffmpeg that could be used.
	ErrNone = errors.New("ffmpeg: none that works was found")
	// ErrFailed says that ffmpeg did not do what it was told.
	ErrFailed = errors.New("ffmpeg: it failed")
	// ErrTime says that a job took longer than the limit.
	ErrTime = errors.New("ffmpeg: the job took too long")
	// ErrSize says that a job wrote more than the limit.
	ErrSize = errors.New("ffmpeg: the job wrote too much")
)

// Config are the limits of each job.
type Config struct {
	Path    string        // of the program, or its name to be sought on PATH; empty: "ffmpeg"
	Time    time.Duration // a job may take, default 4 h
	Size    int64         // bytes a job may write into one file, default 8 GiB
	Threads int           // of each encoder, default 1
}

// Tool is an ffmpeg that works.
type Tool struct {
	c        Config
	path     string
	alone    bool // it runs without a network of its own
	encoders []string
}

// needed is what every job of ours could ask for; without it an ffmpeg is of no use.
func needed() []string { return []string{"libopus", "pcm_s16le"} }

// Find looks for ffmpeg and asks what it can encode. ErrNone: there is none, or one that cannot even mix sound.
func Find(ctx context.Context, c Config) (*Tool, error) {
	if c.Path == "" {
		c.Path = "ffmpeg"
	}
	if c.Time <= 0 {
		c.Time = 4 * time.Hour
	}
	if c.Size <= 0 {
		c.Size = 8 << 30
	}
	if c.Threads <= 0 {
		c.Threads = 1
	}
	path, err := exec.LookPath(c.Path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	t := &Tool{c: c, path: path, alone: true}
	list, err := t.ask(ctx)
	if err != nil { // not every system lets us take the network away
		t.alone = false
		list, err = t.ask(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	t.encoders = list
	for _, name := range needed() {
		if !t.Encodes(name) {
			return nil, fmt.Errorf("%w: it lacks the encoder %s", ErrNone, name)
		}
	}
	return t, nil
}

// answerTime is how long ffmpeg may take to say what it can.
const answerTime = 30 * time.Second

// ask returns the names of the encoders.
func (t *Tool) ask(ctx context.Context) ([]string, error) {
	ctx, stop := context.WithTimeout(ctx, answerTime)
	defer stop()
	var out bytes.Buffer
	cmd := t.command(ctx, "-hide_banner", "-v", "quiet", "-encoders")
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("ask for its encoders: %w", err)
	}
	var list []string
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 1 && len(f[0]) == 6 {
			list = append(list, f[1])
		}
	}
	return list, nil
}

// Encodes reports whether there is an encoder of that name.
func (t *Tool) Encodes(name string) bool { return slices.Contains(t.encoders, name) }

// Alone reports whether ffmpeg runs in a network of its own, which is empty. Without that it is only told to open nothing
// but files and pipes.
func (t *Tool) Alone() bool { return t.alone }

// command is ffmpeg with no surroundings: no variables, no folder, no terminal.
func (t *Tool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.path, args...) //nolint:gosec // the operator names the program, and no argument is a person's
	cmd.Env, cmd.Dir = []string{"PATH=/usr/bin:/bin"}, "/"
	cmd.SysProcAttr = jail(t.alone)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}
