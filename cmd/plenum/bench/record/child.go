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
	"sync"
)

// child is this program once more, in a process of its own. It says one line when it is ready, and then answers each line
// with one.
type child struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	mu   sync.Mutex
}

// startChild runs "plenum bench record WORDS" and reads its first line into ready. It ends when its input does.
func startChild(ctx context.Context, stderr io.Writer, ready any, words ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{name: words[0], cmd: exec.CommandContext(context.WithoutCancel(ctx), self, append([]string{"bench", "record"}, words...)...)} //nolint:gosec // this very program, with words of its own
	c.cmd.Stderr = stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.out = json.NewDecoder(out)
	if err := c.out.Decode(ready); err != nil {
		return nil, errors.Join(fmt.Errorf("bench record %s did not start: %w", words[0], err), c.close())
	}
	return c, nil
}

// ask sends a line and reads the answer.
func (c *child) ask(answer any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.in.Write([]byte("\n"))
	if err == nil {
		err = c.out.Decode(answer)
	}
	if err != nil {
		return fmt.Errorf("bench record %s does not answer: %w", c.name, err)
	}
	return nil
}

// close ends the process and waits for it.
func (c *child) close() error {
	return errors.Join(c.in.Close(), c.cmd.Wait())
}

// serve is the child's half: it says ready, and answers each line of in until that ends.
func serve(in io.Reader, out io.Writer, ready any, answer func() (any, error)) error {
	say := json.NewEncoder(out)
	if err := say.Encode(ready); err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		a, err := answer()
		if err != nil {
			return err
		}
		if err := say.Encode(a); err != nil {
			return err
		}
	}
	return lines.Err()
}
