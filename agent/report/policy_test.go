package report

import (
	"flag"
	"os"
	"strings"
	"testing"

	"postvagt/dashboards"
)

// The policy stands in the report line by line: shipped lines in words, own ones by name, each policy once.
func TestPolicyTable(t *testing.T) {
	const table = "secure-channel:pass,*sensitive:hold,sensitive:hold:observe,*ours:reject"
	setting := func(policy, table string) dashboards.Setting {
		return dashboards.Setting{Host: "mx1", From: from, To: to, Mode: "enforce", Policy: policy, Rules: "r", Table: table}
	}
	for lang, want := range map[string][]string{
		"en": {"The standard, line by line", "Sensitive data without a secure channel or strong encryption (sensitive): ", "2. sensitive: ", "(observes", "4. ours: ", "Policy p2:", "1. No rule steps in (otherwise): may be sent"},
		"da": {"Standarden linje for linje", "Følsomme oplysninger uden sikker kanal eller stærk kryptering (sensitive): ", "2. sensitive: ", "Politik p2:"},
	} {
		r := make1(t, lang, documents(20))
		if s := r.policyTable(); s.Heading != "" {
			t.Errorf("%s: a policy that nobody told is printed", lang)
		}
		r.Settings = []dashboards.Setting{setting("p1", table), setting("p1", table), setting("p2", "otherwise:pass"), setting("p3", "")}
		s := r.policyTable()
		all := strings.Join(append([]string{s.Heading}, s.List...), "\n")
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, all)
			}
		}
		if len(s.List) != 2+4+1 {
			t.Errorf("%s: %d entries", lang, len(s.List))
		}
		for name, form := range map[string]string{"html": written(t, r, "html"), "pdf": pdfText(t, written(t, r, "pdf"))} {
			if form = strings.Join(strings.Fields(strings.ReplaceAll(form, "\u00a0", " ")), " "); !strings.Contains(form, want[0]) || !strings.Contains(form, "4. ours: ") {
				t.Errorf("%s, %s: the policy is not there", lang, name)
			}
		}
		before, err := r.Hash()
		r.Settings[0].Table = "sensitive:pass"
		if after, err2 := r.Hash(); err != nil || err2 != nil || before == after {
			t.Errorf("%s: the hash does not cover the policy", lang)
		}
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// told reads the tables that the milter's tests tell, line by line, by their titles.
func told(t *testing.T) (tables [][]string) {
	t.Helper()
	b, err := os.ReadFile("../../milter/testdata/policy-lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "# ") {
			tables = append(tables, nil)
		} else {
			tables[len(tables)-1] = append(tables[len(tables)-1], line)
		}
	}
	return tables
}

// The standard used, and each condition that a line can have, in words, as the milter tells them.
func TestPolicyInWords(t *testing.T) {
	for _, lang := range []string{"da", "en"} {
		r := make1(t, lang, documents(20))
		var all []string
		for i, table := range told(t) {
			r.Settings = append(r.Settings, dashboards.Setting{Host: "mx1", From: from, To: to, Mode: "enforce", Policy: []string{"p1", "p2"}[i], Rules: "r", Table: strings.Join(table, ",")})
		}
		all = append(all, r.policyTable().List...)
		golden, got := "testdata/policy."+lang+".txt", strings.Join(all, "\n")+"\n"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || got != string(want) {
			t.Errorf("%s: %v; the policy is\n%s", lang, err, got)
		}
		for _, raw := range []string{"%", "_", "[]", "=", "|"} {
			if strings.Contains(got, raw) {
				t.Errorf("%s: %q is no word", lang, raw)
			}
		}
		text := pdfText(t, written(t, r, "pdf"))
		if text = strings.Join(strings.Fields(text), " "); !strings.Contains(text, strings.TrimPrefix(all[1], "1. ")) {
			t.Errorf("%s: the PDF lacks %q", lang, all[1])
		}
	}
}

// What a later milter tells stands as it is; a list that had no room says how many are left out.
func TestStrangeConditions(t *testing.T) {
	for told, want := range map[string]string{
		"": "all else", "moonlight=yes|full": "moonlight: yes, full", "department=A%26B|%2B3&more=2": "the department: A&B or 3 others; and 2 more conditions", "level=new": "new", "strong=perhaps": "strong: perhaps",
		"size_over=%zz": "larger than %zz bytes", "=": ": ",
	} {
		if got := conditions("en", told); got != want {
			t.Errorf("%q: %q, want %q", told, got, want)
		}
	}
}

// A report that was frozen when the milter told no conditions is not said to differ by them.
func TestConditionsToldLater(t *testing.T) {
	r := make1(t, "en", documents(20))
	setting := dashboards.Setting{Host: "mx1", From: from, To: to, Mode: "enforce", Policy: "p1", Rules: "r", Table: "sensitive:hold"}
	before, after := *r, *r
	before.Settings = []dashboards.Setting{setting}
	for table, differs := range map[string]bool{"sensitive:hold?level=sensitive": false, "sensitive:tag?level=sensitive": true} {
		setting.Table = table
		after.Settings = []dashboards.Setting{setting}
		if got := changes("en", &before, &after); (len(got) > 0) != differs {
			t.Errorf("%s: changed is %v", table, got)
		}
	}
}
