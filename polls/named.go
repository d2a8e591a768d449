package polls

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"plenum/sheet"
	"plenum/webinar"
)

// Signed is a ballot of a named poll with who cast it.
type Signed struct {
	Ballot
	Ticket webinar.TicketID
	Name   string // empty: the seat has none, or is gone
	Says   string // the answer in the words of the poll
}

// Signed returns the ballots of a named poll by the names of who cast them. Errors: ErrNotFound, ErrNotOpen, ErrNotNamed.
func (s *Service) Signed(ctx context.Context, w webinar.ID, id PollID) ([]Signed, error) {
	p, err := s.store.get(ctx, w, id)
	switch {
	case err != nil:
		return nil, err
	case p.State == StateDraft:
		return nil, ErrNotOpen
	case p.Secrecy != Named:
		return nil, ErrNotNamed
	}
	list, err := s.store.signed(ctx, id)
	for i := range list {
		list[i].Says = p.says(list[i].Answer)
	}
	return list, err
}

// WriteVotersCSV writes who said what in a named poll.
func WriteVotersCSV(w io.Writer, list []Signed) error { return votersTable(list).WriteCSV(w) }

// WriteVotersXLSX writes the same table as a workbook.
func WriteVotersXLSX(w io.Writer, list []Signed) error {
	return votersTable(list).WriteXLSX(w, "voters")
}

func votersTable(list []Signed) sheet.Table {
	table := sheet.Table{Head: []string{"name", "answer", "receipt"}}
	for _, v := range list {
		table.Rows = append(table.Rows, []sheet.Cell{sheet.Text(v.Name), sheet.Text(v.Says), sheet.Text(string(v.Receipt))})
	}
	return table
}

// says is an answer as one line: the options that were chosen, in a ranking the best one first, points behind the options
// that got some, a number with its unit, or the voter's own words.
func (p Poll) says(a Answer) string {
	var parts []string
	text := map[OptionID]string{}
	for _, o := range p.Options {
		text[o.ID] = o.Text
		if n := a.Points[o.ID]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", o.Text, n))
		}
	}
	for i, id := range a.Options {
		if p.Kind == Ranking {
			parts = append(parts, fmt.Sprintf("%d. %s", i+1, text[id]))
		} else {
			parts = append(parts, text[id])
		}
	}
	if a.Number != nil {
		parts = append(parts, strings.TrimSpace(strconv.FormatFloat(*a.Number, 'f', -1, 64)+" "+p.Rules.Unit))
	}
	return strings.Join(append(parts, a.Texts...), "; ")
}
