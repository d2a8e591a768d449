package consent

import (
	"fmt"
	"strings"
)

// Scope is a set of things that a person can allow to be recorded, each on its own.
type Scope uint8

// The scopes. Screen includes the sound of what is shared; Chat is what a person writes, questions too; Poll is what
// they answer to a poll under their name.
const (
	Audio Scope = 1 << iota
	Video
	Screen
	Name
	Chat
	Poll

	Media   = Audio | Video | Screen // what makes bytes
	Written = Chat | Poll            // what becomes lines, see Lines
	All     = Media | Name | Written

	oldest = Media | Name // what a notice asked for that does not say it
)

func scopeWords() []string { return []string{"audio", "video", "screen", "name", "chat", "poll"} }

// Has reports whether every scope of x is in s.
func (s Scope) Has(x Scope) bool { return s&x == x }

// Words lists the scopes in s in a fixed order: audio, video, screen, name, chat, poll.
func (s Scope) Words() []string {
	out := []string{}
	for i, w := range scopeWords() {
		if s&(1<<i) != 0 {
			out = append(out, w)
		}
	}
	return out
}

// String joins the words of s with a comma.
func (s Scope) String() string { return strings.Join(s.Words(), ",") }

// ParseScopes reads words as Words writes them. It fails on an unknown word.
func ParseScopes(words []string) (Scope, error) {
	var s Scope
next:
	for _, w := range words {
		for i, known := range scopeWords() {
			if w == known {
				s |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("%w: unknown scope", ErrAnswer)
	}
	return s, nil
}
