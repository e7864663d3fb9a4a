package detect

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"postvagt/rules"
)

func ownFiles(text string) fstest.MapFS {
	return fstest.MapFS{"own.toml": &fstest.MapFile{Data: []byte(text)}}
}

const goodRule = `[[rule]]
id = "own-x"
kind = "social"
level = "sensitive"
languages = ["da"]
terms.strong = ["gyldenlakforvalter+"]
examples = ["Anna Holm er gyldenlakforvalter."]
counterexamples = ["Gyldenlak blomstrer i maj."]
`

// Each bad file is refused with file, line, rule and reason.
func TestBadRuleFiles(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"syntax":          {"[[rule]]\nid = \n", "own.toml:2: "},
		"unknown key":     {strings.Replace(goodRule, "kind =", "knid =", 1), `own.toml:3: own-x: unknown key "rule.knid" (did you mean "kind"?)`},
		"nested key":      {strings.Replace(goodRule, "terms.strong", "terms.stronk", 1), `own.toml:6: own-x: unknown key "rule.terms.stronk" (did you mean "strong"?)`},
		"wrong type":      {strings.Replace(goodRule, `"sensitive"`, "3", 1), "own.toml:"},
		"level":           {strings.Replace(goodRule, `"sensitive"`, `"secret"`, 1), "own.toml:4: own-x: level must be"},
		"language":        {strings.Replace(goodRule, `"da"`, `"de"`, 1), `own.toml:5: own-x: unknown language "de"`},
		"no id":           {strings.Replace(goodRule, `id = "own-x"`, "", 1), `own.toml:1: ?: "id" is missing`},
		"twice":           {goodRule + goodRule, "own.toml:10: own-x: id is used twice, first in own.toml:1"},
		"upper case":      {strings.Replace(goodRule, "gyldenlakforvalter+", "Gyldenlak", 1), `own.toml:6: own-x: term "Gyldenlak" must be in lower case`},
		"plus and star":   {strings.Replace(goodRule, "gyldenlakforvalter+", "gyldenlak*+", 1), "own.toml:6: own-x: "},
		"no content":      {"[[rule]]\nid = \"a\"\nkind = \"x\"\nlevel = \"sensitive\"\n", "own.toml:2: a: a rule needs either terms or number"},
		"unknown check":   {"[[rule]]\nid = \"a\"\nkind = \"x\"\nlevel = \"sensitive\"\nnumber.check = \"dk-crp\"\nnumber.shapes = [\"dddddd\"]\nnumber.tier = [{ tier = 75 }]\n", `own.toml:5: a: unknown check "dk-crp"`},
		"bad shape":       {"[[rule]]\nid = \"a\"\nkind = \"x\"\nlevel = \"sensitive\"\nnumber.check = \"digits\"\nnumber.shapes = [\"dd(dd\"]\nnumber.tier = [{ tier = 75 }]\n", `own.toml:6: a: shape "dd(dd"`},
		"bad tier":        {"[[rule]]\nid = \"a\"\nkind = \"x\"\nlevel = \"sensitive\"\nnumber.check = \"digits\"\nnumber.shapes = [\"ddddddd\"]\nnumber.tier = [{ tier = 750 }]\n", "own.toml:7: a: tier must be"},
		"unknown class":   {"[[cue]]\nid = \"c\"\nclass = \"rolle\"\nterms = [\"x\"]\n", `own.toml:3: c: unknown class "rolle"`},
		"nothing to drop": {"[[rule]]\nid = \"da-helth\"\ndisabled = true\n", `own.toml:2: da-helth: there is no such rule to disable (did you mean "da-health"?)`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Compile(rules.Files, ownFiles(c.text))
			if err == nil || !errors.Is(err, ErrRules) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to hold %q", err, c.want)
			}
		})
	}
}

// All errors come at once.
func TestErrorsAreJoined(t *testing.T) {
	bad := strings.Replace(strings.Replace(goodRule, `"da"`, `"de"`, 1), `"sensitive"`, `"secret"`, 1)
	_, err := Compile(rules.Files, ownFiles(bad))
	if err == nil || strings.Count(err.Error(), "own.toml:") != 2 {
		t.Errorf("got %v, want two errors", err)
	}
}

