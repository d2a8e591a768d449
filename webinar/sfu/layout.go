package sfu

import (
	"cmp"
	"slices"
	"time"

	"plenum/webinar/media"
)

// seat is what the layout knows of a source. Seats come in the order in which the sources opened.
type seat struct {
	id    uint64 // never 0
	owner string
	kind  media.Kind
	muted bool
	spoke time.Time // when it was last heard talking; zero: never
	blind bool      // its packets do not tell how loud they are
}

// chart is a slot map: the source in each slot, 0 where there is none.
type chart struct {
	audio, video []uint64
	given        []time.Time // since when each audio slot carries what it does
}

func newChart(audio, video int) chart {
	return chart{audio: make([]uint64, audio), video: make([]uint64, video), given: make([]time.Time, audio)}
}

// arrange gives the seats slots. Who has a slot keeps it while there is room; if there is not enough, screens come
// first, then who is not muted, then who came earlier; for voices see [chart.voice]. A person's voice and picture get the same index if they can,
// because players synchronise what has one stream id, and a slot's stream id is its index.
func arrange(prev chart, seats []seat, now time.Time) chart {
	var audio, video []seat
	for _, s := range seats {
		if s.kind.Video() {
			video = append(video, s)
		} else {
			audio = append(audio, s)
		}
	}
	next := chart{video: place(prev.video, choose(video, len(prev.video), rank), nil, nil), given: slices.Clone(prev.given)}
	voice := prev.voice(seats, now)
	slices.SortStableFunc(audio, func(a, b seat) int { // of two who are silent, the one who spoke last comes first
		return cmp.Or(voice(a)-voice(b), b.spoke.Compare(a.spoke))
	})
	next.audio = place(prev.audio, choose(audio, len(prev.audio), voice), next.video, video)
	for i, id := range next.audio {
		if id != prev.audio[i] {
			next.given[i] = now
		}
	}
	return next
}

// slotHold is how long a voice keeps the audio slot that it was given, silent or not, so that slots do not flap.
const slotHold = 2 * time.Second

// voice ranks who gets an audio slot when there are too few: the sound of screens, who presents the first of them, who
// talks. Others keep what they have until a talker needs it, and of them the longest silent gives way.
func (c chart) voice(seats []seat, now time.Time) func(seat) int {
	presents := ""
	if i := slices.IndexFunc(seats, func(s seat) bool { return s.kind == media.Screen && !s.muted }); i >= 0 {
		presents = seats[i].owner
	}
	return func(s seat) int {
		slot := slices.Index(c.audio, s.id)
		talks := s.blind || now.Sub(s.spoke) <= speakingHold
		switch {
		case s.kind == media.ScreenAudio:
			return 0
		case s.muted:
			return 6
		case s.owner == presents:
			return 1
		case slot >= 0 && (talks || now.Sub(c.given[slot]) < slotHold):
			return 2
		case talks:
			return 3
		case slot >= 0:
			return 4
		default:
			return 5
		}
	}
}

// place is arrange for the chosen of one media; beside is the other media's chart, already done.
func place(prev []uint64, chosen []seat, beside []uint64, others []seat) []uint64 {
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

// choose picks the n seats that matter most: the lowest ranks.
func choose(seats []seat, n int, rank func(seat) int) []seat {
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
