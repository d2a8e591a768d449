package blob

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// Fault is what is wrong with the way to a store, as far as its error tells.
type Fault uint8

// The faults. Unclear is also a store that is away.
const (
	Unclear     Fault = iota
	NoHost            // nobody knows its name
	Certificate       // it is not trusted, or made out to another name
	NoTLS             // one side speaks TLS and the other does not
	NoBucket          // there is none, and none could be made
	Keys              // they are refused
)

// FaultOf tells what an error of Examine means.
func FaultOf(err error) Fault {
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return NoHost
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return Certificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return NoTLS
	}
	if errors.Is(err, errUnmade) {
		return NoBucket
	}
	if denied(err) {
		return Keys
	}
	return Unclear
}
