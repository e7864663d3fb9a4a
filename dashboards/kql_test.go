package dashboards

import (
	"encoding/json"
	"testing"
)

func TestKQL(t *testing.T) {
	for want, f := range map[string]Filter{
		"":                                  nil,
		`postvagt.first : true`:             {Is(fFirst, "true")},
		`not (postvagt.unopened : 0)`:       {Not(fUnopened, "0")},
		`postvagt.department : "-"`:         {Is(fDepartment, "")},
		`not (not postvagt.channel : *)`:    {Not(fChannel, "")},
		`postvagt.level : ("a" or "b\"\\")`: {Is(fLevel, "a", `b"\`)},
		`(not tls.cipher : * or tls.cipher : "x") and postvagt.first : true`: {Is(fTLSCipher, "", "x"), Is(fFirst, "true")},
	} {
		if got := f.KQL(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if _, err := ParseKQL(want); err != nil {
			t.Error(err)
		}
	}
}

func TestParseKQL(t *testing.T) {
	for text, want := range map[string]string{
		"":                         `{"match_all":{}}`,
		`a : "x y"`:                `{"match_phrase":{"a":"x y"}}`,
		`a : *`:                    `{"exists":{"field":"a"}}`,
		`a : "*"`:                  `{"match_phrase":{"a":"*"}}`,
		`not a:x and b : (1 or 2)`: `{"bool":{"filter":[{"bool":{"must_not":{"match_phrase":{"a":"x"}}}},{"bool":{"minimum_should_match":1,"should":[{"match_phrase":{"b":"1"}},{"match_phrase":{"b":"2"}}]}}]}}`,
		`(a : 1 OR b : 2)`:         `{"bool":{"minimum_should_match":1,"should":[{"match_phrase":{"a":"1"}},{"match_phrase":{"b":"2"}}]}}`,
	} {
		q, err := ParseKQL(text)
		if err != nil {
			t.Error(err)
			continue
		}
		got, err := json.Marshal(q.DSL())
		if err != nil || string(got) != want {
			t.Errorf("%s: %s %v", text, got, err)
		}
	}
	for _, bad := range []string{`a`, `a :`, `a : (1 or`, `a : "x`, `: x`, `a : x b`, `and`, `a : (1`, `a : 1 or`, `not`, `"a" : x`, `a : ()`, `a : 1)`} {
		if q, err := ParseKQL(bad); err == nil {
			t.Errorf("%q is taken for %+v", bad, q)
		}
	}
}
