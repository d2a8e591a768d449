package master

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Room is set aside ahead of what is written, the file is as long as what was written, and finishing gives the rest back.
func TestSpoolSetsRoomAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.webm")
	s := spool{path: path, sync: (*os.File).Sync}
	sizes := func() (length, held int64) {
		t.Helper()
		i, err := os.Stat(path)
		must(t, err)
		return i.Size(), i.Sys().(*syscall.Stat_t).Blocks * 512
	}
	probe, err := os.Create(filepath.Join(t.TempDir(), "probe"))
	must(t, err)
	able := reserve(probe, 0, 1<<20) == nil
	must(t, probe.Close())
	b := make([]byte, 3<<20)
	for off := int64(0); off < 5*int64(len(b)); off += int64(len(b)) {
		_, err := s.WriteAt(b, off)
		must(t, err)
		must(t, s.Sync())
		if length, held := sizes(); length != off+int64(len(b)) || held < length || held > length+ahead*int64(len(b)) || able && s.room < length {
			t.Errorf("%d bytes long, %d held, room up to %d", length, held, s.room)
		}
	}
	must(t, s.Truncate(14<<20))
	if length, held := sizes(); length != 14<<20 || held > length+1<<20 {
		t.Errorf("%d bytes long, %d held", length, held)
	}
	must(t, s.close(true))
}
