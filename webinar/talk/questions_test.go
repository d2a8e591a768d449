package talk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"plenum/webinar"
)

func texts(views []View) []string {
	out := make([]string, len(views))
	for i, v := range views {
		out[i] = fmt.Sprint(v.Text, " ", v.State, " ", v.Votes)
	}
	return out
}

func (f *fixture) list(tb testing.TB, viewer webinar.TicketID, all bool) []View {
	tb.Helper()
	views, err := f.List(tb.Context(), room, viewer, all)
	if err != nil {
		tb.Fatal(err)
	}
	return views
}

func TestQuestionWaitsForTheHost(t *testing.T) {
	f := newFixture(t, 3)
	v := f.asked(t, 1, "  Why\n so? ", "")
	if v.Text != "Why so?" || v.State != StateNew || !v.Mine || v.Name != "" {
		t.Errorf("asked: %+v", v)
	}
	if got := f.list(t, "t1", false); len(got) != 0 {
		t.Errorf("an attendee sees %v", texts(got))
	}
	if got := f.list(t, "h", true); len(got) != 1 || got[0].Mine {
		t.Errorf("the host sees %+v", got)
	}
	if _, err := f.Vote(t.Context(), room, v.ID, "t1", true); !errors.Is(err, ErrNotFound) {
		t.Errorf("vote for what is not shown: %v", err)
	}
	f.moved(t, v.ID, StateShown)
	if got := f.list(t, "t1", false); len(got) != 1 {
		t.Errorf("an attendee sees %v", texts(got))
	}
	events := f.events.take()
	if len(events) != 2 || events[0].To != webinar.Hosts() || events[1].To != webinar.Everyone() {
		t.Errorf("events: %+v", events)
	}
}

func TestModerationAfter(t *testing.T) {
	f := newFixture(t, 2)
	f.rules(t, Rules{Open: true, Anonymous: true})
	v := f.asked(t, 1, "Why?", "Ada")
	if v.State != StateShown {
		t.Errorf("state %s", v.State)
	}
	f.moved(t, v.ID, StateDismissed)
	if got := f.list(t, "t1", false); len(got) != 0 {
		t.Errorf("dismissed, and seen: %v", texts(got))
	}
	var told []any
	for _, e := range f.events.take() {
		if _, ok := e.Body.(Changed); ok && e.To != webinar.Everyone() && e.To != webinar.Hosts() {
			t.Errorf("told to %+v", e.To)
		}
		told = append(told, e.Body)
	}
	if len(told) != 4 || told[2] != (Gone{v.ID}) {
		t.Errorf("told %+v", told)
	}
}

