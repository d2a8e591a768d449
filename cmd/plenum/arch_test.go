package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "plenum/"

// allowed is the whole import graph of the house. Imports point inward; ARCHITECTURE.md draws the same map.
var allowed = map[string][]string{
	"cmd/plenum": {
		"api", "cmd/plenum/bench", "cmd/plenum/bench/record", "cmd/plenum/cores", "cmd/plenum/resident", "frontend", "migrations", "picture", "polls", "polls/assembly", "recorder", "recorder/archive", "recorder/blob", "recorder/consent", "recorder/ffmpeg",
		"webinar", "webinar/live", "webinar/media", "webinar/sfu", "webinar/talk", "webinar/turn",
	},
	"cmd/plenum/bench":        {"webinar/sfu/ingress"}, // measures from outside, over the public API
	"cmd/plenum/cores":        {},
	"cmd/plenum/resident":     {},
	"cmd/plenum/bench/record": {"cmd/plenum/cores", "cmd/plenum/resident", "migrations", "recorder", "recorder/archive", "recorder/blob", "recorder/consent", "webinar", "webinar/media"},
	"api":                     {"picture", "polls", "polls/assembly", "polls/minutes", "polls/runsheet", "recorder", "recorder/consent", "recorder/report", "webinar", "webinar/live", "webinar/media", "webinar/sfu", "webinar/talk"},
	"picture":                 {},
	"polls":                   {"pdf", "picture", "polls/assembly", "sheet", "webinar", "webinar/mailbox"},
	"polls/assembly":          {"webinar"},
	"polls/minutes":           {"pdf", "polls", "polls/assembly", "webinar"},
	"polls/runsheet":          {"polls", "sheet", "webinar"},
	"recorder":                {"recorder/aio", "recorder/archive", "recorder/consent", "recorder/ffmpeg", "recorder/journal", "recorder/master", "recorder/program", "recorder/report", "recorder/vtt", "webinar", "webinar/media"},
	"recorder/aio":            {},
	"recorder/archive":        {"recorder/blob", "recorder/master"},
	"recorder/master":         {"recorder/consent", "recorder/webm", "webinar/media"},
	"recorder/consent":        {"webinar"},
	"recorder/journal":        {},
	"recorder/ffmpeg":         {},
	"recorder/report":         {"pdf", "recorder/consent", "sheet", "webinar"},
	"recorder/program":        {"recorder/webm"},
	"recorder/vtt":            {},
	"recorder/webm":           {},
	"recorder/blob":           {},
	"recorder/blob/blobtest":  {}, // help for tests: a proxy that breaks on demand
	"webinar":                 {},
	"webinar/live":            {"webinar"},
	"webinar/mailbox":         {},
	"webinar/media":           {},
	"webinar/sfu":             {"webinar/media", "webinar/sfu/ahead", "webinar/sfu/egress", "webinar/sfu/ingress", "webinar/sfu/seal"},
	"webinar/sfu/ahead":       {},
	"webinar/sfu/egress":      {},
	"webinar/sfu/ingress":     {},
	"webinar/sfu/seal":        {},
	"webinar/talk":            {"sheet", "webinar", "webinar/mailbox"},
	"webinar/turn":            {}, // what it relays to is told by cmd/plenum
	"frontend":                {},
	"migrations":              {},
	"migrations/fresh":        {"migrations"}, // help for tests: an empty database
	"pdf":                     {},
	"sheet":                   {},
}

