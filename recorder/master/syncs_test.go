package master

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"plenum/webinar/media"
)

// A waking syncs once, also when key frames begin new clusters in what it writes, and the ceiling of key frames has no waking
// of its own.
func TestOneSyncAWaking(t *testing.T) {
	const length = 30 * time.Second
	b, cfg := newBook(t), config(t)
	syncs := 0
	cfg.Sync = func(*os.File) error { syncs++; return nil }
	cfg.KeyFrame = func(media.Kind) {}
	var list []frame
	for i := range int(length.Seconds() * 30) {
		at := time.Duration(i) * time.Second / 30
		list = append(list, frame{at, still(i, at < length/2 && i%20 == 0)}) // none comes in the second half
	}
	clusters := 0
	synctest.Test(t, func(t *testing.T) {
		cfg.Origin = time.Now()
		w := New(cfg)
		play(t, w, b, send(camera(), list, sender{ssrc: 1}))
		time.Sleep(2 * depth)
		_, err := w.Seal()
		must(t, err)
		clusters = w.reel.mux.Stats().Clusters
	})
	// One at each waking, and a few for the start and for sealing.
	if most := int(length/tickEvery) + 5; syncs > most || clusters <= most {
		t.Fatalf("%d syncs for %d clusters, with %d wakings", syncs, clusters, most)
	}
}
