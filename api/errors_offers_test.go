package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plenum/webinar"
)

// TestReasonsInGerman looks up every reason that the SFU gives, as it stands in its source.
func TestReasonsInGerman(t *testing.T) {
	verbs := regexp.MustCompile(`%[a-z]`)
	found := 0
	for _, says := range reasons(t) {
		found++
		german, ok := refusedInGerman(says)
		if !ok || german == says || !slices.Equal(verbs.FindAllString(says, -1), verbs.FindAllString(german, -1)) {
			t.Errorf("%q is in German %q", says, german)
		}
	}
	if found < 30 {
		t.Errorf("only %d reasons were found", found)
	}
}

// reasons are the first arguments of the calls that refuse an offer or a fragment.
func reasons(t *testing.T) (says []string) {
	t.Helper()
	dir := filepath.Join("..", "webinar", "sfu")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, file.Name()), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			name, _ := call.Fun.(*ast.Ident)
			text, _ := call.Args[0].(*ast.BasicLit)
			if name == nil || name.Name != "refuse" && name.Name != "bad" || text == nil || text.Kind != token.STRING {
				return true
			}
			value, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			says = append(says, value)
			return true
		})
	}
	return says
}

func TestRefusedOfferInBothLanguages(t *testing.T) {
	s := newSite(t)
	host := s.account("host@example.org")
	w := s.webinar(host)
	got := s.want(s.do(host, "watch", in(w), "hello"), http.StatusBadRequest, "bad-offer")
	for lang, want := range map[webinar.Lang]string{
		webinar.English: "The connection offer was refused: this is not a session description (SDP)",
		webinar.German:  "Das Verbindungsangebot wurde abgelehnt: Das ist keine Beschreibung einer Sitzung (SDP)",
	} {
		if !strings.Contains(string(got.body), strconv.Quote(want)) {
			t.Errorf("%s: %s", lang, got.body)
		}
	}
}
