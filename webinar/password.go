package webinar

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of a password hash: argon2id with 2 passes over 19 MiB (OWASP's second choice, for small servers).
const (
	argonPasses  = 2
	argonKiB     = 19 * 1024
	argonThreads = 1
	argonBytes   = 32
)

// MinPassword is the least number of characters of a password.
const MinPassword = 12

// hasher computes at most two hashes at a time and lets at most 32 callers wait, so that a flood of sign-ins costs
// bounded memory.
type hasher struct {
	running chan struct{}
	waiting chan struct{}
}

func newHasher() *hasher {
	return &hasher{running: make(chan struct{}, 2), waiting: make(chan struct{}, 32)}
}

func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return nil, ErrBusy
	}
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash returns "argon2id$salt$key", both in base64.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, 16)
	rand.Read(salt) // never fails, by its contract
	key := argon2.IDKey([]byte(password), salt, argonPasses, argonKiB, argonThreads, argonBytes)
	enc := base64.RawStdEncoding
	return "argon2id$" + enc.EncodeToString(salt) + "$" + enc.EncodeToString(key), nil
}

// matches reports whether password made stored. An empty stored hash costs the same time and never matches, so that
// an unknown e-mail answers no faster than a wrong password.
func (h *hasher) matches(ctx context.Context, stored, password string) (bool, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	salt, want := make([]byte, 16), make([]byte, argonBytes)
	known := stored != ""
	if known {
		parts := strings.Split(stored, "$")
		if len(parts) != 3 || parts[0] != "argon2id" {
			return false, fmt.Errorf("stored password hash has an unknown form")
		}
		if salt, err = base64.RawStdEncoding.DecodeString(parts[1]); err != nil {
			return false, fmt.Errorf("stored password salt: %w", err)
		}
		if want, err = base64.RawStdEncoding.DecodeString(parts[2]); err != nil {
			return false, fmt.Errorf("stored password key: %w", err)
		}
	}
	got := argon2.IDKey([]byte(password), salt, argonPasses, argonKiB, argonThreads, argonBytes)
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}
