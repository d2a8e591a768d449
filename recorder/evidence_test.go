package recorder

import (
	"bytes"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
)

// What people answered outlives the recording by a time, and not for ever. The chain stays sound.
func TestEvidenceHasAnEnd(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann := w.seat("ann", webinar.Host)
		old := w.running(false, ann)
		stop := func(id RecordingID) {
			t.Helper()
			if _, err := w.s.Stop(t.Context(), w.w, id, ""); err != nil {
				t.Fatal(err)
			}
			w.s.bg.Wait()
		}
		stop(old.ID)
		told := func(rec RecordingID) (n int) {
			t.Helper()
			if err := w.db.Raw(`SELECT count(*) FROM consent_payloads JOIN consent_chain USING (webinar_id, seq) WHERE recording_id = ?`, rec).Scan(&n).Error; err != nil {
				t.Fatal(err)
			}
			return n
		}
		keep := w.s.c.Evidence
		forget := func() { w.s.forget(t.Context(), time.Now().Add(-keep)) }
		w.idle(keep + time.Hour)
		if forget(); told(old.ID) == 0 {
			t.Error("gone before the recording")
		}
		if err := w.s.Delete(t.Context(), w.w, old.ID); err != nil {
			t.Fatal(err)
		}
		w.idle(keep - time.Hour)
		if forget(); told(old.ID) == 0 {
			t.Error("gone with the recording")
		}
		young := w.running(false, ann)
		stop(young.ID)
		if err := w.s.Delete(t.Context(), w.w, young.ID); err != nil {
			t.Fatal(err)
		}
		w.idle(2 * time.Hour)
		forget()
		if n := told(old.ID); n != 0 || told(young.ID) == 0 {
			t.Errorf("%d entries of the old one left, %d of the young one", n, told(young.ID))
		}
		var ledger bytes.Buffer
		if err := w.s.ledger.Export(t.Context(), w.w, &ledger); err != nil {
			t.Fatal(err)
		}
		if found, err := consent.Verify(&ledger, ""); err != nil || found.Erased == 0 || found.Erased == found.Entries {
			t.Errorf("%+v, %v", found, err)
		}
	})
}
