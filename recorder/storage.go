package recorder

import (
	"fmt"
	"slices"
	"time"

	"plenum/recorder/archive"
)

// patience is how long the store may be silent before hosts are told during a recording: seconds of it are nobody's worry.
const patience = 2 * time.Minute

// StorageFault is what is wrong with the store, as far as its errors tell.
type StorageFault = archive.Fault

// The faults of a store.
const (
	FaultHost        = archive.NoHost
	FaultCertificate = archive.Certificate
	FaultTLS         = archive.NoTLS
	FaultBucket      = archive.NoBucket
	FaultKeys        = archive.Keys
	FaultKeeps       = archive.Keeps
	FaultEncryption  = archive.Unencrypted
	FaultNobody      = archive.Nobody
	FaultSlow        = archive.Slow
	FaultRoom        = archive.NoRoom
)

// StoreError is ErrStorage or ErrUnfit with the fault of the store; another one is like it that has the same of both.
type StoreError struct {
	Fault StorageFault
	Err   error
}

func (e *StoreError) Error() string { return fmt.Sprintf("%v (%s)", e.Err, e.Fault) }

// Unwrap gives ErrStorage or ErrUnfit.
func (e *StoreError) Unwrap() error { return e.Err }

// Is compares by fault and error.
func (e *StoreError) Is(other error) bool {
	o, ok := other.(*StoreError)
	return ok && *o == *e
}

// storeFails is err, ErrStorage or ErrUnfit, with what is known of the store.
func (s *Service) storeFails(err error) error {
	if f := s.c.Archive.State().Fault; f != archive.Unclear {
		return &StoreError{Fault: f, Err: err}
	}
	return err
}

// storage is how the way into the store stands.
func (s *Service) storage() StorageState {
	health := s.c.Archive.State().Health
	switch {
	case health == archive.Unfit:
		return StorageUnfit
	case s.diskReserve() != nil:
		return StorageFull
	case health != archive.Ok:
		return StorageRetrying
	}
	return StorageOK
}

// storeExamined refuses to record for a store that might keep what is erased: one that has not answered since the start, or
// was found to be such.
func (s *Service) storeExamined() error {
	switch s.c.Archive.State().Health {
	case archive.Awaited:
		return s.storeFails(ErrStorage)
	case archive.Unfit:
		return s.storeFails(ErrUnfit)
	case archive.Ok, archive.Retrying: // what is recorded can wait
	}
	return nil
}

// storeSilent says whether the store has not answered for so long that hosts should know.
func (s *Service) storeSilent(now time.Time) bool {
	state := s.c.Archive.State()
	return state.Health != archive.Ok && now.Sub(state.Since) >= patience
}

// watchStore tells the hosts of what is announced or runs when the store falls silent, and when it is back.
func (s *Service) watchStore(now time.Time) {
	silent := s.storeSilent(now)
	for _, r := range s.every() {
		r.mu.Lock()
		tell := r.rec.active() && r.silent != silent
		if tell {
			r.silent = silent
		}
		r.mu.Unlock()
		if tell {
			r.tellCounts()
		}
	}
}

// Recording says whether a recording of any webinar is announced or runs.
func (s *Service) Recording() bool {
	return slices.ContainsFunc(s.every(), func(r *room) bool {
		rec := r.current()
		return rec.active()
	})
}
