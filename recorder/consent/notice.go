package consent

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"plenum/webinar"
)

// Notice is the text that one recording announces, frozen at the announcement, in every language of the product.
type Notice struct {
	Strict bool  // nothing is written while anybody live on stage has not agreed
	Asks   Scope // what the texts name, beyond which nothing is granted; 0: as before chat and polls were asked for
	Texts  map[webinar.Lang]string
}

// asks is what a yes without a choice allows.
func (n Notice) asks() Scope {
	if n.Asks == 0 {
		return oldest
	}
	return n.Asks
}

// Hash is the SHA-256 of text in lower-case hex, which an answer must name.
func Hash(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// Hash returns the hash of the text in language l, and whether there is one.
func (n Notice) Hash(l webinar.Lang) (string, bool) {
	t, ok := n.Texts[l]
	return Hash(t), ok
}

// accepts reports whether hash is that of the text in language l.
func (n Notice) accepts(hash string, l webinar.Lang) bool {
	h, ok := n.Hash(l)
	return ok && h == hash
}

// Terms are what the notice of a recording says that another would not.
type Terms struct {
	Strict  bool
	Keep    time.Duration // from its end to its deletion; told in whole days
	Purpose string        // in the host's words; empty: the usual one
	Viewers webinar.Viewers
}

// wording is what a notice is made of in one language.
type wording struct {
	text         string // with places for the purpose, the rule, the viewers and the days
	each, strict string // the rule
	purpose      string // unless the host gave one
	viewers      map[webinar.Viewers]string
	day, days    string
}

func wordings() map[webinar.Lang]wording {
	return map[webinar.Lang]wording{
		webinar.German: {
			text: `Diese Veranstaltung soll aufgezeichnet werden.

Was: Ihr Mikrofon, Ihre Kamera, Ihr geteilter Bildschirm mit seinem Ton und Ihr angezeigter Name; dazu, was Sie mit Ihrem Namen schreiben und fragen und wie Sie mit Ihrem Namen in Umfragen antworten – jeweils nur, wenn Sie es erlauben, und nur ab Ihrem Klick.
Wofür: %s
Wer: %s
Wer es sehen kann: die Veranstalterin oder der Veranstalter. %s
Wie lange: höchstens %s nach dem Ende der Aufzeichnung, dann wird sie gelöscht. Das genaue Datum steht bei der Aufzeichnung.
Ihre Wahl: Ja oder Nein ist gleich einfach und hat keine Folgen für Ihre Teilnahme. Ohne Antwort werden Sie nicht aufgezeichnet.
Widerruf: jederzeit mit einem Klick auf „Nicht mehr aufzeichnen“. Was von Ihnen in dieser Aufzeichnung steht, wird dann gelöscht.`,
			each: "Aufgezeichnet wird nur, wer zustimmt. Wer nicht zustimmt, kann trotzdem sprechen und sich zeigen; das steht dann in keiner Datei.",
			strict: "Es wird nur aufgezeichnet, solange alle, die auf der Bühne zu hören oder zu sehen sind, zugestimmt haben. " +
				"Wer nicht zustimmt, kann trotzdem sprechen und sich zeigen; die Aufzeichnung macht dann Pause.",
			purpose: "um die Veranstaltung später noch einmal anzusehen und anzuhören.",
			viewers: map[webinar.Viewers]string{
				webinar.OrganizerSees: "Veröffentlicht wird nur, wenn Sie das eigens erlauben.",
				webinar.InvitedSee:    "Wer zu dieser Veranstaltung eingeladen war, soll sie auch sehen können – mit Ihnen nur, wenn Sie das eigens erlauben.",
				webinar.PublicSees:    "Sie soll öffentlich werden, so dass alle sie sehen können – mit Ihnen nur, wenn Sie das eigens erlauben.",
			},
			day: "einen Tag", days: "%d Tage",
		},
		webinar.English: {
			text: `This event is to be recorded.

What: your microphone, your camera, your shared screen with its sound, and your name as shown; also what you write and ask with your name, and what you answer to polls with your name – each only if you allow it, and only from your click on.
What for: %s
Who: %s
Who can see it: the organizer. %s
How long: at most %s after the recording ends, then it is deleted. The exact date is shown with the recording.
Your choice: yes and no are equally easy and change nothing about your taking part. Without an answer you are not recorded.
Withdrawing: at any time with one click on “Stop recording me”. What this recording holds of you is then deleted.`,
			each: "Only people who agree are recorded. If you do not agree you can still speak and be seen; that is in no file.",
			strict: "We record only while everybody who is heard or seen on stage has agreed. " +
				"If you do not agree you can still speak and be seen; the recording pauses meanwhile.",
			purpose: "to watch and hear the event again later.",
			viewers: map[webinar.Viewers]string{
				webinar.OrganizerSees: "It is published only if you allow that separately.",
				webinar.InvitedSee:    "Those who were invited to this event are to see it too – with you in it only if you allow that separately.",
				webinar.PublicSees:    "It is to become public, so that everybody can see it – with you in it only if you allow that separately.",
			},
			day: "one day", days: "%d days",
		},
	}
}

// NewNotice writes the notice of a recording.
func NewNotice(t Terms) Notice {
	n := Notice{Strict: t.Strict, Asks: All, Texts: map[webinar.Lang]string{}}
	for lang, w := range wordings() {
		n.Texts[lang] = w.notice(t)
	}
	return n
}

func (w wording) notice(t Terms) string {
	rule, keep := w.each, w.day
	if t.Strict {
		rule = w.strict
	}
	if n := t.days(); n > 1 {
		keep = fmt.Sprintf(w.days, n)
	}
	return fmt.Sprintf(w.text, cmp.Or(t.Purpose, w.purpose), rule, w.viewers[cmp.Or(t.Viewers, webinar.OrganizerSees)], keep)
}

func (t Terms) days() int { return max(1, int((t.Keep+24*time.Hour-1)/(24*time.Hour))) }
