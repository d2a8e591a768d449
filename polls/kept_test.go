package polls

import (
	"slices"
	"testing"
	"time"
)

// I21: a text that few gave tells who gave it, to those who know them; and nothing is kept before everybody is told.
func TestI21KeptTextsAreOfMany(t *testing.T) {
	tally := Tally{Total: 9, Texts: []string{"sun", "rain", "shown no more"}, Votes: []int{5, 4, 6}, States: []TextState{TextShown, TextShown, TextHidden}}
	v := View{Poll: Poll{Kind: WordCloud, State: StateClosed}, Tally: &tally}
	v.Poll.PublishedAt = time.Unix(1, 0)
	got := v.Kept(5)
	if got == nil || !slices.Equal(got.Texts, []string{"sun"}) || !slices.Equal(got.Votes, []int{5}) || got.States != nil {
		t.Errorf("%+v", got)
	}
	if len(tally.Texts) != 3 {
		t.Error("the result itself was changed")
	}
	v.Poll.PublishedAt = time.Time{}
	if got := v.Kept(5); got != nil {
		t.Errorf("before it is published: %+v", got)
	}
}
