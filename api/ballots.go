package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"plenum/polls"
)

// vote answers once the vote is durable. Who votes comes from the seat, never from the message.
func (s *server) vote(c *call) error {
	var in voteJSON
	if err := c.read(&in); err != nil {
		return err
	}
	at, err := s.cast(c, in)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, voteReceiptJSON{Receipt: in.Receipt, StoredAt: at.UTC()})
	return nil
}

func (s *server) cast(c *call, in voteJSON) (time.Time, error) {
	if in.Player == nil {
		return s.Polls.VoteFor(c.ctx(), c.webinar.ID, pollID(c), c.seat.ID, in.For, polls.Answer(in.Answer), in.Receipt)
	}
	as := polls.Player{ID: polls.PlayerID(in.Player.ID), Nickname: in.Player.Nickname}
	return s.Polls.Play(c.ctx(), c.webinar.ID, pollID(c), c.seat.ID, polls.Answer(in.Answer), in.Receipt, as)
}

// changeVote puts another ballot in the place of the one whose secret is told.
func (s *server) changeVote(c *call) error {
	var in changeJSON
	if err := c.read(&in); err != nil {
		return err
	}
	at, err := s.Polls.Change(c.ctx(), c.webinar.ID, pollID(c), c.seat.ID, polls.Change{Secret: in.Secret, Answer: polls.Answer(in.Answer), Receipt: in.Receipt})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, voteReceiptJSON{Receipt: in.Receipt, StoredAt: at.UTC()})
	return nil
}

func (s *server) tokenKeys(c *call) error {
	keys, err := s.Polls.TokenKeys(c.ctx(), c.webinar.ID, pollID(c))
	if err != nil {
		return err
	}
	out := tokenKeysJSON{Keys: make([]tokenKeyJSON, len(keys))}
	for i, k := range keys {
		out.Keys[i] = tokenKeyJSON(k)
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) signToken(c *call) error {
	var in blindedJSON
	if err := c.read(&in); err != nil {
		return err
	}
	signature, err := s.Polls.SignFor(c.ctx(), c.webinar.ID, pollID(c), c.seat.ID, in.For, in.Blinded)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, blindSignatureJSON{Signature: signature})
	return nil
}

// castBallot takes the ballot of a secret poll. It looks at no seat, and the page sends no cookie along.
func (s *server) castBallot(c *call) error {
	var in secretBallotJSON
	if err := c.read(&in); err != nil {
		return err
	}
	at, err := s.Polls.Cast(c.ctx(), c.webinar.ID, pollID(c), polls.SecretBallot{Answer: polls.Answer(in.Answer), Receipt: in.Receipt, Signature: in.Token, Weight: in.Weight})
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, voteReceiptJSON{Receipt: in.Receipt, StoredAt: at.UTC()})
	return nil
}

func (s *server) listReceipts(c *call) error {
	list, err := s.Polls.Receipts(c.ctx(), c.webinar.ID, pollID(c))
	if err != nil {
		return err
	}
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = string(r)
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// signedVotes tells the hosts who said what in a named poll, as every voter was told before.
func (s *server) signedVotes(c *call) error {
	list, err := s.Polls.Signed(c.ctx(), c.webinar.ID, pollID(c))
	if err != nil {
		return err
	}
	out := make([]signedVoteJSON, len(list))
	for i, v := range list {
		out[i] = signedVoteJSON{Ticket: string(v.Ticket), Name: v.Name, Answer: pollAnswerJSON(v.Answer), Says: v.Says, Receipt: string(v.Receipt)}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) votersCSV(c *call) error {
	return s.sendVoters(c, "csv", csvType, polls.WriteVotersCSV)
}

func (s *server) votersWorkbook(c *call) error {
	return s.sendVoters(c, "xlsx", workbookType, polls.WriteVotersXLSX)
}

func (s *server) sendVoters(c *call, ext, kind string, write func(io.Writer, []polls.Signed) error) error {
	list, err := s.Polls.Signed(c.ctx(), c.webinar.ID, pollID(c))
	if err != nil {
		return err
	}
	var out bytes.Buffer // whole before the first byte goes, so that a fault still has an answer
	if err := write(&out, list); err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="voters.%s"`, ext))
	c.Data(http.StatusOK, kind, out.Bytes())
	return nil
}
