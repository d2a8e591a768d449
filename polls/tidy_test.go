package polls

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"
)

// onDisk is all that lies on the disk: the file and its write-ahead log.
func (f *fixture) onDisk(t *testing.T) []byte {
	t.Helper()
	var out []byte
	for _, name := range []string{f.path, f.path + "-wal"} {
		part, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		out = append(out, part...)
	}
	return out
}

// A program that was killed after a poll had closed and before the file was tidied tidies it when it starts again.
func TestFileIsTidiedAfterACrash(t *testing.T) {
	const voters = 120
	_, p, before := beforeVotes(t, voters)
	crashed := func(seed uint64) (left int, order []int) {
		c := &fixture{path: filepath.Join(t.TempDir(), "copy.db"), events: &journal{}}
		if err := os.WriteFile(c.path, before, 0o600); err != nil {
			t.Fatal(err)
		}
		c.connect(t)
		for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(voters) {
			if err := c.vote(t, p, fmt.Sprint("t", i), i%2); err != nil {
				t.Fatal(err)
			}
		}
		err := c.store.transaction(func(tx *txn) error {
			found, err := tx.get(t.Context(), room, p.ID)
			if err == nil {
				_, err = tx.finish(&found, time.Now())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		left = len(c.onDisk(t))
		after := c.killed(t)
		if wal, err := os.Stat(after.path + "-wal"); err != nil || wal.Size() != 0 {
			t.Errorf("the write-ahead log is not empty: %v, %v", wal, err)
		}
		if untidy, err := after.store.untidy(t.Context()); err != nil || untidy {
			t.Errorf("untidy %v, %v", untidy, err)
		}
		return left, places(t, after.path, p, voters)
	}
	left1, order1 := crashed(1)
	_, order2 := crashed(2)
	if left1 <= len(before) {
		t.Error("there was no write-ahead log, so that this test proves nothing")
	}
	if !slices.Equal(order1, order2) {
		t.Error("the file still tells in which order the votes came in")
	}
}

// killed is the same server after a kill: a new program on what lies on the disk now.
func (f *fixture) killed(t *testing.T) *fixture {
	t.Helper()
	after := &fixture{path: filepath.Join(t.TempDir(), "killed.db"), events: &journal{}}
	for _, part := range []string{"", "-wal"} {
		file, err := os.ReadFile(f.path + part)
		if err == nil {
			err = os.WriteFile(after.path+part, file, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	after.connect(t)
	return after
}

// The write-ahead log of a closed poll stays as long as somebody reads from it: that is told, and made up for later.
func TestAReaderInTheWayIsTold(t *testing.T) {
	f := newFixture(t, 3)
	if err := f.store.transaction(func(tx *txn) error { return tx.messy() }); err != nil {
		t.Fatal(err)
	}
	reading := f.db.Begin() // what a transaction has read once it reads again as it was
	var tickets int
	if err := reading.Raw("SELECT count(*) FROM tickets").Scan(&tickets).Error; err != nil || tickets == 0 {
		t.Fatal(tickets, err)
	}
	err := f.store.tidy()
	if done := reading.Rollback().Error; done != nil {
		t.Fatal(done)
	}
	if untidy, fault := f.store.untidy(t.Context()); err == nil || !untidy || fault != nil {
		t.Errorf("with a reader: %v, untidy %v, %v", err, untidy, fault)
	}
	if err := f.store.tidy(); err != nil {
		t.Error(err)
	}
	if untidy, err := f.store.untidy(t.Context()); untidy || err != nil {
		t.Errorf("without: untidy %v, %v", untidy, err)
	}
}

// A file that is too large to be rewritten while people vote loses its write-ahead log all the same, and stays marked.
func TestALargeFileLosesItsLog(t *testing.T) {
	f := newFixture(t, 1)
	if err := f.store.transaction(func(tx *txn) error { return tx.messy() }); err != nil {
		t.Fatal(err)
	}
	if err := f.store.tidyUpTo(1); err == nil {
		t.Error("it is rewritten")
	}
	if wal, err := os.Stat(f.path + "-wal"); err != nil || wal.Size() != 0 {
		t.Errorf("the write-ahead log is not empty: %v, %v", wal, err)
	}
	if untidy, err := f.store.untidy(t.Context()); err != nil || !untidy {
		t.Errorf("untidy %v, %v", untidy, err)
	}
}

// A poll that closes while another's votes are tidied keeps its mark: a program that is killed then tidies it, too.
func TestAMarkOutlivesTheTidyingOfOthers(t *testing.T) {
	f := newFixture(t, 1)
	mark := func() {
		if err := f.store.transaction(func(tx *txn) error { return tx.messy() }); err != nil {
			t.Error(err)
		}
	}
	mark()
	vacuums := 0
	err := f.db.Callback().Raw().After("gorm:raw").Register("close another", func(db *gorm.DB) {
		if db.Statement.SQL.String() == "VACUUM" {
			if vacuums++; vacuums == 1 {
				mark()
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, left := range []bool{true, false} {
		if err := f.store.tidy(); err != nil || vacuums != i+1 {
			t.Fatal(vacuums, err)
		}
		if untidy, err := f.store.untidy(t.Context()); err != nil || untidy != left {
			t.Errorf("tidied %d times: untidy %v, %v", vacuums, untidy, err)
		}
	}
}
