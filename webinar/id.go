package webinar

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"
)

// NewID returns 26 random lower-case characters of base32, 130 bits.
func NewID() string { return strings.ToLower(rand.Text()) }

// The prefixes tell secrets apart, for people and for scanners.
const (
	TicketPrefix = "tk_"
	TokenPrefix  = "pat_"
)

// NewSecret returns a random secret of 130 bits behind prefix.
func NewSecret(prefix string) string { return prefix + NewID() }

// HashSecret is how a secret is stored. The secrets are random, so a plain hash is enough.
func HashSecret(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewCode returns 8 random characters of Crockford base32, 40 bits.
func NewCode() string {
	b := make([]byte, 8)
	rand.Read(b) // never fails, by its contract
	for i := range b {
		b[i] = crockford[b[i]&31]
	}
	return string(b)
}

// NormalCode folds what people type into the one form that is stored: upper case, O as 0, I and L as 1, no blanks or dashes.
func NormalCode(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(s))
}
