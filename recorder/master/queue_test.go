package master

import (
	"strconv"
	"testing"

	"plenum/recorder/webm"
	"plenum/webinar/media"
)

// A track is known after its first packet, whatever comes between; one that no file can hold brings nothing; of those that
// come one after the other the last few are kept.
func TestQueueKnowsItsTracks(t *testing.T) {
	var q queue
	track := func(id int, mime string) *media.Track {
		return &media.Track{ID: strconv.Itoa(id), Kind: media.Camera, MimeType: mime}
	}
	put := func(id int, mime string) { q.put(track(id, mime), item{packet: packet{payload: []byte{1}}}) }
	for range 3 {
		put(1, "video/VP8")
		put(2, "video/H264")
		put(3, "video/vp9")
	}
	items := q.take()
	if len(items) != 6 || len(q.lanes) != 3 {
		t.Fatalf("%d items of %d tracks", len(items), len(q.lanes))
	}
	for i, it := range items {
		if want := []webm.Codec{webm.VP8, webm.VP9}[i%2]; it.lane != items[i%2].lane || it.lane.codec != want {
			t.Errorf("item %d: %+v", i, it.lane)
		}
	}
	for id := range 10 * maxLanes {
		put(id, "video/VP8")
	}
	if n := len(q.lanes); n != maxLanes || q.lanes[n-1].track.ID != strconv.Itoa(10*maxLanes-1) {
		t.Errorf("%d tracks are kept, the last %+v", n, q.lanes[n-1])
	}
	if items := q.take(); items[0].lane.track.ID != "0" || len(items) != 10*maxLanes {
		t.Errorf("%d items, the first of %s", len(items), items[0].lane.track.ID)
	}
}
