package program

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// packetMS is how much sound each packet of a mix holds.
const packetMS = 20

// errOgg says that a mix is not Ogg as RFC 3533 has it.
var errOgg = errors.New("program: the mix cannot be read")

// oggReader reads the packets of the one stream in an Ogg file.
type oggReader struct {
	in      io.ReadCloser
	buf     *bufio.Reader
	packets [][]byte
	rest    []byte // the beginning of a packet that goes on in the next page
	seen    int    // packets that were handed out, the two of the header among them
}

func newOggReader(in io.ReadCloser) *oggReader { return &oggReader{in: in, buf: bufio.NewReader(in)} }

// next returns the next packet and its time on the program's clock, io.EOF behind the last.
func (o *oggReader) next() (ms int64, data []byte, err error) {
	for {
		for len(o.packets) == 0 {
			if err := o.page(); err != nil {
				return 0, nil, err
			}
		}
		data, o.packets = o.packets[0], o.packets[1:]
		if o.seen++; o.seen > 2 { // behind OpusHead and OpusTags, RFC 7845 section 3
			return int64(o.seen-3) * packetMS, data, nil
		}
	}
}

// page reads a page; its layout is that of RFC 3533 section 6.
func (o *oggReader) page() error {
	const fixed = 27
	var head [fixed]byte
	if _, err := io.ReadFull(o.buf, head[:]); errors.Is(err, io.EOF) {
		return io.EOF
	} else if err != nil {
		return fmt.Errorf("%w: %w", errOgg, err)
	}
	if string(head[:4]) != "OggS" {
		return errOgg
	}
	lacing := make([]byte, head[fixed-1])
	if _, err := io.ReadFull(o.buf, lacing); err != nil {
		return fmt.Errorf("%w: %w", errOgg, err)
	}
	for _, n := range lacing {
		part := make([]byte, n)
		if _, err := io.ReadFull(o.buf, part); err != nil {
			return fmt.Errorf("%w: %w", errOgg, err)
		}
		o.rest = append(o.rest, part...)
		if n < 255 {
			o.packets, o.rest = append(o.packets, o.rest), nil
		}
	}
	return nil
}
