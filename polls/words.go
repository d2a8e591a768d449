package polls

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"plenum/webinar"
)

// maxMarks is how many marks may stand on one letter; writing needs at most four. More would climb over other lines.
const maxMarks = 4

// cleanWords makes one line of what somebody typed, in the composed form (NFC), so that what looks equal is equal. It
// reports a *webinar.InvalidError for what is too long, hides its direction, or shows nothing.
func cleanWords(s string, limit int) (string, error) {
	const field = "texts"
	if len(s) > 16*limit+64 { // before work is put into it; a letter has at most four bytes and four marks
		return "", &webinar.InvalidError{Field: field, Reason: "too-long", Limit: limit}
	}
	if !utf8.ValidString(s) {
		return "", &webinar.InvalidError{Field: field, Reason: "not-utf8"}
	}
	s = fewMarks(norm.NFC.String(strings.Join(strings.Fields(s), " ")))
	if !strings.ContainsFunc(s, visible) {
		return "", &webinar.InvalidError{Field: field, Reason: "empty"}
	}
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cf, unicode.Z) && r != '\u200d' })
	return webinar.CleanText(field, s, limit, true)
}

// fewMarks leaves out the marks that are too many on one letter.
func fewMarks(s string) string {
	marks := 0
	return strings.Map(func(r rune) rune {
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
			return r
		}
		if marks++; marks > maxMarks {
			return -1
		}
		return r
	}, s)
}

// visible reports whether a rune leaves ink. Some letters and symbols are blank by design.
func visible(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0': // fillers of Hangul, blank of Braille
		return false
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
}
