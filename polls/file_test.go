package polls

import (
	"bytes"
	"fmt"
	"os"
	"testing"
)

// After the closing the whole file is read page by page, as somebody would who got hold of it: no page holds a voter and
// a ballot, no receipt stands anywhere but in the box and its index, and the write-ahead log is empty.
func TestNoPageHoldsVoterAndBallot(t *testing.T) {
	const voters, pageSize = 300, 4096
	f := newFixture(t, voters)
	p := f.asked(t, Draft{Changeable: true})
	left := map[string]bool{} // receipts whose ballots were changed
	var kept []string
	for i := range voters {
		who := fmt.Sprint("t", i)
		if err := f.vote(t, p, who, i%2); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, receiptOf(string(p.ID), who))
		if i%10 == 0 {
			secret, receipt := secretOf("changed", i)
			_, next := secretOf("changed to", i)
			if err := f.db.Exec("UPDATE ballots SET receipt = ? WHERE receipt = ?", receipt, kept[i]).Error; err != nil {
				t.Fatal(err)
			}
			left[kept[i]] = true
			if _, err := f.Change(t.Context(), room, p.ID, "t0", Change{secret, choose(p, i%2), next}); err != nil {
				t.Fatal(err)
			}
			left[receipt] = true
			kept[i] = next
		}
	}
	if _, err := f.ClosePoll(t.Context(), room, p.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil { // waits for the file to be tidied
		t.Fatal(err)
	}
	if wal, err := os.Stat(f.path + "-wal"); err == nil && wal.Size() != 0 {
		t.Errorf("the write-ahead log holds %d bytes", wal.Size())
	}
	file, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	withVoter, withBallot := 0, 0
	for at := 0; at < len(file); at += pageSize {
		page := file[at : at+pageSize]
		voter, ballot := bytes.Contains(page, []byte(string(p.ID)+"t")), false
		for _, receipt := range kept {
			ballot = ballot || bytes.Contains(page, []byte(receipt))
		}
		if voter {
			withVoter++
		}
		if ballot {
			withBallot++
		}
		if voter && ballot {
			t.Errorf("page %d holds a voter and a ballot", at/pageSize)
		}
	}
	if withVoter == 0 || withBallot == 0 {
		t.Fatalf("%d pages with voters, %d with ballots: the test sees nothing", withVoter, withBallot)
	}
	for receipt := range left {
		if bytes.Contains(file, []byte(receipt)) {
			t.Errorf("%s was changed and still stands in the file", receipt)
		}
	}
	for _, receipt := range kept {
		if n := bytes.Count(file, []byte(receipt)); n != 2 {
			t.Errorf("%s stands in the file %d times", receipt, n)
		}
	}
}
