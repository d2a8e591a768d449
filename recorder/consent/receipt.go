package consent

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"plenum/webinar"
)

// Receipt is what a person keeps: the own ledger entry with the head of the chain, in the field structure of ISO/IEC TS
// 27560 with states as the W3C Data Privacy Vocabulary names them. With it Verify finds a chain that was cut or rewritten.
type Receipt struct {
	Webinar   webinar.ID
	Recording RecordingID
	Subject   webinar.SubjectID
	Seq       uint64
	Kind      Kind
	At        time.Time
	Scopes    Scope
	Publish   bool
	Notice    string
	Lang      webinar.Lang
	Salt      []byte
	Payload   []byte
	Hash      [32]byte // of the entry
	Head      Head
}

func newReceipt(e Entry, ev Event, head Head) *Receipt {
	return &Receipt{Webinar: e.Webinar, Recording: e.Recording, Subject: ev.Subject, Seq: e.Seq, Kind: e.Kind, At: ev.At, Scopes: ev.Scopes,
		Publish: ev.Publish, Notice: ev.Notice, Lang: ev.Lang, Salt: e.Salt, Payload: e.Payload, Hash: e.Hash, Head: head}
}

const receiptSchema = "plenum-consent-receipt/1 (ISO/IEC TS 27560:2023)"

type receiptJSON struct {
	Schema    string       `json:"schema_version"`
	ID        string       `json:"record_id"`
	Principal string       `json:"pii_principal_id"`
	Notice    noticeJSON   `json:"privacy_notice"`
	Purposes  []string     `json:"purposes"`
	Data      []string     `json:"pii_information"`
	Event     eventJSON    `json:"consent_event"`
	Evidence  evidenceJSON `json:"evidence"`
}

type noticeJSON struct {
	Hash string `json:"sha256"`
	Lang string `json:"language"`
}

type eventJSON struct {
	Time  string `json:"event_time"`
	State string `json:"event_state"`
	Type  string `json:"event_type"`
}

type evidenceJSON struct {
	Webinar   string `json:"webinar"`
	Recording string `json:"recording"`
	Seq       uint64 `json:"seq"`
	Kind      string `json:"kind"`
	Hash      string `json:"hash"`
	Salt      string `json:"salt"`
	Payload   string `json:"payload"`
	HeadSeq   uint64 `json:"head_seq"`
	Head      string `json:"head"`
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

// JSON writes the receipt as one document.
func (r *Receipt) JSON() ([]byte, error) {
	purposes := []string{"recording"}
	if r.Publish {
		purposes = append(purposes, "publication")
	}
	out, err := json.Marshal(receiptJSON{
		Schema: receiptSchema, ID: hex.EncodeToString(r.Hash[:]), Principal: string(r.Subject),
		Notice: noticeJSON{Hash: r.Notice, Lang: string(r.Lang)}, Purposes: purposes, Data: r.Scopes.Words(),
		Event: eventJSON{Time: r.At.UTC().Format(time.RFC3339Nano), State: dpv(r.Kind), Type: "dpv:ExplicitlyExpressedConsent"},
		Evidence: evidenceJSON{Webinar: string(r.Webinar), Recording: r.Recording, Seq: r.Seq, Kind: string(r.Kind), Hash: hex.EncodeToString(r.Hash[:]),
			Salt: hex.EncodeToString(r.Salt), Payload: string(r.Payload), HeadSeq: r.Head.Seq, Head: hex.EncodeToString(r.Head.Hash[:])},
	})
	if err != nil {
		return nil, fmt.Errorf("encode receipt: %w", err)
	}
	return out, nil
}

// ParseReceipt reads what JSON wrote. It fails with ErrAnswer on anything else.
func ParseReceipt(data []byte) (*Receipt, error) {
	var j receiptJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, fmt.Errorf("%w: receipt: %w", ErrAnswer, err)
	}
	at, err := time.Parse(time.RFC3339Nano, j.Event.Time)
	if err != nil {
		return nil, fmt.Errorf("%w: receipt: %w", ErrAnswer, err)
	}
	scopes, err := ParseScopes(j.Data)
	if err != nil {
		return nil, err
	}
	v := j.Evidence
	r := &Receipt{Webinar: webinar.ID(v.Webinar), Recording: v.Recording, Subject: webinar.SubjectID(j.Principal), Seq: v.Seq, Kind: Kind(v.Kind), At: at,
		Scopes: scopes, Publish: len(j.Purposes) > 1, Notice: j.Notice.Hash, Lang: webinar.Lang(j.Notice.Lang), Payload: []byte(v.Payload)}
	r.Head.Seq = v.HeadSeq
	if r.Salt, err = hex.DecodeString(v.Salt); err == nil {
		if r.Hash, err = hash32(v.Hash); err == nil {
			r.Head.Hash, err = hash32(v.Head)
		}
	}
	if err != nil || j.Schema != receiptSchema || r.Seq == 0 || r.Head.Seq < r.Seq {
		return nil, fmt.Errorf("%w: receipt", ErrAnswer)
	}
	return r, nil
}

func hash32(s string) ([32]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return [32]byte{}, err
	}
	if len(b) != 32 {
		return [32]byte{}, fmt.Errorf("%w: hash of %d bytes", ErrAnswer, len(b))
	}
	return [32]byte(b), nil
}
