package dashboards

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"postvagt/agent/event"
)

func every() []Question { return slices.Concat(Questions(), KibanaQuestions(), ReportQuestions()) }

// fieldType is the type of a field that a question asks for.
func fieldType(q Question, name string) (event.Type, bool) {
	if q.Notes {
		f, ok := event.NoteFieldByName(name)
		return f.Type, ok
	}
	f, ok := Field(name)
	return f.Type, ok
}

func TestQuestionsAreWhole(t *testing.T) {
	ids := map[string]bool{}
	form := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for _, q := range every() {
		if !form.MatchString(q.ID) {
			t.Errorf("%q is no id", q.ID)
		}
		if ids[q.ID] {
			t.Errorf("%s stands twice", q.ID)
		}
		ids[q.ID] = true
		for _, text := range []string{q.Title.DA, q.Title.EN, q.Help.DA, q.Help.EN, q.Source, string(q.Chart)} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s lacks a title, help, source or chart", q.ID)
			}
		}
		if len(q.Dashboards) == 0 && !slices.ContainsFunc(ReportQuestions(), func(r Question) bool { return r.ID == q.ID }) {
			t.Errorf("%s is on no dashboard", q.ID)
		}
	}
	for _, q := range every() {
		for _, id := range q.Beside {
			if !ids[id] {
				t.Errorf("%s is to be shown beside %s, which is no question", q.ID, id)
			}
		}
		if q.Measure.Kind == Ratio && len(q.Beside) == 0 && !strings.HasSuffix(q.ID, "-unseen") {
			t.Errorf("the ratio %s stands alone: unseen and unknown must be shown beside it", q.ID)
		}
	}
}

// Each field exists, and is asked for values that its type can have.
func TestFieldsExist(t *testing.T) {
	for _, q := range every() {
		for _, term := range append(append(Filter{}, q.Measure.Of...), q.Measure.Over...) {
			kind, ok := fieldType(q, term.Field)
			if !ok {
				t.Errorf("%s: there is no field %s", q.ID, term.Field)
			}
			for _, v := range term.Values {
				if kind == event.Boolean && v != "true" && v != "false" {
					t.Errorf("%s: %s is never %q", q.ID, term.Field, v)
				}
			}
			if len(term.Values) == 0 {
				t.Errorf("%s: the term on %s has no value", q.ID, term.Field)
			}
		}
		for _, name := range []string{q.Measure.Field, q.Split.By} {
			if _, ok := fieldType(q, name); name != "" && name != ByTime && !ok {
				t.Errorf("%s: there is no field %s", q.ID, name)
			}
		}
	}
}

// Of implies Over: each term of Over stands in Of, so a ratio never passes 1.
func TestRatiosAreParts(t *testing.T) {
	for _, q := range every() {
		if q.Measure.Kind != Ratio {
			continue
		}
		for _, term := range q.Measure.Over {
			if !slices.ContainsFunc(q.Measure.Of, func(o Term) bool {
				return o.Field == term.Field && o.Not == term.Not && slices.Equal(o.Values, term.Values)
			}) {
				t.Errorf("%s: the numerator may hold what the denominator does not (%s)", q.ID, term.Field)
			}
		}
		if len(q.Measure.Of) <= len(q.Measure.Over) {
			t.Errorf("%s: numerator and denominator are the same", q.ID)
		}
	}
}

// Words of our workshop do not belong on a page that an authority reads.
func TestPlainWords(t *testing.T) {
	banned := regexp.MustCompile(`(?i)verdict|milter|\btier|offender|complied|compliant`)
	for _, q := range every() {
		for _, text := range []string{q.Title.DA, q.Title.EN, q.Help.DA, q.Help.EN} {
			if banned.MatchString(text) {
				t.Errorf("%s uses a word of the workshop", q.ID)
			}
		}
	}
}
