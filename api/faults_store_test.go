package api

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"plenum/recorder"
	"plenum/webinar"
)

// The fault of a store is told in its own words, under the code that programs know, and before the words for any store.
func TestStoreFaultsTellWhatToDo(t *testing.T) {
	said := map[string]bool{}
	for _, f := range []recorder.StorageFault{
		recorder.FaultHost, recorder.FaultCertificate, recorder.FaultTLS, recorder.FaultBucket, recorder.FaultKeys,
		recorder.FaultKeeps, recorder.FaultEncryption, recorder.FaultNobody, recorder.FaultSlow, recorder.FaultRoom,
	} {
		for code, kind := range map[string]error{"storage": recorder.ErrStorage, "storage-unfit": recorder.ErrUnfit} {
			err := fmt.Errorf("announce: %w", &recorder.StoreError{Fault: f, Err: kind})
			rows := faults()
			i := slices.IndexFunc(rows, func(row fault) bool { return errors.Is(err, row.err) })
			if i < 0 || rows[i].code != code {
				t.Fatalf("%s: row %d", f, i)
			}
			en, de := rows[i].says.in(webinar.English), rows[i].says.in(webinar.German)
			if said[code+en] || en == de {
				t.Errorf("%s is told like another: %s / %s", f, en, de)
			}
			said[code+en] = true
			if f != recorder.FaultRoom && (!strings.Contains(en, "hoever runs the server") || !strings.Contains(de, "er den Server betreibt")) {
				t.Errorf("%s: nobody is named to ask: %s / %s", f, en, de)
			}
		}
	}
}
