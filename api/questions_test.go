package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"plenum/webinar"
	"plenum/webinar/talk"
)

func askBody(text, name string, n int) string {
	return `{"text":` + strconv.Quote(text) + `,"name":"` + name + `","secret":"` + strings.Repeat("a", 26) + strconv.Itoa(n) + `"}`
}

func (e event) into(t *testing.T, v any) {
	t.Helper()
	must(t, json.Unmarshal([]byte(e.data), v))
}

// asked asks and returns the question.
func (s *site) asked(who asker, w, text, name string, n int) questionJSON {
	s.t.Helper()
	var q questionJSON
	s.want(s.do(who, "ask", in(w), askBody(text, name, n)), http.StatusCreated, "").into(s.t, &q)
	return q
}

func (s *site) move(host asker, w, id, body string) questionJSON {
	s.t.Helper()
	var q questionJSON
	s.want(s.do(host, "moveQuestion", in(w, "question", id), body), http.StatusOK, "").into(s.t, &q)
	return q
}

// A question on its way from the asker to everybody's screen.
func TestQuestion(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ada, _ := s.ticket(host, w, "attendee")
	bob, _ := s.ticket(host, w, "attendee")
	stage := s.open(bob, w, "")
	var snap snapshotJSON
	stage.wait("snapshot").into(t, &snap)
	if snap.Questions.Questions == nil || !snap.Questions.Rules.Open || !snap.Questions.Rules.Moderated {
		t.Errorf("snapshot: %+v", snap.Questions)
	}
	desk := s.open(host, w, "")
	desk.wait("snapshot")

	q := s.asked(ada, w, "Why?", "", 1)
	if q.State != "new" || q.Name != "" || !q.Mine {
		t.Errorf("asked: %+v", q)
	}
	var heard questionJSON
	desk.wait("question").into(t, &heard)
	if heard.ID != q.ID || heard.Mine {
		t.Errorf("the host hears %+v", heard)
	}
	s.want(s.do(bob, "upvote", in(w, "question", q.ID), ""), http.StatusNotFound, "not-found")
	s.move(host, w, q.ID, `{"state":"shown"}`)
	stage.wait("question").into(t, &heard)
	if heard.State != "shown" {
		t.Errorf("attendees hear %+v", heard)
	}
	for range 2 { // two tabs
		var voted questionJSON
		s.want(s.do(bob, "upvote", in(w, "question", q.ID), ""), http.StatusOK, "").into(t, &voted)
		if voted.Votes != 1 || !voted.Voted {
			t.Errorf("voted: %+v", voted)
		}
	}
	var votes questionVotesJSON
	stage.wait("question_votes").into(t, &votes)
	if len(votes.Votes) != 1 || votes.Votes[talk.QuestionID(q.ID)] != 1 {
		t.Errorf("told %+v", votes)
	}
	s.move(host, w, q.ID, `{"state":"answering"}`)
	s.move(host, w, q.ID, `{"state":"answered","answer":"Because."}`)
	var box questionBoxJSON
	s.want(s.do(bob, "listQuestions", in(w), ""), http.StatusOK, "").into(t, &box)
	if len(box.Questions) != 1 || box.Questions[0].Answer != "Because." || box.Questions[0].Votes != 1 || !box.Questions[0].Voted || box.Questions[0].Mine || box.ErasedAt != nil {
		t.Errorf("box: %+v", box)
	}
	s.want(s.do(bob, "unupvote", in(w, "question", q.ID), ""), http.StatusConflict, "question-settled")
	csv := s.want(s.do(host, "questionsCSV", in(w), ""), http.StatusOK, "")
	if !strings.Contains(string(csv.body), ",answered,1,,Why?,Because.,") {
		t.Errorf("csv: %s", csv.body)
	}
}