func TestRulesAreKept(t *testing.T) {
	f := newFixture(t, 1)
	if r, err := f.Rules(t.Context(), room); err != nil || r != DefaultRules() {
		t.Errorf("%+v, %v", r, err)
	}
	f.rules(t, Rules{Open: true, Moderated: true})
	var invalid *webinar.InvalidError
	if _, err := f.Ask(t.Context(), room, "t0", Draft{Text: "?", Secret: secretOf(1)}); !errors.As(err, &invalid) || invalid.Field != "name" {
		t.Errorf("without a name: %v", err)
	}
	f.asked(t, 2, "?", "Ada")
	f.rules(t, Rules{})
	if _, err := f.Ask(t.Context(), room, "t0", Draft{Text: "?", Name: "Ada", Secret: secretOf(3)}); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if v := f.asked(t, 2, "?", "Ada"); v.State != StateNew { // the answer had been lost, the question had not
		t.Errorf("again: %+v", v)
	}
	if r, err := f.Rules(t.Context(), room); err != nil || r != (Rules{}) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestSameSecretIsTheSameQuestion(t *testing.T) {
	f := newFixture(t, 2)
	first, again := f.asked(t, 1, "Why?", ""), f.asked(t, 1, "Why?", "")
	if first.ID != again.ID || len(f.list(t, "h", true)) != 1 {
		t.Errorf("%v and %v", first, again)
	}
	if _, err := f.Ask(t.Context(), other, "x0", Draft{Text: "Why?", Secret: secretOf(1)}); err != nil {
		t.Errorf("the same secret elsewhere: %v", err)
	}
}

// Only the seat, for a question with a name, and the secret, for any, say whose it is.
func TestOwnQuestions(t *testing.T) {
	f := newFixture(t, 2)
	named, bare := f.asked(t, 1, "named", "Ada"), f.asked(t, 2, "bare", "")
	for _, try := range []struct {
		id   QuestionID
		who  Author
		mine bool
	}{
		{named.ID, Author{Ticket: "t0"}, true},
		{named.ID, Author{Ticket: "t1", Secret: secretOf(1)}, true},
		{named.ID, Author{Ticket: "t1"}, false},
		{named.ID, Author{Ticket: "t1", Secret: secretOf(2)}, false},
		{bare.ID, Author{Ticket: "t0"}, false}, // nothing says that it was t0
		{bare.ID, Author{Ticket: "t0", Secret: secretOf(2)}, true},
		{bare.ID, Author{Ticket: "t0", Secret: secretOf(1)}, false},
	} {
		_, err := f.Edit(t.Context(), room, try.id, try.who, "new words")
		if try.mine != (err == nil) || err != nil && !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v: %v", try, err)
		}
	}
	if mine := f.list(t, "t0", false); len(mine) != 1 || mine[0].ID != named.ID || !mine[0].Mine {
		t.Errorf("of this seat: %+v", mine)
	}
	f.moved(t, bare.ID, StateShown)
	if _, err := f.Edit(t.Context(), room, bare.ID, Author{"t0", secretOf(2)}, "newer words"); !errors.Is(err, ErrShown) {
		t.Errorf("edit of what is shown: %v", err)
	}
	f.moved(t, bare.ID, StateDismissed)
	own, err := f.Own(t.Context(), room, "t0", []string{secretOf(1), secretOf(2), secretOf(3)})
	if err != nil || len(own) != 2 || own[1].State != StateDismissed || !own[1].Mine {
		t.Errorf("own: %+v, %v", own, err)
	}
	if own, err := f.Own(t.Context(), other, "x0", []string{secretOf(2)}); err != nil || len(own) != 0 {
		t.Errorf("elsewhere: %+v, %v", own, err)
	}
	if err := f.Withdraw(t.Context(), room, bare.ID, Author{"t0", secretOf(1)}); !errors.Is(err, ErrNotFound) {
		t.Errorf("withdrawn by somebody else: %v", err)
	}
	if err := f.Withdraw(t.Context(), room, bare.ID, Author{"t0", secretOf(2)}); err != nil {
		t.Error(err)
	}
	if got := f.list(t, "h", true); len(got) != 1 {
		t.Errorf("left: %v", texts(got))
	}
}

func TestOneIsAnsweredAtATime(t *testing.T) {
	f := newFixture(t, 1)
	f.rules(t, Rules{Open: true, Anonymous: true})
	a, b := f.asked(t, 1, "a", ""), f.asked(t, 2, "b", "")
	f.moved(t, a.ID, StateAnswering)
	f.events.take()
	f.moved(t, b.ID, StateAnswering)
	got := f.list(t, "h", true)
	if want := []string{"a answered 0", "b answering 0"}; !slices.Equal(texts(got), want) {
		t.Errorf("%v, want %v", texts(got), want)
	}
	if got[0].AnsweredAt.IsZero() || !got[1].AnsweredAt.IsZero() {
		t.Errorf("answered at %v and %v", got[0].AnsweredAt, got[1].AnsweredAt)
	}
	if events := f.events.take(); len(events) != 2 || events[0].Body.(Changed).Question.ID != a.ID {
		t.Errorf("events %+v", events)
	}
	answer := "Because\nof this."
	v, err := f.Move(t.Context(), room, b.ID, Move{State: StateAnswered, Answer: &answer})
	if err != nil || v.Answer != "Because of this." || v.AnsweredAt.IsZero() {
		t.Errorf("%+v, %v", v, err)
	}
	if v := f.moved(t, b.ID, StateShown); v.Answer == "" || !v.AnsweredAt.IsZero() {
		t.Errorf("opened again: %+v", v)
	}
	for _, m := range []Move{{State: StateNew}, {State: "gone"}, {}, {State: StateShown, Answer: &answer}} {
		var invalid *webinar.InvalidError
		if _, err := f.Move(t.Context(), room, b.ID, m); !errors.As(err, &invalid) {
			t.Errorf("%+v: %v", m, err)
		}
	}
	if _, err := f.Move(t.Context(), other, b.ID, Move{State: StateShown}); !errors.Is(err, ErrNotFound) {
		t.Errorf("of another webinar: %v", err)
	}
}

