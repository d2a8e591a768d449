package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// level has a file's sound begin at 0 and fills what it does not hold with silence. Small differences between the times of
// the packets and their number are stretched away, which nobody hears; 50 ms and more are cut or filled.
const level = "aresample=48000:async=1000:min_hard_comp=0.05:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo"

// Mix makes one sound of that of several files, each of which lies at its place on one clock: Ogg Opus, stereo, 20 ms a
// packet. Nobody is made quieter because others are there; what would be too loud together is held down. temp makes an
// empty file.
func (t *Tool) Mix(ctx context.Context, temp func() (*os.File, error), in []*os.File, length time.Duration, progress func(float64)) (_ io.ReadCloser, err error) {
	out, err := temp()
	if err != nil {
		return nil, err
	}
	var graph strings.Builder
	for i := range in {
		fmt.Fprintf(&graph, "[%d:a]%s[a%d];", i, level, i)
	}
	for i := range in {
		fmt.Fprintf(&graph, "[a%d]", i)
	}
	fmt.Fprintf(&graph, "amix=inputs=%d:duration=longest:dropout_transition=0:normalize=0,alimiter=limit=0.95:level=disabled[mix]", len(in))
	err = t.Run(ctx, Job{In: in, Filters: graph.String(), Format: "ogg", Out: out, Length: length, Progress: progress,
		Args: []string{"-map", "[mix]", "-c:a", "libopus", "-b:a", "64k", "-ac", "2", "-frame_duration", "20"}})
	if err == nil {
		_, err = out.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	return out, nil
}
