package api

import (
	"fmt"
	"net/http"
	"slices"

	"plenum/picture"
	"plenum/polls"
	"plenum/recorder"
	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/sfu"
	"plenum/webinar/talk"
)

// faults is the one table from errors to answers. The first row that matches counts.
func faults() []fault {
	return slices.Concat(generalFaults(), pollFaults(), assemblyFaults(), motionFaults(), questionFaults(), mediaFaults(), storeFaults(), recordingFaults())
}

func sayFull() sentence {
	return sentence{
		"The server is at its limit and takes nobody more for now. Please try again in a minute.",
		"Der Server ist ausgelastet und nimmt gerade niemanden mehr auf. Bitte versuchen Sie es in einer Minute noch einmal.",
	}
}

func sayStageFull() sentence {
	return sentence{"The stage is full. Somebody has to leave it first.", "Die Bühne ist voll. Zuerst muss jemand sie verlassen."}
}

func generalFaults() []fault {
	return []fault{
		{errNoRoute, http.StatusNotFound, "not-found", sentence{
			"There is nothing at this address.", "Unter dieser Adresse ist nichts."}},
		{errNoMethod, http.StatusMethodNotAllowed, "method-not-allowed", sentence{
			"This address does not take such a request.", "Diese Adresse nimmt eine solche Anfrage nicht an."}},
		{errForeignOrigin, http.StatusForbidden, "foreign-origin", sentence{
			"This request came from another site and was refused.", "Diese Anfrage kam von einer anderen Seite und wurde abgelehnt."}},
		{webinar.ErrNotFound, http.StatusNotFound, "not-found", sentence{
			"This does not exist, or not any more.", "Das gibt es nicht, oder nicht mehr."}},
		{webinar.ErrForbidden, http.StatusForbidden, "forbidden", sentence{
			"Your role in this webinar does not allow that.", "Ihre Rolle in diesem Webinar erlaubt das nicht."}},
		{webinar.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated", sentence{
			"Please sign in, or join with your link.", "Bitte melden Sie sich an oder treten Sie über Ihren Link bei."}},
		{webinar.ErrBadLogin, http.StatusUnauthorized, "bad-login", sentence{
			"E-mail or password is wrong.", "E-Mail oder Passwort ist falsch."}},
		{webinar.ErrSetupDone, http.StatusForbidden, "setup-done", sentence{
			"This link does not work any more: it was used, it is too old, or the first user exists already.",
			"Dieser Link gilt nicht mehr: Er wurde benutzt, ist zu alt, oder es gibt schon jemanden mit Konto."}},
		{webinar.ErrLinkUsed, http.StatusForbidden, "link-used", sentence{
			"This link does not work any more: it was used, it is too old, or there is a newer one.",
			"Dieser Link gilt nicht mehr: Er wurde benutzt, ist zu alt, oder es gibt einen neueren."}},
		{webinar.ErrTicketInvalid, http.StatusUnauthorized, "ticket-invalid", sentence{
			"This ticket is not valid, or not any more. Please ask the host for a new one.",
			"Dieses Ticket ist nicht oder nicht mehr gültig. Bitte fragen Sie nach einem neuen."}},
		{webinar.ErrEnded, http.StatusGone, "ended", sentence{
			"This webinar has ended.", "Dieses Webinar ist zu Ende."}},
		{webinar.ErrNotLive, http.StatusConflict, "not-live", sentence{
			"This webinar is not live yet.", "Dieses Webinar läuft noch nicht."}},
		{webinar.ErrNotHere, http.StatusConflict, "not-here", sentence{
			"This person is not in the room at the moment.", "Diese Person ist gerade nicht im Raum."}},
		{webinar.ErrInvited, http.StatusConflict, "invited", sentence{
			"This person is invited already and has not answered yet.", "Diese Person ist schon eingeladen und hat noch nicht geantwortet."}},
		{webinar.ErrOnStage, http.StatusConflict, "on-stage", sentence{
			"This person may speak on stage already.", "Diese Person darf schon auf der Bühne sprechen."}},
		{errNotEmbeddable, http.StatusForbidden, "not-embeddable", sentence{
			"No other site may show these polls yet. The host names the sites that may, under “Show on other sites”.",
			"Noch darf keine andere Seite diese Umfragen zeigen. Wer leitet, nennt die erlaubten Seiten unter „Auf anderen Seiten zeigen“."}},
		{errOneScreen, http.StatusConflict, "one-screen", sentence{
			"Only attendees take their seat to a second screen; you vote where you are.", "Nur Teilnehmende nehmen ihren Platz auf einen zweiten Bildschirm mit; Sie stimmen dort ab, wo Sie sind."}},
		{webinar.ErrNotInvited, http.StatusConflict, "not-invited", sentence{
			"There is no invitation, or it was taken back.", "Es gibt keine Einladung, oder sie wurde zurückgezogen."}},
		{webinar.ErrStageFull, http.StatusConflict, "stage-full", sayStageFull()},
		{webinar.ErrTooManyTries, http.StatusTooManyRequests, "too-many-tries", sentence{
			"Too many tries. Please wait a minute.", "Zu viele Versuche. Bitte warten Sie eine Minute."}},
		{errOnlyNumbers, http.StatusForbidden, "forbidden", sentence{
			"This token reads the numbers at /metrics and nothing else.", "Dieses Token liest die Zahlen unter /metrics und sonst nichts."}},
		{errNoNumbers, http.StatusForbidden, "forbidden", sentence{
			"The numbers are read with a token of scope metrics.", "Die Zahlen liest nur ein Token mit dem Umfang metrics."}},
		{errFull, http.StatusServiceUnavailable, "full", sayFull()},
		{webinar.ErrBusy, http.StatusServiceUnavailable, "busy", sentence{
			"Too much is going on at the moment. Please try again soon.", "Gerade ist zu viel los. Bitte versuchen Sie es gleich noch einmal."}},
		{webinar.ErrEmailTaken, http.StatusConflict, "email-taken", sentence{
			"There is an account with this e-mail already.", "Es gibt schon ein Konto mit dieser E-Mail."}},
	}
}

