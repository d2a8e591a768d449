package blob

import (
	"testing"

	"go.uber.org/goleak"

	"plenum/recorder/blob/blobtest"
)

// TestGatewayClosedAtOnce: a store that is closed the moment it is there leaves nothing that runs on.
func TestGatewayClosedAtOnce(t *testing.T) {
	before := goleak.IgnoreCurrent()
	dir := t.TempDir()
	for range 30 {
		g, err := Embedded(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
	}
	goleak.VerifyNone(t, append(blobtest.Leaks(), before)...)
}
