package blob

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"testing/iotest"
)

// Bodies of any length go over one connection, whole and one behind the other; a reader's fault is told.
func TestWide(t *testing.T) {
	here, there := net.Pipe()
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(there)
		got <- all
	}()
	w := &wide{Conn: here}
	random := rand.NewChaCha8([32]byte{})
	var want []byte
	for _, n := range []int64{0, 1, 700, sumRoom + 1, 3*sumRoom - 1, 5, sumRoom} {
		body := make([]byte, n)
		random.Read(body)
		want = append(want, body...)
		if sent, err := w.ReadFrom(io.LimitReader(bytes.NewReader(append(body, "more"...)), n)); sent != n || err != nil {
			t.Fatal(sent, n, err)
		}
	}
	if len(w.room) > sumRoom {
		t.Errorf("room of %d bytes", len(w.room))
	}
	fault := errors.New("disk")
	if _, err := w.ReadFrom(iotest.ErrReader(fault)); !errors.Is(err, fault) {
		t.Error(err)
	}
	here.Close()
	if all := <-got; !bytes.Equal(all, want) {
		t.Errorf("%d bytes instead of %d", len(all), len(want))
	}
}
