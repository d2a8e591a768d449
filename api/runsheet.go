package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"plenum/polls"
	"plenum/polls/runsheet"
	"plenum/webinar"
)

// copyPolls takes polls over from another webinar of the same account. One that is not the asker's is like one that does
// not exist.
func (s *server) copyPolls(c *call) error {
	var in copyPollsJSON
	if err := c.read(&in); err != nil {
		return err
	}
	from, err := s.Webinars.Get(c.ctx(), in.From)
	switch {
	case err != nil:
		return err
	case from.ID != c.webinar.ID && from.Owner != c.webinar.Owner:
		return webinar.ErrNotFound
	}
	list, err := s.Polls.Copy(c.ctx(), c.webinar.ID, from.ID, in.Polls, in.Key)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, draftsWire(list))
	return nil
}

// importPolls adds what a run-sheet says: all of it, or nothing.
func (s *server) importPolls(c *call) error {
	var in importPollsJSON
	if err := c.read(&in); err != nil {
		return err
	}
	parse := runsheet.ParseMarkdown
	switch in.Format {
	case "markdown":
	case "csv":
		parse = runsheet.ParseCSV
	default:
		return &webinar.InvalidError{Field: "format", Reason: "unknown"}
	}
	drafts, err := parse(in.Text)
	if err != nil {
		return err
	}
	list, err := s.Polls.AddAll(c.ctx(), c.webinar.ID, drafts, in.Key)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, draftsWire(list))
	return nil
}

func draftsWire(list []polls.Poll) []pollJSON {
	out := make([]pollJSON, len(list))
	for i, p := range list {
		out[i] = pollWire(polls.View{Poll: p})
	}
	return out
}

func (s *server) runsheetMarkdown(c *call) error {
	drafts, err := s.Polls.Drafts(c.ctx(), c.webinar.ID, nil)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="polls.md"`)
	c.Data(http.StatusOK, "text/markdown; charset=utf-8", runsheet.Markdown(drafts))
	return nil
}

func (s *server) runsheetCSV(c *call) error {
	drafts, err := s.Polls.Drafts(c.ctx(), c.webinar.ID, nil)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := runsheet.WriteCSV(&out, drafts); err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="polls.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", out.Bytes())
	return nil
}

type copyPollsJSON struct {
	From  webinar.ID     `json:"from"`
	Polls []polls.PollID `json:"polls"`
	Key   string         `json:"key"`
}

type importPollsJSON struct {
	Format string `json:"format"`
	Text   string `json:"text"`
	Key    string `json:"key"`
}

// judgeLine puts a wrong line of a run-sheet into words: which one, and why.
func judgeLine(e *runsheet.LineError) fault {
	why := sentence{"This is not in the form that is expected.", "Das hat nicht die erwartete Form."}
	for _, w := range lineWords() {
		if errors.Is(e.Err, w.err) {
			why = w.says
		}
	}
	if invalid, ok := errors.AsType[*webinar.InvalidError](e.Err); ok {
		why = sayInvalid(invalid)
		e = &runsheet.LineError{Line: e.Line, Name: cmp.Or(e.Name, invalid.Field)}
	}
	about := ""
	if e.Name != "" {
		about = fmt.Sprintf(" (%s)", e.Name)
	}
	return fault{status: http.StatusUnprocessableEntity, code: "wrong-line", says: sentence{
		fmt.Sprintf("Line %d%s: %s Nothing was imported.", e.Line, about, why.en),
		fmt.Sprintf("Zeile %d%s: %s Es wurde nichts importiert.", e.Line, about, why.de),
	}}
}

type lineWord struct {
	err  error
	says sentence
}

func lineWords() []lineWord {
	return []lineWord{
		{runsheet.ErrUnknown, sentence{"There is no setting of this name.", "Eine Einstellung mit diesem Namen gibt es nicht."}},
		{runsheet.ErrTwice, sentence{"This stands here twice.", "Das steht hier zweimal."}},
		{runsheet.ErrStray, sentence{"This is neither a question (##), nor a setting (name: value), nor an answer (-).",
			"Das ist weder eine Frage (##), noch eine Einstellung (Name: Wert), noch eine Antwort (-)."}},
		{runsheet.ErrValue, sentence{"This setting does not have such a value.", "Diese Einstellung kennt so einen Wert nicht."}},
		{runsheet.ErrNoColumn, sentence{"The table needs a column with the head “question”.", "Die Tabelle braucht eine Spalte mit der Überschrift „question“."}},
		{runsheet.ErrEmpty, sentence{"There is no question in it.", "Darin steht keine Frage."}},
		{runsheet.ErrTooMany, sentence{"There are more cells than the head has columns.", "Es sind mehr Zellen, als der Kopf Spalten hat."}},
		{runsheet.ErrNotUTF8, sentence{"The file is not in UTF-8. Save it as UTF-8, which spreadsheets call “CSV UTF-8”.", "Die Datei ist nicht in UTF-8. Speichern Sie sie als UTF-8; bei Tabellen heißt das „CSV UTF-8“."}},
	}
}
