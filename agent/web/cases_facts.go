package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"postvagt/agent/cases"
)

// assessmentRow is the risk for one group of persons.
type assessmentRow struct {
	Group, Level, Consequences, Reason string
	Persons, Severity, Likelihood      int
}

func assessmentRows(lang string, c *cases.Case) (all []assessmentRow) {
	for _, a := range c.Assessments {
		all = append(all, assessmentRow{Group: cmp.Or(a.Group, texts["risk-all"].In(lang)), Persons: a.Persons, Consequences: a.Consequences,
			Severity: a.Severity, Likelihood: a.Likelihood, Level: riskWord(lang, a.Level), Reason: a.Reason})
	}
	return all
}

// signalWord says what a signal was; the names of those that the program itself wrote are translated.
func signalWord(lang string, g cases.Signal) string {
	if t, ok := texts["signal-"+g.What]; ok {
		return t.In(lang)
	}
	return g.What
}

func (s *site) caseFacts(lang string, c *cases.Case) []fact {
	f := &facts{lang: lang}
	f.add("case-role", texts["role-is-"+string(c.Role)].In(lang))
	f.add("case-controller", c.ControllerContact)
	f.add("case-opened", s.stamp(lang, c.Opened)+" · "+c.OpenedBy)
	f.add("case-aware", s.stamp(lang, c.Aware))
	f.add("case-deadline", s.clockOf(lang, c).Deadline)
	f.add("case-aware-why", c.AwareReason)
	f.add("case-type", typeWords(lang, c.Types()))
	f.add("case-risk", riskWord(lang, c.Risk()))
	if c.DPO != nil {
		f.add("case-dpo", s.stamp(lang, c.DPO.At)+" · "+c.DPO.How)
		f.add("case-advice", c.DPO.Advice)
	}
	if c.Exemption != nil {
		f.add("case-exempt", s.exemptText(lang, c))
	}
	for _, o := range c.Orders {
		f.add("case-order", inLine(s.stamp(lang, o.At), o.Reference, o.Text))
	}
	for _, p := range c.Reports {
		f.add("case-reported", inLine(fmt.Sprintf("%d: %s", p.Phase, s.stamp(lang, p.At)), p.Receipt, p.Late))
	}
	for _, n := range c.Notices {
		f.add("case-told", fmt.Sprintf("%s · %s · %d · %s", s.stamp(lang, n.At), texts["way-"+string(n.By)].In(lang), n.Persons, n.Proof))
	}
	if !c.ControllerInformed.At.IsZero() {
		f.add("case-informed", s.stamp(lang, c.ControllerInformed.At)+" · "+c.ControllerInformed.Receipt)
	}
	return f.all
}

func typeWords(lang string, types []cases.BreachType) string {
	var all []string
	for _, t := range types {
		all = append(all, texts["type-"+string(t)].In(lang))
	}
	return strings.Join(all, ", ")
}

// exemptText is the exemption as it was claimed, and that it fell where it did.
func (s *site) exemptText(lang string, c *cases.Case) string {
	fallen := ""
	if c.Procedure().Fallen != "" {
		fallen = texts["step-fallen"].In(lang)
	}
	return inLine(texts["ground-"+string(c.Exemption.Ground)].In(lang), c.Exemption.Reason, c.Exemption.Public, fallen)
}

// steps says what the risk asks of us.
func steps(lang string, c *cases.Case) (all []string) {
	p := c.Procedure()
	for _, one := range []struct {
		is   bool
		name string
	}{
		{true, "step-register"}, {c.Role == cases.Processor, "step-controller"}, {p.Notify, "step-notify"}, {p.Tell && !p.Ordered, "step-tell"},
		{p.Ordered, "step-ordered"}, {p.Exempt != "", "step-exempt"}, {p.Fallen != "", "step-fallen"},
	} {
		if one.is {
			all = append(all, texts[one.name].In(lang))
		}
	}
	return all
}

func (s *site) caseItems(lang string, c *cases.Case, items []cases.Item) (all []caseItem) {
	for _, i := range items {
		st := c.Items[i]
		one := caseItem{Name: string(i), Label: cases.ItemLabel(lang, i), Status: string(st.Status), Text: st.Text, Because: st.Because}
		if !st.By.IsZero() {
			one.By = day(st.By.In(s.Zone))
		}
		all = append(all, one)
	}
	return all
}

// saidItems are the points that were said, as they stand.
func (s *site) saidItems(lang string, c *cases.Case) (all []fact) {
	for _, i := range cases.Items() {
		if st, said := c.Items[i]; said {
			value := st.Text + " (" + texts["status-"+string(st.Status)].In(lang) + ")"
			if st.Status == cases.NotYet {
				value = texts["status-not-yet"].In(lang) + ": " + st.Because + " · " + day(st.By.In(s.Zone))
			}
			all = append(all, fact{Name: cases.ItemLabel(lang, i), Value: value})
		}
	}
	return all
}

// caseLog lists everything that was said, the files and the drafts.
func (s *site) caseLog(v view, c *cases.Case, entries []cases.Entry, page *casePage) {
	for _, e := range entries {
		what := texts["said-"+cases.Kind(e.Change)].In(v.Lang)
		if more := s.saidIn(v.Lang, e.Change); more != "" {
			what += ": " + more
		}
		if file, is := e.Change.(cases.Attachment); is {
			page.Files = append(page.Files, link{Text: file.Name, Href: v.link(fmt.Sprintf("/cases/%s/files/%d", c.ID, e.N))})
		}
		page.Log = append(page.Log, fact{Name: fmt.Sprintf("%d · %s · %s", e.N, s.stamp(v.Lang, e.At), e.By), Value: what})
	}
	for _, kind := range draftKinds(c) {
		for _, lang := range cases.Languages() {
			page.Drafts = append(page.Drafts, link{Text: texts["draft-"+kind].In(v.Lang) + " (" + lang + ")", Href: v.link("/cases/"+c.ID+"/draft/"+kind, "in", lang)})
		}
	}
}

// saidIn is what of an entry stands in the log: what a later entry may have replaced, above all.
func (s *site) saidIn(lang string, change cases.Change) string {
	switch said := change.(type) {
	case cases.Awareness:
		return inLine(s.stamp(lang, said.At), said.Reason)
	case cases.Assessment:
		return inLine(cmp.Or(said.Group, texts["risk-all"].In(lang)), riskWord(lang, said.Level), said.Reason)
	case cases.Exemption:
		return inLine(texts["ground-"+string(said.Ground)].In(lang), said.Reason)
	case cases.Attachment:
		return said.Name
	case cases.Comment:
		return said.Text
	case cases.Statement:
		return cases.ItemLabel(lang, said.Item)
	case cases.Typing:
		return typeWords(lang, said.Types)
	case cases.Closing:
		return said.Summary
	case cases.Reopening:
		return said.Reason
	}
	return ""
}

// inLine are the parts that say anything, in one line.
func inLine(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · ")
}

func draftKinds(c *cases.Case) []string {
	if c.Role == cases.Processor {
		return []string{"controller"}
	}
	return []string{"notification", "notice"}
}
