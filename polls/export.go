package polls

import (
	"io"
	"strconv"
	"time"

	"plenum/pdf"
	"plenum/sheet"
	"plenum/webinar"
)

// Table is the result as rows of a sheet.
func Table(p Poll, t Tally) sheet.Table { return kindOf(p.Kind).table(p, t) }

// WriteCSV writes the result as the table of the poll's kind.
func WriteCSV(w io.Writer, p Poll, t Tally) error { return Table(p, t).WriteCSV(w) }

// WriteXLSX writes the same table as a workbook, the sheet of which is named after the question.
func WriteXLSX(w io.Writer, p Poll, t Tally) error { return Table(p, t).WriteXLSX(w, p.Question) }

// WritePDF writes the result for people to read, in the language of their webinar. At is when it is written; all times are
// in its zone.
func WritePDF(w io.Writer, p Poll, t Tally, lang webinar.Lang, at time.Time) error {
	say := func(s string) string { return word(s, lang) }
	doc := pdf.New(p.Question, string(lang), at)
	state := say("open")
	if p.State == StateClosed {
		state = say("closed") + " " + lang.Clock(p.ClosedAt.In(at.Location()))
	}
	doc.Text(say("ballots") + ": " + strconv.Itoa(t.Total) + ". " + state)
	table := Table(p, t)
	head, shares := make([]string, len(table.Head)), make([]float64, len(table.Head))
	for i, h := range table.Head {
		head[i], shares[i] = say(h), 1
	}
	if p.Kind != Guess {
		shares[0] = 3 // texts are longer than numbers
	}
	rows := make([][]string, len(table.Rows))
	for i, row := range table.Rows {
		for j, c := range row {
			text := c.String()
			if lang == webinar.German {
				text = c.Comma()
			}
			if p.ours(i, j) {
				text = say(text)
			}
			rows[i] = append(rows[i], text)
		}
	}
	doc.Table(head, shares, rows)
	if doc.Lacks() {
		doc.Text(say(lacks))
	}
	return doc.Write(w)
}

// ours says whether a cell of the table holds a word of ours, which is translated, and not one that somebody wrote.
func (p Poll) ours(row, column int) bool {
	if p.Kind == OpenText || p.Kind == WordCloud {
		return column == 3 // what a host decided about the text
	}
	return row >= len(p.Options) && column == 0 // a line below the options
}

// lacks is said where a letter became a mark.
const lacks = "\u25A1 stands for a letter that this document cannot show. The tables (CSV, XLSX) have it."

// word says a word of the tables, which programs read, as people write it.
func word(s string, lang webinar.Lang) string {
	said, ok := map[string][2]string{ // English, German
		"ballots": {"Ballots", "Stimmzettel"}, "open": {"Still open", "Noch offen"}, "closed": {"Closed", "Geschlossen"},
		"option": {"Answer", "Antwort"}, "step": {"Step", "Stufe"}, "votes": {"Votes", "Stimmen"}, "percent": {"Percent", "Prozent"},
		"points": {"Points", "Punkte"}, "first": {"First places", "Erste Plätze"}, "from": {"From", "Von"}, "to": {"To", "Bis"},
		"mean": {"Mean", "Mittelwert"}, "median": {"Median", "Median"}, "correct": {"Correct", "Richtig"}, "right": {"Were right", "Lagen richtig"},
		uncounted: {"Not counted: on paper", "Nicht gezählt: auf Papier"}, "members": {"Members", "Mitglieder"}, "on paper": {"On paper", "Auf Papier"}, "answer": {"Answer", "Antwort"}, "word": {"Word", "Wort"},
		"state": {"State", "Stand"}, "held": {"waits", "wartet"}, "shown": {"shown", "gezeigt"}, "hidden": {"hidden", "verborgen"},
		lacks: {lacks, "\u25A1 steht für ein Zeichen, das dieses Dokument nicht zeigen kann. In den Tabellen (CSV, XLSX) steht es."},
	}[s]
	switch {
	case !ok:
		return s
	case lang == webinar.German:
		return said[1]
	}
	return said[0]
}
