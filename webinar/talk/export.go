package talk

import (
	"io"
	"strconv"
	"time"

	"plenum/sheet"
)

// WriteCSV writes questions as a table, in the order that they come in. A name stands there only if it was asked with.
func WriteCSV(w io.Writer, list []Question) error {
	rows := append(make([][]string, 0, 1+len(list)), []string{"asked_at", "state", "votes", "name", "question", "answer", "answered_at"})
	for _, q := range list {
		rows = append(rows, []string{stamp(q.AskedAt), string(q.State), strconv.Itoa(q.Votes), q.Name, q.Text, q.Answer, stamp(q.AnsweredAt)})
	}
	return sheet.WriteCSV(w, rows)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
