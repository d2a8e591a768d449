// Package runsheet writes the prepared polls of a webinar down, as Markdown to read and as a table to fill in, and reads
// both back. What one of them says of a poll, the other says as well, and nothing is lost on the way but the pictures.
// docs/runsheet.md tells people the form.
package runsheet

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"plenum/polls"
	"plenum/webinar"
)

// LineError says which line is wrong and why.
type LineError struct {
	Line int    // from 1
	Name string // of the setting or column that it is about, or empty
	Err  error  // one of this package's, a *webinar.InvalidError, or a *csv.ParseError's
}

func (e *LineError) Error() string {
	if e.Name != "" {
		return fmt.Sprintf("line %d: %s: %v", e.Line, e.Name, e.Err)
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}

func (e *LineError) Unwrap() error { return e.Err }

// What can be wrong with a line.
var (
	ErrUnknown  = errors.New("no setting of this name")
	ErrTwice    = errors.New("stands there twice")
	ErrStray    = errors.New("neither a question, a setting nor an answer")
	ErrValue    = errors.New("not a value for this setting")
	ErrNoColumn = errors.New("the column question is missing")
	ErrEmpty    = errors.New("there is no question in it")
	ErrTooMany  = errors.New("more cells than the head has columns")
	ErrNotUTF8  = errors.New("not UTF-8")
)

// entry is one poll as it was read, with the lines to complain about.
type entry struct {
	draft polls.Draft
	line  int
	lines map[string]int // of settings
}

func newEntry(line int) *entry { return &entry{line: line, lines: map[string]int{}} }

// set takes a setting.
func (e *entry) set(name, value string, line int) error {
	name = canonical(name)
	s, ok := find(name)
	if !ok {
		return &LineError{line, name, ErrUnknown}
	}
	if _, twice := e.lines[name]; twice {
		return &LineError{line, name, ErrTwice}
	}
	e.lines[name] = line
	if !s.read(&e.draft, value) {
		return &LineError{line, name, ErrValue}
	}
	return nil
}

// check judges the poll as the editor would.
func (e *entry) check() error {
	err := e.draft.Validate()
	if err == nil {
		return nil
	}
	wrong := &LineError{e.line, "", err}
	if invalid, ok := errors.AsType[*webinar.InvalidError](err); ok {
		name := strings.TrimSuffix(canonical(strings.TrimPrefix(invalid.Field, "motion.")), " ms")
		if line, said := e.lines[name]; said {
			wrong.Line, wrong.Name = line, name
		}
	}
	return wrong
}

// canonical is how the name of a setting is compared.
func canonical(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(strings.ReplaceAll(name, "_", " "))), " ")
}

// span writes a time as people do: 90 s, 5 min, 2 h.
func span(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d%time.Second == 0:
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d ms", d/time.Millisecond)
}

// units are the words for spans of time.
func units() map[string]time.Duration {
	return map[string]time.Duration{
		"h": time.Hour, "hour": time.Hour, "hours": time.Hour, "min": time.Minute, "m": time.Minute, "minutes": time.Minute,
		"s": time.Second, "sec": time.Second, "seconds": time.Second, "ms": time.Millisecond,
	}
}
