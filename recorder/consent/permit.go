package consent

import "sync/atomic"

// Permit is the right to write what one subject sends under one scope of one recording. Only a Book makes one that
// holds; the zero value denies. A permit that stopped holding never holds again: who may write once more gets a new one.
type Permit struct {
	grant, run     *epoch
	grantAt, runAt uint64
}

// Holds reports whether the grant behind the permit lives and its recording has been recording, with the strict rule
// satisfied, ever since the permit was made. It costs two atomic loads.
func (p Permit) Holds() bool {
	return p.grant != nil && p.run != nil && p.grant.n.Load() == p.grantAt && p.run.n.Load() == p.runAt
}

// epoch counts the interruptions of a right. A permit remembers the count it was made at.
type epoch struct{ n atomic.Uint64 }

func (e *epoch) end() { e.n.Add(1) }
