package runsheet

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"plenum/polls"
	"plenum/sheet"
)

const (
	questionColumn = "question"
	optionColumn   = "option"
)

// WriteCSV writes one row a poll: the question, a column for each setting that any of them has, and the answers.
func WriteCSV(w io.Writer, drafts []polls.Draft) error {
	head := []string{questionColumn}
	var used []setting
	for _, s := range settings() {
		for _, d := range drafts {
			if s.write(d) != "" {
				head, used = append(head, s.name), append(used, s)
				break
			}
		}
	}
	most := 0
	for _, d := range drafts {
		most = max(most, len(d.Options))
	}
	for i := range most {
		head = append(head, fmt.Sprintf("%s %d", optionColumn, i+1))
	}
	t := sheet.Table{Head: head}
	for _, d := range drafts {
		row := []string{d.Question}
		for _, s := range used {
			row = append(row, s.write(d))
		}
		row = append(row, d.Options...)
		row = append(row, make([]string, len(head)-len(row))...)
		t.Rows = append(t.Rows, sheet.Row(row...))
	}
	return t.WriteCSV(w)
}

// ParseCSV reads what WriteCSV wrote, and what people fill in alike: the columns may stand in any order, and those for
// answers have names that begin with "option". Errors: *LineError, and then nothing is returned.
func ParseCSV(text string) ([]polls.Draft, error) {
	lines, err := sheet.ReadCSV(text)
	if bad, ok := errors.AsType[*sheet.SyntaxError](err); ok {
		if errors.Is(bad, sheet.ErrNotUTF8) {
			bad.Err = ErrNotUTF8
		}
		return nil, &LineError{bad.Line, "", bad.Err}
	}
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, &LineError{1, "", ErrEmpty}
	}
	head, err := columns(lines[0])
	if err != nil {
		return nil, err
	}
	var out []polls.Draft
	for _, line := range lines[1:] {
		e := newEntry(line.Number)
		for i, cell := range line.Cells {
			if err := e.cell(head, i, strings.TrimSpace(cell)); err != nil {
				return nil, err
			}
		}
		if err := e.check(); err != nil {
			return nil, err
		}
		out = append(out, e.draft)
	}
	if len(out) == 0 {
		return nil, &LineError{lines[0].Number, "", ErrEmpty}
	}
	return out, nil
}

func (e *entry) cell(head []string, i int, cell string) error {
	switch {
	case cell == "":
		return nil
	case i >= len(head) || head[i] == "":
		return &LineError{e.line, "", ErrTooMany}
	case head[i] == questionColumn:
		e.draft.Question = cell
	case head[i] == optionColumn:
		e.draft.Options = append(e.draft.Options, cell)
	default:
		return e.set(head[i], cell, e.line)
	}
	return nil
}

// columns reads the head. A column without a name has to be empty.
func columns(line sheet.Line) ([]string, error) {
	out := make([]string, len(line.Cells))
	seen := map[string]bool{}
	for i, cell := range line.Cells {
		name := canonical(cell)
		if strings.HasPrefix(name, optionColumn) {
			name = optionColumn
		}
		_, known := find(name)
		switch {
		case name == "":
		case name != questionColumn && name != optionColumn && !known:
			return nil, &LineError{line.Number, name, ErrUnknown}
		case seen[name] && name != optionColumn:
			return nil, &LineError{line.Number, name, ErrTwice}
		}
		seen[name] = true
		out[i] = name
	}
	if !seen[questionColumn] {
		return nil, &LineError{line.Number, "", ErrNoColumn}
	}
	return out, nil
}
