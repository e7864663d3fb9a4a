package detect

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"postvagt/rules"
)

// What the guides show works: each of their blocks of TOML compiles beside the shipped rules, and every proof holds.
func TestGuides(t *testing.T) {
	for guide, least := range map[string]int{"../../packaging/doc/rule-guide.md": 6, "../README.md": 1} {
		b, err := os.ReadFile(guide)
		if err != nil {
			t.Fatal(err)
		}
		blocks := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(string(b), -1)
		if len(blocks) < least {
			t.Fatalf("%s: %d blocks of TOML", guide, len(blocks))
		}
		own := fstest.MapFS{}
		for i, m := range blocks {
			own[fmt.Sprintf("block-%d.toml", i+1)] = &fstest.MapFile{Data: []byte(m[1])}
		}
		e, err := Compile(rules.Files, own)
		if err != nil {
			t.Errorf("%s: %v", guide, err)
			continue
		}
		for _, f := range e.Prove() {
			t.Errorf("%s: %v", guide, f)
		}
		for _, r := range e.Rules() {
			if strings.HasPrefix(r.File, "block-") && (len(r.Examples) == 0 || len(r.Counterexamples) == 0) {
				t.Errorf("%s: %s has no proof", guide, r.ID)
			}
		}
	}
}
