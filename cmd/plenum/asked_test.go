package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudflare/circl/blindsign/blindrsa"

	"plenum/migrations/fresh"
	"plenum/polls"
	"plenum/recorder"
	"plenum/webinar"
)

// nobody hears what is published.
type nobody struct{}

func (nobody) Publish(webinar.Event) {}

// meeting has five members who are here, whose votes weigh 2.
func meeting(t *testing.T) *parts {
	t.Helper()
	db, err := fresh.Open(t.Context(), filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour).UnixMilli()
	exec := func(sql string, args ...any) {
		t.Helper()
		if err := db.Exec(sql, args...).Error; err != nil {
			t.Fatal(err)
		}
	}
	exec("INSERT INTO users (id, email, name, password_hash, created_at) VALUES ('u', 'u@example.org', 'u', 'h', 1)")
	exec("INSERT INTO webinars (id, owner_id, title, lang, code, state, starts_at, expires_at) VALUES ('w', 'u', 't', 'de', 'c', 'live', 1, ?)", later)
	exec("INSERT INTO assemblies (webinar_id, quorum) VALUES ('w', 0)")
	for i := range 5 {
		id := fmt.Sprint(i)
		exec(`INSERT INTO tickets (id, webinar_id, subject_id, role, name, secret_hash, issued, used, created_at, expires_at)
			VALUES (?, 'w', ?, 'attendee', '', ?, 1, 1, 1, ?)`, "t"+id, "s"+id, []byte(id), later)
		exec("INSERT INTO members (id, webinar_id, position, number, name, weight, ticket_id, here, arrived) VALUES (?, 'w', ?, ?, ?, 2, ?, 1, 1)", "m"+id, i+1, id, "Canary "+id, "t"+id)
	}
	service, err := polls.New(t.Context(), db, nobody{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := service.Close(); err != nil {
			t.Error(err)
		}
		if conn, err := db.DB(); err == nil {
			_ = conn.Close()
		}
	})
	return &parts{polls: service}
}

// votesSecretly draws a token for a member and casts a ballot with it.
func votesSecretly(t *testing.T, s *polls.Service, p polls.Poll, member, option int) {
	t.Helper()
	keys, err := s.TokenKeys(t.Context(), "w", p.ID)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKIXPublicKey(keys[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	client, err := blindrsa.NewClient(blindrsa.SHA384PSSDeterministic, key.(*rsa.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	receipt := strings.Repeat(fmt.Sprint(member), 64)
	blinded, state, err := client.Blind(rand.Reader, []byte(receipt))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := s.SignFor(t.Context(), "w", p.ID, webinar.TicketID(fmt.Sprint("t", member)), "", blinded)
	if err != nil {
		t.Fatal(err)
	}
	token, err := client.Finalize(state, signed)
	if err != nil {
		t.Fatal(err)
	}
	ballot := polls.SecretBallot{Answer: polls.Answer{Options: []polls.OptionID{p.Options[option].ID}}, Receipt: receipt, Signature: token, Weight: keys[0].Weight}
	if _, err := s.Cast(t.Context(), "w", p.ID, ballot); err != nil {
		t.Fatal(err)
	}
}

// The timeline of a recording has the question of a secret motion from its opening on and its numbers once everybody was
// told them: not while it is open, not while the host hides them, and never a member or a receipt.
func TestTimelineOfASecretMotion(t *testing.T) {
	parts := meeting(t)
	p, err := parts.polls.Create(t.Context(), "w", polls.Draft{Question: "Abberufen?", Options: []string{"Ja", "Nein", "Enthaltung"}, Secrecy: polls.Secret,
		Motion: polls.Motion{Majority: polls.SimpleMajority, Abstain: true}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err = parts.polls.OpenPoll(t.Context(), "w", p.ID, polls.Opening{}); err != nil {
		t.Fatal(err)
	}
	if _, err := parts.polls.SetResults(t.Context(), "w", p.ID, polls.ResultsShown); err != nil {
		t.Fatal(err)
	}
	for i, option := range []int{0, 0, 1, 0, 2} {
		votesSecretly(t, parts.polls, p, i, option)
	}
	asked := func(when string) recorder.Poll {
		t.Helper()
		list, err := parts.askedIn(t.Context(), "w")
		if err != nil || len(list) != 1 || list[0].Question != p.Question || !slices.Equal(list[0].Options, []string{"Ja", "Nein", "Enthaltung"}) {
			t.Fatalf("%s: %+v, %v", when, list, err)
		}
		whole, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			if text := string(whole) + string(list[0].Result); strings.Contains(text, "Canary") || strings.Contains(text, strings.Repeat(fmt.Sprint(i), 64)) {
				t.Errorf("%s: %s", when, text)
			}
		}
		return list[0]
	}
	silent := func(when string) {
		t.Helper()
		if got := asked(when); got.Votes != nil || got.Result != nil || got.Total != 0 {
			t.Errorf("%s it tells %+v %s", when, got, got.Result)
		}
	}
	told := func(when string) {
		t.Helper()
		got := asked(when)
		if !slices.Equal(got.Votes, []int{6, 2, 2}) || got.Total != 5 || !strings.Contains(string(got.Result), `"decision":"carried"`) {
			t.Errorf("%s it tells %+v %s", when, got, got.Result)
		}
	}
	silent("while it is open")
	if _, err := parts.polls.ClosePoll(context.WithoutCancel(t.Context()), "w", p.ID); err != nil {
		t.Fatal(err)
	}
	told("after the closing")
	if _, err := parts.polls.SetResults(t.Context(), "w", p.ID, polls.ResultsHidden); err != nil {
		t.Fatal(err)
	}
	silent("while the host hides it")
}
