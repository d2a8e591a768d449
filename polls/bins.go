package polls

import "math"

// Bin counts the guesses between two numbers: From belongs to it, To to the next one, unless it is the last.
type Bin struct {
	From, To float64
	N        int
}

// bins is the histogram of the guesses: one bin a number where there are few different ones, else bins of an even width
// with round edges. Guesses far away from most lie in the first and the last bin, which reach as far as they have to.
func (g *numbers) bins() []Bin {
	n := len(g.values)
	if n <= maxBins {
		out := make([]Bin, n)
		for i, v := range g.values {
			out[i] = Bin{v, v, int(g.times[i])}
		}
		return out
	}
	from, to := g.core()
	step := roundStep((to - from) / maxBins)
	first := math.Floor(from/step) * step
	count := int(math.Floor((to-first)/step)) + 1
	out := make([]Bin, count)
	for i := range out {
		out[i] = Bin{From: edge(first, step, i), To: edge(first, step, i+1)}
	}
	for i, v := range g.values {
		place := 0
		for place < count-1 && v >= out[place].To {
			place++
		}
		out[place].N += int(g.times[i])
	}
	out[0].From = min(out[0].From, g.values[0])
	out[count-1].To = max(out[count-1].To, g.values[n-1])
	return out
}

// core is where most of the guesses lie: what is further from the inner eight tenths than these are wide does not count.
func (g *numbers) core() (from, to float64) {
	from, to = g.values[0], g.values[len(g.values)-1]
	low, high := g.quantile(0.1), g.quantile(0.9)
	if width := high - low; width > 0 {
		from, to = max(from, low-width), min(to, high+width)
	}
	return from, to
}

// quantile is the guess below which that share of all guesses lies.
func (g *numbers) quantile(share float64) float64 {
	var total, seen float64
	for _, t := range g.times {
		total += t
	}
	for i, t := range g.times {
		if seen += t; seen >= share*total {
			return g.values[i]
		}
	}
	return g.values[len(g.values)-1]
}

// roundStep is the next of 1, 2 and 5, times a power of ten.
func roundStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// edge is the edge of that number, without the dust of floating point.
func edge(first, step float64, i int) float64 {
	n := first + float64(i)*step
	scale := math.Pow(10, math.Ceil(-math.Log10(step))+1)
	if scaled := n * scale; math.Abs(scaled) < 1<<52 {
		return math.Round(scaled) / scale
	}
	return n
}
