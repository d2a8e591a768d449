package report

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plenum/recorder/consent"
	"plenum/webinar"
)

func told(at int, k consent.Kind, who webinar.SubjectID, s consent.Scope) consent.Told {
	return consent.Told{Kind: k, Event: consent.Event{At: time.Unix(1e9+int64(at), 0).UTC(), Subject: who, Scopes: s}}
}

func sample() Report {
	withdrawn := told(9, consent.Withdraw, "bob", consent.All)
	withdrawn.Reason = consent.Kept
	r := New("r1", consent.NewNotice(consent.Terms{Strict: true, Keep: 30 * 24 * time.Hour}), []consent.Told{
		told(0, consent.Announce, "", 0), told(1, consent.Shown, "ann", 0), told(2, consent.Grant, "ann", consent.All), told(3, consent.Refuse, "eve", consent.All),
		told(4, consent.Grant, "bob", consent.Audio), told(5, consent.Withdraw, "eve", consent.All), told(6, consent.Start, "", 0), told(8, consent.Stop, "", 0), withdrawn,
	}, map[webinar.SubjectID]string{"ann": "=Ännchen 💥"})
	r.Webinar, r.Asked, r.Answered, r.Agreed = "Wärmepumpen", 3, 3, 1
	return r
}

func TestCSV(t *testing.T) {
	var out bytes.Buffer
	r := sample()
	if err := r.CSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\uFEFF"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var events []string
	for _, row := range rows[1:] {
		if row[0] != "" {
			events = append(events, strings.Join(row[1:], "|"))
		}
	}
	want := []string{"announce||||", "grant|'=Ännchen 💥|audio,video,screen,name,chat,poll|false|", "grant|speaker 2|audio|false|", "start||||", "stop||||",
		"withdraw|speaker 2|audio,video,screen,name,chat,poll||recorded parts kept"}
	if strings.Join(events, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", events)
	}
}

func TestPDF(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := sample()
	r.Life[len(r.Life)-1].At = time.Date(2001, 12, 9, 1, 46, 48, 0, time.UTC) // stopped in winter
	times := map[webinar.Lang][]string{
		webinar.English: {"Made on 9 September 2001, 03:46 CEST.", "9 September 2001, 03:46:42 CEST", "9 December 2001, 02:46:48 CET"},
		webinar.German:  {"Erstellt am 09.09.2001, 03:46 Uhr CEST.", "09.09.2001, 03:46:42 Uhr CEST", "09.12.2001, 02:46:48 Uhr CET"},
	}
	for _, lang := range webinar.Langs() {
		var out bytes.Buffer
		if err := r.PDF(&out, lang, time.Unix(1e9, 0).In(berlin)); err != nil {
			t.Fatal(err)
		}
		if dir := os.Getenv("PLENUM_PICTURES"); dir != "" {
			if err := os.WriteFile(dir+"/report-"+string(lang)+".pdf", out.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("pdftotext", "-layout", "-", "-")
		cmd.Stdin = &out
		text, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		hash, _ := r.Notice.Hash(lang)
		for _, part := range append(times[lang], "Wärmepumpen", "=Ännchen", hash) {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s: %q is missing in %s", lang, part, text)
			}
		}
	}
}

// Whatever else refusers do, a report says the same without them.
func TestI21ReportKnowsNoRefuser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all, without []consent.Told
		for i := range rapid.IntRange(0, 30).Draw(t, "n") {
			who := rapid.SampledFrom([]webinar.SubjectID{"ann", "bob", "eve"}).Draw(t, "who")
			kinds := []consent.Kind{consent.Shown, consent.Grant, consent.Withdraw, consent.Refuse}
			if who == "eve" { // who never agrees
				kinds = []consent.Kind{consent.Shown, consent.Withdraw, consent.Refuse}
			}
			e := told(i, rapid.SampledFrom(kinds).Draw(t, "kind"), who, consent.All)
			all = append(all, e)
			if who != "eve" {
				without = append(without, e)
			}
		}
		names := map[webinar.SubjectID]string{"ann": "Ann", "eve": "Eve"}
		var a, b bytes.Buffer
		with, less := New("r", consent.Notice{}, all, names), New("r", consent.Notice{}, without, names)
		if err := with.CSV(&a); err != nil {
			t.Fatal(err)
		}
		if err := less.CSV(&b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatalf("%s\n%s", a.String(), b.String())
		}
	})
}
