package api

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cloudflare/circl/blindsign/blindrsa"
)

// secretBallot draws a token for a member of weight 1 and returns the ballot for an option, as it goes out without a session.
func secretBallot(t *testing.T, s *site, who asker, at map[string]string, member, option, digit string) string {
	t.Helper()
	keys := decoded[tokenKeysJSON](t, s.want(s.do(who, "tokenKeys", at, ""), http.StatusOK, ""))
	if len(keys.Keys) != 1 || keys.Keys[0].Weight != 1 {
		t.Fatalf("%+v", keys)
	}
	key, err := x509.ParsePKIXPublicKey(keys.Keys[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := blindrsa.NewClient(blindrsa.SHA384PSSDeterministic, key.(*rsa.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	receipt := strings.Repeat(digit, 64)
	blinded, state, err := client.Blind(rand.Reader, []byte(receipt))
	if err != nil {
		t.Fatal(err)
	}
	ask, err := json.Marshal(map[string]any{"blinded": blinded, "for": member})
	if err != nil {
		t.Fatal(err)
	}
	signed := decoded[blindSignatureJSON](t, s.want(s.do(who, "signToken", at, string(ask)), http.StatusCreated, ""))
	token, err := client.Finalize(state, signed.Signature)
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(map[string]any{"answer": map[string]any{"options": []string{option}}, "receipt": receipt, "token": token, "weight": 1})
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A secret vote of the members from its draft to the minutes: blind ballot papers, also for who is represented, nothing told
// before it closes, and a clear sentence for who came too late.
func TestSecretMotion(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	var list strings.Builder
	list.WriteString("number,name,proxy\n1,Anna,\n2,Bert,1\n")
	for i := 3; i <= 8; i++ {
		fmt.Fprintf(&list, "%d,Member %d,\n", i, i)
	}
	people := decoded[[]memberLinkJSON](t, s.want(s.send(host, http.MethodPost, "/api/webinars/"+w+"/assembly/members", "text/csv", list.String()), http.StatusCreated, ""))
	seat := func(i int) asker {
		_, secret, _ := strings.Cut(people[i].Link, "#t=")
		return bearer(secret)
	}
	p := decoded[pollJSON](t, s.want(s.do(host, "createPoll", in(w), `{"question":"Dismiss?","options":["For","Against","Abstain"],"secrecy":"secret","motion":{"majority":"simple","heads":false,"abstain":true}}`), http.StatusCreated, ""))
	at := in(w, "poll", p.ID)
	s.want(s.do(host, "openPoll", at, ""), http.StatusConflict, "nobody-here")
	s.want(s.do(seat(0), "arrive", in(w), `{"here":true}`), http.StatusOK, "")
	s.want(s.do(host, "openPoll", at, ""), http.StatusConflict, "one-voter") // for two, but it is one who votes
	for _, i := range []int{2, 3} {
		s.want(s.do(seat(i), "arrive", in(w), `{"here":true}`), http.StatusOK, "")
	}
	s.want(s.do(host, "openPoll", at, ""), http.StatusConflict, "few-voters")
	for _, i := range []int{4, 6} {
		s.want(s.do(seat(i), "arrive", in(w), `{"here":true}`), http.StatusOK, "")
	}
	s.want(s.do(host, "openPoll", at, ""), http.StatusOK, "")
	s.want(s.do(seat(0), "vote", at, `{"answer":{"options":["`+p.Options[0].ID+`"]},"receipt":"`+strings.Repeat("a", 64)+`"}`), http.StatusConflict, "needs-token")

	bert := people[1].Member.ID
	ballots := []string{secretBallot(t, s, seat(0), at, "", p.Options[0].ID, "a"), secretBallot(t, s, seat(0), at, bert, p.Options[1].ID, "b"), secretBallot(t, s, seat(2), at, "", p.Options[0].ID, "c")}
	for _, i := range []int{1, 5} { // too late
		s.want(s.do(seat(i), "arrive", in(w), `{"here":true}`), http.StatusOK, "")
	}
	blinded := `{"blinded":"` + strings.Repeat("A", 342) + `=="}`
	for i, code := range map[int]string{1: "represented", 5: "came-late"} {
		refused := s.want(s.do(seat(i), "signToken", at, blinded), http.StatusForbidden, code)
		if !strings.Contains(string(refused.body), "rom the next vote on") {
			t.Errorf("%s", refused.body)
		}
		if got := decoded[mandatesJSON](t, s.want(s.do(seat(i), "mandates", at, ""), http.StatusOK, "")); len(got.Mandates) != 0 || got.Bar == "" {
			t.Errorf("%+v", got)
		}
	}
	all := decoded[assemblyJSON](t, s.want(s.do(host, "getAssembly", in(w), ""), http.StatusOK, ""))
	if len(all.Lost) != 2 || string(all.Lost[0].Member) != bert || all.Lost[0].Bar != "represented" || all.Lost[1].Bar != "late" || all.Lost[1].Question != "Dismiss?" {
		t.Errorf("the host at the door is told %+v", all.Lost)
	}
	if got := decoded[mandatesJSON](t, s.want(s.do(seat(0), "mandates", at, ""), http.StatusOK, "")); len(got.Mandates) != 2 || !got.Mandates[0].Drawn || !got.Mandates[1].Drawn || got.Mandates[0].Voted {
		t.Errorf("%+v", got)
	}
	for _, ballot := range ballots {
		s.want(s.do(asker{}, "castBallot", at, ballot), http.StatusCreated, "")
		s.want(s.do(asker{}, "castBallot", at, ballot), http.StatusConflict, "already-voted")
	}
	s.want(s.do(asker{}, "castBallot", at, strings.Replace(secretBallot(t, s, seat(3), at, "", p.Options[0].ID, "d"), `"weight":1`, `"weight":9`, 1)), http.StatusForbidden, "bad-token")

	open := decoded[[]pollJSON](t, s.want(s.do(host, "listPolls", in(w), ""), http.StatusOK, ""))
	if got := open[0].Tally; got == nil || got.Total != 3 || len(got.Votes) != 0 || got.Motion != nil {
		t.Errorf("a host is told %+v", got)
	}
	s.want(s.do(host, "pollResults", at, ""), http.StatusConflict, "poll-not-closed")
	s.want(s.do(host, "signedVotes", at, ""), http.StatusConflict, "not-named")
	p = decoded[pollJSON](t, s.want(s.do(host, "closePoll", at, ""), http.StatusOK, ""))
	if m := p.Tally.Motion; m == nil || m.Votes[0] != 2 || m.Votes[1] != 1 || m.Decision != "carried" || p.Attendance.Represented.Members != 1 {
		t.Errorf("%+v", p.Tally)
	}
	if sheet := s.want(s.do(host, "pollResults", at, ""), http.StatusOK, ""); !bytes.Contains(sheet.body, []byte("For,2,66.7,2,0")) {
		t.Errorf("%s", sheet.body)
	}
	if text := s.want(s.do(host, "minutesMarkdown", in(w), ""), http.StatusOK, ""); !strings.Contains(string(text.body), "Geheime Abstimmung") || !strings.Contains(string(text.body), "| For | 2 | 2 | 0 |") {
		t.Errorf("%s", text.body)
	}
	if list := decoded[[]string](t, s.want(s.do(seat(2), "listReceipts", at, ""), http.StatusOK, "")); len(list) != 3 || list[2] != strings.Repeat("c", 64) {
		t.Errorf("receipts %v", list)
	}
}
