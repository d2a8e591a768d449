package polls

import (
	"cmp"
	"maps"
	"slices"

	"plenum/sheet"
)

// percents are the shares of a whole, from 0 to 100 with one decimal; 0 while there is nothing. Where the parts make up
// the whole they add up to 100: each is rounded down, and what is missing goes to the largest remainders. Equal parts stay
// equal, so that a tie never looks like a win. The pages do the same with whole percents (frontend/src/lib/tally.ts).
func percents(parts []int, whole int) []sheet.Cell {
	out := make([]sheet.Cell, len(parts))
	for i, n := range tenths(parts, whole) {
		out[i] = sheet.Number(float64(n)/10, 1)
	}
	return out
}

// percent is one share of a whole.
func percent(n, whole int) sheet.Cell { return percents([]int{n}, whole)[0] }

// tenths are the same in tenths of a percent.
func tenths(parts []int, whole int) []int {
	out := make([]int, len(parts))
	if whole <= 0 {
		return out
	}
	sum, left := 0, 1000
	for i, n := range parts {
		out[i] = 1000 * n / whole
		sum, left = sum+n, left-out[i]
	}
	if sum != whole {
		for i, n := range parts {
			out[i] = (2000*n + whole) / (2 * whole)
		}
		return out
	}
	alike := map[int]int{}
	for _, n := range parts {
		alike[n]++
	}
	for _, most := range slices.SortedFunc(maps.Keys(alike), func(a, b int) int {
		return cmp.Or(cmp.Compare(1000*b%whole, 1000*a%whole), cmp.Compare(b, a))
	}) {
		if 2*left <= alike[most] { // with them it would be further from 100 than without
			break
		}
		for i, n := range parts {
			if n == most {
				out[i]++
			}
		}
		left -= alike[most]
	}
	return out
}
