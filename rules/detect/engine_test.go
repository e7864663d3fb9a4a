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

func (e *Engine) judgeText(text string) Result {
	s := e.NewScanner(Context{})
	s.Scan(Text{Part: "1 text/plain", Data: []byte(text)})
	return s.Result()
}
