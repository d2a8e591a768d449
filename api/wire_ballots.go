package api

import (
	"time"

	"plenum/polls/assembly"
)

type voteJSON struct {
	Answer  pollAnswerJSON    `json:"answer"`
	Receipt string            `json:"receipt"`
	Player  *playerJSON       `json:"player"`
	For     assembly.MemberID `json:"for"`
}

type voteReceiptJSON struct {
	Receipt  string    `json:"receipt"`
	StoredAt time.Time `json:"stored_at"`
}

type changeJSON struct {
	Secret  string         `json:"secret"`
	Answer  pollAnswerJSON `json:"answer"`
	Receipt string         `json:"receipt"`
}

// Bytes are base64 on the wire (RFC 4648, section 4).
type tokenKeyJSON struct {
	Weight int    `json:"weight"`
	Key    []byte `json:"key"`
}

type tokenKeysJSON struct {
	Keys []tokenKeyJSON `json:"keys"`
}

type blindedJSON struct {
	Blinded []byte            `json:"blinded"`
	For     assembly.MemberID `json:"for"`
}

type blindSignatureJSON struct {
	Signature []byte `json:"signature"`
}

type secretBallotJSON struct {
	Answer  pollAnswerJSON `json:"answer"`
	Receipt string         `json:"receipt"`
	Token   []byte         `json:"token"`
	Weight  int            `json:"weight"`
}

type signedVoteJSON struct {
	Ticket  string         `json:"ticket"`
	Name    string         `json:"name"`
	Answer  pollAnswerJSON `json:"answer"`
	Says    string         `json:"says"`
	Receipt string         `json:"receipt"`
}