func pollFaults() []fault {
	return []fault{
		{polls.ErrAlreadyVoted, http.StatusConflict, "already-voted", sentence{
			"You have voted in this poll already. Each person has one vote.", "Sie haben hier schon abgestimmt. Jede Person hat eine Stimme."}},
		{polls.ErrNotOpen, http.StatusConflict, "poll-not-open", sentence{
			"This poll is not open yet.", "Diese Umfrage ist noch nicht offen."}},
		{polls.ErrClosed, http.StatusConflict, "poll-closed", sentence{
			"This poll is closed. Votes are no longer counted.", "Diese Umfrage ist geschlossen. Stimmen werden nicht mehr gezählt."}},
		{polls.ErrNotClosed, http.StatusConflict, "poll-not-closed", sentence{
			"This poll is not closed yet.", "Diese Umfrage ist noch nicht geschlossen."}},
		{polls.ErrNotDraft, http.StatusConflict, "poll-not-draft", sentence{
			"This poll was opened already and cannot be changed any more.", "Diese Umfrage war schon offen und lässt sich nicht mehr ändern."}},
		{polls.ErrTooLate, http.StatusConflict, "too-late", sentence{
			"An opening can be undone for 5 seconds. Please close the poll instead.",
			"Das Öffnen lässt sich 5 Sekunden lang zurücknehmen. Bitte schließen Sie die Umfrage stattdessen."}},
		{polls.ErrKept, http.StatusConflict, "votes-kept", sentence{
			"People had voted before the opening was undone, and their votes are kept. Open the poll again; for another question make a new one.",
			"Es gab schon Stimmen, bevor das Öffnen zurückgenommen wurde, und sie bleiben erhalten. Öffnen Sie die Umfrage wieder; für eine andere Frage legen Sie eine neue an."}},
		{polls.ErrRound, http.StatusConflict, "later-round", sentence{
			"A later round asks the same as the first one. For another question make a new poll.",
			"Eine weitere Runde fragt dasselbe wie die erste. Für eine andere Frage legen Sie eine neue Umfrage an."}},
		{polls.ErrHeld, http.StatusConflict, "held-back", sentence{
			"The results of this series come when its last poll has closed.",
			"Die Ergebnisse dieser Reihe kommen, wenn ihre letzte Umfrage geschlossen ist."}},
		{polls.ErrUnknownOption, http.StatusUnprocessableEntity, "unknown-option", sentence{
			"This answer is not one of the poll's.", "Diese Antwort gehört nicht zur Umfrage."}},
		{polls.ErrChoices, http.StatusUnprocessableEntity, "choices", sentence{
			"This poll asks for another number of answers.", "Diese Umfrage verlangt eine andere Zahl von Antworten."}},
		{polls.ErrNotModerated, http.StatusConflict, "not-moderated", sentence{
			"Nobody writes texts in this poll.", "In dieser Umfrage schreibt niemand Texte."}},
		{polls.ErrNoText, http.StatusNotFound, "no-text", sentence{
			"Nobody has written that, or it was removed meanwhile.", "Das hat niemand geschrieben, oder es wurde inzwischen entfernt."}},
		{polls.ErrNicknameTaken, http.StatusUnprocessableEntity, "nickname-taken", sentence{
			"Somebody else plays under this nickname. Please choose another one.", "Unter diesem Spitznamen spielt schon jemand. Bitte wählen Sie einen anderen."}},
		{polls.ErrPlayer, http.StatusUnprocessableEntity, "played", sentence{
			"This player has answered already.", "Diese Person hat schon geantwortet."}},
		{picture.ErrFormat, http.StatusUnprocessableEntity, "picture-format", sentence{
			"This is no picture that can be shown here. JPEG, PNG, GIF and WebP can.", "Dieses Bild lässt sich hier nicht zeigen. JPEG, PNG, GIF und WebP gehen."}},
		{picture.ErrDamaged, http.StatusUnprocessableEntity, "picture-damaged", sentence{
			"This picture is damaged. Please open it in a picture program and save it anew.",
			"Dieses Bild ist beschädigt. Bitte öffnen Sie es in einem Bildprogramm und speichern Sie es neu."}},
		{picture.ErrTooLarge, http.StatusUnprocessableEntity, "picture-too-large", sentence{
			fmt.Sprintf("This picture is too large: at most %d megapixels and %d MiB.", picture.MaxPixels>>20, picture.MaxBytes>>20),
			fmt.Sprintf("Dieses Bild ist zu groß: höchstens %d Megapixel und %d MiB.", picture.MaxPixels>>20, picture.MaxBytes>>20)}},
		{polls.ErrAnswer, http.StatusUnprocessableEntity, "other-answer", sentence{
			"This poll asks for another form of answer.", "Diese Umfrage verlangt eine andere Art von Antwort."}},
		{polls.ErrRanking, http.StatusUnprocessableEntity, "ranking", sentence{
			"Please give every answer exactly one place.", "Bitte geben Sie jeder Antwort genau einen Platz."}},
		{polls.ErrSum, http.StatusUnprocessableEntity, "sum", sentence{
			"Please give away all the points, no more and no less.", "Bitte vergeben Sie alle Punkte, nicht mehr und nicht weniger."}},
		{polls.ErrNumber, http.StatusUnprocessableEntity, "number", sentence{
			"Please enter a number within the bounds of this poll.", "Bitte geben Sie eine Zahl ein, die in den Grenzen dieser Umfrage liegt."}},
		{polls.ErrReceiptTaken, http.StatusConflict, "receipt-taken", sentence{
			"A ballot lies under this receipt already. Please reload the page and vote again.",
			"Unter diesem Beleg liegt schon ein Stimmzettel. Bitte laden Sie die Seite neu und stimmen Sie noch einmal ab."}},
		{polls.ErrFinal, http.StatusConflict, "vote-final", sentence{
			"A vote in this poll cannot be changed.", "In dieser Umfrage lässt sich eine Stimme nicht mehr ändern."}},
		{polls.ErrNoBallot, http.StatusNotFound, "no-ballot", sentence{
			"There is no ballot of this browser in the box.", "Von diesem Browser liegt kein Stimmzettel in der Urne."}},
		{polls.ErrNotNamed, http.StatusConflict, "not-named", sentence{
			"This poll does not say who voted what.", "Diese Umfrage sagt nicht, wer wie gestimmt hat."}},
		{polls.ErrNotSecret, http.StatusConflict, "not-secret", sentence{
			"This poll is not secret and needs no ballot paper.", "Diese Umfrage ist nicht geheim und braucht keinen Stimmschein."}},
		{polls.ErrNeedsToken, http.StatusConflict, "needs-token", sentence{
			"This poll is secret. Please reload the page to get a ballot paper.", "Diese Umfrage ist geheim. Bitte laden Sie die Seite neu, um einen Stimmschein zu bekommen."}},
		{polls.ErrToken, http.StatusForbidden, "bad-token", sentence{
			"This ballot paper is not valid for this poll.", "Dieser Stimmschein gilt für diese Umfrage nicht."}},
		{polls.ErrNotPersonal, http.StatusForbidden, "not-personal", sentence{
			"Secret polls are for people with a personal link. Please ask the host for one.",
			"Geheime Abstimmungen sind für Menschen mit persönlichem Link. Bitte fragen Sie die Gastgeberin oder den Gastgeber danach."}},
		{polls.ErrStopped, http.StatusServiceUnavailable, "busy", sentence{
			"The server is restarting. Please try again in a moment.", "Der Server startet neu. Bitte versuchen Sie es gleich noch einmal."}},
	}
}

