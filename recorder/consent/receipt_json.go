package consent

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// receiptSchema names the field structure, that of ISO/IEC TS 27560; the names of its fields are those of the guide at
// https://w3id.org/dpv/guides/consent-27560, states and roles those of the W3C Data Privacy Vocabulary.
const receiptSchema = "plenum-consent-receipt/3 (ISO/IEC TS 27560:2023)"

type receiptJSON struct {
	Schema     string         `json:"schema_version"`
	Receipt    string         `json:"receipt_id"`
	Record     string         `json:"record_id"`
	Principal  string         `json:"pii_principal_id"`
	Processing processingJSON `json:"pii_processing"`
	Parties    []partyJSON    `json:"party_identification"`
	Events     []eventJSON    `json:"events"`
	Evidence   evidenceJSON   `json:"evidence"`
}

type processingJSON struct {
	Notice   noticeJSON    `json:"privacy_notice"`
	Lang     string        `json:"language"`
	Purposes []purposeJSON `json:"purposes"`
}

type noticeJSON struct {
	Hash string `json:"sha256"`
}

type purposeJSON struct {
	Purpose     string     `json:"purpose"`
	Basis       string     `json:"lawful_basis"`
	Data        []dataJSON `json:"pii_information"`
	Controllers []string   `json:"pii_controllers"` // of the parties
	Collection  string     `json:"collection_method"`
	Processing  string     `json:"processing_method"`
	Storage     []string   `json:"storage_locations"`
	Retention   string     `json:"retention_period"`
	Recipients  []string   `json:"recipient_third_parties"`
	Withdrawal  string     `json:"withdrawal_method"`
	Rights      []string   `json:"privacy_rights"`
}

type dataJSON struct {
	Type     string `json:"pii_type"`
	Optional bool   `json:"pii_optional"`
}

type partyJSON struct {
	ID   string `json:"party_id"`
	Role string `json:"party_role"`
	Name string `json:"party_name"`
}

type eventJSON struct {
	Time     string `json:"event_time"`
	Validity string `json:"validity_duration"`
	Entity   string `json:"entity_id"`
	Type     string `json:"event_type"`
	State    string `json:"event_state"`
}

type evidenceJSON struct {
	Webinar   string `json:"webinar"`
	Recording string `json:"recording"`
	Seq       uint64 `json:"seq"`
	Kind      string `json:"kind"`
	Prev      string `json:"prev"`
	Hash      string `json:"hash"`
	Salt      string `json:"salt"`
	Payload   string `json:"payload"`
	HeadSeq   uint64 `json:"head_seq"`
	Head      string `json:"head"`
	Key       string `json:"key"`
	Signature string `json:"signature"`
}

// dpv names a kind of answer in the W3C Data Privacy Vocabulary, section Consent Status.
func dpv(k Kind) string {
	switch k {
	case Grant:
		return "dpv:ConsentGiven"
	case Refuse:
		return "dpv:ConsentRefused"
	case Withdraw:
		return "dpv:ConsentWithdrawn"
	default:
		return "dpv:ConsentRequested"
	}
}

// parties are who decides and who does it. The ledger holds no names: people know their organizer by the webinar.
func (r *Receipt) parties() []partyJSON {
	return []partyJSON{
		{ID: "webinar:" + string(r.Webinar), Role: "dpv:DataController", Name: "the organizer of this webinar"},
		{ID: "key:" + Fingerprint(r.Key), Role: "dpv:DataProcessor", Name: "the server that records"},
	}
}

func (r *Receipt) purposes() []purposeJSON {
	words := r.Scopes.Words()
	data := make([]dataJSON, 0, len(words))
	for _, word := range words {
		data = append(data, dataJSON{Type: word, Optional: true})
	}
	purpose := func(name, processing string) purposeJSON {
		return purposeJSON{
			Purpose: name, Basis: "dpv:ExplicitlyExpressedConsent", Data: data, Controllers: []string{"webinar:" + string(r.Webinar)},
			Collection: "sent by the person's browser during the webinar", Processing: processing,
			Storage: []string{"the object store of the server"}, Recipients: []string{},
			Retention:  "until the date that is shown with the recording, at the latest when the notice says; until a withdrawal, if that is earlier",
			Withdrawal: "receipt link, or the button in the room", Rights: []string{"withdrawal", "access", "erasure"},
		}
	}
	out := []purposeJSON{purpose("recording", "stored as sent; shown to the organizer")}
	if r.Publish {
		out = append(out, purpose("publication", "shown to those whom the organizer chooses"))
	}
	return out
}

func (r *Receipt) event() eventJSON {
	e := eventJSON{Time: r.At.UTC().Format(time.RFC3339Nano), Validity: "until the next answer", Entity: string(r.Actor), Type: "dpv:ExplicitlyExpressedConsent", State: dpv(r.Kind)}
	if r.Kind == Grant {
		e.Validity = "until it is withdrawn or the recording is erased"
	}
	return e
}

// JSON writes the receipt as one document.
func (r *Receipt) JSON() ([]byte, error) {
	record := hex.EncodeToString(r.Hash[:])
	out, err := json.Marshal(receiptJSON{
		Schema: receiptSchema, Receipt: fmt.Sprintf("%s/%d", record, r.Head.Seq), Record: record, Principal: string(r.Subject),
		Processing: processingJSON{Notice: noticeJSON{Hash: r.Notice}, Lang: string(r.Lang), Purposes: r.purposes()},
		Parties:    r.parties(),
		Events:     []eventJSON{r.event()},
		Evidence: evidenceJSON{Webinar: string(r.Webinar), Recording: r.Recording, Seq: r.Seq, Kind: string(r.Kind), Prev: hex.EncodeToString(r.Prev[:]),
			Hash: record, Salt: hex.EncodeToString(r.Salt), Payload: string(r.Payload), HeadSeq: r.Head.Seq,
			Head: hex.EncodeToString(r.Head.Hash[:]), Key: hex.EncodeToString(r.Key), Signature: hex.EncodeToString(r.Signature)},
	})
	if err != nil {
		return nil, fmt.Errorf("encode receipt: %w", err)
	}
	return out, nil
}
