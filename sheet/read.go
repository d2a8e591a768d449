package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Line is one row of a CSV and the line on which it begins, from 1.
type Line struct {
	Number int
	Cells  []string
}

// SyntaxError is a line that is no CSV.
type SyntaxError struct {
	Line int
	Err  error // ErrNotUTF8, or what encoding/csv has against it
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *SyntaxError) Unwrap() error { return e.Err }

// ErrNotUTF8 is a text in another encoding, as older spreadsheets write it.
var ErrNotUTF8 = errors.New("not UTF-8")

// ReadCSV reads what WriteCSV wrote, and what spreadsheets make of it: the cells may be separated by commas, semicolons or
// tabs, whichever is the first in the head. Rows without any text are left out. Errors: *SyntaxError.
func ReadCSV(text string) ([]Line, error) {
	text = strings.TrimPrefix(text, "\uFEFF")
	for i, line := range strings.SplitAfter(text, "\n") {
		if !utf8.ValidString(line) {
			return nil, &SyntaxError{i + 1, ErrNotUTF8}
		}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(text), -1
	var out []Line
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if parse, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, &SyntaxError{parse.StartLine, parse.Err}
		}
		if err != nil {
			return nil, fmt.Errorf("read CSV: %w", err)
		}
		number, _ := r.FieldPos(0)
		row := Line{Number: number, Cells: make([]string, len(cells))}
		empty := true
		for i, c := range cells {
			row.Cells[i] = written(c)
			empty = empty && strings.TrimSpace(c) == ""
		}
		if !empty {
			out = append(out, row)
		}
	}
}

func separator(text string) rune {
	head, _, _ := strings.Cut(text, "\n")
	if i := strings.IndexAny(head, ",;\t"); i >= 0 {
		return rune(head[i])
	}
	return ','
}

// written takes the apostrophe away that plainCell has put before a cell.
func written(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && plainCell(rest) == s {
		return rest
	}
	return s
}
