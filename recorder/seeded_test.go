//go:build !race

// Whether the model would notice a bug is no question to the race detector, under which each story takes several times
// as long: make test asks it without.

package recorder

import (
	"flag"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"plenum/recorder/consent"
)

// quietTB takes a failure without failing the test that expects it.
type quietTB struct {
	*testing.T
	mu   sync.Mutex
	said string
}

func (q *quietTB) note(s string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.said == "" {
		q.said = s
	}
}

func (q *quietTB) Errorf(f string, a ...any) { q.note(fmt.Sprintf(f, a...)) }
func (q *quietTB) Error(a ...any)            { q.note(fmt.Sprint(a...)) }
func (q *quietTB) Logf(string, ...any)       {}
func (q *quietTB) Log(...any)                {}
func (q *quietTB) Fail()                     { q.note("failed") }
func (q *quietTB) Fatalf(f string, a ...any) { q.note(fmt.Sprintf(f, a...)); runtime.Goexit() }
func (q *quietTB) Fatal(a ...any)            { q.note(fmt.Sprint(a...)); runtime.Goexit() }
func (q *quietTB) FailNow()                  { q.note("failed"); runtime.Goexit() }
func (q *quietTB) Failed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.said != ""
}

func TestSeededBugs(t *testing.T) {
	for name, bug := range map[string]seeded{
		"consent looked up by display name":  {byName: true},
		"withdrawal applied later":           {lazyNo: true},
		"pause applied later":                {lazyPause: true},
		"no answer is a yes":                 {silence: true},
		"consent of the first recording":     {inherit: true},
		"scope ignored":                      {scopes: func(consent.Scope) consent.Scope { return consent.All }},
		"buffer flushed on close":            {paper: func(p *paper) { p.flush = true }},
		"strict rule hears of it too late":   {mutedLate: true},
		"grant without a ledger":             {faultOpen: true},
		"put down after a stop, not before":  {paper: func(p *paper) { p.late = true }},
		"beats of another keep a gate open":  {noBeats: true},
		"a no dies with the process":         {forgets: true},
		"writes on after close, permit held": {paper: func(p *paper) { p.flush, p.deaf, p.blind = true, true, true }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := database(t)
				q := &quietTB{T: t}
				done := make(chan struct{})
				if err := flag.Set("rapid.nofailfile", "true"); err != nil {
					t.Fatal(err)
				}
				told := 0
				go func() {
					defer close(done)
					batches(t, 4000, func() {
						rapid.Check(q, func(rt *rapid.T) { told++; play(rt, t, db, bug) })
					})
				}()
				<-done
				if !q.Failed() {
					t.Errorf("survived %d stories", told)
				}
				t.Logf("caught within %d stories: %.150s", told, q.said)
			})
		})
	}
}
