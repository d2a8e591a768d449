package assembly

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestReadList(t *testing.T) {
	for name, text := range map[string]string{
		"commas":      "number,name,weight,proxy\n1,Anna,2,\n2,Bert,,1\n3,\"Carl, der Große\",1,1\n",
		"semicolons":  "\uFEFFNr.;Name;Stimmen;vertreten durch\r\n1;Anna;2;\r\n2;Bert;1;1\r\n;;;\r\n3;Carl, der Große;1;1\r\n;;;\r\n ;;;\r\n",
		"another way": "vertretung\tname\tgewicht\tort\tmitgliedsnummer\n\tAnna\t2\tKöln\t1\n1\tBert\t\t\t2\n1\tCarl, der Große\t1\t\t3\n",
	} {
		got, err := ReadList(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, want := range []Member{{Number: "1", Name: "Anna", Weight: 2}, {Number: "2", Name: "Bert", Weight: 1}, {Number: "3", Name: "Carl, der Große", Weight: 1}} {
			m := got[i]
			if m.Number != want.Number || m.Name != want.Name || m.Weight != want.Weight || m.ID == "" || (i > 0) != (m.Proxy == got[0].ID) {
				t.Errorf("%s: %+v", name, m)
			}
		}
	}
}

func TestListsThatAreWrong(t *testing.T) {
	const head = "number,name,weight,proxy\n1,Anna,1,\n"
	for text, want := range map[string]ListError{
		"":                        {Reason: "empty"},
		"number,name\n":           {Reason: "empty"},
		"number,name\n , \n,\n":   {Reason: "empty"},
		"PK\x03\x04\x14\xff":      {Reason: "workbook"},
		"name\nAnna\n":            {Line: 1, Column: "number", Reason: "missing"},
		"nr,nummer,name\n":        {Line: 1, Column: "number", Reason: "duplicate"},
		head + ",Bert,1,\n":       {Line: 3, Column: "number", Reason: "empty"},
		head + "2\n":              {Line: 3, Column: "name", Reason: "empty"},
		head + "1,Bert,1,\n":      {Line: 3, Column: "number", Reason: "duplicate"},
		head + "2,Bert,0,\n":      {Line: 3, Column: "weight", Reason: "malformed"},
		head + "2,Bert,1.5,\n":    {Line: 3, Column: "weight", Reason: "malformed"},
		head + "2,Bert,9999999,":  {Line: 3, Column: "weight", Reason: "malformed"},
		head + "\n\n2,Bert,1,9\n": {Line: 5, Column: "proxy", Reason: "unknown"},
		head + "2,Bert,1,2\n":     {Line: 3, Column: "proxy", Reason: "self"},
		head + "2,\"Bert,1,\n":    {Line: 3, Reason: "malformed"},
		head + "2,B\x01ert,1,\n":  {Line: 3, Column: "name", Reason: "control-characters"},
		head + "2,B\xffert,1,\n":  {Reason: "not-utf8"},
		head + "2," + strings.Repeat("x", MaxName+1) + ",1,\n":  {Line: 3, Column: "name", Reason: "too-long"},
		"number,name\n" + strings.Repeat("x", MaxList):          {Reason: "too-long"},
		"number,name\n" + strings.Repeat("1,A\n", MaxMembers+1): {Reason: "too-many"},
	} {
		_, err := ReadList(strings.NewReader(text))
		got, ok := errors.AsType[*ListError](err)
		if !ok || *got != want {
			t.Errorf("%.60q: %v, want %+v", text, err, want)
		}
	}
}

func FuzzReadList(f *testing.F) {
	f.Add("number,name,weight,proxy\n1,Anna,2,\n2,Bert,,1\n")
	f.Add("nr;name\n\"1\"\"\";x\n")
	f.Fuzz(func(t *testing.T, text string) {
		members, err := ReadList(strings.NewReader(text))
		if err != nil {
			if _, ok := errors.AsType[*ListError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		known := map[MemberID]bool{}
		for _, m := range members {
			known[m.ID] = true
		}
		numbers := map[string]bool{}
		for _, m := range members {
			if m.Number == "" || numbers[m.Number] || m.Name == "" || m.Weight < 1 || m.Weight > MaxWeight || m.Proxy == m.ID || m.Proxy != "" && !known[m.Proxy] {
				t.Fatalf("%+v of %q", m, text)
			}
			numbers[m.Number] = true
		}
	})
}

// rolls draws meetings of all sorts.
func rolls(t *rapid.T) Roll {
	count := rapid.IntRange(1, 12).Draw(t, "members")
	r := Roll{Rules: Rules{Quorum: rapid.IntRange(0, 100).Draw(t, "quorum"), Heads: rapid.Bool().Draw(t, "heads")}}
	id := func(i int) MemberID { return MemberID(fmt.Sprint("m", i)) }
	for i := range count {
		m := Member{ID: id(i), Ticket: ticketOf(i), Weight: rapid.IntRange(1, 5).Draw(t, "weight"), Here: rapid.Bool().Draw(t, "here"), Paper: rapid.Bool().Draw(t, "paper")}
		if p := rapid.IntRange(0, count).Draw(t, "proxy"); p < count && p != i {
			m.Proxy = id(p)
		}
		r.Members = append(r.Members, m)
	}
	return r
}

// TestMandatesAreOfTheAttendance: every member that counts is in the hands of one person who is here, and no other.
func TestMandatesAreOfTheAttendance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rolls(t)
		a := r.Attendance()
		holders, sum, paper := map[MemberID]int{}, Share{}, Share{}
		for i, m := range r.Members {
			for _, x := range r.Mandates(ticketOf(i)) {
				if !m.Here || x.ID != m.ID && (x.Here || x.Proxy != m.ID) {
					t.Fatalf("%v votes for %v", m, x)
				}
				holders[x.ID]++
				sum.add(x)
			}
			if m.Here && m.Paper {
				paper.add(m)
			}
		}
		for id, n := range holders {
			if n != 1 {
				t.Fatalf("%d vote for %v", n, id)
			}
		}
		if sum.Votes+paper.Votes != a.Here.Votes+a.Represented.Votes || sum.Members+paper.Members != a.Here.Members+a.Represented.Members {
			t.Fatalf("%+v and on paper %+v of %+v", sum, paper, a)
		}
		part, whole := float64(a.Here.Votes+a.Represented.Votes), float64(a.All.Votes)
		if r.Rules.Heads {
			part, whole = float64(a.Here.Members+a.Represented.Members), float64(a.All.Members)
		}
		if share := part / whole * 100; share > float64(r.Rules.Quorum)+1e-9 && !a.Met || share < float64(r.Rules.Quorum)-1e-9 && a.Met {
			t.Fatalf("%v %% and met is %v: %+v", share, a.Met, a)
		}
	})
}
