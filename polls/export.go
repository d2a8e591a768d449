package polls

import (
	"io"

	"plenum/sheet"
)

// Table is the result as rows of a sheet.
func Table(p Poll, t Tally) sheet.Table { return kindOf(p.Kind).table(p, t) }

// WriteCSV writes the result as the table of the poll's kind.
func WriteCSV(w io.Writer, p Poll, t Tally) error { return Table(p, t).WriteCSV(w) }
