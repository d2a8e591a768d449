package main

import (
	"go/ast"
	"regexp"
	"strconv"
	"testing"
)

// invariants is how many numbered promises the recording makes. They keep their numbers in the names of the tests that
// prove them: TestI3NothingAfterClosing, TestI5I6LedgerFailsAnywhere.
const invariants = 28

func TestEveryInvariantHasATest(t *testing.T) {
	name, number := regexp.MustCompile(`^Test((?:I[0-9]+)+)[A-Z]`), regexp.MustCompile(`[0-9]+`)
	proved := map[int]bool{}
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !s.test || f.Recv != nil {
				continue
			}
			m := name.FindStringSubmatch(f.Name.Name)
			if m == nil {
				continue
			}
			for _, n := range number.FindAllString(m[1], -1) {
				i, err := strconv.Atoi(n)
				if err != nil || i < 1 || i > invariants {
					t.Errorf("%s: %s has a number that no invariant has", s.name, f.Name.Name)
				}
				proved[i] = true
			}
		}
	}
	for i := 1; i <= invariants; i++ {
		if !proved[i] {
			t.Errorf("I%d has no test", i)
		}
	}
}
