package consent

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"plenum/migrations/fresh"
)

// keysOf adds the names of all fields under v, each with its way there.
func keysOf(v any, way string, to map[string]any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			to[strings.TrimPrefix(way+"."+k, ".")] = x
			keysOf(x, way+"."+k, to)
		}
	case []any:
		for _, x := range v {
			keysOf(x, way, to)
		}
	}
}

// TestReceiptSaysWhatTheStandardAsksFor: the fields of ISO/IEC TS 27560 as the DPV guide names them are there and say
// something, for a yes with publication as for a no.
func TestReceiptSaysWhatTheStandardAsksFor(t *testing.T) {
	l := NewLedger(fresh.For(t), testKey())
	b, err := NewBook(t.Context(), l, &pad{}, testWebinar)
	if err != nil {
		t.Fatal(err)
	}
	b.mustAnnounce(t, rec1, testNotice())
	if _, err := b.Show(t.Context(), b.reply(rec1, ann, 0)); err != nil {
		t.Fatal(err)
	}
	yes := b.reply(rec1, ann, Audio|Name)
	yes.Publish = true
	given, err := b.Grant(t.Context(), yes, nothing)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := b.Withdraw(t.Context(), b.reply(rec1, ann, 0), nobody)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		st       Standing
		state    string
		purposes int
	}{{given, "dpv:ConsentGiven", 2}, {taken, "dpv:ConsentWithdrawn", 1}} {
		doc, err := c.st.Receipt.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var whole map[string]any
		if err := json.Unmarshal(doc, &whole); err != nil {
			t.Fatal(err)
		}
		keys := map[string]any{}
		keysOf(whole, "", keys)
		purpose := "pii_processing.purposes."
		for _, want := range []string{
			"schema_version", "receipt_id", "record_id", "pii_principal_id", "pii_processing.privacy_notice.sha256", "pii_processing.language",
			purpose + "purpose", purpose + "lawful_basis", purpose + "pii_information.pii_type", purpose + "pii_information.pii_optional",
			purpose + "pii_controllers", purpose + "collection_method", purpose + "processing_method", purpose + "storage_locations",
			purpose + "retention_period", purpose + "recipient_third_parties", purpose + "withdrawal_method", purpose + "privacy_rights",
			"party_identification.party_id", "party_identification.party_role", "party_identification.party_name",
			"events.event_time", "events.validity_duration", "events.entity_id", "events.event_type", "events.event_state",
		} {
			if v, ok := keys[want]; !ok || v == "" || v == nil {
				t.Errorf("%s: %v", want, v)
			}
		}
		if n := len(whole["pii_processing"].(map[string]any)["purposes"].([]any)); n != c.purposes || keys["events.event_state"] != c.state {
			t.Errorf("%d purposes, state %v", n, keys["events.event_state"])
		}
		var parties []string
		for _, p := range c.st.Receipt.parties() {
			parties = append(parties, p.ID)
		}
		for _, p := range c.st.Receipt.purposes() {
			for _, id := range p.Controllers {
				if !slices.Contains(parties, id) {
					t.Errorf("the controller %s is no party", id)
				}
			}
		}
	}
}
