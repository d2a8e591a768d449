package minutes

import (
	"fmt"
	"io"
	"strings"

	"plenum/pdf"
)

// PDF writes the minutes to be read and signed.
func (m Minutes) PDF(to io.Writer) error {
	w := m.words()
	doc := pdf.New(m.title(), string(m.Meeting.Lang), m.At)
	doc.Text(strings.Join(m.facts(), "\n"))
	if len(m.Motions) == 0 {
		doc.Text(w.none)
	}
	for i, n := range m.Motions {
		doc.Heading(fmt.Sprintf("%d. %s", i+1, n.Poll.Question))
		if d := m.decision(n); d != "" {
			doc.Text(w.result + ": " + d)
		}
		if !n.Poll.Counting() {
			head, rows := m.result(n)
			doc.Table(head, []float64{3, 1, 1, 1}, rows)
		}
		doc.Text(strings.Join(m.about(n), "\n"))
	}
	doc.Heading(w.members)
	doc.Text(m.state())
	head, rows := m.present()
	doc.Table(head, []float64{1, 3, 1, 3}, rows)
	if doc.Lacks() {
		doc.Text(w.lacks)
	}
	doc.Heading(w.signatures)
	for _, who := range w.signed {
		doc.Text("\n\n______________________________\n" + who)
	}
	return doc.Write(to)
}

// Markdown writes the minutes as text to go on writing.
func (m Minutes) Markdown(to io.Writer) error {
	w := m.words()
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", inline(m.title()))
	list(&b, m.facts())
	if len(m.Motions) == 0 {
		b.WriteString(w.none + "\n\n")
	}
	for i, n := range m.Motions {
		fmt.Fprintf(&b, "## %d. %s\n\n", i+1, inline(n.Poll.Question))
		if d := m.decision(n); d != "" {
			fmt.Fprintf(&b, "**%s: %s**\n\n", w.result, d)
		}
		if !n.Poll.Counting() {
			table(&b)(m.result(n))
		}
		list(&b, m.about(n))
	}
	fmt.Fprintf(&b, "## %s\n\n%s\n\n", w.members, m.state())
	table(&b)(m.present())
	_, err := io.WriteString(to, b.String())
	return err
}

func list(b *strings.Builder, lines []string) {
	for _, l := range lines {
		b.WriteString("- " + inline(l) + "\n")
	}
	b.WriteString("\n")
}

// table writes rows as they are in GitHub's Markdown.
func table(b *strings.Builder) func(head []string, rows [][]string) {
	return func(head []string, rows [][]string) {
		line := func(cells []string) {
			for _, c := range cells {
				b.WriteString("| " + inline(c) + " ")
			}
			b.WriteString("|\n")
		}
		line(head)
		b.WriteString(strings.Repeat("| --- ", len(head)) + "|\n")
		for _, r := range rows {
			line(r)
		}
		b.WriteString("\n")
	}
}

// inline takes a text literally: nothing in it is markup.
func inline(text string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(text, "\n", " ") {
		if strings.ContainsRune("\\`*_{}[]<>|#!~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
