package api

import (
	"bytes"
	"context"
	"net/http"

	"plenum/webinar"
	"plenum/webinar/talk"
)

func (s *server) listQuestions(c *call) error {
	box, err := s.questionBox(c.ctx(), c)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, box)
	return nil
}

// questionBox is what the asker sees of the questions now.
func (s *server) questionBox(ctx context.Context, c *call) (questionBoxJSON, error) {
	rules, err := s.Questions.Rules(ctx, c.webinar.ID)
	if err != nil {
		return questionBoxJSON{}, err
	}
	views, err := s.Questions.List(ctx, c.webinar.ID, c.seat.ID, c.may(webinar.Manage))
	if err != nil {
		return questionBoxJSON{}, err
	}
	box := questionBoxJSON{Rules: questionRulesWire(rules), Questions: questionsWire(views)}
	if c.webinar.State == webinar.Ended {
		box.ErasedAt = instant(c.webinar.EndedAt.Add(s.Questions.Keep()))
	}
	return box, nil
}

// ask takes a question. A name is what the asker says, as at the door; without one nothing stored says who it was.
func (s *server) ask(c *call) error {
	var in askJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.paced(c, limitAsk); err != nil {
		return err
	}
	v, err := s.Questions.Ask(c.ctx(), c.webinar.ID, c.seat.ID, talk.Draft{Text: in.Text, Name: in.Name, Secret: in.Secret})
	return answerQuestion(c, http.StatusCreated, v, err)
}

// ownQuestions is a POST, so that the secrets stand in no address.
func (s *server) ownQuestions(c *call) error {
	var in questionSecretsJSON
	if err := c.read(&in); err != nil {
		return err
	}
	views, err := s.Questions.Own(c.ctx(), c.webinar.ID, c.seat.ID, in.Secrets)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, questionsWire(views))
	return nil
}

func (s *server) editQuestion(c *call) error {
	var in questionEditJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.paced(c, limitTouch); err != nil {
		return err
	}
	v, err := s.Questions.Edit(c.ctx(), c.webinar.ID, questionID(c), talk.Author{Ticket: c.seat.ID, Secret: in.Secret}, in.Text)
	return answerQuestion(c, http.StatusOK, v, err)
}

func (s *server) withdrawQuestion(c *call) error {
	var in questionSecretJSON
	if err := c.read(&in); err != nil {
		return err
	}
	err := s.Questions.Withdraw(c.ctx(), c.webinar.ID, questionID(c), talk.Author{Ticket: c.seat.ID, Secret: in.Secret})
	if err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *server) upvote(c *call) error   { return s.voteQuestion(c, true) }
func (s *server) unupvote(c *call) error { return s.voteQuestion(c, false) }

func (s *server) voteQuestion(c *call, up bool) error {
	if err := s.paced(c, limitTouch); err != nil {
		return err
	}
	v, err := s.Questions.Vote(c.ctx(), c.webinar.ID, questionID(c), c.seat.ID, up)
	return answerQuestion(c, http.StatusOK, v, err)
}

func (s *server) moveQuestion(c *call) error {
	var in questionMoveJSON
	if err := c.read(&in); err != nil {
		return err
	}
	v, err := s.Questions.Move(c.ctx(), c.webinar.ID, questionID(c), talk.Move{State: talk.State(in.State), Answer: in.Answer})
	return answerQuestion(c, http.StatusOK, v, err)
}

func (s *server) questionRules(c *call) error {
	var in questionRulesJSON
	if err := c.read(&in); err != nil {
		return err
	}
	rules := talk.Rules{Open: in.Open, Moderated: in.Moderated, Anonymous: in.Anonymous}
	if err := s.Questions.SetRules(c.ctx(), c.webinar.ID, rules); err != nil {
		return err
	}
	c.JSON(http.StatusOK, questionRulesWire(rules))
	return nil
}

func (s *server) questionsCSV(c *call) error {
	views, err := s.Questions.List(c.ctx(), c.webinar.ID, c.seat.ID, true)
	if err != nil {
		return err
	}
	list := make([]talk.Question, len(views))
	for i, v := range views {
		list[i] = v.Question
	}
	var out bytes.Buffer // whole before the first byte goes, so that a fault still has an answer
	if err := talk.WriteCSV(&out, list); err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="questions.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", out.Bytes())
	return nil
}

func questionID(c *call) talk.QuestionID { return talk.QuestionID(c.Param("question")) }

func answerQuestion(c *call, status int, v talk.View, err error) error {
	if err != nil {
		return err
	}
	c.JSON(status, questionWire(v))
	return nil
}
