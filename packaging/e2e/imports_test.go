package e2e

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postvagt/packaging/e2e/kit"
)

const module = "postvagt"

// mayImport is who may import whom inside the house. A room that is not named imports nobody; "…/" means
// all rooms below. Tests keep to the same table and testsMayImport, and may import the room that they test.
var mayImport = map[string][]string{
	"rules/detect":               {"rules", "rules/checks"},
	"rules/detect/detecttest":    {"rules", "rules/detect"},
	"milter/policy":              {"milter/verdict", "rules/detect"},
	"milter/postfix":             {"milter/program", "milter/verdict"},
	"milter/sendmail":            {"milter/program", "milter/verdict"},
	"milter/held":                {"milter/verdict"}, // a small privileged helper
	"milter":                     {"rules", "milter/message", "milter/policy", "milter/program", "milter/verdict", "rules/detect"},
	"milter/scan":                {"milter", "milter/verdict"},
	"milter/cmd/postvagt-milter": {"milter", "milter/…", "rules", "rules/detect"},

	"agent/maillog":            {"milter/verdict"}, // what a verdict line says
	"agent/track":              {"agent/event", "agent/maillog"},
	"agent/store":              {"agent/event", "agent/login", "agent/supervise", "dashboards"},
	"agent/elastic":            {"agent/event", "dashboards"},
	"agent/watch":              {"agent/event", "dashboards"},
	"agent/cases":              {"agent/event", "dashboards"},
	"agent/supervise":          {"dashboards"},
	"agent/register":           {"agent/cases", "agent/event", "agent/report", "agent/store", "agent/supervise", "dashboards"},
	"agent/report":             {"agent/event", "agent/supervise", "dashboards"},
	"agent/web":                {"agent/event", "agent/cases", "agent/login", "agent/watch", "agent/report", "agent/supervise", "dashboards", "milter/message"}, // held mail is read as the judge reads it
	"agent":                    {"agent/…", "dashboards", "milter/program"},
	"agent/cmd/postvagt-agent": {"agent", "agent/…", "dashboards", "milter/program"},
	"dashboards":               {"agent/event"},

	"packaging/…": {"packaging/…"}, // imports nobody and tests everybody, at their doors
}

// testsMayImport is what tests may import beside: pages and reports are held against the real store.
var testsMayImport = map[string][]string{
	"agent/web":    {"agent/store", "agent/register"},
	"agent/report": {"agent/store"},
	// Questions and documents are held against both stores, side by side; the kit starts the real server.
	"agent/elastic": {"agent/store", "packaging/e2e/kit"},
	// Promises and next hops are held against a real Postfix and Sendmail.
	"milter/postfix":  {"packaging/e2e/kit"},
	"milter/sendmail": {"packaging/e2e/kit"},
}

// drivers are the modules that only the rooms named may import.
var drivers = map[string][]string{
	"github.com/emersion/go-milter":          {"milter"},
	"github.com/coreos/go-systemd/v22":       {"milter/program"},
	"github.com/ProtonMail/go-crypto":        {"milter/message"},
	"github.com/richardlehane/mscfb":         {"milter/message"},
	"github.com/bodgit/sevenzip":             {"milter/message"},
	"github.com/fsnotify/fsnotify":           {"agent/tail"},
	"modernc.org/sqlite":                     {"agent/store"},
	"github.com/elastic/go-elasticsearch/v8": {"agent/elastic"},
	"codeberg.org/go-pdf/fpdf":               {"agent/report"},
	"golang.org/x/crypto":                    {"agent/login"},
	"github.com/alexedwards/scs/v2":          {"agent/web"},
}

type sourceFile struct {
	room, name string
	imports    []string
}

func TestHouseDirection(t *testing.T) {
	for _, f := range sources(t) {
		for _, imp := range f.imports {
			target, ours := strings.CutPrefix(imp, module+"/")
			if strings.HasSuffix(f.name, "_test.go") && slices.Contains(testsMayImport[f.room], target) {
				continue
			}
			if ours && target != f.room && !allowed(f.room, target) {
				t.Errorf("%s: %s may not import %s", f.name, f.room, target)
			}
		}
	}
}

func TestHouseDrivers(t *testing.T) {
	for _, f := range sources(t) {
		if strings.HasSuffix(f.name, "_test.go") || strings.HasPrefix(f.room, "packaging/") {
			continue // a test may hold a room against the real thing, and the demo plays the other side
		}
		for _, imp := range f.imports {
			for driver, rooms := range drivers {
				if (imp == driver || strings.HasPrefix(imp, driver+"/")) && !slices.Contains(rooms, f.room) {
					t.Errorf("%s: only %s may import %s", f.name, strings.Join(rooms, ", "), driver)
				}
			}
		}
	}
}

// The test itself must be able to fail.
func TestHouseTable(t *testing.T) {
	for _, tc := range []struct {
		room, target string
		want         bool
	}{
		{"agent", "agent/store", true},
		{"agent", "milter/verdict", false},
		{"agent/maillog", "milter/verdict", true},
		{"agent/maillog", "milter", false},
		{"milter/verdict", "milter", false},
		{"packaging/demo", "packaging/e2e/kit", true},
		{"packaging/demo", "agent/event", false},
		{"rules", "rules/detect", false},
	} {
		if got := allowed(tc.room, tc.target); got != tc.want {
			t.Errorf("%s -> %s: got %v", tc.room, tc.target, got)
		}
	}
}

func allowed(room, target string) bool {
	for from, targets := range mayImport {
		if !matches(from, room) {
			continue
		}
		for _, to := range targets {
			if matches(to, target) {
				return true
			}
		}
	}
	return false
}

func matches(pattern, room string) bool {
	if below, ok := strings.CutSuffix(pattern, "…"); ok {
		return strings.HasPrefix(room, below)
	}
	return pattern == room
}

// sources reads the imports of every Go file of the project.
func sources(t *testing.T) []sourceFile {
	t.Helper()
	root, err := kit.Root()
	if err != nil {
		t.Fatal(err)
	}
	var files []sourceFile
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, name), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := sourceFile{room: path.Dir(name), name: name}
		for _, spec := range parsed.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imp)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("found only %d Go files below %s", len(files), root)
	}
	return files
}
