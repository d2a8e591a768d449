package polls

import (
	"io"
	"strconv"

	"plenum/sheet"
)

// WriteCSV writes option, votes and percent in the order of the options.
func WriteCSV(w io.Writer, p Poll, t Tally) error {
	rows := append(make([][]string, 0, 1+len(p.Options)), []string{"option", "votes", "percent"})
	for i, o := range p.Options {
		rows = append(rows, []string{o.Text, strconv.Itoa(t.Votes[i]), strconv.FormatFloat(t.Percent(i), 'f', 1, 64)})
	}
	return sheet.WriteCSV(w, rows)
}
