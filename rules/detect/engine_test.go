package detect

import (
	"testing"

	"postvagt/rules"
)

func shipped(t testing.TB) *Engine {
	t.Helper()
	e, err := Compile(rules.Files)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestShippedRulesProve(t *testing.T) {
	for _, f := range shipped(t).Prove() {
		t.Error(f)
	}
}
