package sheet

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

func TestReadingFindsWhatWasWritten(t *testing.T) {
	rows := [][]string{{"a", "b"}, {"=1", "'=1"}, {"''=1", "'"}, {"", "x,y;z"}, {"-5", "say \"no\""}, {"'s Heerenberg", "\u200b@x"}}
	var out bytes.Buffer
	if err := Texts(rows).WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	got, err := ReadCSV(out.String())
	if err != nil || len(got) != len(rows) {
		t.Fatalf("%v, %v", got, err)
	}
	for i, line := range got {
		if line.Number != i+1 || !slices.Equal(line.Cells, rows[i]) {
			t.Errorf("line %d: %q, want %q", line.Number, line.Cells, rows[i])
		}
	}
}

func TestReadCSVOfSpreadsheets(t *testing.T) {
	got, err := ReadCSV("\uFEFFa;b\n\n;\n\"1;\n2\";3\n4;5\n")
	want := []Line{{1, []string{"a", "b"}}, {4, []string{"1;\n2", "3"}}, {6, []string{"4", "5"}}}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%v, %v", got, err)
	}
	for i := range want {
		if got[i].Number != want[i].Number || !slices.Equal(got[i].Cells, want[i].Cells) {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
	for text, line := range map[string]int{"a,b\n1,\xe9\n": 2, "a,b\n1,2\n3,\"4\n": 3, "a,b\n1,x\"y\n": 2} {
		_, err := ReadCSV(text)
		if bad, ok := errors.AsType[*SyntaxError](err); !ok || bad.Line != line {
			t.Errorf("%q: %v, want line %d", text, err, line)
		}
	}
}
