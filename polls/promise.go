package polls

import (
	"cmp"

	"plenum/webinar"
)

// Secrecy is what is stored about who answered what. It is frozen when the poll opens.
type Secrecy string

// The levels of secrecy.
const (
	// Named stores whose ballot is whose, and shows it to the hosts.
	Named Secrecy = "named"
	// Anonymous stores who has voted and what was voted apart, with nothing that leads from one to the other.
	Anonymous Secrecy = "anonymous"
	// Secret takes ballots without a session, each with a token that was signed blindly (RFC 9474): nothing that is stored
	// or was signed tells whose ballot is whose. Personal tickets and hosts only.
	Secret Secrecy = "secret"
)

// promise checks what a draft promises its voters.
func (d *Draft) promise() error {
	d.Secrecy = cmp.Or(d.Secrecy, Anonymous)
	if d.Changeable && d.Kind != SingleChoice && d.Kind != MultipleChoice { // points and moderated texts are of the first answer
		return &webinar.InvalidError{Field: "changeable", Reason: "kind"}
	}
	if d.Secrecy == Secret { // a secret vote is not swayed by how it stands
		d.Results = cmp.Or(d.Results, ResultsClosed)
	}
	switch d.Secrecy {
	case Named, Anonymous:
		return nil
	case Secret:
		if d.Changeable { // a ballot that can be followed is one less that is secret
			return &webinar.InvalidError{Field: "changeable", Reason: "secret"}
		}
		return nil
	}
	return &webinar.InvalidError{Field: "secrecy", Reason: "unknown"}
}
