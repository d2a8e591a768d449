package recorder

import "plenum/recorder/archive"

// Numbers is how the recorder of the whole server stands. It names neither webinars nor people.
type Numbers struct {
	Running, Paused int   // recordings
	Files           int   // that are being written or sealed
	StorageOK       bool  // the object store answered the last call, and may hold recordings
	Free            int64 // bytes free in the spool's file system; -1: not known
}

// Numbers reads them; it asks the file system and no database.
func (s *Service) Numbers() Numbers {
	n := Numbers{StorageOK: s.c.Archive.State().Health == archive.Ok}
	for _, r := range s.every() {
		r.mu.Lock()
		state := r.rec.State
		r.mu.Unlock()
		switch state {
		case Running:
			n.Running++
		case Paused:
			n.Paused++
		case Announced, Aborted, Stopped, Available:
		}
	}
	s.mu.Lock()
	n.Files = len(s.live)
	s.mu.Unlock()
	free, err := s.c.DiskFree(s.c.Spool)
	if err != nil {
		free = -1
	}
	n.Free = free
	return n
}
