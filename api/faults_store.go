package api

import (
	"net/http"

	"plenum/recorder"
)

// storeFaults are the rows of a store whose fault is known: whoever presses "record" reads what to do or whom to ask. They come
// before those for ErrStorage and ErrUnfit, whose codes they share: what a program does about them is the same.
func storeFaults() []fault {
	says := map[recorder.StorageFault]sentence{
		recorder.FaultHost: {
			"The store for recordings does not answer: nobody knows its host name. Whoever runs the server finds it in PLENUM_S3_ENDPOINT.",
			"Der Speicher für Aufzeichnungen antwortet nicht: Niemand kennt seinen Rechnernamen. Wer den Server betreibt, findet ihn in PLENUM_S3_ENDPOINT."},
		recorder.FaultCertificate: {
			"The certificate of the store for recordings is not trusted. Whoever runs the server names its authority in PLENUM_S3_CA.",
			"Dem Zertifikat des Speichers für Aufzeichnungen wird nicht vertraut. Wer den Server betreibt, nennt die Zertifizierungsstelle in PLENUM_S3_CA."},
		recorder.FaultTLS: {
			"The store for recordings and this server do not agree on TLS. Whoever runs the server looks at PLENUM_S3_TLS and the port in PLENUM_S3_ENDPOINT.",
			"Der Speicher für Aufzeichnungen und dieser Server sind sich über TLS nicht einig. Wer den Server betreibt, sieht nach PLENUM_S3_TLS und dem Port in PLENUM_S3_ENDPOINT."},
		recorder.FaultBucket: {
			"The bucket for recordings is missing. Whoever runs the server makes it; PLENUM_S3_BUCKET is its name.",
			"Der Bucket für Aufzeichnungen fehlt. Wer den Server betreibt, legt ihn an; er heißt wie in PLENUM_S3_BUCKET."},
		recorder.FaultKeys: {
			"The store for recordings does not let this server in. Whoever runs the server looks at PLENUM_S3_ACCESS_KEY, PLENUM_S3_SECRET_KEY and what they may do.",
			"Der Speicher für Aufzeichnungen lässt diesen Server nicht hinein. Wer den Server betreibt, sieht nach PLENUM_S3_ACCESS_KEY, PLENUM_S3_SECRET_KEY und ihren Rechten."},
		recorder.FaultKeeps: {
			"The store for recordings must not be used as it is: it would keep what is deleted (versions, locks or copies). Whoever runs the server names another bucket in PLENUM_S3_BUCKET.",
			"Der Speicher für Aufzeichnungen darf so nicht benutzt werden: Er würde behalten, was gelöscht wird (Versionen, Sperren oder Kopien). Wer den Server betreibt, nennt einen anderen Bucket in PLENUM_S3_BUCKET."},
		recorder.FaultEncryption: {
			"The store for recordings does not encrypt as it should. Whoever runs the server has it do so, or looks at PLENUM_S3_ENCRYPT.",
			"Der Speicher für Aufzeichnungen verschlüsselt nicht, wie er soll. Wer den Server betreibt, richtet das dort ein oder sieht nach PLENUM_S3_ENCRYPT."},
		recorder.FaultNobody: {
			"The store for recordings does not answer: nothing is there at its address. Please try again soon; whoever runs the server looks whether it runs and at PLENUM_S3_ENDPOINT.",
			"Der Speicher für Aufzeichnungen antwortet nicht: Unter seiner Adresse ist nichts. Bitte versuchen Sie es gleich noch einmal; wer den Server betreibt, sieht nach, ob der Speicher läuft, und nach PLENUM_S3_ENDPOINT."},
		recorder.FaultSlow: {
			"The store for recordings does not answer in time. Please try again soon; whoever runs the server looks at its load and the network.",
			"Der Speicher für Aufzeichnungen antwortet nicht rechtzeitig. Bitte versuchen Sie es gleich noch einmal; wer den Server betreibt, sieht nach seiner Last und dem Netz."},
		recorder.FaultRoom: {
			"The store for recordings is full. Please delete recordings that nobody needs any more, or ask whoever runs the server for more room.",
			"Der Speicher für Aufzeichnungen ist voll. Bitte löschen Sie Aufzeichnungen, die niemand mehr braucht, oder bitten Sie um mehr Platz."},
	}
	rows := make([]fault, 0, 2*len(says))
	for f, s := range says {
		rows = append(rows,
			fault{&recorder.StoreError{Fault: f, Err: recorder.ErrStorage}, http.StatusServiceUnavailable, "storage", s},
			fault{&recorder.StoreError{Fault: f, Err: recorder.ErrUnfit}, http.StatusServiceUnavailable, "storage-unfit", s})
	}
	return rows
}
