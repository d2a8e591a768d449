package sfu

import (
	"slices"

	"plenum/webinar/media"
)

// seat is what the layout knows of a source. Seats come in the order in which the sources opened.
type seat struct {
	id    uint64 // never 0
	owner string
	kind  media.Kind
	muted bool
}

// chart is a slot map: the source in each slot, 0 where there is none.
type chart struct{ audio, video []uint64 }

func newChart(audio, video int) chart {
	return chart{audio: make([]uint64, audio), video: make([]uint64, video)}
}

// arrange gives the seats slots. Who has a slot keeps it while there is room; if there is not enough, screens come
// first, then who is not muted, then who came earlier. A person's voice and picture get the same index if they can,
// because players synchronise what has one stream id, and a slot's stream id is its index.
func arrange(prev chart, seats []seat) chart {
	var audio, video []seat
	for _, s := range seats {
		if s.kind.Video() {
			video = append(video, s)
		} else {
			audio = append(audio, s)
		}
	}
	next := chart{video: place(prev.video, video, nil, nil)}
	next.audio = place(prev.audio, audio, next.video, video)
	return next
}

// place is arrange for one media; beside is the other media's chart, already done.
func place(prev []uint64, seats []seat, beside []uint64, others []seat) []uint64 {
	chosen := choose(seats, len(prev))
	next := make([]uint64, len(prev))
	for i, id := range prev {
		if id != 0 && slices.ContainsFunc(chosen, func(s seat) bool { return s.id == id }) {
			next[i] = id
		}
	}
	for _, s := range chosen {
		if slices.Contains(next, s.id) {
			continue
		}
		at := slices.Index(next, 0)
		if twin := slices.IndexFunc(others, func(o seat) bool { return pairs(s, o) }); twin >= 0 {
			if i := slices.Index(beside, others[twin].id); i >= 0 && i < len(next) && next[i] == 0 {
				at = i
			}
		}
		next[at] = s.id
	}
	return next
}

func pairs(a, b seat) bool {
	return a.owner == b.owner && (a.kind == media.Mic && b.kind == media.Camera || a.kind == media.ScreenAudio && b.kind == media.Screen)
}

// choose picks the n seats that matter most.
func choose(seats []seat, n int) []seat {
	if len(seats) <= n {
		return seats
	}
	ranked := slices.Clone(seats)
	slices.SortStableFunc(ranked, func(a, b seat) int { return rank(a) - rank(b) })
	return ranked[:n]
}

func rank(s seat) int {
	switch {
	case s.kind == media.Screen || s.kind == media.ScreenAudio:
		return 0
	case !s.muted:
		return 1
	default:
		return 2
	}
}

// mainView is the one picture and the one voice for players with a single video slot: the earliest live screen, else
// the earliest live camera; who speaks, else the earliest live microphone, else the sound of a screen. Muted sources
// serve when there are no others. Speaker is 0 when nobody spoke yet.
func mainView(seats []seat, speaker uint64) (audio, video uint64) {
	best := func(score func(seat) int) (id uint64) {
		top := 0
		for _, s := range seats {
			if v := score(s); v > top {
				top, id = v, s.id
			}
		}
		return id
	}
	live := func(s seat, v int) int {
		if s.muted {
			return v
		}
		return v + 10
	}
	video = best(func(s seat) int {
		switch s.kind {
		case media.Screen:
			return live(s, 2)
		case media.Camera:
			return live(s, 1)
		default: // no picture
			return 0
		}
	})
	audio = best(func(s seat) int {
		switch {
		case s.kind == media.Mic && s.id == speaker:
			return live(s, 3)
		case s.kind == media.Mic:
			return live(s, 2)
		case s.kind == media.ScreenAudio:
			return live(s, 1)
		}
		return 0
	})
	return audio, video
}
