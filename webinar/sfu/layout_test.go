package sfu

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"plenum/webinar/media"
)

func TestArrange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		na, nv := rapid.IntRange(1, 4).Draw(t, "audio"), rapid.IntRange(1, 4).Draw(t, "video")
		c := newChart(na, nv)
		var seats []seat
		id := uint64(0)
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			switch rapid.IntRange(0, 2).Draw(t, "what") {
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
			}
			next := arrange(c, seats)
			checkMedia(t, c.audio, next.audio, seats, false)
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

func TestVoiceAndPictureShareAnIndex(t *testing.T) {
	c := newChart(3, 4)
	seats := []seat{{1, "a", media.Camera, false}, {2, "b", media.Camera, false}, {3, "b", media.Mic, false}, {4, "a", media.Mic, false}}
	c = arrange(c, seats[:3])
	c = arrange(c, seats)
	if !slices.Equal(c.audio, []uint64{4, 3, 0}) || !slices.Equal(c.video, []uint64{1, 2, 0, 0}) {
		t.Errorf("%+v", c)
	}
}

func TestMainView(t *testing.T) {
	mic, cam := seat{1, "a", media.Mic, false}, seat{2, "a", media.Camera, false}
	mic2, cam2 := seat{3, "b", media.Mic, false}, seat{4, "b", media.Camera, false}
	screen, tab := seat{5, "b", media.Screen, false}, seat{6, "b", media.ScreenAudio, false}
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
