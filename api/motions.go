package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"time"

	"plenum/polls"
	"plenum/polls/assembly"
	"plenum/polls/minutes"
	"plenum/webinar"
)

// mandates tells members for whom they may vote in a motion, and for whom somebody has.
func (s *server) mandates(c *call) error {
	m, err := s.Polls.Mandates(c.ctx(), c.webinar.ID, pollID(c), c.seat.ID)
	if err != nil {
		return err
	}
	out := mandatesJSON{Member: memberWire(m.Self), Mandates: make([]mandateJSON, len(m.All)), Bar: m.Bar}
	for i, one := range m.All {
		out.Mandates[i] = mandateJSON{memberWire(one.Member), one.Voted, one.Drawn}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) paperCount(c *call) error {
	p, err := s.Polls.PaperCount(c.ctx(), c.webinar.ID, pollID(c), c.seat.ID, c.may(webinar.Manage))
	return answerPaper(c, p, err)
}

// countPaper takes what the asker counted: hosts may, and members who are tellers.
func (s *server) countPaper(c *call) error {
	var in paperJSON
	if err := c.read(&in); err != nil {
		return err
	}
	p, err := s.Polls.CountPaper(c.ctx(), c.webinar.ID, pollID(c), c.seat.ID, c.may(webinar.Manage), in.paper())
	return answerPaper(c, p, err)
}

func (s *server) dropPaper(c *call) error {
	if err := s.Polls.DropPaper(c.ctx(), c.webinar.ID, pollID(c)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func answerPaper(c *call, p polls.PaperCount, err error) error {
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, paperCountWire(p))
	return nil
}

func (s *server) minutesPDF(c *call) error {
	return s.minutes(c, "pdf", "application/pdf", minutes.Minutes.PDF)
}

func (s *server) minutesMarkdown(c *call) error {
	return s.minutes(c, "md", "text/markdown; charset=utf-8", minutes.Minutes.Markdown)
}

// minutes hands out the minutes in the language of the meeting, whole before the first byte goes.
func (s *server) minutes(c *call, ext, contentType string, write func(minutes.Minutes, io.Writer) error) error {
	roll, err := s.Assembly.Roll(c.ctx(), c.webinar.ID)
	if err != nil {
		return err
	}
	views, err := s.Polls.List(c.ctx(), c.webinar.ID, c.seat.ID, true)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := write(minutes.Minutes{Meeting: c.webinar, Roll: roll, Motions: minutes.MotionsOf(views), At: time.Now()}, &out); err != nil {
		return err
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="minutes.%s"`, ext))
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, contentType, out.Bytes())
	return nil
}

func motionFaults() []fault {
	return []fault{
		{polls.ErrNotMotion, http.StatusConflict, "not-a-motion", sentence{
			"This is not a vote of the members.", "Das ist keine Abstimmung der Mitglieder."}},
		{polls.ErrSmallClass, http.StatusConflict, "small-class", sentence{
			"Fewer than five people cast votes of one weight, so the weight may tell who voted what. Count heads instead, or open it all the same.",
			"Weniger als fünf Personen geben Stimmen von einem Gewicht ab, darum kann das Gewicht verraten, wer wie gestimmt hat. Zählen Sie lieber Köpfe, oder öffnen Sie trotzdem."}},
		{polls.ErrTelling, http.StatusConflict, "telling-class", sentence{
			"A secret vote needs at least five people who cast votes of each weight; who also votes for others is one of them. Else the weight would tell who voted what. Count heads, or let the vote be anonymous.",
			"Eine geheime Abstimmung braucht für jedes Stimmgewicht mindestens fünf Personen, die abstimmen; wer andere vertritt, ist eine davon. Sonst verriete das Gewicht, wer wie gestimmt hat. Zählen Sie Köpfe, oder lassen Sie anonym abstimmen."}},
		{polls.ErrAlone, http.StatusConflict, "one-voter", sentence{
			"Only one person votes on a device, so the result would tell what. Wait for others, or vote with names.",
			"Nur eine Person stimmt am Gerät ab, darum verriete das Ergebnis, wie. Warten Sie auf andere, oder lassen Sie namentlich abstimmen."}},
		{polls.ErrWeights, http.StatusConflict, "many-weights", sentence{
			"The votes have more different weights than a secret vote can have. Count heads, or let the vote be anonymous.",
			"Die Stimmen haben mehr verschiedene Gewichte, als eine geheime Abstimmung haben kann. Zählen Sie Köpfe, oder lassen Sie anonym abstimmen."}},
		{polls.ErrFewVoters, http.StatusConflict, "few-voters", sentence{
			"Fewer than five people vote on a device, or fewer than five on paper, so the result may tell who voted what. You can open it all the same.",
			"Weniger als fünf Personen stimmen am Gerät ab, oder weniger als fünf auf Papier, darum kann das Ergebnis verraten, wer wie gestimmt hat. Sie können trotzdem öffnen."}},
		{polls.ErrNobodyHere, http.StatusConflict, "nobody-here", sentence{
			"Nobody has checked in yet. In a secret vote those vote who are here or represented when it opens.",
			"Noch ist niemand anwesend. Geheim stimmt ab, wer beim Öffnen anwesend oder vertreten ist."}},
		{polls.ErrLate, http.StatusForbidden, "came-late", sentence{
			"This secret vote had opened before you checked in. You take part from the next vote on.",
			"Diese geheime Abstimmung lief schon, als Sie sich angemeldet haben. Ab der nächsten stimmen Sie mit."}},
		{polls.ErrRepresented, http.StatusForbidden, "represented", sentence{
			"You were not here when this secret vote opened, so the member who represents you votes for you. From the next vote on you vote yourself.",
			"Als diese geheime Abstimmung begann, waren Sie nicht da, darum stimmt Ihre Vertretung für Sie ab. Ab der nächsten stimmen Sie selbst ab."}},
		{polls.ErrPaperMany, http.StatusConflict, "paper-many", sentence{
			"These are more ballots than members who are here and vote on paper.", "Das sind mehr Stimmzettel, als Mitglieder da sind, die auf Papier abstimmen."}},
		{polls.ErrPaperAgreed, http.StatusConflict, "paper-agreed", sentence{
			"Two people have counted the same, so the ballots on paper are in the result.", "Zwei Personen haben dasselbe gezählt, darum sind die Papierstimmen schon im Ergebnis."}},
		{polls.ErrPaperPending, http.StatusConflict, "paper-pending", sentence{
			"The ballots on paper are counted, but two people do not agree on them yet. Let the second person count, or discard the count.",
			"Die Papierstimmen sind gezählt, aber noch nicht von zwei Personen gleich. Lassen Sie die zweite Person zählen, oder verwerfen Sie die Zählung."}},
		{polls.ErrPaperUncounted, http.StatusConflict, "paper-uncounted", sentence{
			"Members vote on paper, and nobody has counted those ballots yet. Let two people count them, or close without them: then they are not in the result and cannot be added.",
			"Mitglieder stimmen auf Papier ab, und niemand hat diese Stimmzettel bisher gezählt. Lassen Sie zwei Personen zählen, oder schließen Sie ohne sie: Dann fehlen sie im Ergebnis und lassen sich nicht nachtragen."}},
		{assembly.ErrVoting, http.StatusConflict, "voting", sentence{
			"A motion is open. Who votes on paper stays as it is until it is closed.", "Eine Abstimmung läuft. Bis sie geschlossen ist, bleibt, wer auf Papier abstimmt."}},
		{assembly.ErrCounting, http.StatusConflict, "counting", sentence{
			"The voting is over and its ballots on paper are being counted. Who votes on paper can check in as soon as that is done.",
			"Die Abstimmung ist vorbei, und ihre Stimmzettel werden gezählt. Wer auf Papier abstimmt, kann sich anmelden, sobald das getan ist."}},
		{assembly.ErrGuest, http.StatusForbidden, "not-a-member", sentence{
			"The members vote here, each with their personal link.", "Hier stimmen die Mitglieder ab, jedes mit seinem persönlichen Link."}},
		{assembly.ErrAway, http.StatusForbidden, "not-checked-in", sentence{
			"Please say first that you are here.", "Bitte melden Sie sich zuerst anwesend."}},
		{assembly.ErrOnPaper, http.StatusForbidden, "on-paper", sentence{
			"You vote on paper, so not on this page.", "Sie stimmen auf Papier ab, darum nicht auf dieser Seite."}},
		{assembly.ErrNoMandate, http.StatusForbidden, "no-mandate", sentence{
			"You do not vote for this member: they are here, or have named somebody else.", "Für dieses Mitglied stimmen Sie nicht ab: Es ist anwesend oder hat jemand anderen benannt."}},
	}
}
