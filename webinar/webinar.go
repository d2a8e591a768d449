// Package webinar is the vocabulary of the house: the webinar and its states, the people in it and what each may do,
// tickets, accounts, events and their audience. Everything else imports it; it imports nothing of ours.
package webinar

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ID names a webinar: 26 random characters, so that knowing it is being invited.
type ID string

// State is where a webinar stands.
type State string

// The states of a webinar, in their only order.
const (
	Scheduled State = "scheduled" // backstage: only people on stage see and hear each other
	Live      State = "live"
	Ended     State = "ended"
)

// The limits of a webinar's words, in runes.
const (
	MaxTitle = 200
	MaxName  = 64
)

// Lang is a language the product speaks.
type Lang string

// The languages. DefaultLang stands in where none was said.
const (
	German      Lang = "de"
	English     Lang = "en"
	DefaultLang      = German
)

// Langs lists every language, for texts that must exist in each.
func Langs() []Lang { return []Lang{German, English} }

// Clock says a day and a time in words and names the zone, which is the one that t is in.
func (l Lang) Clock(t time.Time) string { return l.clock(t, "15:04") }

// ClockToSecond is Clock with the seconds.
func (l Lang) ClockToSecond(t time.Time) string { return l.clock(t, "15:04:05") }

func (l Lang) clock(t time.Time, hour string) string {
	form := "2 January 2006, " + hour + " "
	if l == German {
		form = "02.01.2006, " + hour + " Uhr "
	}
	zone := t.Format("MST")
	if strings.HasPrefix(zone, "+") || strings.HasPrefix(zone, "-") { // a zone that has no letters of its own
		zone = "UTC" + zone
	}
	return t.Format(form) + zone
}

// Webinar is one event.
type Webinar struct {
	ID       ID
	Owner    UserID
	HostName string
	Title    string
	Lang     Lang
	Code     string // 8 characters of Crockford base32 for the projector
	State    State
	StartsAt time.Time
	LiveAt   time.Time // zero: never was live
	EndedAt  time.Time // zero: not ended
	Expires  time.Time // when everything about it is erased

	Recording Plan
}

// Draft is what a host says to create a webinar.
type Draft struct {
	Title    string
	StartsAt time.Time // zero: now
	Lang     Lang      // empty: DefaultLang
	Key      string    // idempotency key, may be empty

	Recording Plan
}

// Validate reports the first fault as an *InvalidError.
func (d *Draft) Validate() error {
	title, err := CleanText("title", d.Title, MaxTitle, true)
	if err != nil {
		return err
	}
	d.Title = title
	if d.Lang == "" {
		d.Lang = DefaultLang
	}
	if d.Lang != German && d.Lang != English {
		return &InvalidError{Field: "lang", Reason: "unknown-language"}
	}
	return nil
}

// CleanText trims s and refuses control and bidirectional-override characters, more than limit runes, and, where
// required, nothing at all.
func CleanText(field, s string, limit int, required bool) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case !utf8.ValidString(s):
		return "", &InvalidError{Field: field, Reason: "not-utf8"}
	case required && s == "":
		return "", &InvalidError{Field: field, Reason: "empty"}
	case utf8.RuneCountInString(s) > limit:
		return "", &InvalidError{Field: field, Reason: "too-long", Limit: limit}
	case strings.ContainsFunc(s, forbiddenRune):
		return "", &InvalidError{Field: field, Reason: "control-characters"}
	}
	return s, nil
}

func forbiddenRune(r rune) bool {
	return unicode.IsControl(r) || (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069) || r == 0x200E || r == 0x200F
}
