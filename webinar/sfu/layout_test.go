package sfu

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plenum/webinar/media"
)

func TestArrange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		na, nv := rapid.IntRange(1, 4).Draw(t, "audio"), rapid.IntRange(1, 4).Draw(t, "video")
		c := newChart(na, nv)
		var seats []seat
		id, now := uint64(0), time.Unix(1000, 0)
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				id++
				seats = append(seats, seat{
					id: id, owner: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "owner"),
					kind:  rapid.SampledFrom([]media.Kind{media.Mic, media.Camera, media.Screen, media.ScreenAudio}).Draw(t, "kind"),
					muted: rapid.Bool().Draw(t, "muted"),
				})
			case 1:
				if len(seats) > 0 {
					i := rapid.IntRange(0, len(seats)-1).Draw(t, "leaves")
					seats = slices.Delete(seats, i, i+1)
				}
			case 2:
				if len(seats) > 0 {
					i := rapid.IntRange(0, len(seats)-1).Draw(t, "mutes")
					seats[i].muted = !seats[i].muted
				}
			case 3:
				if len(seats) > 0 {
					seats[rapid.IntRange(0, len(seats)-1).Draw(t, "speaks")].spoke = now
				}
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			next := arrange(c, seats, now)
			checkMedia(t, c.audio, next.audio, seats, false)
			checkVoices(t, c, next, seats, now)
			checkMedia(t, c.video, next.video, seats, true)
			c = next
		}
	})
}

func checkMedia(t *rapid.T, prev, next []uint64, all []seat, video bool) {
	var seats []seat
	for _, s := range all {
		if s.kind.Video() == video {
			seats = append(seats, s)
		}
	}
	used := 0
	for i, id := range next {
		if id == 0 {
			continue
		}
		used++
		if slices.Index(next, id) != i {
			t.Fatalf("%v holds %d twice", next, id)
		}
		if !slices.ContainsFunc(seats, func(s seat) bool { return s.id == id }) {
			t.Fatalf("%v holds %d, which is gone or of the other media", next, id)
		}
		if was := slices.Index(prev, id); was >= 0 && was != i {
			t.Fatalf("%d moved from slot %d to %d", id, was, i)
		}
	}
	if want := min(len(seats), len(next)); used != want {
		t.Fatalf("%d of %d slots used for %d sources", used, len(next), len(seats))
	}
	for _, out := range seats {
		if slices.Contains(next, out.id) {
			continue
		}
		for _, in := range seats {
			if slices.Contains(next, in.id) && rank(in) > rank(out) {
				t.Fatalf("%+v has a slot, %+v has none", in, out)
			}
		}
	}
}

// checkVoices fails if a voice that talks, or was given its slot just now, lost it to one that may not take it.
func checkVoices(t *rapid.T, prev, next chart, seats []seat, now time.Time) {
	screened := slices.ContainsFunc(seats, func(s seat) bool { return s.kind == media.ScreenAudio || s.kind == media.Screen })
	for i, id := range prev.audio {
		at := slices.IndexFunc(seats, func(s seat) bool { return s.id == id })
		if id == 0 || at < 0 || seats[at].muted || screened || next.audio[i] == id {
			continue
		}
		if now.Sub(seats[at].spoke) <= speakingHold || now.Sub(prev.given[i]) < slotHold {
			t.Fatalf("%+v lost slot %d", seats[at], i)
		}
		if taker := slices.IndexFunc(seats, func(s seat) bool { return s.id == next.audio[i] }); now.Sub(seats[taker].spoke) > speakingHold {
			t.Fatalf("%+v, who is silent, took slot %d from %+v", seats[taker], i, seats[at])
		}
	}
}

