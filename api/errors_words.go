package api

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"plenum/polls/assembly"
	"plenum/recorder"
	"plenum/webinar"
	"plenum/webinar/sfu"
)

// sayInvalid puts a fault in what somebody typed into words. The field is named by the problem's key `field`.
func sayInvalid(e *webinar.InvalidError) sentence {
	switch e.Reason {
	case "empty":
		return sentence{"Please fill this in.", "Bitte füllen Sie dieses Feld aus."}
	case "too-long":
		return sentence{
			fmt.Sprintf("This is too long: at most %d characters.", e.Limit), fmt.Sprintf("Das ist zu lang: höchstens %d Zeichen.", e.Limit),
		}
	case "too-short":
		return sentence{
			fmt.Sprintf("This is too short: at least %d characters.", e.Limit), fmt.Sprintf("Das ist zu kurz: mindestens %d Zeichen.", e.Limit),
		}
	case "too-few":
		return sentence{fmt.Sprintf("These are too few: at least %d.", e.Limit), fmt.Sprintf("Das sind zu wenige: mindestens %d.", e.Limit)}
	case "too-many":
		return sentence{fmt.Sprintf("These are too many: at most %d.", e.Limit), fmt.Sprintf("Das sind zu viele: höchstens %d.", e.Limit)}
	case "too-short-a-time":
		return sentence{fmt.Sprintf("This is too short a time: at least %d seconds.", e.Limit), fmt.Sprintf("Das ist zu kurz: mindestens %d Sekunden.", e.Limit)}
	case "too-long-a-time":
		return sentence{fmt.Sprintf("This is too long a time: at most %d hours.", e.Limit), fmt.Sprintf("Das ist zu lang: höchstens %d Stunden.", e.Limit)}
	case "unknown":
		return sentence{"This is none of the values that are possible here.", "Das ist keiner der Werte, die hier möglich sind."}
	case "duplicate":
		return sentence{"This stands here twice.", "Das steht hier zweimal."}
	case "control-characters":
		return sentence{"This holds invisible control characters. Please type it anew.", "Das enthält unsichtbare Steuerzeichen. Bitte tippen Sie es neu."}
	case "not-utf8":
		return sentence{"This text cannot be read. Please type it anew.", "Dieser Text ist nicht lesbar. Bitte tippen Sie ihn neu."}
	case "past":
		return sentence{"This time is over already.", "Diese Zeit ist schon vorbei."}
	case "too-late":
		return sentence{"This is later than the webinar and its links are kept.", "Das ist später, als das Webinar und seine Links aufbewahrt werden."}
	case "two-ends":
		return sentence{"A survey ends on its date; it has no countdown besides.", "Eine Befragung endet an ihrem Tag; daneben hat sie keine Uhr."}
	case "secret":
		return sentence{"A secret vote is final and cannot be changed.", "Eine geheime Stimme ist endgültig und lässt sich nicht ändern."}
	case "motion":
		return sentence{"A vote of the members is a single choice that is final, and shows its result once it is closed.",
			"Eine Abstimmung der Mitglieder ist eine Einfachauswahl, endgültig, und zeigt ihr Ergebnis nach dem Schließen."}
	case "no-origin":
		return sentence{
			"This is no address of a site: https:// and a name, perhaps a port, and nothing after it.",
			"Das ist keine Adresse einer Seite: https:// und ein Name, vielleicht ein Port, und nichts danach."}
	case "unknown-language":
		return sentence{"Only German (de) and English (en) are spoken here.", "Hier wird nur Deutsch (de) und Englisch (en) gesprochen."}
	}
	return sentence{"This is not in the form that is expected.", "Das hat nicht die erwartete Form."}
}

// sayBody puts a body that cannot be read into words; programs meet it more often than people.
func sayBody(e *bodyError) sentence {
	key := e.field
	switch e.kind {
	case wrongType:
		return sentence{"The request has the wrong content type.", "Die Anfrage hat den falschen Inhaltstyp."}
	case unknownKey:
		return sentence{fmt.Sprintf("The request holds a key that is not known: %q.", key), fmt.Sprintf("Die Anfrage enthält einen unbekannten Schlüssel: %q.", key)}
	case duplicateKey:
		return sentence{fmt.Sprintf("The request names the key %q twice.", key), fmt.Sprintf("Die Anfrage nennt den Schlüssel %q zweimal.", key)}
	case trailing:
		return sentence{"There is something behind the end of the request.", "Hinter dem Ende der Anfrage steht noch etwas."}
	case wrongKind:
		return sentence{fmt.Sprintf("The key %q has the wrong type.", key), fmt.Sprintf("Der Schlüssel %q hat den falschen Typ.", key)}
	case malformed:
	}
	return sentence{"The request is not a JSON object that can be read.", "Die Anfrage ist kein lesbares JSON-Objekt."}
}

// judgeTyped covers the errors that carry something worth saying.
func judgeTyped(err error) (fault, bool) {
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault{status: http.StatusRequestEntityTooLarge, code: "too-large", says: sentence{
			fmt.Sprintf("That is too much at once: at most %d KiB.", over.Limit>>10), fmt.Sprintf("Das ist zu viel auf einmal: höchstens %d KiB.", over.Limit>>10),
		}}, true
	}
	if list, ok := errors.AsType[*assembly.ListError](err); ok {
		return fault{status: http.StatusUnprocessableEntity, code: "bad-list", says: sayList(list)}, true
	}
	if too, ok := errors.AsType[*tooManyError](err); ok {
		return fault{status: http.StatusTooManyRequests, code: "too-many-tries", says: sentence{
			fmt.Sprintf("Too many tries. Please wait %d seconds.", too.seconds), fmt.Sprintf("Zu viele Versuche. Bitte warten Sie %d Sekunden.", too.seconds),
		}}, true
	}
	if offer, ok := errors.AsType[*sfu.OfferError](err); ok {
		return fault{status: http.StatusBadRequest, code: "bad-offer", says: sayRefused(sentence{
			"The connection offer was refused", "Das Verbindungsangebot wurde abgelehnt",
		}, offer.Reason)}, true
	}
	if fragment, ok := errors.AsType[*sfu.FragmentError](err); ok {
		return fault{status: http.StatusBadRequest, code: "bad-fragment", says: sayRefused(sentence{
			"The change of the connection was refused", "Die Änderung der Verbindung wurde abgelehnt",
		}, fragment.Reason)}, true
	}
	if early, ok := errors.AsType[*recorder.TooEarlyError](err); ok {
		wait := max(1, int(math.Ceil(time.Until(early.At).Seconds())))
		return fault{status: http.StatusConflict, code: "too-early", says: sentence{
			fmt.Sprintf("People need time to hear the announcement. The recording can start in %d seconds.", wait),
			fmt.Sprintf("Alle brauchen Zeit, die Ankündigung zu hören. In %d Sekunden kann die Aufzeichnung beginnen.", wait),
		}}, true
	}
	return fault{}, false
}