// only names the few places where a heavy dependency may appear, and why.
var only = []struct {
	prefix, why string
	here        func(pkg, file string) bool
}{
	{"gorm.io/gorm/", "rows stay in the store", func(p, f string) bool { return p == "migrations" || strings.HasPrefix(f, "store") }},
	{"gorm.io/driver/", "one place opens the database", func(p, f string) bool { return p == "migrations" }},
	{"github.com/gin-gonic/gin", "HTTP stays at the edge", func(p, f string) bool { return p == "api" }},
	{"github.com/prometheus/", "numbers are written at the edge", func(p, f string) bool { return p == "api" && strings.HasPrefix(f, "metrics") }},
	{"github.com/minio/minio-go", "one client of the object store", func(p, f string) bool { return p == "recorder/blob" && f == "s3.go" }},
	{"github.com/versity/versitygw", "the embedded store is one implementation of many", func(p, f string) bool { return p == "recorder/blob" }},
	{"github.com/pion/webrtc", "one media engine, and a client that measures it", func(p, f string) bool { return p == "webinar/sfu" || p == "cmd/plenum/bench" }},
	{"net/http", "the domain does not know HTTP", func(p, f string) bool {
		return slices.Contains([]string{"api", "frontend", "cmd/plenum", "cmd/plenum/bench", "recorder/blob"}, p)
	}},
	{"github.com/cloudflare/circl", "one place signs blindly", func(p, f string) bool { return p == "polls" && strings.HasPrefix(f, "token") }},
	{"codeberg.org/go-pdf/fpdf", "one place writes PDF", func(p, f string) bool { return p == "pdf" }},
	{module + "recorder/webm", "only what holds a permit may write a recording; a program is copied from what was written so", func(p, f string) bool { return p == "recorder/master" || p == "recorder/program" }},
	{module + "recorder/blob", "only what was sealed may be stored", func(p, f string) bool {
		return p == "recorder/archive" || p == "cmd/plenum" || p == "cmd/plenum/bench/record"
	}},
}

type source struct {
	pkg, name string
	test      bool
	lines     int
	file      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root := os.DirFS("../..")
	var list []source
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments)
		if err != nil {
			return err
		}
		list = append(list, source{path.Dir(name), name, strings.HasSuffix(name, "_test.go"), bytes.Count(src, []byte("\n")), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestImportsPointInward(t *testing.T) {
	found := map[string]bool{}
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		found[s.pkg] = true
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
		may, ok := allowed[s.pkg]
		if !ok {
			t.Errorf("%s: package %s is not on the map", s.name, s.pkg)
		}
		for _, im := range s.file.Imports {
			p, err := strconv.Unquote(im.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if ours, ok := strings.CutPrefix(p, module); ok && !slices.Contains(may, ours) {
				t.Errorf("%s may not import %s", s.name, ours)
			}
			for _, o := range only {
				if (p == o.prefix || strings.HasPrefix(p, strings.TrimSuffix(o.prefix, "/")+"/")) && !o.here(s.pkg, path.Base(s.name)) {
					if o.prefix == "gorm.io/gorm/" && p == "gorm.io/gorm" {
						continue // constructors pass the handle on
					}
					t.Errorf("%s may not import %s: %s", s.name, p, o.why)
				}
			}
		}
	}
	for pkg := range allowed {
		if !found[pkg] {
			t.Errorf("package %s is on the map and not in the house", pkg)
		}
		if found[pkg] && !documented[pkg] {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

func TestNoGlobalsNoInitNoSleeps(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.name)
			}
		}
		if s.test {
			bubbles := usesSelector(s.file, "synctest", "Test")
			if usesSelector(s.file, "time", "Sleep") && !bubbles {
				t.Errorf("%s sleeps outside a synctest bubble", s.name)
			}
			if usesSelector(s.file, "t", "Skip") || usesSelector(s.file, "t", "Skipf") {
				t.Errorf("%s skips a test", s.name)
			}
		}
	}
}

func usesSelector(f *ast.File, x, sel string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == sel {
			if id, ok := s.X.(*ast.Ident); ok && id.Name == x {
				found = true
			}
		}
		return !found
	})
	return found
}

// longest is the most lines a file of ours may have.
const longest = 400

func TestFilesCanBeReadInOneGo(t *testing.T) {
	cmd := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.go", "*.ts", "*.mjs", "*.svelte", "*.css", "*.sql", "*.sh")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(out))
	if len(names) < 20 {
		t.Fatalf("only %d files found", len(names))
	}
	for _, name := range names {
		if strings.Contains(name, ".gen.") || name == "migrations/testdata/schema.sql" { // written by programs
			continue
		}
		src, err := os.ReadFile("../../" + name)
		if os.IsNotExist(err) {
			continue // deleted, not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(src, []byte("\n")); n > longest {
			t.Errorf("%s has %d lines", name, n)
		}
	}
}

func TestGoModIsClean(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"replace ", "exclude ", "toolchain "} {
		if bytes.Contains(mod, []byte("\n"+word)) {
			t.Errorf("go.mod has a %sline", word)
		}
	}
}