func TestTheLongestSilentGivesWay(t *testing.T) {
	at := time.Unix(1000, 0)
	c := newChart(3, 4)
	mic := func(id uint64) seat { return seat{id: id, owner: string(rune('a' + id)), kind: media.Mic} }
	seats := []seat{mic(1), mic(2), mic(3), mic(4), mic(5)}
	for i, x := range []struct {
		after  time.Duration
		speaks uint64
		want   []uint64
	}{
		{0, 0, []uint64{1, 2, 3}},
		{500 * time.Millisecond, 4, []uint64{1, 2, 3}}, // they have just been given their slots
		{1300 * time.Millisecond, 1, []uint64{1, 2, 3}},
		{300 * time.Millisecond, 2, []uint64{1, 2, 3}},
		{100 * time.Millisecond, 4, []uint64{1, 2, 4}}, // 3 has never spoken
		{100 * time.Millisecond, 5, []uint64{1, 2, 4}}, // all three talk or have just begun to
		{time.Second, 5, []uint64{5, 2, 4}},            // 1 is silent longest
		{time.Second, 3, []uint64{5, 3, 4}},            // 2 is, of those who can lose theirs
		{time.Minute, 0, []uint64{5, 3, 4}},            // silence changes nothing
	} {
		at = at.Add(x.after)
		if x.speaks > 0 {
			seats[x.speaks-1].spoke = at
		}
		if c = arrange(c, seats, at); !slices.Equal(c.audio, x.want) {
			t.Fatalf("step %d: %v, want %v", i, c.audio, x.want)
		}
	}
	seats = append(seats, seat{id: 6, owner: seats[4].owner, kind: media.Screen})
	for _, id := range []uint64{1, 2, 4} {
		seats[id-1].spoke = at
	}
	if c = arrange(c, seats, at); !slices.Contains(c.audio, 5) {
		t.Errorf("who presents has lost the slot: %v", c.audio)
	}
	seats[0].spoke, seats[2].blind, seats[2].muted = time.Time{}, true, false
	if c = arrange(c, seats, at.Add(time.Hour)); !slices.Contains(c.audio, 3) {
		t.Errorf("who cannot be measured has no slot: %v", c.audio)
	}
}

func TestVoiceAndPictureShareAnIndex(t *testing.T) {
	c := newChart(3, 4)
	seats := []seat{{id: 1, owner: "a", kind: media.Camera}, {id: 2, owner: "b", kind: media.Camera}, {id: 3, owner: "b", kind: media.Mic}, {id: 4, owner: "a", kind: media.Mic}}
	c = arrange(c, seats[:3], time.Unix(1000, 0))
	c = arrange(c, seats, time.Unix(1000, 0))
	if !slices.Equal(c.audio, []uint64{4, 3, 0}) || !slices.Equal(c.video, []uint64{1, 2, 0, 0}) {
		t.Errorf("%+v", c)
	}
}

func TestMainView(t *testing.T) {
	mic, cam := seat{id: 1, owner: "a", kind: media.Mic}, seat{id: 2, owner: "a", kind: media.Camera}
	mic2, cam2 := seat{id: 3, owner: "b", kind: media.Mic}, seat{id: 4, owner: "b", kind: media.Camera}
	screen, tab := seat{id: 5, owner: "b", kind: media.Screen}, seat{id: 6, owner: "b", kind: media.ScreenAudio}
	muted := func(s seat) seat { s.muted = true; return s }
	for _, x := range []struct {
		seats        []seat
		speaker      uint64
		audio, video uint64
	}{
		{nil, 0, 0, 0},
		{[]seat{mic, cam, mic2, cam2}, 0, 1, 2},
		{[]seat{mic, cam, mic2, cam2}, 3, 3, 2},
		{[]seat{mic, cam, mic2, cam2, screen, tab}, 0, 1, 5},
		{[]seat{muted(mic), muted(cam), mic2, cam2}, 1, 3, 4},
		{[]seat{muted(mic), cam, muted(screen), tab}, 1, 6, 2},
		{[]seat{muted(mic), muted(cam)}, 0, 1, 2},
	} {
		if a, v := mainView(x.seats, x.speaker); a != x.audio || v != x.video {
			t.Errorf("%v, speaker %d: %d and %d, want %d and %d", x.seats, x.speaker, a, v, x.audio, x.video)
		}
	}
}
