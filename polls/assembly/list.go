package assembly

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"plenum/webinar"
)

// ListError says which line of a list is wrong, and what about it. Nothing of the list was taken.
type ListError struct {
	Line   int    // from 1, the heading is one too; 0: the list as a whole
	Column string // number, name, weight, proxy
	Reason string // empty, too-long, malformed, duplicate, unknown, too-many, missing, control-characters, not-utf8, workbook, self
}

func (e *ListError) Error() string {
	return fmt.Sprintf("list of members, line %d: %s is %s", e.Line, cmp.Or(e.Column, "it"), e.Reason)
}

// headings are the names of the columns, as people write them.
var headings = map[string]string{ //nolint:gochecknoglobals // a table
	"number": "number", "no": "number", "no.": "number", "member number": "number",
	"nummer": "number", "nr": "number", "nr.": "number", "mitgliedsnummer": "number", "mitgliedsnr": "number", "mitgliedsnr.": "number",
	"name":   "name",
	"weight": "weight", "votes": "weight", "stimmen": "weight", "gewicht": "weight",
	"proxy": "proxy", "represented by": "proxy", "vertretung": "proxy", "vertreten durch": "proxy", "vollmacht an": "proxy",
}

// line is one member as the list says.
type line struct {
	at                  int
	number, name, proxy string
	weight              int
}

// ReadList reads a list as a spreadsheet writes it: separated by commas, semicolons or tabs, with a heading that names
// the columns number, name, weight and proxy, in either language and any order. Only number and name must be there; a
// weight that is not is 1, and a proxy is the number of the one who represents. Errors: *ListError, and what r returns.
func ReadList(r io.Reader) ([]Member, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxList+1))
	if err != nil {
		return nil, fmt.Errorf("list of members: %w", err)
	}
	if len(text) > MaxList {
		return nil, &ListError{Reason: "too-long"}
	}
	if bytes.HasPrefix(text, []byte("PK\x03\x04")) { // as every ZIP, and so every workbook, begins
		return nil, &ListError{Reason: "workbook"}
	}
	if !utf8.Valid(text) {
		return nil, &ListError{Reason: "not-utf8"}
	}
	rows, at, err := split(bytes.TrimPrefix(text, []byte("\uFEFF")))
	if err != nil {
		return nil, err
	}
	lines, err := understand(rows, at)
	if err != nil {
		return nil, err
	}
	return link(lines)
}

// split reads the cells and where their rows begin.
func split(text []byte) (rows [][]string, at []int, err error) {
	heading, _, _ := bytes.Cut(text, []byte("\n"))
	c := csv.NewReader(bufio.NewReader(bytes.NewReader(text)))
	c.FieldsPerRecord = -1
	for _, comma := range ";\t" {
		if bytes.ContainsRune(heading, comma) {
			c.Comma = comma
			break
		}
	}
	c.TrimLeadingSpace = c.Comma != '\t'
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, at, nil
		}
		if bad, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, nil, &ListError{Line: bad.Line, Reason: "malformed"}
		}
		if err != nil {
			return nil, nil, err
		}
		first, _ := c.FieldPos(0)
		rows, at = append(rows, row), append(at, first)
	}
}

// understand finds the columns and reads the rows.
func understand(rows [][]string, at []int) ([]line, error) {
	if len(rows) == 0 {
		return nil, &ListError{Reason: "empty"}
	}
	column := map[string]int{}
	for i, cell := range rows[0] {
		if name, ok := headings[strings.ToLower(strings.TrimSpace(cell))]; ok {
			if _, twice := column[name]; twice {
				return nil, &ListError{Line: 1, Column: name, Reason: "duplicate"}
			}
			column[name] = i
		}
	}
	for _, name := range []string{"number", "name"} {
		if _, ok := column[name]; !ok {
			return nil, &ListError{Line: 1, Column: name, Reason: "missing"}
		}
	}
	if len(rows)-1 > MaxMembers {
		return nil, &ListError{Reason: "too-many"}
	}
	lines := make([]line, 0, len(rows)-1)
	for i, row := range rows[1:] {
		if strings.TrimSpace(strings.Join(row, "")) == "" {
			continue // spreadsheets write the rows below the last one that was ever filled in
		}
		l, err := read(row, at[i+1], column)
		if err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		return nil, &ListError{Reason: "empty"}
	}
	return lines, nil
}

func read(row []string, at int, column map[string]int) (line, error) {
	cell := func(name string, most int, needed bool) (string, error) {
		i, ok := column[name]
		if !ok || i >= len(row) {
			i = -1
		}
		text := ""
		if i >= 0 {
			text = row[i]
		}
		text, err := webinar.CleanText(name, text, most, needed)
		if bad, ok := errors.AsType[*webinar.InvalidError](err); ok {
			return "", &ListError{Line: at, Column: name, Reason: bad.Reason}
		}
		return text, err
	}
	l := line{at: at, weight: 1}
	var err error
	if l.number, err = cell("number", MaxNumber, true); err != nil {
		return l, err
	}
	if l.name, err = cell("name", MaxName, true); err != nil {
		return l, err
	}
	if l.proxy, err = cell("proxy", MaxNumber, false); err != nil {
		return l, err
	}
	weight, err := cell("weight", MaxNumber, false)
	if err != nil || weight == "" {
		return l, err
	}
	if l.weight, err = strconv.Atoi(weight); err != nil || l.weight < 1 || l.weight > MaxWeight {
		return l, &ListError{Line: at, Column: "weight", Reason: "malformed"}
	}
	return l, nil
}

// link makes members of the lines and finds whom each has named.
func link(lines []line) ([]Member, error) {
	byNumber := make(map[string]MemberID, len(lines))
	out := make([]Member, len(lines))
	for i, l := range lines {
		if _, twice := byNumber[l.number]; twice {
			return nil, &ListError{Line: l.at, Column: "number", Reason: "duplicate"}
		}
		out[i] = Member{ID: MemberID(webinar.NewID()), Number: l.number, Name: l.name, Weight: l.weight}
		byNumber[l.number] = out[i].ID
	}
	for i, l := range lines {
		if l.proxy == "" {
			continue
		}
		proxy, ok := byNumber[l.proxy]
		switch {
		case !ok:
			return nil, &ListError{Line: l.at, Column: "proxy", Reason: "unknown"}
		case proxy == out[i].ID:
			return nil, &ListError{Line: l.at, Column: "proxy", Reason: "self"}
		}
		out[i].Proxy = proxy
	}
	return out, nil
}
