// Package sheet writes tables for spreadsheets, in a form that none of them misreads or runs.
package sheet

import (
	"strings"
	"unicode"
)

// plainCell puts an apostrophe before a text that a spreadsheet would run as a formula (OWASP, CSV injection). Blanks
// and invisible characters before the sign do not hide it, and some locales take the full-width signs as well. A text that
// looks as if that had been done gets another one, so that reading finds what was written.
func plainCell(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && plainCell(rest) != rest {
		return "'" + s
	}
	if s != "" && (s[0] == '\t' || s[0] == '\r' || s[0] == '\n') {
		return "'" + s
	}
	first := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	if first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
		return "'" + s
	}
	return s
}
