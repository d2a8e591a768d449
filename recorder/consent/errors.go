package consent

import (
	"errors"
	"fmt"
)

// The faults that callers tell apart.
var (
	ErrUnknown  = errors.New("the ledger knows no such recording")
	ErrState    = errors.New("the recording is in another state")
	ErrNotice   = errors.New("the answer names another notice than the one announced")
	ErrNotShown = errors.New("the notice was not shown since the last answer")
	ErrActor    = errors.New("nobody answers for another")
	ErrAnswer   = errors.New("malformed answer")
	ErrNoMedia  = errors.New("a yes to neither sound nor picture")
	ErrKeyUsed  = errors.New("the idempotency key was used and its answer overtaken by a later one")
	ErrLedger   = errors.New("the consent ledger did not take the entry")
	ErrTurn     = fmt.Errorf("%w: it is still busy with others", ErrLedger)
	ErrTampered = errors.New("the ledger was altered")
)