func TestVotesGoToOpenQuestionsOfOnesOwnWebinar(t *testing.T) {
	f := newFixture(t, 2)
	v := f.asked(t, 1, "a", "")
	f.moved(t, v.ID, StateShown)
	for _, try := range []struct {
		w    webinar.ID
		who  webinar.TicketID
		want error
	}{{room, "t1", nil}, {other, "x0", ErrNotFound}, {room, "x0", webinar.ErrTicketInvalid}, {room, "nobody", webinar.ErrTicketInvalid}} {
		if _, err := f.Vote(t.Context(), try.w, v.ID, try.who, true); !errors.Is(err, try.want) {
			t.Errorf("%s in %s: %v", try.who, try.w, err)
		}
	}
	f.moved(t, v.ID, StateAnswered)
	if _, err := f.Vote(t.Context(), room, v.ID, "t0", true); !errors.Is(err, ErrSettled) {
		t.Errorf("answered: %v", err)
	}
	if got := f.list(t, "t1", false); len(got) != 1 || got[0].Votes != 1 || !got[0].Voted {
		t.Errorf("%+v", got)
	}
}

// Who asked is known of questions with a name only, and of those everybody may read.
func TestSigned(t *testing.T) {
	f := newFixture(t, 2)
	named, hidden := f.asked(t, 1, "named", "Ann"), f.asked(t, 2, "waits", "Ann")
	without := f.asked(t, 3, "without", "")
	f.moved(t, named.ID, StateAnswering)
	f.moved(t, without.ID, StateShown)
	got, err := f.Signed(t.Context(), room)
	if err != nil || len(got) != 1 || got[0].ID != named.ID || got[0].Author != "st0" || got[0].Name != "Ann" || got[0].AskedAt.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	f.moved(t, hidden.ID, StateShown)
	if got, err := f.Signed(t.Context(), room); err != nil || len(got) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := f.Signed(t.Context(), other); err != nil || len(got) != 0 {
		t.Errorf("of another webinar: %+v, %v", got, err)
	}
	f.exec(t, "DELETE FROM tickets WHERE id = 't0'")
	if got, err := f.Signed(t.Context(), room); err != nil || len(got) != 0 {
		t.Errorf("whose seat is gone: %+v, %v", got, err)
	}
}

func TestAfterTheEnd(t *testing.T) {
	f := newFixture(t, 2)
	v := f.asked(t, 1, "a", "")
	f.moved(t, v.ID, StateShown)
	f.end(t, keep/2)
	if _, err := f.Ask(t.Context(), room, "t0", Draft{Text: "b", Secret: secretOf(2)}); !errors.Is(err, webinar.ErrEnded) {
		t.Errorf("ask: %v", err)
	}
	if _, err := f.Vote(t.Context(), room, v.ID, "t1", true); !errors.Is(err, webinar.ErrEnded) {
		t.Errorf("vote: %v", err)
	}
	if _, err := f.Edit(t.Context(), room, v.ID, Author{"t0", secretOf(1)}, "c"); !errors.Is(err, webinar.ErrEnded) {
		t.Errorf("edit: %v", err)
	}
	f.moved(t, v.ID, StateAnswered)
	if got := f.list(t, "t1", false); len(got) != 1 {
		t.Errorf("within the hour: %v", texts(got))
	}
	f.end(t, keep+time.Second)
	if got := f.list(t, "h", true); len(got) != 0 {
		t.Errorf("later: %v", texts(got))
	}
	if _, err := f.Move(t.Context(), room, v.ID, Move{State: StateShown}); !errors.Is(err, ErrNotFound) {
		t.Errorf("later: %v", err)
	}
	if err := f.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := f.db.Raw("SELECT (SELECT count(*) FROM questions) + (SELECT count(*) FROM question_votes)").Row().Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows, %v", left, err)
	}
	if err := f.Withdraw(t.Context(), room, v.ID, Author{"t0", secretOf(1)}); !errors.Is(err, ErrNotFound) {
		t.Errorf("withdraw what is erased: %v", err)
	}
}

