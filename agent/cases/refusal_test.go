package cases

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every refusal in the source has its Danish text, and every Danish text its refusal.
func TestRefusalsAreTranslated(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	call := regexp.MustCompile(`refuse\([^"]*(?:"[a-z-]+"|string\(i\)), ("(?:[^"\\]|\\.)*")`)
	unused := refusalsDanish()
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(source), -1) {
			format, err := strconv.Unquote(m[1])
			if err != nil {
				t.Fatal(err)
			}
			da, ok := refusalsDanish()[format]
			if !ok || strings.Count(da, "%") != strings.Count(format, "%") {
				t.Errorf("%s: no Danish for %q", name, format)
			}
			delete(unused, format)
		}
	}
	for format := range unused {
		t.Errorf("nobody says %q", format)
	}
}
