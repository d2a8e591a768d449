package recorder

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/recorder/consent"
	"plenum/webinar"
	"plenum/webinar/media"
)

// Who withdraws after copies were made makes tasks of those that may hold that person, once, and the ledger has their end.
func TestWithdrawalRecallsCopies(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		ann, bob := w.seat("ann", webinar.Host), w.seat("bob", webinar.Speaker)
		rec := w.running(false, ann, bob)
		w.talk(3*time.Second, []*source{w.open(ann, "one", media.Mic, false), w.open(bob, "two", media.Mic, false)}, ann, bob)
		if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
			t.Fatal(err)
		}
		w.s.bg.Wait()
		rows, err := w.s.rows.segments(t.Context(), `recording_id = ?`, rec.ID)
		if err != nil || len(rows) != 2 {
			t.Fatal(rows, err)
		}
		took := func(what Taken, object string, how Taking) {
			t.Helper()
			if err := w.s.Took(t.Context(), rec.ID, Download{Who: "u", What: what, Object: object, How: how}); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 { // parts of one download
			for _, r := range rows {
				took(TookSegment, r.ID, AsFile)
				took(TookSegment, r.ID, AsPlay)
			}
			took(TookProgram, "p", AsFile)
			took(TookLedger, "", AsFile)
		}
		tasks := func() (open, done []string) {
			t.Helper()
			list, err := w.s.Downloads(t.Context(), w.w, rec.ID)
			if err != nil || len(list) != 6 {
				t.Fatalf("%+v %v", list, err)
			}
			for _, d := range list {
				switch {
				case !d.Done.IsZero():
					done = append(done, d.ID)
				case !d.Task.IsZero() && d.How == AsFile && (d.What == TookProgram || d.Object == rows[0].ID || d.Object == rows[1].ID):
					open = append(open, d.ID)
				case !d.Task.IsZero():
					t.Errorf("no copy to delete: %+v", d)
				}
			}
			return open, done
		}
		if open, _ := tasks(); len(open) != 0 {
			t.Fatalf("tasks before anybody withdrew: %v", open)
		}
		if _, err := w.s.WithdrawHeld(t.Context(), w.linkOf(rec, bob), false, "k"); err != nil {
			t.Fatal(err)
		}
		open, _ := tasks()
		if len(open) != 2 { // bob's segment and the program
			t.Fatalf("%d tasks", len(open))
		}
		for range 2 {
			if err := w.s.CopyDeleted(t.Context(), w.w, rec.ID, open[0], ann.Subject); err != nil {
				t.Fatal(err)
			}
		}
		left, done := tasks()
		if len(left) != 1 || len(done) != 1 {
			t.Fatalf("%v left, %v done", left, done)
		}
		for _, bad := range []struct{ w, id string }{{string(w.w), "nonsense"}, {"other", open[1]}} {
			if err := w.s.CopyDeleted(t.Context(), webinar.ID(bad.w), rec.ID, bad.id, ann.Subject); !errors.Is(err, ErrNotFound) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		var ledger bytes.Buffer
		if err := w.s.Ledger(t.Context(), w.w, &ledger); err != nil {
			t.Fatal(err)
		}
		if rep, err := consent.Verify(&ledger, ""); err != nil || rep.Entries == 0 {
			t.Fatal(rep, err)
		}
		story, err := w.s.ledger.Story(t.Context(), w.w, rec.ID)
		if err != nil {
			t.Fatal(err)
		}
		var notes []string
		for _, told := range story {
			if told.Kind == consent.CopyDeleted {
				notes = append(notes, told.Reason)
			}
		}
		if strings.Join(notes, ",") != open[0] {
			t.Errorf("the ledger has %v", notes)
		}
		w.boot() // the entries replay
		if _, err := w.s.Report(t.Context(), w.w, rec.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Delete(t.Context(), w.w, rec.ID); err != nil {
			t.Fatal(err)
		}
		var rest int
		if err := w.db.Raw(`SELECT count(*) FROM downloads`).Scan(&rest).Error; err != nil || rest != 0 {
			t.Errorf("%d rows outlive the recording, %v", rest, err)
		}
	})
}