func TestOwnRules(t *testing.T) {
	const text = "Anna Holm er gyldenlakforvalter."
	for name, c := range map[string]struct {
		own  string
		want bool
	}{
		"added":    {goodRule, true},
		"absent":   {"", false},
		"weighted": {strings.Replace(goodRule, "languages", "weight = 0.1\nlanguages", 1), false},
	} {
		e, err := Compile(rules.Files, ownFiles(c.own))
		if err != nil {
			t.Fatal(err)
		}
		if got := e.judgeText(text).Level == Sensitive; got != c.want {
			t.Errorf("%s: found %v, want %v", name, got, c.want)
		}
	}
}

func TestOverrideAndDisable(t *testing.T) {
	const text = "Sagen vedrører 070799-4002, som vi talte om."
	e, err := Compile(rules.Files, ownFiles("[[rule]]\nid = \"dk-cpr\"\ndisabled = true\n"))
	if err != nil {
		t.Fatal(err)
	}
	if r := e.judgeText(text); r.Level != None {
		t.Errorf("disabled rule found %v", r.Kinds)
	}
	for _, r := range e.Rules() {
		if r.ID == "dk-cpr" {
			t.Error("a disabled rule is listed")
		}
	}
	own := strings.ReplaceAll(goodRule, "own-x", "da-union")
	if e, err = Compile(rules.Files, ownFiles(own)); err != nil {
		t.Fatal(err)
	}
	if r := e.judgeText("Anna Holm er gyldenlakforvalter."); len(r.Kinds) != 1 || r.Kinds[0] != "social" {
		t.Errorf("overriding rule found %v", r.Kinds)
	}
}

// A proof that fails says where, and not what.
func TestProveSaysWhere(t *testing.T) {
	own := strings.Replace(goodRule, "Anna Holm er gyldenlakforvalter.", "Anna Holm er gartner.", 1)
	own = strings.Replace(own, "Gyldenlak blomstrer i maj.", "Lone Holm er gyldenlakforvalter.", 1)
	e, err := Compile(rules.Files, ownFiles(own))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range e.Prove() {
		if f.File == "own.toml" {
			got = append(got, f.Error())
		}
	}
	want := []string{"own.toml:7: own-x: example 1 is not found", "own.toml:8: own-x: counterexample 1 is found"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(goodRule)
	f.Add("[[cue]]\nid = \"c\"\nclass = \"role\"\nterms = [\"*x*\", \"a b-c+\", \"\\u0000\"]\n")
	f.Add("[[rule]]\nid = \"a\"\nkind = \"x\"\nlevel = \"sensitive\"\nnumber.check = \"digits\"\nnumber.shapes = [\"dd-dd-x\"]\nnumber.tier = [{ tier = 75 }]\n")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Compile(ownFiles(text))
		if err != nil {
			if !errors.Is(err, ErrRules) {
				t.Error("an error that is not ErrRules")
			}
			return
		}
		e.judgeText("Anna Holm 070761-4285 er gyldenlakforvalter. " + text)
	})
}

// A rule of the organisation whose digits are also the beginning of a longer number takes nothing away from it.
func TestOwnNumberWithinLonger(t *testing.T) {
	const own = "[[rule]]\nid = \"own-x\"\nkind = \"social\"\nlevel = \"confidential\"\nnumber.check = \"digits\"\nnumber.shapes = [\"dddd-dddd\"]\n" +
		"number.context = [\"sagsmappe\"]\nnumber.tier = [{ tier = 75, context = true }]\n"
	e, err := Compile(rules.Files, ownFiles(own))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"Brug mit kort 5413 2126 5437 4710, udløb 09/28.":       "card",
		"Sagsmappe 5413 2126 er flyttet.":                       "own-x",
		"Sagsmappe 5413 2126, kort 5413 2126 5437 4710.":        "card own-x",
		"Sagsmappe 5413 2126 7719 4408 er ikke et kort.":        "own-x", // four groups of four, and no card
		"Sporing 5413 2126 5437 4711 er på vej til Anna.":       "",
		"Kort 5413 2126 5437 4710 og kort 5105 1051 0510 5100.": "card",
	} {
		var got []string
		for _, f := range e.judgeText(text).Findings {
			got = append(got, f.Rule)
		}
		slices.Sort(got)
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: found %q, want %q", text, s, want)
		}
	}
}
