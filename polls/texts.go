package polls

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/cases"

	"plenum/sheet"
)

// TextState is what a host decided about a text that people sent.
type TextState string

// The states of a text. Hosts see all of them.
const (
	TextHeld   TextState = "held" // nobody has decided yet: the beginning, where texts wait for a host
	TextShown  TextState = "shown"
	TextHidden TextState = "hidden"
)

// The limits of what people write; lengths in runes.
const (
	MaxTexts    = 5 // of one person, of open text
	MaxWords    = 3 // of one person, for a word cloud
	UsualLength = 200
	MaxLength   = 500
	WordLength  = 30
	mostTexts   = 40 // on a screen, the newest
	mostWords   = 60 // on a screen, the most frequent
)

// mark is a decision about a text. It belongs to all ballots that say the same, so nothing leads from it to one of them.
type mark struct {
	state TextState
	place int // when it was shown, counted among the decisions of the poll
}

// texts asks for people's own words: sentences, or words for a cloud. Equal ones are counted together; of words the case
// does not matter.
type texts struct{ cloud bool }

func (k texts) prepare(d *Draft) error {
	if err := d.need(0, 0); err != nil {
		return err
	}
	rules := Rules{Least: 1, Most: cmp.Or(d.Rules.Most, MaxWords), Length: WordLength, AtOnce: true}
	most := MaxWords
	if !k.cloud {
		rules = Rules{Least: 1, Most: cmp.Or(d.Rules.Most, 1), Length: cmp.Or(d.Rules.Length, UsualLength), AtOnce: d.Rules.AtOnce}
		most = MaxTexts
	}
	d.Rules = rules
	if err := between("most", rules.Most, 1, most); err != nil {
		return err
	}
	return between("length", rules.Length, 1, MaxLength)
}

// read cleans the texts; one that is said twice counts once. A host may have removed texts of a ballot since it was cast.
func (k texts) read(p Poll, a Answer) (Answer, error) {
	if a.Options != nil {
		return Answer{}, ErrAnswer
	}
	if n := len(a.Texts) + a.Removed; a.Removed < 0 || n < p.Rules.Least || n > p.Rules.Most {
		return Answer{}, ErrChoices
	}
	out := Answer{Texts: make([]string, 0, len(a.Texts)), Removed: a.Removed}
	said := map[string]bool{}
	for _, s := range a.Texts {
		s, err := cleanWords(s, p.Rules.Length)
		if err != nil {
			return Answer{}, err
		}
		if key := k.key(s); !said[key] {
			said[key] = true
			out.Texts = append(out.Texts, s)
		}
	}
	return out, nil
}

// key is what equal texts have in common.
func (k texts) key(s string) string {
	if k.cloud {
		return cases.Fold().String(s)
	}
	return s
}

func (k texts) counter(p Poll) counter { return &said{kind: k, poll: p, of: map[string]*saying{}} }

// said counts texts.
type said struct {
	kind  texts
	poll  Poll
	of    map[string]*saying // by key
	order []*saying          // as they came
}

type saying struct {
	key       string
	spellings map[string]int
	votes     int
}

func (c *said) add(a Answer) {
	for _, s := range a.Texts {
		key := c.kind.key(s)
		w := c.of[key]
		if w == nil {
			w = &saying{key: key, spellings: map[string]int{}}
			c.of[key], c.order = w, append(c.order, w)
		}
		w.spellings[s]++
		w.votes++
	}
}

func (c *said) result() Tally {
	t := Tally{Votes: make([]int, len(c.order)), Texts: make([]string, len(c.order))}
	for i, w := range c.order {
		t.Votes[i], t.Texts[i] = w.votes, w.spelling()
	}
	return c.kind.judge(c.poll, t)
}

// spelling is the usual one; of several the first in the order of their letters.
func (w *saying) spelling() (best string) {
	for s, n := range w.spellings {
		if have := w.spellings[best]; n > have || (n == have && s < best) {
			best = s
		}
	}
	return best
}

// judge sets the states of the texts.
func (k texts) judge(p Poll, t Tally) Tally {
	t.States = make([]TextState, len(t.Texts))
	for i, s := range t.Texts {
		switch m, decided := p.marks[k.key(s)]; {
		case decided:
			t.States[i] = m.state
		case p.Rules.AtOnce:
			t.States[i] = TextShown
		default:
			t.States[i] = TextHeld
		}
	}
	return t
}

// public leaves what everybody may see, and no more than a screen can show: of sentences those that were shown last, of
// words the most frequent.
func (k texts) public(p Poll, t Tally) Tally {
	var list []int
	for i, state := range t.States {
		if state == TextShown {
			list = append(list, i)
		}
	}
	slices.Reverse(list) // what came last
	most := mostTexts
	if k.cloud {
		most = mostWords
		slices.SortFunc(list, func(a, b int) int {
			return cmp.Or(t.Votes[b]-t.Votes[a], strings.Compare(t.Texts[a], t.Texts[b]))
		})
	} else {
		slices.SortStableFunc(list, func(a, b int) int {
			return p.marks[k.key(t.Texts[b])].place - p.marks[k.key(t.Texts[a])].place
		})
	}
	out := Tally{Poll: t.Poll, Total: t.Total, Votes: []int{}, Texts: []string{}}
	for _, i := range list[:min(len(list), most)] {
		out.Votes, out.Texts = append(out.Votes, t.Votes[i]), append(out.Texts, t.Texts[i])
	}
	return out
}

// without takes a text out of an answer and reports whether it was there.
func (k texts) without(a Answer, key string) (Answer, bool) {
	kept := slices.DeleteFunc(slices.Clone(a.Texts), func(s string) bool { return k.key(s) == key })
	gone := len(a.Texts) - len(kept)
	return Answer{Texts: kept, Removed: a.Removed + gone}, gone > 0
}

func (k texts) table(_ Poll, t Tally) sheet.Table {
	out := sheet.Table{Head: []string{"answer", "votes", "percent", "state"}}
	if k.cloud {
		out.Head[0] = "word"
	}
	order := make([]int, len(t.Texts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(t.Votes[b]-t.Votes[a], strings.Compare(t.Texts[a], t.Texts[b])) })
	share := percents(t.Votes, t.Total)
	for _, i := range order {
		out.Rows = append(out.Rows, []sheet.Cell{sheet.Text(t.Texts[i]), sheet.Int(t.Votes[i]), share[i], sheet.Text(string(t.States[i]))})
	}
	return out
}
