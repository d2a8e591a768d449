package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
)

func TestWriteCSV(t *testing.T) {
	rows := [][]string{{"a", "b"}, {"=1+1", " \u200b@SUM(A1)"}, {"＝x", "\tx"}, {"Käse, mit \"Loch\"", "2\n3"}, {"-5", "x=1"}}
	var out bytes.Buffer
	if err := Texts(rows).WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(out.String(), "\uFEFF")
	if !ok || !strings.Contains(text, "a,b\r\n") {
		t.Errorf("%q", text)
	}
	back, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"a", "b"}, {"'=1+1", "' \u200b@SUM(A1)"}, {"'＝x", "'\tx"}, {"Käse, mit \"Loch\"", "2\n3"}, {"'-5", "x=1"}}
	for i := range want {
		for j := range want[i] {
			if back[i][j] != want[i][j] {
				t.Errorf("%q instead of %q", back[i][j], want[i][j])
			}
		}
	}
	if err := Texts(rows).WriteCSV(full{}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

func TestPlainCell(t *testing.T) {
	for text, want := range map[string]string{
		"Ja":                        "Ja",
		"":                          "",
		"Köln, \"am Rhein\"":        "Köln, \"am Rhein\"",
		"=1+1":                      "'=1+1",
		"+49 30":                    "'+49 30",
		"-5":                        "'-5",
		"@SUM(A1)":                  "'@SUM(A1)",
		"\tx":                       "'\tx",
		"\r=x":                      "'\r=x",
		"\n=x":                      "'\n=x",
		"  =x":                      "'  =x",
		"\u200b=x":                  "'\u200b=x",
		"\ufeff=x":                  "'\ufeff=x",
		"＝1＋1":                      "'＝1＋1",
		"=cmd|' /C calc'!A0":        "'=cmd|' /C calc'!A0",
		"'=1+1":                     "''=1+1",
		"''-5":                      "'''-5",
		"'s Heerenberg":             "'s Heerenberg",
		"a=b":                       "a=b",
		"5 - 3":                     "5 - 3",
		"<script>alert(1)</script>": "<script>alert(1)</script>",
	} {
		if got := plainCell(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
