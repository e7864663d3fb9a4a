package report

import (
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
