package talk

import (
	"io"
	"time"

	"plenum/sheet"
)

// WriteCSV writes questions as a table, in the order that they come in. A name stands there only if it was asked with.
func WriteCSV(w io.Writer, list []Question) error { return table(list).WriteCSV(w) }

func table(list []Question) sheet.Table {
	out := sheet.Table{Head: []string{"asked_at", "state", "votes", "name", "question", "answer", "answered_at"}}
	for _, q := range list {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Text(stamp(q.AskedAt)), sheet.Text(string(q.State)), sheet.Int(q.Votes),
			sheet.Text(q.Name), sheet.Text(q.Text), sheet.Text(q.Answer), sheet.Text(stamp(q.AnsweredAt))})
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