// A timeline holds names and what was written: its copies are recalled when that is taken back, also by somebody of whom
// there is no film, and never by a refusal.
func TestWithdrawalRecallsTimelines(t *testing.T) {
	for _, c := range []struct {
		name string
		who  string
		act  consent.Kind
		what consent.Scope
		want bool
	}{
		{"the name of who is filmed", "ann", consent.Withdraw, consent.Name, true},
		{"the words of who has no film", "bob", consent.Withdraw, consent.Chat, true},
		{"all of who has no film", "bob", consent.Withdraw, 0, true},
		{"only the picture", "ann", consent.Withdraw, consent.Video, false},
		{"a refusal", "eve", consent.Refuse, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				seats := map[string]webinar.Ticket{"ann": w.seat("ann", webinar.Host), "bob": w.seat("bob", webinar.Speaker), "eve": w.seat("eve", webinar.Speaker)}
				rec := w.running(false, seats["ann"], seats["bob"])
				w.talk(3*time.Second, []*source{w.open(seats["ann"], "one", media.Mic, false)}, seats["ann"])
				if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
					t.Fatal(err)
				}
				w.s.bg.Wait()
				if err := w.s.Took(t.Context(), rec.ID, Download{Who: "u", What: TookTimeline, How: AsFile}); err != nil {
					t.Fatal(err)
				}
				if err := w.answer(rec.ID, seats[c.who], c.act, c.what); err != nil {
					t.Fatal(err)
				}
				list, err := w.s.Downloads(t.Context(), w.w, rec.ID)
				if err != nil || len(list) != 1 || list[0].Task.IsZero() == c.want {
					t.Errorf("%+v, %v", list, err)
				}
			})
		})
	}
}

// A consent report tells names: each copy is recalled that was taken when a name stood in it, once that is taken back.
func TestWithdrawalRecallsReports(t *testing.T) {
	for _, c := range []struct {
		name string
		who  string
		act  consent.Kind
		what consent.Scope
		want []int // of the reports: before bob's yes, a moment after it, after the end
	}{
		{"the name", "bob", consent.Withdraw, consent.Name, []int{1, 2}},
		{"all", "bob", consent.Withdraw, 0, []int{1, 2}},
		{"the name of who was first", "ann", consent.Withdraw, consent.Name, []int{0, 1, 2}},
		{"a no after a yes", "bob", consent.Refuse, 0, []int{1, 2}},
		{"only the picture", "bob", consent.Withdraw, consent.Video, nil},
		{"of who never agreed to the name", "cem", consent.Withdraw, 0, nil},
		{"a refusal", "eve", consent.Refuse, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, w *world) {
				seats := map[string]webinar.Ticket{"ann": w.seat("ann", webinar.Host), "bob": w.seat("bob", webinar.Speaker), "cem": w.seat("cem", webinar.Speaker), "eve": w.seat("eve", webinar.Speaker)}
				rec := w.running(false, seats["ann"])
				var reports []string
				take := func() {
					t.Helper()
					if err := w.s.Took(t.Context(), rec.ID, Download{Who: "u", What: TookReport, Object: "pdf", How: AsFile}); err != nil {
						t.Fatal(err)
					}
					list, err := w.s.Downloads(t.Context(), w.w, rec.ID)
					if err != nil || len(list) != len(reports)+1 {
						t.Fatal(list, err)
					}
					reports = append(reports, list[0].ID)
					w.idle(time.Second)
				}
				take()
				w.agree(rec.ID, seats["bob"])
				if err := w.answer(rec.ID, seats["cem"], consent.Shown, 0); err != nil {
					t.Fatal(err)
				}
				if err := w.answer(rec.ID, seats["cem"], consent.Grant, consent.Audio); err != nil {
					t.Fatal(err)
				}
				take()
				w.talk(3*time.Second, []*source{w.open(seats["bob"], "one", media.Mic, false)}, seats["ann"], seats["bob"])
				if _, err := w.s.Stop(t.Context(), w.w, rec.ID, ""); err != nil {
					t.Fatal(err)
				}
				w.s.bg.Wait()
				take()
				if err := w.answer(rec.ID, seats[c.who], c.act, c.what); err != nil {
					t.Fatal(err)
				}
				list, err := w.s.Downloads(t.Context(), w.w, rec.ID)
				if err != nil {
					t.Fatal(err)
				}
				var got []int
				for i, id := range reports {
					if slices.ContainsFunc(list, func(d Download) bool { return d.ID == id && !d.Task.IsZero() }) {
						got = append(got, i)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("reports %v are to be deleted, want %v", got, c.want)
				}
			})
		})
	}
}
