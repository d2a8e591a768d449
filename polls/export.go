package polls

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// WriteCSV writes option, votes and percent in the order of the options, as RFC 4180 says: commas and CRLF. It begins
// with a byte order mark, without which Excel takes UTF-8 for something else and breaks every umlaut.
func WriteCSV(w io.Writer, p Poll, t Tally) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	rows := [][]string{{"option", "votes", "percent"}}
	for i, o := range p.Options {
		rows = append(rows, []string{plainCell(o.Text), strconv.Itoa(t.Votes[i]), strconv.FormatFloat(t.Percent(i), 'f', 1, 64)})
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// plainCell puts an apostrophe before a text that a spreadsheet would run as a formula (OWASP, CSV injection). Blanks
// and invisible characters before the sign do not hide it, and some locales take the full-width signs as well.
func plainCell(s string) string {
	if s != "" && (s[0] == '\t' || s[0] == '\r' || s[0] == '\n') {
		return "'" + s
	}
	first := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
		return "'" + s
	}
	return s
}
