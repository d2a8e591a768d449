package talk

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"plenum/webinar"
)

// recounted counts the rows of votes apart from all code under test.
func (f *fixture) recounted(tb testing.TB) map[QuestionID]int {
	tb.Helper()
	rows, err := f.db.Raw("SELECT q.id, count(v.ticket_id) FROM questions q LEFT JOIN question_votes v ON v.question_id = q.id GROUP BY q.id").Rows()
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	out := map[QuestionID]int{}
	for rows.Next() {
		var id QuestionID
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			tb.Fatal(err)
		}
		out[id] = n
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return out
}

// Many seats press the same buttons in many tabs at once; each seat has one vote, and what is shown is what is stored.
func TestNoVoteTwice(t *testing.T) {
	const seats, tabs = 20, 5
	f := newFixture(t, seats)
	v := f.asked(t, 1, "a", "")
	f.moved(t, v.ID, StateShown)
	var tabsDone sync.WaitGroup
	for seat := range seats {
		for range tabs {
			tabsDone.Go(func() {
				if _, err := f.Vote(t.Context(), room, v.ID, webinar.TicketID(fmt.Sprint("t", seat)), true); err != nil {
					t.Error(err)
				}
			})
		}
	}
	tabsDone.Wait()
	if got := f.list(t, "t0", false)[0]; got.Votes != seats || f.recounted(t)[v.ID] != seats {
		t.Errorf("%d votes, %d rows, want %d", got.Votes, f.recounted(t)[v.ID], seats)
	}
	if err := f.Close(); err != nil { // whatever was to be told has been told
		t.Fatal(err)
	}
	events := f.events.take()
	last := events[len(events)-1]
	if c, ok := last.Body.(Counted); !ok || c.Votes[v.ID] != seats || last.Coalesce == "" {
		t.Errorf("told last: %+v", last)
	}
}

// A long random story, with a model beside it: votes given and taken back, questions moved, withdrawn and asked.
func TestVotesAreWhatARecountFinds(t *testing.T) {
	const seats = 8
	f := newFixture(t, seats)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a story, no secret
	model := map[QuestionID]map[webinar.TicketID]bool{}
	state := map[QuestionID]State{}
	secrets := map[QuestionID]string{}
	var ids []QuestionID
	for step := range 600 {
		if len(ids) == 0 || step%40 == 0 {
			v := f.asked(t, step, fmt.Sprint(step), "")
			ids, model[v.ID], state[v.ID], secrets[v.ID] = append(ids, v.ID), map[webinar.TicketID]bool{}, v.State, secretOf(step)
			f.moved(t, v.ID, StateShown)
			state[v.ID] = StateShown
		}
		at := chance.IntN(len(ids))
		id, seat := ids[at], webinar.TicketID(fmt.Sprint("t", chance.IntN(seats)))
		switch act := chance.IntN(100); {
		case act < 85:
			up := chance.IntN(3) > 0
			_, err := f.Vote(t.Context(), room, id, seat, up)
			open := state[id] == StateShown || state[id] == StateAnswering
			if (err == nil) != open {
				t.Fatalf("vote in state %s: %v", state[id], err)
			}
			if open && up {
				model[id][seat] = true
			} else if open {
				delete(model[id], seat)
			}
		case act < 98:
			to := []State{StateShown, StateAnswering, StateAnswered, StateDismissed}[chance.IntN(4)]
			for other, s := range state {
				if to == StateAnswering && s == StateAnswering && other != id {
					state[other] = StateAnswered
				}
			}
			f.moved(t, id, to)
			state[id] = to
		default:
			if err := f.Withdraw(t.Context(), room, id, Author{Secret: secrets[id]}); err != nil {
				t.Fatal(err)
			}
			ids = append(ids[:at], ids[at+1:]...)
			delete(model, id)
			delete(state, id)
		}
	}
	rows, shown := f.recounted(t), f.list(t, "t0", true)
	if len(rows) != len(ids) || len(shown) != len(ids) {
		t.Fatalf("%d rows, %d shown, want %d", len(rows), len(shown), len(ids))
	}
	for _, v := range shown {
		if v.Votes != len(model[v.ID]) || rows[v.ID] != v.Votes || v.Voted != model[v.ID]["t0"] || v.State != state[v.ID] {
			t.Errorf("%s: %d votes, %d rows, want %d; voted %v, %s", v.ID, v.Votes, rows[v.ID], len(model[v.ID]), v.Voted, v.State)
		}
	}
}
