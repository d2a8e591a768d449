package blob

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

const (
	minPart  = 8 << 20 // bytes; S3 wants at least 5 MiB
	maxParts = 10_000  // of one upload
)

// partSize returns the part size for an object, in bytes: 8 MiB, or as much more as keeps it within 10,000 parts.
// It depends on nothing but the size, so that a resumed upload cuts at the same places.
func partSize(size int64) int64 {
	least := (size + maxParts - 1) / maxParts
	return max(minPart, (least+1<<20-1)>>20<<20)
}

// digest is the content of one part: CRC32C for the store to keep and SHA-256 for the signature of the request.
type digest struct {
	crc    uint32
	sha256 string // hex; "": the request signs no body
}

// digestOf reads all of r. Without sign there is no SHA-256, which costs as much as all the rest of a recorded minute's
// way to the store; the checksum goes along and is verified all the same.
func digestOf(r io.Reader, sign bool) (digest, error) {
	crc := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	if !sign {
		if _, err := io.Copy(crc, r); err != nil {
			return digest{}, fmt.Errorf("read part: %w", err)
		}
		return digest{crc: crc.Sum32()}, nil
	}
	sha := sha256.New()
	if _, err := io.Copy(io.MultiWriter(crc, sha), r); err != nil {
		return digest{}, fmt.Errorf("read part: %w", err)
	}
	return digest{crc: crc.Sum32(), sha256: hex.EncodeToString(sha.Sum(nil))}, nil
}

// sums are the checksums of an object's parts in order.
type sums []uint32

// String returns the checksum in the form of S3's x-amz-checksum-crc32c: of the bytes for one part sent alone, of the
// parts' checksums with their number for more.
func (s sums) String() string {
	if len(s) == 1 {
		return crcText(s[0])
	}
	var raw []byte
	for _, c := range s {
		raw = binary.BigEndian.AppendUint32(raw, c)
	}
	return fmt.Sprintf("%s-%d", crcText(crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli))), len(s))
}

// comparable says whether a checksum from the store was made the same way.
func (s sums) comparable(stored string) bool {
	return stored != "" && strings.Contains(stored, "-") == strings.Contains(s.String(), "-")
}

func crcText(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

// sumRoom is how much is read at a time, in bytes: what a socket holds. With less the store is waited for more often.
const sumRoom = 256 << 10

// sumsOf reads size bytes of r in parts.
func sumsOf(r io.Reader, size int64) (sums, error) {
	var s sums
	room := make([]byte, min(sumRoom, size))
	for step := partSize(size); size > 0; size -= step {
		crc, err := sumOf(r, min(step, size), room)
		if err != nil {
			return nil, err
		}
		s = append(s, crc)
	}
	return s, nil
}

// sumOf reads n bytes of r by way of room; io.ErrUnexpectedEOF when it has less.
func sumOf(r io.Reader, n int64, room []byte) (uint32, error) {
	crc := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	got, err := io.CopyBuffer(crc, io.LimitReader(r, n), room)
	if err == nil && got < n {
		err = io.ErrUnexpectedEOF
	}
	return crc.Sum32(), err
}