func TestHostileText(t *testing.T) {
	f := newFixture(t, 1)
	for i, text := range []string{
		"", " \n ", strings.Repeat("x", MaxText+1), strings.Repeat("x", 1<<20), "a\u202egnp.exe", "a\u2066b", "a\x00b", "a\x1bb", "a\xffb",
	} {
		var invalid *webinar.InvalidError
		if _, err := f.Ask(t.Context(), room, "t0", Draft{Text: text, Secret: secretOf(i)}); !errors.As(err, &invalid) || invalid.Field != "text" {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	for _, secret := range []string{"", "short", strings.Repeat("a", maxSecret+1), strings.Repeat("ä", 26), strings.Repeat("a", 25) + " b"} {
		var invalid *webinar.InvalidError
		if _, err := f.Ask(t.Context(), room, "t0", Draft{Text: "a", Secret: secret}); !errors.As(err, &invalid) || invalid.Field != "secret" {
			t.Errorf("%q: %v", secret, err)
		}
	}
	kept := []string{"<script>alert(1)</script>", "مرحبا بالعالم", "=1+1", "👩‍🔬🏳️‍🌈", "'; DROP TABLE questions; --", strings.Repeat("ß", MaxText)}
	for i, text := range kept {
		if v := f.asked(t, 100+i, text, "@SUM(1)"); v.Text != text {
			t.Errorf("%q became %q", text, v.Text)
		}
	}
	var all []Question
	for _, v := range f.list(t, "h", true) {
		all = append(all, v.Question)
	}
	all[1].Name, all[1].Answer = "", "+cmd|' /C calc'!A0"
	var out bytes.Buffer
	if err := WriteCSV(&out, all); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 1+len(kept) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "@") || strings.HasPrefix(cell, "+") {
				t.Errorf("a spreadsheet runs %q", cell)
			}
		}
	}
}

// What the file holds of a question without a name does not say which seat it came from.
func TestNothingSaysWhoAskedWithoutAName(t *testing.T) {
	f := newFixture(t, 2)
	f.exec(t, "UPDATE tickets SET id = 'seat-of-the-asker', name = 'Grace Hopper' WHERE id = 't0'")
	v, err := f.Ask(t.Context(), room, "seat-of-the-asker", Draft{Text: "Who am I?", Secret: secretOf(7)})
	if err != nil {
		t.Fatal(err)
	}
	f.exec(t, "DELETE FROM tickets WHERE id = 'seat-of-the-asker'")
	f.exec(t, "VACUUM")
	f.exec(t, "PRAGMA wal_checkpoint(TRUNCATE)")
	var path string
	if err := f.db.Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Row().Scan(&path); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	found := false
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(data, []byte("Who am I?"))
		for _, mark := range []string{"seat-of-the-asker", "Grace Hopper", secretOf(7)} {
			if bytes.Contains(data, []byte(mark)) {
				t.Errorf("%s holds %q", filepath.Base(name), mark)
			}
		}
	}
	if !found {
		t.Error("the question is not in the file, so this test looks at nothing")
	}
	for _, e := range f.events.take() {
		if b, ok := e.Body.(Changed); ok && !reflect.DeepEqual(b.Question, v.Question) {
			t.Errorf("told %+v", b.Question)
		}
	}
}

func TestFull(t *testing.T) {
	f := newFixture(t, 1)
	for i := range MaxOpen {
		f.exec(t, `INSERT INTO questions (id, webinar_id, text, ticket_id, name, secret_hash, state, asked_at) VALUES (?, ?, 'q', '', '', ?, 'new', 1)`,
			fmt.Sprint(i), room, fmt.Append(nil, i))
	}
	if _, err := f.Ask(t.Context(), room, "t0", Draft{Text: "a", Secret: secretOf(1)}); !errors.Is(err, ErrFull) {
		t.Errorf("full: %v", err)
	}
	f.moved(t, "0", StateDismissed)
	f.asked(t, 1, "a", "")
}

func TestStopped(t *testing.T) {
	f := newFixture(t, 1)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Ask(t.Context(), room, "t0", Draft{Text: "a", Secret: secretOf(1)}); !errors.Is(err, ErrStopped) {
		t.Errorf("stopped: %v", err)
	}
}