func questionFaults() []fault {
	return []fault{
		{talk.ErrClosed, http.StatusConflict, "questions-closed", sentence{
			"No questions are taken at the moment.", "Gerade werden keine Fragen angenommen."}},
		{talk.ErrShown, http.StatusConflict, "question-shown", sentence{
			"This question is shown already and cannot be changed any more. You can withdraw it and ask anew.",
			"Diese Frage ist schon zu sehen und lässt sich nicht mehr ändern. Sie können sie zurückziehen und neu stellen."}},
		{talk.ErrSettled, http.StatusConflict, "question-settled", sentence{
			"This question has been answered already.", "Diese Frage ist schon beantwortet."}},
		{talk.ErrFull, http.StatusConflict, "questions-full", sentence{
			"So many questions are waiting that no more are taken for now. Please vote for one that is there.",
			"Es warten so viele Fragen, dass gerade keine mehr angenommen werden. Stimmen Sie gern für eine vorhandene."}},
		{talk.ErrStopped, http.StatusServiceUnavailable, "busy", sentence{
			"The server is restarting. Please try again in a moment.", "Der Server startet neu. Bitte versuchen Sie es gleich noch einmal."}},
	}
}

func mediaFaults() []fault {
	return []fault{
		{sfu.ErrNoSession, http.StatusNotFound, "not-found", sentence{
			"This connection does not exist, or not any more.", "Diese Verbindung gibt es nicht, oder nicht mehr."}},
		{sfu.ErrStageFull, http.StatusConflict, "stage-full", sayStageFull()},
		{sfu.ErrBusy, http.StatusServiceUnavailable, "busy", sentence{
			"Too many people are connected at the moment. Please try again soon.", "Gerade sind zu viele verbunden. Bitte versuchen Sie es gleich noch einmal."}},
		{sfu.ErrOverload, http.StatusServiceUnavailable, "full", sayFull()},
		{errNoMatch, http.StatusPreconditionRequired, "if-match-missing", sentence{
			"The change has to say which connection it means (If-Match).", "Die Änderung muss sagen, welche Verbindung sie meint (If-Match)."}},
		{errStale, http.StatusPreconditionFailed, "other-connection", sentence{
			"The connection has changed meanwhile.", "Die Verbindung ist inzwischen eine andere."}},
		{sfu.ErrOtherICE, http.StatusPreconditionFailed, "other-connection", sentence{
			"The connection has changed meanwhile.", "Die Verbindung ist inzwischen eine andere."}},
		{sfu.ErrClosed, http.StatusServiceUnavailable, "busy", sentence{
			"The server is restarting. Please try again in a moment.", "Der Server startet neu. Bitte versuchen Sie es gleich noch einmal."}},
	}
}

