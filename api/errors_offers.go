package api

import (
	"fmt"

	"plenum/webinar/sfu"
)

// sayRefused is why media would not begin or go on, after what was refused.
func sayRefused(what sentence, why sfu.Reason) sentence {
	german := why.String()
	if says, ok := refusedInGerman(why.Says); ok {
		german = fmt.Sprintf(says, why.Args...)
	}
	return sentence{what.en + ": " + why.String(), what.de + ": " + german}
}

// refusedInGerman translates a [sfu.Reason].
func refusedInGerman(says string) (string, bool) {
	german, ok := map[string]string{ //nolint:gosec // one of the sentences speaks of credentials
		"the session description is larger than %d KiB":                          "Die Beschreibung der Sitzung ist größer als %d KiB",
		"this is not a session description (SDP)":                                "Das ist keine Beschreibung einer Sitzung (SDP)",
		"the session description does not fit together":                          "Die Beschreibung der Sitzung passt nicht zusammen",
		"the media lines do not fit together":                                    "Die Medienzeilen passen nicht zusammen",
		"the offer has no media":                                                 "Das Angebot enthält keine Medien",
		"the offer has more than %d media lines":                                 "Das Angebot hat mehr als %d Medienzeilen",
		"the offer does not bundle its media (BUNDLE)":                           "Das Angebot bündelt seine Medien nicht (BUNDLE)",
		"the offer comes from an ICE-lite client; this server is one itself":     "Das Angebot kommt von einem ICE-lite-Gerät; dieser Server ist selbst eines",
		"each media line needs an own mid":                                       "Jede Medienzeile braucht eine eigene mid",
		"a publication has one audio and one video line at most":                 "Eine Sendung hat höchstens eine Ton- und eine Bildzeile",
		"only audio and video lines are supported":                               "Nur Ton- und Bildzeilen werden unterstützt",
		"media must be offered as UDP/TLS/RTP/SAVPF":                             "Medien müssen als UDP/TLS/RTP/SAVPF angeboten werden",
		"the offer has no %s":                                                    "Im Angebot fehlt %s",
		"the offer does not multiplex RTCP (rtcp-mux)":                           "Das Angebot führt RTCP nicht auf demselben Weg (rtcp-mux)",
		"a publication's media lines must be sendonly":                           "Die Medienzeilen einer Sendung müssen sendonly sein",
		"a viewer must begin the DTLS handshake (setup:actpass or setup:active)": "Wer zuschaut, muss den DTLS-Handschlag beginnen (setup:actpass oder setup:active)",
		"a viewer's media lines must be recvonly":                                "Die Medienzeilen beim Zuschauen müssen recvonly sein",
		"the formats of a media line must be different numbers":                  "Die Formate einer Medienzeile müssen verschiedene Zahlen sein",
		"a format has more than %d kinds of feedback":                            "Ein Format hat mehr als %d Arten von Rückmeldung",
		"a simulcast layer must be one to send, with a short name":               "Eine Simulcast-Stufe muss zum Senden sein und einen kurzen Namen haben",
		"simulcast is for the picture of a publication, each layer with a rid":   "Simulcast gibt es nur für das Bild einer Sendung, jede Stufe mit einer rid",
		"a picture has more than %d simulcast layers":                            "Ein Bild hat mehr als %d Simulcast-Stufen",
		"a media line names more than %d streams":                                "Eine Medienzeile nennt mehr als %d Ströme",
		"the offer has no %s codec that is supported here (%s)":                  "Das Angebot hat kein %s-Format, das hier unterstützt wird (%s)",
		"the SDP fragment is larger than %d KiB":                                 "Das SDP-Fragment ist größer als %d KiB",
		"this is not an SDP fragment (application/trickle-ice-sdpfrag)":          "Das ist kein SDP-Fragment (application/trickle-ice-sdpfrag)",
		"the fragment names more than one ICE session":                           "Das Fragment nennt mehr als eine ICE-Sitzung",
		"the ICE credentials of the fragment are incomplete":                     "Die ICE-Zugangsdaten des Fragments sind unvollständig",
	}[says]
	return german, ok
}
