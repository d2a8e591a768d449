package ffmpeg

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Size is that of a picture, in pixels.
type Size struct{ Width, Height int }

// most is the largest picture that is coded anew.
func most() Size { return Size{1920, 1080} }

// coded is the size of a film that is coded anew: that of the picture in even numbers, no larger than most.
func (s Size) coded() Size {
	m := most()
	if s.Width <= 0 || s.Height <= 0 {
		return m
	}
	if s.Width > m.Width || s.Height > m.Height {
		by := max(float64(s.Width)/float64(m.Width), float64(s.Height)/float64(m.Height))
		s = Size{int(float64(s.Width) / by), int(float64(s.Height) / by)}
	}
	return Size{max(s.Width&^1, 2), max(s.Height&^1, 2)}
}

// fit puts pictures of any size into one.
func (s Size) fit() string {
	return fmt.Sprintf("scale=%[1]d:%[2]d:force_original_aspect_ratio=decrease,pad=%[1]d:%[2]d:-1:-1,setsar=1,format=yuv420p", s.Width, s.Height)
}

// rate is the pictures of a film that is coded anew in a second; where none come the last one stands.
const rate = "fps=25:start_time=0"

// h264 returns the encoder for H.264 that this ffmpeg has, empty without one.
func (t *Tool) h264() string {
	for _, name := range []string{"libx264", "libopenh264"} {
		if t.Encodes(name) {
			return name
		}
	}
	return ""
}

// MP4s reports whether MP4 can be made.
func (t *Tool) MP4s() bool { return t.h264() != "" && t.Encodes("aac") }

// MP4 codes a film anew as H.264 and AAC, for programs that play no WebM. Its chapters stay.
func (t *Tool) MP4(ctx context.Context, in, out *os.File, size Size, length time.Duration, progress func(float64)) error {
	args := []string{"-map", "0:v:0?", "-map", "0:a:0?", "-vf", size.coded().fit() + "," + rate, "-c:v", t.h264(), "-g", "100",
		"-c:a", "aac", "-b:a", "128k", "-ac", "2", "-af", level, "-movflags", "+faststart"}
	if t.h264() == "libx264" {
		args = append(args, "-preset", "veryfast", "-crf", "23")
	} else {
		args = append(args, "-b:v", "2M")
	}
	return t.Run(ctx, Job{In: []*os.File{in}, Args: args, Format: "mp4", Out: out, Length: length, Progress: progress})
}

// Composites reports whether Composite can work.
func (t *Tool) Composites() bool { return t.Encodes("libvpx") }

// Span is a part of a film.
type Span struct{ From, To time.Duration }

// inset is the width of the small picture as a part of the large one, and margin its distance from the edges.
const (
	inset  = 4
	margin = 40
)

// Composite puts a small picture into the corner of a film while the spans last. Both lie on one clock; the sound stays
// as it is.
func (t *Tool) Composite(ctx context.Context, film, small, out *os.File, size Size, shown []Span, length time.Duration, progress func(float64)) error {
	size = size.coded()
	corner := Size{size.Width / inset, size.Height / inset}.coded()
	when := make([]string, len(shown))
	for i, s := range shown {
		when[i] = fmt.Sprintf("between(t,%.3f,%.3f)", s.From.Seconds(), s.To.Seconds())
	}
	graph := fmt.Sprintf("[0:v]%s,%s[large];[1:v]scale=%d:%d:force_original_aspect_ratio=decrease,setsar=1,format=yuv420p[small];"+
		"[large][small]overlay=x=W-w-W/%[5]d:y=H-h-W/%[5]d:enable='%[6]s'[both]",
		size.fit(), rate, corner.Width, corner.Height, margin, strings.Join(when, "+"))
	return t.Run(ctx, Job{In: []*os.File{film, small}, Filters: graph, Format: "webm", Out: out, Length: length, Progress: progress,
		Args: []string{"-map", "[both]", "-map", "0:a:0?", "-map_chapters", "0", "-c:a", "copy", "-c:v", "libvpx",
			"-deadline", "realtime", "-cpu-used", "6", "-b:v", bitrate(size), "-g", "100"}})
}

// bitrate is what a screen with something to read on it takes.
func bitrate(s Size) string { return fmt.Sprintf("%dk", max(s.Width*s.Height/600, 300)) }

// Preview says how a sheet of small pictures is read: Count pictures lie in rows of Columns, one for each Step.
type Preview struct {
	Step           time.Duration
	Count, Columns int
	Size
}

// What a sheet holds at most, and how finely.
const (
	sheetColumns = 10
	sheetMost    = 100
	finestStep   = 2 * time.Second
)

// Previews says how the sheet of a film of that length is laid out.
func Previews(length time.Duration) Preview {
	step := max(finestStep, ((length+sheetMost-1)/sheetMost).Round(time.Millisecond)+time.Millisecond)
	if length <= finestStep*sheetMost {
		step = finestStep
	}
	return Preview{Step: step, Count: int(max((length+step-1)/step, 1)), Columns: sheetColumns, Size: Size{240, 134}}
}

// Sheets reports whether Sheet can work.
func (t *Tool) Sheets() bool { return t.Encodes("libwebp") }

// Sheet makes a sheet of small pictures as WebP out of a film's key frames, and of nothing else: that is quick, and who
// seeks lands there.
func (t *Tool) Sheet(ctx context.Context, in *os.File, p Preview, progress func(float64)) ([]byte, error) {
	var out limited
	rows := (p.Count + p.Columns - 1) / p.Columns
	// The last key frame stands for what comes behind it.
	filter := fmt.Sprintf("%s,fps=1000/%d:start_time=0:round=near,tpad=stop=-1:stop_mode=clone,tile=%dx%d", p.fit(), p.Step.Milliseconds(), p.Columns, rows)
	err := t.Run(ctx, Job{In: []*os.File{in}, Skip: true, Format: "webp", Pipe: &out, Progress: progress,
		Args: []string{"-map", "0:v:0", "-vf", filter, "-frames:v", "1", "-c:v", "libwebp", "-quality", "60"}})
	return out.b, err
}

// smallSize is what is held in memory at most, in bytes.
const smallSize = 4 << 20

// limited holds what is small.
type limited struct{ b []byte }

func (l *limited) Write(p []byte) (int, error) {
	if len(l.b)+len(p) > smallSize {
		return 0, ErrSize
	}
	l.b = append(l.b, p...)
	return len(p), nil
}

// Peaks says how loud a film is over time: one number of 0 to 255 for each Step.
type Peaks struct {
	Step time.Duration
	Loud []uint8
}

// How finely loudness is told, and the samples of a second that are looked at.
const (
	peaksMost  = 1000
	finestPeak = 100 * time.Millisecond
	peakRate   = 8000
)

// Peaks measures a film's sound.
func (t *Tool) Peaks(ctx context.Context, in *os.File, length time.Duration, progress func(float64)) (Peaks, error) {
	step := max(finestPeak, (length/peaksMost).Round(time.Millisecond)+time.Millisecond)
	if length <= finestPeak*peaksMost {
		step = finestPeak
	}
	m := meter{window: int(step.Milliseconds() * peakRate / 1000)}
	err := t.Run(ctx, Job{In: []*os.File{in}, Format: "s16le", Pipe: &m, Length: length, Progress: progress,
		Args: []string{"-map", "0:a:0", "-af", level, "-c:a", "pcm_s16le", "-ac", "1", "-ar", fmt.Sprint(peakRate)}})
	m.close()
	most := int((length + step - 1) / step)
	return Peaks{Step: step, Loud: slices.Clip(m.out[:min(len(m.out), most)])}, err
}
