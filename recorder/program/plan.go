package program

import (
	"cmp"
	"slices"

	"plenum/recorder/webm"
)

const (
	hold    = 2000 / window // windows that somebody must speak for before the picture changes
	early   = 1000          // ms: a key frame so much before the change serves as well
	longGap = 1000          // ms that no master holds, from which on they are left out
)

// cut says that from a moment on a tape is taken; nil: none is.
type cut struct {
	at   int64
	from *tape
}

// span is a part of the session, in ms.
type span struct{ from, to int64 }

// plan says what is taken from which master; times are session ms.
type plan struct {
	tapes   []*tape
	spans   []span // what is kept, in order
	codec   webm.Codec
	picture []cut
	sound   []cut
}

func newPlan(tapes []*tape) *plan {
	p := &plan{tapes: slices.Clone(tapes)}
	slices.SortStableFunc(p.tapes, func(a, b *tape) int {
		return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.start, b.start))
	})
	p.spans = spans(tapes)
	p.codec = mostly(tapes)
	floor := p.floor()
	p.sound = changes(floor)
	p.picture = resolve(changes(p.faces(settle(floor))))
	return p
}

// spans is what any master holds, without short holes.
func spans(tapes []*tape) []span {
	list := make([]span, len(tapes))
	for i, t := range tapes {
		list[i] = span{t.start, t.end}
	}
	slices.SortFunc(list, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].to+longGap {
			out[n-1].to = max(out[n-1].to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// mostly is the codec of most pictures: a file has one, and others are left out.
func mostly(tapes []*tape) webm.Codec {
	count := map[webm.Codec]int{}
	var best webm.Codec
	for _, t := range tapes {
		for _, n := range t.frames {
			count[t.codec] += n
		}
		if t.codec != 0 && (best == 0 || count[t.codec] > count[best]) {
			best = t.codec
		}
	}
	return best
}

// trim leaves what lies in s, all of it if s is zero. The picture that is on the screen when s begins needs its key frame.
func (p *plan) trim(s span) {
	if s.to == 0 {
		return
	}
	if t := at(p.picture, s.from); t != nil && s.from < t.end {
		if k, found := slices.BinarySearch(t.keys, s.from); !found && k > 0 {
			s.from = t.keys[k-1]
		}
	}
	var kept []span
	for _, x := range p.spans {
		if x = (span{max(x.from, s.from), min(x.to, s.to)}); x.from < x.to {
			kept = append(kept, x)
		}
	}
	p.spans = kept
}

// before reports whether the program goes on behind a moment.
func (p *plan) before(at int64) bool { return len(p.spans) > 0 && at < p.spans[len(p.spans)-1].to }

// keeps reports whether a moment is in the program.
func (p *plan) keeps(at int64) bool {
	return slices.ContainsFunc(p.spans, func(s span) bool { return s.from <= at && at < s.to })
}

func (p *plan) length() (ms int64) {
	for _, s := range p.spans {
		ms += s.to - s.from
	}
	return ms
}

// place is where a moment lies in the program. What is left out lies where the program goes on.
func (p *plan) place(at int64) (ms int64) {
	for _, s := range p.spans {
		if at < s.to {
			return ms + max(at-s.from, 0)
		}
		ms += s.to - s.from
	}
	return ms
}

// windows is the number of windows up to the end.
func (p *plan) windows() int64 {
	end := int64(0)
	for _, t := range p.tapes {
		end = max(end, t.end)
	}
	return (end + window - 1) / window
}

// floor says for each window whose sound is taken: who has it keeps it while speaking, and while nobody else does.
func (p *plan) floor() []*tape {
	out := make([]*tape, p.windows())
	var now *tape
	for w := range out {
		at := int64(w)
		switch {
		case now != nil && now.voice[at]:
		default:
			if next := p.first(at, func(t *tape) bool { return t.voice[at] }); next != nil {
				now = next
			} else if now == nil || !now.covers(at) {
				now = p.first(at, func(t *tape) bool { return t.sound && t.bytes[at] > 0 })
			}
		}
		out[w] = now
	}
	return out
}

// first returns the first tape with that quality: who shows a screen presents and goes first, then by rank. The sound of
// a screen comes last.
func (p *plan) first(w int64, ok func(*tape) bool) *tape {
	var presenter string
	if s := p.screen(w); s != nil {
		presenter = s.Person
	}
	var best *tape
	for _, t := range p.tapes {
		if !ok(t) {
			continue
		}
		if t.Person == presenter && !t.Screen {
			return t
		}
		if best == nil || best.Screen && !t.Screen {
			best = t
		}
	}
	return best
}

// screen returns the screen that is shown, the latest of several.
func (p *plan) screen(w int64) (best *tape) {
	for _, t := range p.tapes {
		if t.Screen && t.codec == p.codec && t.codec != 0 && t.shows(w) && (best == nil || t.start > best.start) {
			best = t
		}
	}
	return best
}

// settle gives each short turn to whoever had the floor before it.
func settle(floor []*tape) []*tape {
	out := slices.Clone(floor)
	for i := 0; i < len(out); {
		j := i
		for j < len(out) && out[j] == out[i] {
			j++
		}
		if i > 0 && j-i < hold && out[i-1] != nil {
			for k := i; k < j; k++ {
				out[k] = out[i-1]
			}
		}
		i = j
	}
	return out
}

// faces says for each window which picture is shown.
func (p *plan) faces(floor []*tape) []*tape {
	out := make([]*tape, len(floor))
	var now *tape
	for i, speaker := range floor {
		w := int64(i)
		face := func(t *tape) bool { return !t.Screen && t.codec != 0 && t.codec == p.codec && t.shows(w) }
		next := p.screen(w)
		if next == nil && speaker != nil {
			if face(speaker) {
				next = speaker
			} else {
				next = p.first(w, func(t *tape) bool { return t.Person == speaker.Person && face(t) })
			}
		}
		if next == nil && now != nil && face(now) {
			next = now
		}
		if next == nil {
			next = p.first(w, face)
		}
		now = next
		out[i] = now
	}
	return out
}

// changes lists where the tape changes.
func changes(list []*tape) []cut {
	var out []cut
	for i, t := range list {
		if i == 0 || t != list[i-1] {
			out = append(out, cut{int64(i) * window, t})
		}
	}
	return out
}

// resolve moves every change of the picture to a key frame of what comes. A change without one before the next change
// does not happen: what was shown goes on.
func resolve(list []cut) []cut {
	var out []cut
	for i, c := range list {
		if c.from == nil {
			continue // the last picture stands
		}
		until := int64(1<<62 - 1)
		if i+1 < len(list) {
			until = list[i+1].at
		}
		from := c.at - early
		if n := len(out); n > 0 {
			from = max(from, out[n-1].at+1)
			if out[n-1].from == c.from {
				continue
			}
		}
		k, _ := slices.BinarySearch(c.from.keys, from)
		if k < len(c.from.keys) && c.from.keys[k] < until {
			out = append(out, cut{c.from.keys[k], c.from})
		}
	}
	return out
}

// at returns the tape of a moment.
func at(list []cut, ms int64) *tape {
	i, found := slices.BinarySearchFunc(list, ms, func(c cut, ms int64) int { return cmp.Compare(c.at, ms) })
	if !found {
		i--
	}
	if i < 0 {
		return nil
	}
	return list[i].from
}
