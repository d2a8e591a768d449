package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// Examine looks whether the store may hold recordings; its bucket is made if it is missing. One with versioning, object lock
// or replication is refused with a *BucketError: an erased recording would live on in it. ErrAway: there is no answer yet;
// any other error is one that only the operator can mend.
func (s *S3) Examine(ctx context.Context) error {
	ctx, stop := deadline(ctx, 0)
	defer stop()
	err := s.check(ctx)
	if away(err) {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

// check makes the bucket if it is missing and refuses one that keeps what is deleted.
func (s *S3) check(ctx context.Context) error {
	ok, err := s.remote.exists(ctx)
	if err != nil {
		return err
	}
	if !ok {
		if err := s.remote.makeBucket(ctx); err != nil {
			return fmt.Errorf("%w: %w", errUnmade, err)
		}
	}
	if err := s.checkVersioning(ctx); err != nil {
		return err
	}
	locked, err := s.remote.locked(ctx)
	err = s.setting(locked, err, "object lock", "make a new bucket without object lock and name it in the settings, because the lock cannot be taken off this one")
	if err != nil {
		return err
	}
	replicated, err := s.remote.replicated(ctx)
	err = s.setting(replicated, err, "replication", "remove the replication rules of the bucket, or name a bucket without any")
	if err != nil {
		return err
	}
	if !s.sse {
		return nil
	}
	return s.checkEncryption(ctx)
}

func (s *S3) checkVersioning(ctx context.Context) error {
	status, err := s.remote.versioning(ctx)
	mend := "make a new bucket without versioning and name it in the settings, because old versions outlive a deletion"
	if status == "Suspended" {
		mend = "versioning is suspended, but old versions may still be there; make a new bucket without versioning and name it in the settings"
	}
	return s.setting(status != "", err, "versioning", mend)
}

// setting judges one setting of the bucket: absent or unknown to the store is good, present or unreadable is not.
func (s *S3) setting(on bool, err error, reason, mend string) error {
	switch {
	case errors.Is(err, errUnset), errors.Is(err, errUnsupported):
		return nil
	case away(err):
		return err
	case err != nil:
		return &BucketError{Bucket: s.remote.bucket, Reason: reason, Err: err,
			Mend: "allow the access key to read this setting of the bucket, because recordings are only kept where they can be erased"}
	case on:
		return &BucketError{Bucket: s.remote.bucket, Reason: reason, Mend: mend}
	}
	return nil
}

// checkEncryption stores one byte and looks whether the store says that it encrypted it: some ignore the wish silently.
func (s *S3) checkEncryption(ctx context.Context) error {
	key, err := Key("probe", rand.Text())
	if err != nil {
		return err
	}
	probe := []byte{0}
	d, err := digestOf(bytes.NewReader(probe), s.sign)
	if err != nil {
		return err
	}
	if err := s.remote.put(ctx, key, bytes.NewReader(probe), 1, d); away(err) {
		return err
	} else if err != nil {
		return fmt.Errorf("%w: %w", ErrNotEncrypted, err)
	}
	i, err := s.remote.stat(ctx, key)
	if err == nil && i.encrypted == "" {
		err = ErrNotEncrypted
	}
	return errors.Join(err, s.Delete(ctx, key))
}
