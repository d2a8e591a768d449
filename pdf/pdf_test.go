package pdf

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func sample(t testing.TB, texts ...string) []byte {
	t.Helper()
	d := New("Grüße aus Köln", "de", time.Unix(1e9, 0))
	d.Heading("Übersicht")
	rows := [][]string{}
	for _, text := range texts {
		d.Text(text)
		rows = append(rows, []string{text, "2"})
	}
	d.Table([]string{"Name", "Zahl"}, []float64{3, 1}, rows)
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDocument(t *testing.T) {
	texts := []string{"Straße – „Zitat“", "Łódź Ελλάδα Москва", strings.Repeat("lang ", 3000)}
	for range 80 {
		texts = append(texts, "eine Zeile")
	}
	out := sample(t, texts...)
	if !bytes.HasPrefix(out, []byte("%PDF-")) || !bytes.Equal(out, sample(t, texts...)) {
		t.Fatal("no PDF, or another one each time")
	}
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(out)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Grüße aus Köln", "Übersicht", "Straße – „Zitat“", "Łódź Ελλάδα Москва"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if n := strings.Count(string(text), "Zahl"); n < 2 {
		t.Errorf("the head stands %d times", n)
	}
}

// Whatever people call themselves, there is a document.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{"", "\x00", "\xff", "👩‍🚀 日本語 العربية", "\u202e)(\\", "a\tb\r\nc", strings.Repeat("W", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) < 2000 {
			sample(t, s)
		}
	})
}