func TestOwnQuestionsAreProvenBySecret(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ada, _ := s.ticket(host, w, "attendee")
	bob, _ := s.ticket(host, w, "attendee")
	q := s.asked(ada, w, "Why?", "", 1)
	ids := in(w, "question", q.ID)
	secret := `"` + strings.Repeat("a", 26) + `1"`
	s.want(s.do(bob, "editQuestion", ids, `{"text":"Mine now"}`), http.StatusNotFound, "not-found")
	s.want(s.do(bob, "withdrawQuestion", ids, `{}`), http.StatusNotFound, "not-found")
	s.want(s.do(ada, "editQuestion", ids, `{"text":"Why not?","secret":`+secret+`}`), http.StatusOK, "")
	var own []questionJSON
	s.want(s.do(ada, "ownQuestions", in(w), `{"secrets":[`+secret+`]}`), http.StatusOK, "").into(t, &own)
	if len(own) != 1 || own[0].Text != "Why not?" || !own[0].Mine {
		t.Errorf("own: %+v", own)
	}
	s.want(s.do(ada, "ownQuestions", in(w), `{"secrets":["x"]}`), http.StatusUnprocessableEntity, "invalid")
	s.move(host, w, q.ID, `{"state":"shown"}`)
	s.want(s.do(ada, "editQuestion", ids, `{"text":"What?","secret":`+secret+`}`), http.StatusConflict, "question-shown")
	s.want(s.do(host, "endWebinar", in(w), ""), http.StatusOK, "")
	var box questionBoxJSON
	s.want(s.do(ada, "listQuestions", in(w), ""), http.StatusOK, "").into(t, &box)
	if box.ErasedAt == nil {
		t.Error("after the end nothing says until when questions are kept")
	}
	s.want(s.do(ada, "ask", in(w), askBody("Late?", "", 2)), http.StatusGone, "ended")
	s.want(s.do(ada, "withdrawQuestion", ids, `{"secret":`+secret+`}`), http.StatusNoContent, "")
}

func TestQuestionRules(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ada, _ := s.ticket(host, w, "attendee")
	s.want(s.do(host, "questionRules", in(w), `{"open":true,"moderated":false,"anonymous":false}`), http.StatusOK, "")
	if got := s.do(ada, "ask", in(w), askBody("Who?", "", 1)); got.status != http.StatusUnprocessableEntity {
		t.Errorf("without a name: %d %s", got.status, got.body)
	}
	if q := s.asked(ada, w, "Who?", "Ada", 1); q.State != "shown" || q.Name != "Ada" {
		t.Errorf("%+v", q)
	}
	s.want(s.do(host, "questionRules", in(w), `{"open":false,"moderated":false,"anonymous":true}`), http.StatusOK, "")
	s.want(s.do(ada, "ask", in(w), askBody("Who else?", "", 2)), http.StatusConflict, "questions-closed")
}

func TestQuestionFloodsAreSlowedDown(t *testing.T) {
	s := newSite(t, clockStands)
	host := s.account("host@example.org")
	w := s.webinar(host)
	ada, _ := s.ticket(host, w, "attendee")
	bob, _ := s.ticket(host, w, "attendee")
	s.want(s.do(ada, "ask", in(w), askBody(strings.Repeat("x", 1<<20), "", 0)), http.StatusRequestEntityTooLarge, "too-large")
	for i := range 5 {
		s.asked(ada, w, "Again?", "", i)
	}
	if got := s.want(s.do(ada, "ask", in(w), askBody("Again?", "", 9)), http.StatusTooManyRequests, "too-many-tries"); got.header.Get("Retry-After") == "" {
		t.Error("nothing says when to come again")
	}
	q := s.asked(bob, w, "Me too?", "", 10) // is not held up by others
	s.move(host, w, q.ID, `{"state":"shown"}`)
	for range 40 {
		s.want(s.do(ada, "upvote", in(w, "question", q.ID), ""), http.StatusOK, "")
	}
	s.want(s.do(ada, "upvote", in(w, "question", q.ID), ""), http.StatusTooManyRequests, "too-many-tries")
}

func TestQuestionsOfAnotherWebinar(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w, mine := s.webinar(host), s.webinar(host)
	ada, _ := s.ticket(host, w, "attendee")
	q := s.asked(ada, w, "Why?", "Ada", 1)
	s.move(host, w, q.ID, `{"state":"shown"}`)
	for op, body := range map[string]string{"editQuestion": `{"text":"x"}`, "withdrawQuestion": `{}`, "upvote": "", "unupvote": "", "moveQuestion": `{"state":"shown"}`} {
		foreign := s.want(s.do(host, op, in(mine, "question", q.ID), body), http.StatusNotFound, "not-found")
		unknown := s.want(s.do(host, op, in(mine, "question", webinar.NewID()), body), http.StatusNotFound, "not-found")
		if foreign.problem() != unknown.problem() {
			t.Errorf("%s tells a foreign id from an unknown one", op)
		}
	}
}
