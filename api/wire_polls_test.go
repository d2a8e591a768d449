package api

import (
	"reflect"
	"testing"

	"plenum/polls"
)

// TestNothingOfATallyIsLost fills every field of a result and looks for it behind the conversion.
func TestNothingOfATallyIsLost(t *testing.T) {
	one, number := 1, 1.5
	full := polls.Tally{
		Poll: "p", Total: 2, Votes: []int{1}, Points: []int{2}, Mean: &number, Median: &number, Bins: []polls.Bin{{From: 1, To: 2, N: 3}},
		Right: &one, Texts: []string{"a"}, States: []polls.TextState{"shown"},
		Motion: &polls.Outcome{Votes: []int{1}},
	}
	for v, i := reflect.ValueOf(full), 0; i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Fatalf("the test knows nothing of %s", v.Type().Field(i).Name)
		}
	}
	v := reflect.ValueOf(tallyWire(full))
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is lost", v.Type().Field(i).Name)
		}
	}
}