func recordingFaults() []fault {
	return []fault{
		{recorder.ErrCaptions, http.StatusUnprocessableEntity, "captions", sentence{
			"This is no WebVTT file (.vtt) with captions of at most 1 MiB.",
			"Das ist keine WebVTT-Datei (.vtt) mit Untertiteln von höchstens 1 MiB.",
		}},
		{recorder.ErrUnable, http.StatusConflict, "unable", sentence{
			"This cannot be made here, or not of this recording.",
			"Das lässt sich hier oder aus dieser Aufzeichnung nicht herstellen.",
		}},
		{recorder.ErrTrim, http.StatusUnprocessableEntity, "trim", sentence{
			"The new start and end must lie inside the recording, at least one second apart.",
			"Der neue Anfang und das neue Ende müssen in der Aufzeichnung liegen, mindestens eine Sekunde auseinander."}},
		{recorder.ErrActive, http.StatusConflict, "recording-active", sentence{
			"A recording is announced or running already.", "Es ist schon eine Aufzeichnung angekündigt oder sie läuft."}},
		{recorder.ErrLink, http.StatusNotFound, "unknown-link", sentence{
			"This receipt link is not valid, or its time is over: it goes with its recording.",
			"Dieser Beleg-Link gilt nicht, oder nicht mehr: Er vergeht mit seiner Aufzeichnung."}},
		{recorder.ErrNobodyAgreed, http.StatusConflict, "nobody-agreed", sentence{
			"Nobody on stage has agreed to be recorded yet.", "Auf der Bühne hat noch niemand der Aufzeichnung zugestimmt."}},
		{recorder.ErrDisk, http.StatusInsufficientStorage, "disk", sentence{
			"There is too little room on the disk to record. Nothing is being recorded.",
			"Auf der Festplatte ist zu wenig Platz. Es wird nichts aufgezeichnet."}},
		{recorder.ErrUnfit, http.StatusServiceUnavailable, "storage-unfit", sentence{
			"The store for recordings must not be used as it is: it would keep what is deleted, or does not let this server in. Nothing is recorded until whoever runs the server has mended that; its log says how.",
			"Der Speicher für Aufzeichnungen darf so nicht benutzt werden: Er würde behalten, was gelöscht wird, oder lässt diesen Server nicht hinein. Es wird nichts aufgezeichnet, bis das behoben ist; wie, steht im Protokoll des Servers."}},
		{recorder.ErrStorage, http.StatusServiceUnavailable, "storage", sentence{
			"The store for recordings does not answer. Please try again soon.",
			"Der Speicher für Aufzeichnungen antwortet nicht. Bitte versuchen Sie es gleich noch einmal."}},
		{recorder.ErrClosed, http.StatusServiceUnavailable, "busy", sentence{
			"The server is restarting. Please try again in a moment.", "Der Server startet neu. Bitte versuchen Sie es gleich noch einmal."}},
		{consent.ErrUnknown, http.StatusNotFound, "not-found", sentence{
			"This recording does not exist, or not any more.", "Diese Aufzeichnung gibt es nicht, oder nicht mehr."}},
		{consent.ErrState, http.StatusConflict, "recording-state", sentence{
			"The recording is not in a state that allows this.", "Der Stand der Aufzeichnung lässt das nicht zu."}},
		{consent.ErrNotice, http.StatusConflict, "other-notice", sentence{
			"The text has changed since it was shown. Please read it again.", "Der Text hat sich geändert, seit er gezeigt wurde. Bitte lesen Sie ihn noch einmal."}},
		{consent.ErrNotShown, http.StatusConflict, "not-shown", sentence{
			"The text about the recording has to be shown first.", "Zuerst muss der Text zur Aufzeichnung gezeigt werden."}},
		{consent.ErrActor, http.StatusForbidden, "forbidden", sentence{
			"Nobody can answer for somebody else.", "Niemand kann für andere antworten."}},
		{consent.ErrNoMedia, http.StatusUnprocessableEntity, "no-media", sentence{
			"Name, words and answers are recorded only with something that is seen or heard. Please add microphone, camera or screen, or choose not to be recorded.",
			"Name, Texte und Antworten werden nur zusammen mit etwas aufgezeichnet, das zu hören oder zu sehen ist. Bitte wählen Sie Mikrofon, Kamera oder Bildschirm dazu, oder gar keine Aufzeichnung."}},
		{consent.ErrAnswer, http.StatusUnprocessableEntity, "invalid", sentence{
			"This answer is not in the form that is expected.", "Diese Antwort hat nicht die erwartete Form."}},
		{consent.ErrKeyUsed, http.StatusConflict, "overtaken", sentence{
			"A later answer of yours counts already.", "Eine spätere Antwort von Ihnen gilt schon."}},
		{consent.ErrLedger, http.StatusServiceUnavailable, "ledger", sentence{
			"Your answer could not be stored. You are not being recorded. Please try again.",
			"Ihre Antwort konnte nicht gespeichert werden. Sie werden nicht aufgezeichnet. Bitte versuchen Sie es noch einmal."}},
	}
}
