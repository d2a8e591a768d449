package polls

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPercentsAddUp(t *testing.T) {
	for _, c := range []struct {
		parts []int
		whole int
		want  []int // tenths
	}{
		{[]int{1, 1, 1}, 3, []int{333, 333, 333}}, // a tie is one
		{[]int{1, 1, 1, 1, 1, 1}, 6, []int{167, 167, 167, 167, 167, 167}},
		{[]int{2, 1}, 3, []int{667, 333}},
		{[]int{1, 2, 4}, 7, []int{143, 286, 571}},
		{[]int{1, 15}, 16, []int{62, 938}}, // rounded one by one it would be 100.1
		{[]int{3, 0}, 3, []int{1000, 0}},
		{[]int{2, 2, 1}, 3, []int{667, 667, 333}}, // several answers a ballot
		{[]int{0, 0}, 0, []int{0, 0}},
		{nil, 5, []int{}},
	} {
		if got := tenths(c.parts, c.whole); !slices.Equal(got, c.want) {
			t.Errorf("%v of %d: %v, not %v", c.parts, c.whole, got, c.want)
		}
	}
	if one, two := percent(1, 8), percents([]int{1, 7}, 8); one.String() != "12.5" || two[0].String() != "12.5" || two[1].String() != "87.5" {
		t.Error(one, two)
	}
}

// TestPercentsOfAnyVote: each is the exact share rounded up or down, who has more is shown no less, equal votes are equal,
// and what differs are two 100 % and no less.
func TestPercentsOfAnyVote(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 5000 {
		parts, whole := make([]int, 1+rnd.IntN(20)), 0
		for i := range parts {
			parts[i] = rnd.IntN(1 + rnd.IntN(300))
			whole += parts[i]
		}
		got, sum := tenths(parts, whole), 0
		for i, n := range got {
			sum += n
			if d := n*whole - 1000*parts[i]; whole > 0 && (d <= -whole || d >= whole) {
				t.Fatalf("%v: %v", parts, got)
			}
			for j, m := range got {
				if parts[i] == parts[j] && n != m || parts[i] > parts[j] && n < m {
					t.Fatalf("%v: %v", parts, got)
				}
			}
		}
		different := len(slices.Compact(slices.Sorted(slices.Values(parts)))) == len(parts)
		if whole > 0 && different && sum != 1000 {
			t.Fatalf("%v: %v are %d together", parts, got, sum)
		}
	}
}
