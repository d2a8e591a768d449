package webinar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestOriginsAreWrittenAsBrowsersDo(t *testing.T) {
	for typed, want := range map[string]string{
		"https://example.org":                          "https://example.org",
		" HTTPS://News.Example.org/ ":                  "https://news.example.org",
		"https://example.org:443":                      "https://example.org",
		"https://example.org:8443":                     "https://example.org:8443",
		"https://xn--bcher-kva.de":                     "https://xn--bcher-kva.de",
		"https://192.0.2.7":                            "https://192.0.2.7",
		"http://localhost:3000":                        "http://localhost:3000",
		"http://127.0.0.1:80":                          "http://127.0.0.1",
		"http://example.org":                           "",
		"example.org":                                  "",
		"https://":                                     "",
		"https://*.example.org":                        "",
		"https://bücher.de":                            "",
		"https://example.org/page":                     "",
		"https://example.org?x":                        "",
		"https://example.org?":                         "",
		"https://example.org#x":                        "",
		"https://ada@example.org":                      "",
		"https://example.org; img-src":                 "",
		"https://a.org https://b.org":                  "",
		"https://a.org,b.org":                          "",
		"https://a..org":                               "",
		"https://a.org:99999999999":                    "",
		"javascript:alert(1)":                          "",
		"data:text/html,x":                             "",
		"'self'":                                       "",
		"*":                                            "",
		"https://" + strings.Repeat("a", 300) + ".org": "",
	} {
		if got, ok := cleanOrigin(typed); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", typed, got, ok, want)
		}
	}
}

func TestOriginsOfAWebinar(t *testing.T) {
	db := openDB(t)
	owner := addUser(t, db, "ada@example.org")
	s := NewService(db, &log{}, week, Hooks{})
	w, err := s.Create(t.Context(), owner, Draft{Title: "A"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 { // the second time over the first
		want := []string{"https://b.example", fmt.Sprintf("https://a.example:%d", 8000+i)}
		if got, err := s.SetOrigins(t.Context(), w.ID, want); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v %v", got, err)
		}
		if got, err := s.Origins(t.Context(), w.ID); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v %v", got, err)
		}
	}
	many := make([]string, MaxOrigins+1)
	for i := range many {
		many[i] = fmt.Sprintf("https://s%d.example", i)
	}
	for reason, list := range map[string][]string{"too-many": many, "duplicate": {"https://a.example", "https://A.example/"}, "no-origin": {"https://a.example", "b"}} {
		_, err := s.SetOrigins(t.Context(), w.ID, list)
		if invalid, ok := errors.AsType[*InvalidError](err); !ok || invalid.Reason != reason {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if got, err := s.Origins(t.Context(), w.ID); err != nil || len(got) != 2 {
		t.Errorf("after refusals: %v %v", got, err)
	}
	if got, err := s.SetOrigins(t.Context(), w.ID, nil); err != nil || len(got) != 0 {
		t.Errorf("none: %v %v", got, err)
	}
	if got, err := s.Origins(t.Context(), w.ID); err != nil || len(got) != 0 {
		t.Errorf("none: %v %v", got, err)
	}
}
