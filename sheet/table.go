package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Table is a head and rows of as many cells.
type Table struct {
	Head []string
	Rows [][]Cell
}

// Cell is a text or a number. The zero cell is empty.
type Cell struct {
	text     string
	number   float64
	decimals int
	isNumber bool
}

// Text is a cell that is never run as a formula.
func Text(s string) Cell { return Cell{text: s} }

// Int is a whole number.
func Int(n int) Cell { return Cell{number: float64(n), isNumber: true} }

// Number is shown with so many decimals, or with as many as it has if that is -1. It has to be finite.
func Number(n float64, decimals int) Cell { return Cell{number: n, decimals: decimals, isNumber: true} }

// String is the cell as a reader sees it, with a point before the decimals.
func (c Cell) String() string {
	if c.isNumber {
		return strconv.FormatFloat(c.number, 'f', c.decimals, 64)
	}
	return c.text
}

// Comma is the cell as those see it who write a comma before the decimals.
func (c Cell) Comma() string {
	if c.isNumber {
		return strings.Replace(c.String(), ".", ",", 1)
	}
	return c.text
}

// safe is the cell as it stands in a CSV. A minus before a number is no formula.
func (c Cell) safe() string {
	if c.isNumber {
		return c.String()
	}
	return plainCell(c.text)
}

// WriteCSV writes the table as RFC 4180 says: commas and CRLF. It begins with a byte order mark, without which Excel takes
// UTF-8 for something else and breaks every umlaut.
func (t Table) WriteCSV(w io.Writer) error {
	rows := append(make([][]string, 0, 1+len(t.Rows)), safe(Row(t.Head...)))
	for _, row := range t.Rows {
		rows = append(rows, safe(row))
	}
	return writeCSV(w, rows)
}

// Row is a row of texts.
func Row(texts ...string) []Cell {
	out := make([]Cell, len(texts))
	for i, s := range texts {
		out[i] = Text(s)
	}
	return out
}

func safe(row []Cell) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = c.safe()
	}
	return out
}

func writeCSV(w io.Writer, rows [][]string) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// Texts is a table of texts, the first row of which is the head.
func Texts(rows [][]string) Table {
	t := Table{Head: rows[0]}
	for _, row := range rows[1:] {
		t.Rows = append(t.Rows, Row(row...))
	}
	return t
}
