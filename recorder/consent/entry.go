package consent

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"plenum/webinar"
)

// RecordingID names a recording.
type RecordingID = string

// Kind says what a ledger entry tells.
type Kind string

// The kinds: the life of a recording, then the answers of people.
const (
	Announce Kind = "announce"
	Start    Kind = "start"
	Pause    Kind = "pause"
	Resume   Kind = "resume"
	Stop     Kind = "stop"
	Abort    Kind = "abort"
	Expire   Kind = "expire" // every grant of the recording ends
	Erase    Kind = "erase"  // the recording's objects are gone

	CopyDeleted Kind = "copy-deleted" // an organizer has deleted a copy that somebody withdrew from

	Shown    Kind = "shown"
	Grant    Kind = "grant"
	Refuse   Kind = "refuse"
	Withdraw Kind = "withdraw"
)

// Event is what an entry tells. It holds no name, address or secret.
type Event struct {
	At      time.Time
	Subject webinar.SubjectID // whom it concerns; empty for the life of a recording
	Actor   webinar.SubjectID // who did it; empty: the server by itself
	Scopes  Scope             // of an answer; of an announcement what its notice asks for
	Publish bool
	Notice  string // hash of the text
	Lang    webinar.Lang
	Surface string // where the answer was given, such as room
	Reason  string
	Key     string  // idempotency key
	Text    *Notice // with Announce
}

// Entry is one link of a webinar's chain. Payload and Salt are nil once they were erased.
type Entry struct {
	Webinar    webinar.ID
	Seq        uint64 // from 1
	Prev       [32]byte
	Kind       Kind
	Recording  RecordingID
	Commitment [32]byte
	Hash       [32]byte
	Salt       []byte
	Payload    []byte
}

const domain = "plenum consent ledger v1"

// sum is SHA-256 over the domain and each field with its length before it, so that no two entries read alike.
func (e *Entry) sum() [32]byte {
	h := sha256.New()
	field := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	field([]byte(domain))
	field(binary.BigEndian.AppendUint64(nil, e.Seq))
	field(e.Prev[:])
	field([]byte(e.Kind))
	field([]byte(e.Webinar))
	field([]byte(e.Recording))
	field(e.Commitment[:])
	return [32]byte(h.Sum(nil))
}

func commit(salt, payload []byte) [32]byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(payload)
	return [32]byte(h.Sum(nil))
}

// Erased reports whether the payload is gone and only the commitment is left.
func (e *Entry) Erased() bool { return e.Salt == nil }

// Event reads the payload.
func (e *Entry) Event() (Event, error) {
	if e.Erased() {
		return Event{}, fmt.Errorf("%w: payload %d is erased", ErrUnknown, e.Seq)
	}
	var p payload
	if err := json.Unmarshal(e.Payload, &p); err != nil {
		return Event{}, fmt.Errorf("%w: payload %d: %w", ErrTampered, e.Seq, err)
	}
	return p.event()
}

func newSalt() []byte {
	salt := make([]byte, 32)
	rand.Read(salt) // never fails, by its contract
	return salt
}

// seal makes the entry that follows prev (its sequence number and hash).
func seal(w webinar.ID, seq uint64, prev [32]byte, d draft) (Entry, error) {
	body, err := json.Marshal(newPayload(d.ev))
	if err != nil {
		return Entry{}, fmt.Errorf("encode payload: %w", err)
	}
	if d.salt == nil {
		d.salt = newSalt()
	}
	e := Entry{Webinar: w, Seq: seq, Prev: prev, Kind: d.kind, Recording: d.rec, Salt: d.salt, Payload: body}
	e.Commitment = commit(d.salt, body)
	e.Hash = e.sum()
	return e, nil
}

// payload is the stored form of an Event.
type payload struct {
	At      int64             `json:"at"` // Unix milliseconds
	Subject string            `json:"subject,omitempty"`
	Actor   string            `json:"actor,omitempty"`
	Scopes  []string          `json:"scopes,omitempty"`
	Publish bool              `json:"publish,omitempty"`
	Notice  string            `json:"notice,omitempty"`
	Lang    string            `json:"lang,omitempty"`
	Surface string            `json:"surface,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Key     string            `json:"key,omitempty"`
	Strict  *bool             `json:"strict,omitempty"`
	Texts   map[string]string `json:"texts,omitempty"`
}

func newPayload(ev Event) payload {
	p := payload{
		At: ev.At.UnixMilli(), Subject: string(ev.Subject), Actor: string(ev.Actor), Scopes: ev.Scopes.Words(),
		Publish: ev.Publish, Notice: ev.Notice, Lang: string(ev.Lang), Surface: ev.Surface, Reason: ev.Reason, Key: ev.Key,
	}
	if ev.Text != nil {
		strict := ev.Text.Strict
		p.Strict, p.Texts, p.Scopes = &strict, map[string]string{}, ev.Text.Asks.Words()
		for l, t := range ev.Text.Texts {
			p.Texts[string(l)] = t
		}
	}
	return p
}

func (p payload) event() (Event, error) {
	scopes, err := ParseScopes(p.Scopes)
	if err != nil {
		return Event{}, err
	}
	ev := Event{
		At: time.UnixMilli(p.At).UTC(), Subject: webinar.SubjectID(p.Subject), Actor: webinar.SubjectID(p.Actor), Scopes: scopes,
		Publish: p.Publish, Notice: p.Notice, Lang: webinar.Lang(p.Lang), Surface: p.Surface, Reason: p.Reason, Key: p.Key,
	}
	if p.Texts != nil {
		n := Notice{Strict: p.Strict != nil && *p.Strict, Asks: scopes, Texts: map[webinar.Lang]string{}}
		for l, t := range p.Texts {
			n.Texts[webinar.Lang(l)] = t
		}
		ev.Text = &n
	}
	return ev, nil
}
