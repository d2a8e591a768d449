package consent

import (
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

// NewNotice writes the notice of a recording that is deleted once keep has passed since its end, in whole days.
func NewNotice(strict bool, keep time.Duration) Notice {
	days := max(1, int((keep+24*time.Hour-1)/(24*time.Hour)))
	return Notice{Strict: strict, Asks: All, Texts: map[webinar.Lang]string{
		webinar.German:  german(strict, days),
		webinar.English: english(strict, days),
	}}
}

func german(strict bool, days int) string {
	who := "Aufgezeichnet wird nur, wer zustimmt. Wer nicht zustimmt, kann trotzdem sprechen und sich zeigen; das steht dann in keiner Datei."
	if strict {
		who = "Es wird nur aufgezeichnet, solange alle, die auf der Bühne zu hören oder zu sehen sind, zugestimmt haben. " +
			"Wer nicht zustimmt, kann trotzdem sprechen und sich zeigen; die Aufzeichnung macht dann Pause."
	}
	return fmt.Sprintf(`Diese Veranstaltung soll aufgezeichnet werden.

Was: Ihr Mikrofon, Ihre Kamera, Ihr geteilter Bildschirm mit seinem Ton und Ihr angezeigter Name; dazu, was Sie mit Ihrem Namen schreiben und fragen und wie Sie mit Ihrem Namen in Umfragen antworten – jeweils nur, wenn Sie es erlauben, und nur ab Ihrem Klick.
Wer: %s
Wer es sehen kann: die Veranstalterin oder der Veranstalter. Veröffentlicht wird nur, wenn Sie das eigens erlauben.
Wie lange: höchstens %s nach dem Ende der Aufzeichnung, dann wird sie gelöscht. Das genaue Datum steht bei der Aufzeichnung.
Ihre Wahl: Ja oder Nein ist gleich einfach und hat keine Folgen für Ihre Teilnahme. Ohne Antwort werden Sie nicht aufgezeichnet.
Widerruf: jederzeit mit einem Klick auf „Nicht mehr aufzeichnen“. Was von Ihnen in dieser Aufzeichnung steht, wird dann gelöscht.`, who, count(days, "einen Tag", "Tage"))
}

func english(strict bool, days int) string {
	who := "Only people who agree are recorded. If you do not agree you can still speak and be seen; that is in no file."
	if strict {
		who = "We record only while everybody who is heard or seen on stage has agreed. " +
			"If you do not agree you can still speak and be seen; the recording pauses meanwhile."
	}
	return fmt.Sprintf(`This event is to be recorded.

What: your microphone, your camera, your shared screen with its sound, and your name as shown; also what you write and ask with your name, and what you answer to polls with your name – each only if you allow it, and only from your click on.
Who: %s
Who can see it: the organizer. It is published only if you allow that separately.
How long: at most %s after the recording ends, then it is deleted. The exact date is shown with the recording.
Your choice: yes and no are equally easy and change nothing about your taking part. Without an answer you are not recorded.
Withdrawing: at any time with one click on “Stop recording me”. What this recording holds of you is then deleted.`, who, count(days, "one day", "days"))
}

func count(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf("%d %s", n, many)
}
