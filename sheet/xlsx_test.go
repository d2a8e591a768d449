package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// readBack reads the cells of a workbook as a spreadsheet would: the type of each and what is in it.
func readBack(t *testing.T, file []byte) (name string, rows [][][2]string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string, into any) {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
		} `xml:"sheets>sheet"`
	}
	var sheet struct {
		Rows []struct {
			Cells []struct {
				Type    string `xml:"t,attr"`
				Value   string `xml:"v"`
				Text    string `xml:"is>t"`
				Formula string `xml:"f"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	part("xl/workbook.xml", &book)
	part("xl/worksheets/sheet1.xml", &sheet)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/styles.xml"} {
		part(name, &struct{}{})
	}
	for _, r := range sheet.Rows {
		var row [][2]string
		for _, c := range r.Cells {
			if c.Formula != "" {
				t.Errorf("a formula: %q", c.Formula)
			}
			row = append(row, [2]string{c.Type, c.Value + c.Text})
		}
		rows = append(rows, row)
	}
	return book.Sheets[0].Name, rows
}

func TestXLSX(t *testing.T) {
	table := Table{Head: []string{"option", "votes"}, Rows: [][]Cell{
		{Text("=HYPERLINK(\"x\")"), Int(2)}, {Text("Köln <b>&\U0001F469"), Number(-0.5, -1)}, {Text(" שלום "), Text("")},
	}}
	var out bytes.Buffer
	if err := table.WriteXLSX(&out, "What: [now]? "+strings.Repeat("x", 40)); err != nil {
		t.Fatal(err)
	}
	name, rows := readBack(t, out.Bytes())
	want := [][][2]string{
		{{"inlineStr", "option"}, {"inlineStr", "votes"}}, {{"inlineStr", "=HYPERLINK(\"x\")"}, {"", "2"}},
		{{"inlineStr", "Köln <b>&\U0001F469"}, {"", "-0.5"}}, {{"inlineStr", " שלום "}, {"inlineStr", ""}},
	}
	if len([]rune(name)) > 31 || strings.ContainsAny(name, `[]:*?/\`) || len(rows) != len(want) {
		t.Fatalf("%q, %v", name, rows)
	}
	for i := range want {
		for j := range want[i] {
			if rows[i][j] != want[i][j] {
				t.Errorf("%q instead of %q", rows[i][j], want[i][j])
			}
		}
	}
	if err := table.WriteXLSX(full{}, ""); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

// Whatever a text says, a workbook stays XML and the text stays a text.
func FuzzXLSX(f *testing.F) {
	f.Add("=1+1")
	f.Add("]]>\x00\ufffe\xff")
	f.Fuzz(func(t *testing.T, text string) {
		var out bytes.Buffer
		if err := (Table{Head: []string{"a"}, Rows: [][]Cell{{Text(text)}}}).WriteXLSX(&out, text); err != nil {
			t.Fatal(err)
		}
		if _, rows := readBack(t, out.Bytes()); rows[1][0][0] != "inlineStr" {
			t.Errorf("%q became %q", text, rows[1][0])
		}
	})
}
