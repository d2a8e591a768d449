package runsheet

import (
	"strings"
	"unicode/utf8"

	"plenum/polls"
)

// special are the signs that mean something in Markdown or HTML. A backslash before one takes it as it is (CommonMark 2.4).
const special = "\\`*_<>[]&#|~"

func escape() *strings.Replacer {
	pairs := make([]string, 0, 2*len(special))
	for _, r := range special {
		pairs = append(pairs, string(r), `\`+string(r))
	}
	return strings.NewReplacer(pairs...)
}

// Markdown writes each poll as a heading with the question, lines of "setting: value", and its answers as a list.
func Markdown(drafts []polls.Draft) []byte {
	plain := escape()
	var b strings.Builder
	for i, d := range drafts {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("## " + plain.Replace(d.Question) + "\n\n")
		for _, s := range settings() {
			if v := s.write(d); v != "" {
				b.WriteString(s.name + ": " + plain.Replace(v) + "\n")
			}
		}
		if len(d.Options) > 0 {
			b.WriteByte('\n')
		}
		for _, o := range d.Options {
			b.WriteString("- " + plain.Replace(o) + "\n")
		}
	}
	return []byte(b.String())
}

// ParseMarkdown reads what Markdown wrote, and what people write alike. Whatever stands before the first heading of the
// second level is theirs and is left out. The first wrong line is reported as a *LineError, and then nothing is returned.
func ParseMarkdown(text string) ([]polls.Draft, error) {
	var out []polls.Draft
	var at *entry
	number := 0
	done := func() error {
		if at == nil {
			return nil
		}
		if err := at.check(); err != nil {
			return err
		}
		out = append(out, at.draft)
		return nil
	}
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\uFEFF"), "\n") {
		number++
		if !utf8.ValidString(line) {
			return nil, &LineError{number, "", ErrNotUTF8}
		}
		line = strings.TrimSpace(line)
		if question, ok := heading(line); ok {
			if err := done(); err != nil {
				return nil, err
			}
			at = newEntry(number)
			at.draft.Question = unescape(question)
			continue
		}
		if line == "" || at == nil {
			continue
		}
		if err := at.markdownLine(line, number); err != nil {
			return nil, err
		}
	}
	if err := done(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, &LineError{1, "", ErrEmpty}
	}
	return out, nil
}

// heading returns the text of a heading of the second level.
func heading(line string) (string, bool) {
	text, ok := strings.CutPrefix(line, "##")
	if !ok || text != "" && text[0] != ' ' && text[0] != '\t' {
		return "", false
	}
	text = strings.TrimSpace(text)
	if closed := strings.TrimRight(text, "#"); strings.HasSuffix(closed, " ") || closed == "" {
		text = closed // "## Text ##" is the same heading
	}
	return strings.TrimSpace(text), true
}

func (e *entry) markdownLine(line string, number int) error {
	for _, bullet := range []string{"- ", "* ", "+ "} {
		if option, ok := strings.CutPrefix(line, bullet); ok {
			e.draft.Options = append(e.draft.Options, unescape(strings.TrimSpace(option)))
			return nil
		}
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok || line[0] == '#' {
		return &LineError{number, "", ErrStray}
	}
	return e.set(unescape(name), unescape(strings.TrimSpace(value)), number)
}

// unescape takes the backslash from before a sign. Before anything but ASCII punctuation it is a backslash.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
