package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Put implements Store: one request up to 8 MiB, a multipart upload that can be resumed above.
func (s *S3) Put(ctx context.Context, u Upload) error {
	if _, _, err := ParseKey(u.Key); err != nil {
		return err
	}
	if u.Size <= 0 || u.Body == nil {
		return errors.New("an object must have a size")
	}
	var sent sums
	var err error
	if u.Size <= minPart {
		sent, err = s.putWhole(ctx, u)
	} else {
		sent, err = s.putParts(ctx, u)
	}
	if err != nil {
		return err
	}
	if err := u.halted(); err != nil {
		return err
	}
	if err := s.verify(ctx, u.Key, u.Size, sent, u.UploadID != ""); err != nil {
		return err
	}
	return s.durable()
}

func (u Upload) halted() error {
	if u.Halted != nil && u.Halted() {
		return ErrHalted
	}
	return nil
}

func (s *S3) putWhole(ctx context.Context, u Upload) (sums, error) {
	d, err := digestOf(io.NewSectionReader(u.Body, 0, u.Size), s.sign)
	if err != nil {
		return nil, err
	}
	if err := u.halted(); err != nil {
		return nil, err
	}
	ctx, stop := deadline(ctx, u.Size)
	defer stop()
	return sums{d.crc}, s.remote.put(ctx, u.Key, io.NewSectionReader(u.Body, 0, u.Size), u.Size, d)
}

func (s *S3) putParts(ctx context.Context, u Upload) (sums, error) {
	have, sent, err := s.resume(ctx, u)
	if err != nil || sent != nil {
		return sent, err
	}
	if have == nil { // nothing to resume
		if u.UploadID, err = s.begin(ctx, u); err != nil {
			return nil, err
		}
	}
	step := partSize(u.Size)
	var list []part
	for off := int64(0); off < u.Size; off += step {
		size := min(step, u.Size-off)
		d, err := digestOf(io.NewSectionReader(u.Body, off, size), s.sign)
		if err != nil {
			return nil, err
		}
		n := len(list) + 1
		p, ok := have[n]
		if !ok || p.size != size || p.crc != crcText(d.crc) || p.etag == "" {
			if p, err = s.putPart(ctx, u, n, io.NewSectionReader(u.Body, off, size), d); err != nil {
				return nil, err
			}
		}
		list, sent = append(list, p), append(sent, d.crc)
	}
	return sent, s.complete(ctx, u, list)
}

func (s *S3) putPart(ctx context.Context, u Upload, n int, body *io.SectionReader, d digest) (part, error) {
	if err := u.halted(); err != nil {
		return part{}, err
	}
	ctx, stop := deadline(ctx, body.Size())
	defer stop()
	return s.remote.putPart(ctx, u.Key, u.UploadID, n, body, body.Size(), d)
}

// resume returns the parts that an earlier call has left. An upload that the store no longer knows may have been
// completed by a call whose answer got lost: then sent is returned and nothing remains to be done but to verify.
func (s *S3) resume(ctx context.Context, u Upload) (have map[int]part, sent sums, err error) {
	if u.UploadID == "" {
		return nil, nil, nil
	}
	if err := u.halted(); err != nil {
		return nil, nil, err
	}
	have, err = s.parts(ctx, u)
	if !errors.Is(err, errNoUpload) {
		return have, nil, err
	}
	sent, err = sumsOf(io.NewSectionReader(u.Body, 0, u.Size), u.Size)
	if err != nil {
		return nil, nil, fmt.Errorf("read upload: %w", err)
	}
	err = s.verify(ctx, u.Key, u.Size, sent, true)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCorrupt) {
		return nil, nil, nil // start anew
	}
	return nil, sent, err
}

func (s *S3) parts(ctx context.Context, u Upload) (map[int]part, error) {
	ctx, stop := deadline(ctx, 0)
	defer stop()
	return s.remote.parts(ctx, u.Key, u.UploadID)
}

// begin starts a new upload; older ones of the same key, whose id got lost, are aborted.
func (s *S3) begin(ctx context.Context, u Upload) (string, error) {
	if err := u.halted(); err != nil {
		return "", err
	}
	if err := s.abortAll(ctx, u.Key); err != nil {
		return "", err
	}
	if err := u.halted(); err != nil {
		return "", err
	}
	ctx, stop := deadline(ctx, 0)
	defer stop()
	id, err := s.remote.newUpload(ctx, u.Key)
	if err != nil {
		return "", err
	}
	if u.Started != nil {
		if err := u.Started(id); err != nil {
			return "", fmt.Errorf("keep upload id: %w", err)
		}
	}
	return id, nil
}

func (s *S3) complete(ctx context.Context, u Upload, list []part) error {
	if err := u.halted(); err != nil {
		return err
	}
	ctx, stop := deadline(ctx, 32<<20) // 18 min: some stores copy all parts now
	defer stop()
	err := s.remote.complete(ctx, u.Key, u.UploadID, list)
	if errors.Is(err, errNoUpload) {
		return nil // completed before, or by another; verify tells
	}
	return err
}

// verify compares the stored object with what was sent: size, identity and checksum, which the store has made of what reached
// it. A store that reports none, or one of another form, is read back, and so is whatever was interrupted.
func (s *S3) verify(ctx context.Context, key string, size int64, sent sums, interrupted bool) error {
	i, err := s.Stat(ctx, key)
	if err != nil {
		return err
	}
	recording, segment, _ := ParseKey(key)
	switch {
	case i.Size != size:
		return fmt.Errorf("%w: %d bytes instead of %d", ErrCorrupt, i.Size, size)
	case i.Recording != recording || i.Segment != segment:
		return fmt.Errorf("%w: it is not the same segment", ErrCorrupt)
	case s.sse && i.encrypted == "":
		return errors.Join(ErrNotEncrypted, s.Delete(ctx, key))
	case sent.comparable(i.Checksum) && i.Checksum != sent.String():
		return fmt.Errorf("%w: checksum %s instead of %s", ErrCorrupt, i.Checksum, sent)
	case sent.comparable(i.Checksum) && !interrupted:
		return nil
	}
	back, err := s.sumsBack(ctx, key, size)
	if err != nil {
		return err
	}
	if back.String() != sent.String() {
		return fmt.Errorf("%w: read back as %s instead of %s", ErrCorrupt, back, sent)
	}
	return nil
}

// sumsBack reads an object back in requests of a part each: the reader's, of 1 MiB that it holds, take more than twice the CPU.
func (s *S3) sumsBack(ctx context.Context, key string, size int64) (sums, error) {
	var back sums
	room := make([]byte, min(sumRoom, size))
	step := partSize(size)
	for at := int64(0); at < size; at += step {
		crc, err := s.sumBack(ctx, key, at, min(step, size-at), room)
		if err != nil {
			return nil, err
		}
		back = append(back, crc)
	}
	return back, nil
}

func (s *S3) sumBack(ctx context.Context, key string, at, n int64, room []byte) (crc uint32, err error) {
	ctx, stop := deadline(ctx, n)
	defer stop()
	err = s.remote.get(ctx, key, at, n, func(body io.Reader) (err error) {
		crc, err = sumOf(body, n, room)
		return err
	})
	return crc, err
}
