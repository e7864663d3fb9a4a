package detecttest

import (
	"testing"

	"postvagt/rules"
	"postvagt/rules/detect"
)

func TestShippedRules(t *testing.T) {
	e, err := detect.Compile(rules.Files)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, e)
}

// A filler in which something is found would prove nothing.
func TestFillersAreClean(t *testing.T) {
	e, err := detect.Compile(rules.Files)
	if err != nil {
		t.Fatal(err)
	}
	for lang, text := range fillers {
		if r := scan(e, text); r.Level != detect.None {
			t.Errorf("filler %s: %v", lang, r.Kinds)
		}
	}
}
