// Package vtt reads and writes captions as WebVTT has them (https://www.w3.org/TR/webvtt1/): times and plain words. Styles,
// places and markup are dropped, so that what is shown later is text and nothing else.
package vtt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What is taken at most.
const (
	MaxBytes = 1 << 20
	maxCues  = 20_000
	maxText  = 1000 // characters of a cue
	maxTime  = 48 * time.Hour
)

// ErrFormat says that a text is no WebVTT, or more of it than is taken.
var ErrFormat = errors.New("no captions in WebVTT")

// Cue is what is shown from one time to another.
type Cue struct {
	From, To time.Duration
	Text     string // lines
}

// Parse reads captions in the order of their beginnings. ErrFormat says in which line something is wrong.
func Parse(b []byte) ([]Cue, error) {
	if len(b) > MaxBytes || !utf8.Valid(b) || bytes.ContainsRune(b, 0) {
		return nil, ErrFormat
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(b), "\ufeff"))
	lines := strings.Split(text, "\n")
	if head := lines[0]; head != "WEBVTT" && !strings.HasPrefix(head, "WEBVTT ") && !strings.HasPrefix(head, "WEBVTT\t") {
		return nil, fmt.Errorf("%w: line 1", ErrFormat)
	}
	var cues []Cue
	for i := 1; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "" || strings.TrimSpace(lines[i-1]) != "" {
			continue // a block begins behind an empty line
		}
		block := lines[i:]
		if end := slices.IndexFunc(block, func(s string) bool { return strings.TrimSpace(s) == "" }); end >= 0 {
			block = block[:end]
		}
		c, ok, err := cue(block)
		if err != nil {
			return nil, fmt.Errorf("%w: line %d", ErrFormat, i+1)
		}
		if ok {
			cues = append(cues, c)
		}
	}
	if len(cues) == 0 || len(cues) > maxCues {
		return nil, ErrFormat
	}
	slices.SortStableFunc(cues, func(a, b Cue) int { return int(a.From - b.From) })
	return cues, nil
}

// cue reads a block; false for one that is a note, a style or a region.
func cue(block []string) (c Cue, ok bool, err error) {
	for _, word := range []string{"NOTE", "STYLE", "REGION"} {
		if block[0] == word || strings.HasPrefix(block[0], word+" ") {
			return c, false, nil
		}
	}
	if !strings.Contains(block[0], "-->") { // a name before the times
		block = block[1:]
	}
	if len(block) == 0 {
		return c, false, ErrFormat
	}
	from, rest, ok := strings.Cut(block[0], "-->")
	to := strings.Fields(rest)
	if !ok || len(to) == 0 {
		return c, false, ErrFormat
	}
	if c.From, err = stamp(strings.TrimSpace(from)); err != nil {
		return c, false, err
	}
	if c.To, err = stamp(to[0]); err != nil {
		return c, false, err
	}
	c.Text = plain(strings.Join(block[1:], "\n"))
	if c.To <= c.From || utf8.RuneCountInString(c.Text) > maxText {
		return c, false, ErrFormat
	}
	return c, c.Text != "", nil
}

// stamp reads 1:02:03.456 or 02:03.456.
func stamp(s string) (time.Duration, error) {
	main, ms, ok := strings.Cut(s, ".")
	parts := strings.Split(main, ":")
	if !ok || len(ms) != 3 || len(parts) < 2 || len(parts) > 3 {
		return 0, ErrFormat
	}
	sum := time.Duration(0)
	for i, p := range append(parts, ms) {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || i < len(parts) && i > len(parts)-3 && n > 59 {
			return 0, ErrFormat
		}
		if i < len(parts) {
			sum = sum*60 + time.Duration(n)*time.Second
		} else {
			sum += time.Duration(n) * time.Millisecond
		}
	}
	if sum > maxTime {
		return 0, ErrFormat
	}
	return sum, nil
}

// plain drops markup and reads the escapes that WebVTT knows.
func plain(s string) string {
	var out strings.Builder
	for {
		before, tag, ok := strings.Cut(s, "<")
		out.WriteString(before)
		if !ok {
			break
		}
		_, s, ok = strings.Cut(tag, ">")
		if !ok { // an open bracket that nothing closes
			break
		}
	}
	text := strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&nbsp;", "\u00a0", "&lrm;", "\u200e", "&rlm;", "\u200f").Replace(out.String())
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" { // an empty one would end the cue
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// Format writes captions as WebVTT that holds nothing but times and words.
func Format(cues []Cue) []byte {
	var b bytes.Buffer
	b.WriteString("WEBVTT\n")
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	for _, c := range cues {
		fmt.Fprintf(&b, "\n%s --> %s\n%s\n", clock(c.From), clock(c.To), escape.Replace(c.Text))
	}
	return b.Bytes()
}

func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d:%02d.%03d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60, d.Milliseconds()%1000)
}
