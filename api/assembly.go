package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"plenum/polls/assembly"
	"plenum/webinar"
)

func (s *server) getAssembly(c *call) error {
	roll, err := s.Assembly.Roll(c.ctx(), c.webinar.ID)
	if err != nil {
		return err
	}
	lost, err := s.Polls.Lost(c.ctx(), c.webinar.ID, roll)
	if err != nil {
		return err
	}
	out := assemblyJSON{rulesJSON(roll.Rules), membersWire(roll.Members), attendanceWire(roll.Attendance()), make([]lostVoteJSON, len(lost))}
	for i, l := range lost {
		out.Lost[i] = lostVoteJSON(l)
	}
	c.JSON(http.StatusOK, out)
	return nil
}

func (s *server) setRules(c *call) error {
	var in rulesJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.Assembly.SetRules(c.ctx(), c.webinar.ID, assembly.Rules(in)); err != nil {
		return err
	}
	return s.getAssembly(c)
}

// importMembers answers with the members' personal links, which are told this once.
func (s *server) importMembers(c *call) error {
	list, err := readUpTo(c.Writer, c.Request, assembly.MaxList, func(mediaType string) bool { return mediaType == "text/csv" })
	if err != nil {
		return err
	}
	people, err := s.Assembly.Import(c.ctx(), c.webinar, bytes.NewReader(list))
	if err != nil {
		return err
	}
	out := make([]memberLinkJSON, len(people))
	for i, p := range people {
		out[i] = s.memberLink(c.webinar.ID, p)
	}
	c.JSON(http.StatusCreated, out)
	return nil
}

func (s *server) memberLink(w webinar.ID, p assembly.Invitation) memberLinkJSON {
	return memberLinkJSON{memberWire(p.Member), s.ticketPage(webinar.Ticket{Webinar: w, Role: webinar.Attendee}) + "#t=" + p.Secret}
}

func (s *server) changeMember(c *call) error {
	var in memberChangeJSON
	if err := c.read(&in); err != nil {
		return err
	}
	m, err := s.Assembly.Change(c.ctx(), c.webinar.ID, assembly.MemberID(c.Param("member")), assembly.Change{Here: in.Here, Paper: in.Paper, Teller: in.Teller, Proxy: (*assembly.MemberID)(in.Proxy)})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, memberWire(m))
	return nil
}

func (s *server) renewMemberLink(c *call) error {
	p, err := s.Assembly.Link(c.ctx(), c.webinar.ID, assembly.MemberID(c.Param("member")))
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, s.memberLink(c.webinar.ID, p))
	return nil
}

func (s *server) membership(c *call) error {
	roll, err := s.Assembly.Roll(c.ctx(), c.webinar.ID)
	if err != nil {
		return err
	}
	m, ok := roll.Member(c.seat.ID)
	if !ok {
		return assembly.ErrNotFound
	}
	c.JSON(http.StatusOK, membershipJSON{memberWire(m), membersWire(roll.Mandates(c.seat.ID))})
	return nil
}

func (s *server) arrive(c *call) error {
	var in checkInJSON
	if err := c.read(&in); err != nil {
		return err
	}
	if err := s.Assembly.Arrive(c.ctx(), c.webinar.ID, c.seat.ID, in.Here); err != nil {
		return err
	}
	return s.membership(c)
}

// addAssembly adds who is here, where members meet.
func (s *server) addAssembly(c *call, out *snapshotJSON) error {
	roll, err := s.Assembly.Roll(c.ctx(), c.webinar.ID)
	if errors.Is(err, assembly.ErrNoAssembly) {
		return nil
	}
	if err != nil {
		return err
	}
	out.Attendance = new(attendanceWire(roll.Attendance()))
	return nil
}

func assemblyFaults() []fault {
	return []fault{
		{assembly.ErrNoAssembly, http.StatusNotFound, "no-assembly", sentence{
			"This webinar has no list of members.", "Dieses Webinar hat keine Mitgliederliste."}},
		{assembly.ErrBegun, http.StatusConflict, "assembly-begun", sentence{
			"Somebody has arrived already, so the list stays as it is.", "Es ist schon jemand eingetroffen, darum bleibt die Liste, wie sie ist."}},
		{assembly.ErrProxySelf, http.StatusUnprocessableEntity, "proxy-self", sentence{
			"Nobody can represent themselves.", "Niemand kann sich selbst vertreten."}},
		{assembly.ErrProxyFull, http.StatusConflict, "proxy-full", sentence{
			"This person represents as many members as the rules allow.", "Diese Person vertritt schon so viele Mitglieder, wie die Regeln erlauben."}},
		{assembly.ErrHere, http.StatusConflict, "member-here", sentence{
			"This member is here and votes without a proxy.", "Dieses Mitglied ist anwesend und stimmt selbst ab."}},
	}
}

// sayList says what is wrong with a list of members, and where.
func sayList(e *assembly.ListError) sentence {
	en, de := "The list", "Die Liste"
	if e.Line > 0 {
		en, de = fmt.Sprintf("Line %d of the list", e.Line), fmt.Sprintf("Zeile %d der Liste", e.Line)
	}
	column := map[string]sentence{
		"number": {"the number", "die Nummer"}, "name": {"the name", "der Name"},
		"weight": {"the weight of the vote", "das Stimmgewicht"}, "proxy": {"the proxy", "die Vertretung"},
	}[e.Column]
	if e.Column != "" {
		en, de = en+", "+column.en, de+", "+column.de
	}
	reason, ok := map[string]sentence{
		"empty":     {"is empty", "ist leer"},
		"too-long":  {"is too long", "ist zu lang"},
		"too-many":  {"has too many rows", "hat zu viele Zeilen"},
		"duplicate": {"is there twice", "kommt zweimal vor"},
		"missing":   {"is missing in the heading", "fehlt in der Kopfzeile"},
		"unknown":   {"is a number that nobody has", "ist eine Nummer, die niemand hat"},
		"self":      {"is the member's own number", "ist die eigene Nummer"},
		"not-utf8":  {"is not stored as UTF-8, which spreadsheets call “CSV UTF-8”", "ist nicht als UTF-8 gespeichert; bei Tabellen heißt das „CSV UTF-8“"},
		"workbook":  {"is a workbook; save it as “CSV UTF-8” first", "ist eine Arbeitsmappe; speichern Sie sie zuerst als „CSV UTF-8“"},
	}[e.Reason]
	switch {
	case e.Column == "weight" && e.Reason == "malformed":
		reason = sentence{"is not a whole number from 1 up", "ist keine ganze Zahl ab 1"}
	case !ok:
		reason = sentence{"cannot be read", "ist nicht lesbar"}
	}
	return sentence{en + " " + reason.en + ". Nothing was taken over.", de + " " + reason.de + ". Es wurde nichts übernommen."}
}
