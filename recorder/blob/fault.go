package blob

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// Fault is what is wrong with the way to a store, as far as its error tells.
type Fault uint8

// The faults. Unclear is also a store that is away without a word.
const (
	Unclear     Fault = iota
	NoHost            // nobody knows its name
	Certificate       // it is not trusted, or made out to another name
	NoTLS             // one side speaks TLS and the other does not
	NoBucket          // there is none, and none could be made
	Keys              // they are refused
	Keeps             // the bucket would keep what is deleted
	Unencrypted       // it was told to encrypt and does not
	Nobody            // nothing answers at its address
	Slow              // its answer takes too long, or is to come later
	NoRoom            // it is full
)

// FaultOf tells what an error of Examine, or of any other call, means.
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
	switch {
	case errors.Is(err, errUnmade), errors.Is(err, errNoBucket):
		return NoBucket
	case full(err): // Ceph says 403, too
		return NoRoom
	case denied(err): // before Keeps: a setting that may not be read
		return Keys
	case errors.Is(err, ErrNotEncrypted):
		return Unencrypted
	}
	if _, ok := errors.AsType[*BucketError](err); ok {
		return Keeps
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return Nobody
	}
	late, ok := errors.AsType[net.Error](err)
	if ok && late.Timeout() || errors.Is(err, context.DeadlineExceeded) || busy(err) {
		return Slow
	}
	return Unclear
}
