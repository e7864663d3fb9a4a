package elastic

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"postvagt/dashboards"
)

// kibanaPatience is how long the stand-in's dashboards may take to be drawn.
const kibanaPatience = 2 * time.Minute

// The check finds nothing wrong where panels show what their aggregations say of the known transmissions.
func TestKibanaCheckPasses(t *testing.T) {
	for _, problem := range newStandIn(t).check("right").run(t.Context()) {
		t.Error(problem)
	}
	if code, _ := askAny(t, "GET", "/"+index(knownMonth), ""); code != 404 {
		t.Errorf("the transmissions of the check are left behind: %d", code)
	}
}

// What is wrong with the import and the export is said exactly.
func TestKibanaCheckSaysWhatIsImported(t *testing.T) {
	s := newStandIn(t)
	s.version = "8.8.1"
	says(t, "an old Kibana", s.check("").run(t.Context()), "version 8.8.1 is too old")
	s.version, s.refuses = "8.12.2", true
	says(t, "an import that fails", s.check("").run(t.Context()), "import of postvagt-en: kibana: dashboard postvagt-repeated-en: missing_references")
	s.refuses = false
	objects, err := dashboards.SavedObjects("en", true)
	if err != nil {
		t.Fatal(err)
	}
	check := s.check("")
	if _, err := check.kibana.Import(t.Context(), "postvagt-en", objects); err != nil {
		t.Fatal(err)
	}
	if wrong := check.exported(t.Context(), objects); len(wrong) > 0 {
		t.Errorf("the same: %v", wrong)
	}
	for name, d := range map[string]struct{ old, new, want string }{
		"a width":           {`\"w\":12,`, `\"w\":13,`, `attributes.panelsJSON[1].gridData.w is 13, 12 was imported`},
		"a title":           {`"title":"[Postvagt] Incidents"`, `"title":"Incidents"`, "dashboard postvagt-incidents-en: attributes.title is Incidents"},
		"an object":         {`"id":"postvagt-search-en","managed"`, `"id":"postvagt-find-en","managed"`, "search postvagt-search-en is not there"},
		"a reference":       {`"name":"tag-ref-postvagt-tag-en"`, `"name":"tag-ref"`, "the reference tag-ref-postvagt-tag-en to tag postvagt-tag-en is gone"},
		"lost references":   {`"missingRefCount":0`, `"missingRefCount":2`, "2 references lead to nothing"},
		"a panel, migrated": {dashboards.PanelID("en", "incidents", "held") + `\",\"title\"`, `x\",\"title\"`, "of form 10.2.0 has the panels"},
	} {
		s.export = func(out []byte) []byte {
			if strings.Contains(name, "migrated") {
				out = bytes.ReplaceAll(out, []byte(`"typeMigrationVersion":"8.9.0"`), []byte(`"typeMigrationVersion":"10.2.0"`))
			}
			changed := bytes.ReplaceAll(out, []byte(d.old), []byte(d.new))
			if bytes.Equal(changed, out) {
				t.Errorf("%s: %q is not in the export", name, d.old)
			}
			return changed
		}
		says(t, name, check.exported(t.Context(), objects), d.want)
	}
}

// What is wrong on a dashboard is said with the dashboard, the question, what is shown and what is known.
func TestKibanaCheckSaysWhatIsShown(t *testing.T) {
	s := newStandIn(t)
	check := s.check("")
	objects, err := dashboards.SavedObjects("en", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := check.kibana.Import(t.Context(), "postvagt-en", objects); err != nil {
		t.Fatal(err)
	}
	client, err := check.through()
	if err != nil {
		t.Fatal(err)
	}
	mails, notes, golden := known()
	if err := errors.Join(fill(t.Context(), client, mails), fillNotes(t.Context(), client, notes)); err != nil {
		t.Fatal(err)
	}
	defer ask(t, "DELETE", "/"+index(knownMonth), "")
	var repeated []knownBoard
	for _, b := range knownBoards(t, "en", golden) {
		if b.ID == "postvagt-repeated-en" {
			repeated = append(repeated, b)
		}
	}
	for question, how := range map[string]string{"open-senders": "gone", "open-copies": "wrong", "repeat-domains": "wrong", "open-copies-weekly": "wrong", "repeat-senders": "fails"} {
		s.broken[dashboards.PanelID("en", "repeated", question)] = how
	}
	wrong := check.browse(t.Context(), repeated)
	for _, want := range []string{
		`postvagt-repeated-en: open-senders "Different senders": no such panel is on the page`,
		`postvagt-repeated-en: open-copies "Copies that left unprotected": shows "`,
		`postvagt-repeated-en: repeat-domains "Repeated open mail by recipient domain": row "`,
		`postvagt-repeated-en: open-copies-weekly "Copies that left unprotected, week by week": shows `,
		`at "1999-01-11", known is `,
		`postvagt-repeated-en: opens: a panel fails: Could not locate that data view`,
		`postvagt-repeated-en: repeat-senders "Repeated open mail by sender": shows 0 rows`,
	} {
		says(t, "on the page", wrong, want)
	}
	clear(s.broken)
	s.broken[dashboards.PanelID("en", "repeated", "open-copies")] = "waits"
	check.timeout = 5 * time.Second
	says(t, "a panel that is never drawn", check.browse(t.Context(), repeated), "panels are drawn and 1 are not")
	s.login = true
	says(t, "no credentials", check.browse(t.Context(), repeated), "a form to log in: say KIBANA_USERNAME")
	says(t, "a wrong password", s.check("wrong").browse(t.Context(), nil), "log in: Kibana answers 401")
}
