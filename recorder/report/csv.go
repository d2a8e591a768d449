package report

import (
	"cmp"
	"io"
	"slices"
	"strconv"
	"time"

	"plenum/recorder/consent"
	"plenum/sheet"
)

// CSV writes one row an event, in the order of their times, for programs and spreadsheets.
func (r *Report) CSV(w io.Writer) error {
	type event struct {
		at  time.Time
		row []string
	}
	var events []event
	for _, s := range r.Life {
		events = append(events, event{s.At, []string{stamp(s.At), string(s.Kind), "", "", "", s.Reason}})
	}
	for _, p := range r.People {
		for _, a := range p.Answers {
			kept := ""
			if a.Kept {
				kept = "recorded parts kept"
			}
			publish := ""
			if a.Kind == consent.Grant {
				publish = strconv.FormatBool(a.Publish)
			}
			events = append(events, event{a.At, []string{stamp(a.At), string(a.Kind), p.called("speaker"), a.Scopes.String(), publish, kept}})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
	rows := append(make([][]string, 0, 16+len(events)), []string{"time", "event", "person", "scopes", "publication", "detail"},
		[]string{"", "recording", "", "", "", r.Recording}, []string{"", "webinar", "", "", "", r.Webinar})
	for _, l := range languages(r.Notice) {
		text := r.Notice.Texts[l]
		rows = append(rows, []string{"", "notice-" + string(l), "", "", "", text}, []string{"", "notice-" + string(l) + "-sha256", "", "", "", consent.Hash(text)})
	}
	for _, n := range []struct {
		what string
		n    int
	}{{"asked", r.Asked}, {"answered", r.Answered}, {"agreed-now", r.Agreed}} {
		rows = append(rows, []string{"", n.what, "", "", "", strconv.Itoa(n.n)})
	}
	for _, e := range events {
		rows = append(rows, e.row)
	}
	return sheet.Texts(rows).WriteCSV(w)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
