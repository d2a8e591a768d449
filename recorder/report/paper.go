package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"plenum/pdf"
	"plenum/recorder/consent"
	"plenum/webinar"
)

// words are what the paper says in one language.
type words struct {
	title, recording, numbers, life, people, notice, nobody, speaker, when, event, who, what, publish, kept, made, lacks string
	kinds                                                                                                                map[consent.Kind]string
	scopes                                                                                                               map[string]string
	reasons                                                                                                              map[string]string
}

func english() words {
	return words{
		lacks: "\u25A1 stands for a letter that this document cannot show. The table (CSV) has it.",
		title: "Consent report", recording: "Recording %s", made: "Made on %s.",
		numbers: "%d people were asked, %d have answered, %d agree now.",
		life:    "The recording", people: "Who agreed", notice: "The text that was announced (%s)", nobody: "Nobody has agreed.", speaker: "speaker",
		when: "When", event: "What", who: "Who", what: "Scopes", publish: "for publication, too", kept: "what was recorded stays",
		kinds: map[consent.Kind]string{
			consent.Announce: "announced", consent.Start: "started", consent.Pause: "paused", consent.Resume: "resumed", consent.Stop: "stopped",
			consent.Abort: "called off", consent.Expire: "all consents expired", consent.Erase: "deleted", consent.Grant: "agreed", consent.Withdraw: "withdrawn",
		},
		scopes: map[string]string{"audio": "microphone", "video": "camera", "screen": "screen and its sound", "name": "name", "chat": "lines and questions", "poll": "poll answers"},
		reasons: map[string]string{"host": "by a host", "strict": "somebody live had not agreed", "restart": "the server was restarted", "no-host": "no host was present",
			"disk": "disk space was short", "storage": "the storage did not answer", "ledger": "consents could not be saved"},
	}
}

func german() words {
	return words{
		lacks: "\u25A1 steht für ein Zeichen, das dieses Dokument nicht zeigen kann. In der Tabelle (CSV) steht es.",
		title: "Bericht über die Einwilligungen", recording: "Aufzeichnung %s", made: "Erstellt am %s.",
		numbers: "%d Personen wurden gefragt, %d haben geantwortet, %d stimmen jetzt zu.",
		life:    "Die Aufzeichnung", people: "Wer zugestimmt hat", notice: "Der angekündigte Text (%s)", nobody: "Niemand hat zugestimmt.", speaker: "Person",
		when: "Wann", event: "Was", who: "Wer", what: "Umfang", publish: "auch zur Veröffentlichung", kept: "was aufgezeichnet war, bleibt",
		kinds: map[consent.Kind]string{
			consent.Announce: "angekündigt", consent.Start: "begonnen", consent.Pause: "unterbrochen", consent.Resume: "fortgesetzt", consent.Stop: "beendet",
			consent.Abort: "abgesagt", consent.Expire: "alle Einwilligungen abgelaufen", consent.Erase: "gelöscht", consent.Grant: "zugestimmt", consent.Withdraw: "widerrufen",
		},
		scopes: map[string]string{"audio": "Mikrofon", "video": "Kamera", "screen": "Bildschirm mit Ton", "name": "Name", "chat": "Beiträge und Fragen", "poll": "Umfrageantworten"},
		reasons: map[string]string{"host": "durch die Leitung", "strict": "jemand auf der Bühne hatte nicht zugestimmt", "restart": "der Server wurde neu gestartet",
			"no-host": "keine Leitung war da", "disk": "der Platz auf der Festplatte war knapp", "storage": "der Speicher antwortete nicht", "ledger": "Einwilligungen ließen sich nicht speichern"},
	}
}

// PDF writes the report as a document to print, in one language. All times are in the zone of now, which each of them names.
func (r *Report) PDF(w io.Writer, lang webinar.Lang, now time.Time) error {
	say := english()
	if lang == webinar.German {
		say = german()
	}
	clock := func(t time.Time) string { return lang.ClockToSecond(t.In(now.Location())) }
	title := say.title
	if r.Webinar != "" {
		title += ": " + r.Webinar
	}
	d := pdf.New(title, string(lang), now)
	d.Text(fmt.Sprintf(say.recording, r.Recording) + "\n" + fmt.Sprintf(say.made, lang.Clock(now)))
	d.Text(fmt.Sprintf(say.numbers, r.Asked, r.Answered, r.Agreed))

	d.Heading(say.life)
	rows := make([][]string, len(r.Life))
	for i, s := range r.Life {
		rows[i] = []string{clock(s.At), say.kinds[s.Kind], say.reasons[s.Reason]}
	}
	d.Table([]string{say.when, say.event, ""}, []float64{2.6, 2, 3}, rows)

	d.Heading(say.people)
	if len(r.People) == 0 {
		d.Text(say.nobody)
	} else {
		d.Table([]string{say.who, say.when, say.event, say.what}, []float64{1.8, 3.2, 1.5, 2.6}, r.answers(say, clock))
	}
	for _, l := range languages(r.Notice) {
		text := r.Notice.Texts[l]
		d.Heading(fmt.Sprintf(say.notice, l))
		d.Text(text)
		d.Text("SHA-256 " + consent.Hash(text))
	}
	if d.Lacks() {
		d.Text(say.lacks)
	}
	return d.Write(w)
}

func (r *Report) answers(say words, clock func(time.Time) string) [][]string {
	var rows [][]string
	for _, p := range r.People {
		for _, a := range p.Answers {
			var what []string
			for _, s := range a.Scopes.Words() {
				what = append(what, say.scopes[s])
			}
			if a.Publish {
				what = append(what, say.publish)
			}
			if a.Kept {
				what = append(what, say.kept)
			}
			rows = append(rows, []string{p.called(say.speaker), clock(a.At), say.kinds[a.Kind], strings.Join(what, ", ")})
		}
	}
	return rows
}
