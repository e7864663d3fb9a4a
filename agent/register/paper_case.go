package register

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/report"
	"postvagt/dashboards"
)

// casePaper writes one case as facts, each under its name.
type casePaper struct {
	*Register
	lang  string
	words map[string]string
	facts [][2]string
}

// paperCase is a case as it stands: everything of Art. 33(5), facts, effects and what was done, and the grounds of each
// decision.
func (r *Register) paperCase(lang string, words map[string]string, c *CaseExport) report.PaperSection {
	s := report.PaperSection{Heading: c.ID + " · " + c.Title}
	if c.Erased != nil {
		s.Heading, s.Text = c.ID, []string{fmt.Sprintf(words["erased"], r.stamp(*c.Erased))}
		return s
	}
	p := &casePaper{Register: r, lang: lang, words: words}
	p.add("role", words["role-"+string(c.Role)])
	p.add("contact", c.Contact)
	p.at("opened", c.Opened)
	p.known(c)
	p.risk(c)
	p.contents(c)
	p.done(c)
	p.at("closed", c.Closed)
	p.add("entries", fmt.Sprintf("%d", len(c.Entries)))
	s.Facts = p.facts
	return s
}

// add adds the parts that say anything, under the name of a word.
func (p *casePaper) add(name string, parts ...string) {
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
	if len(parts) > 0 {
		p.facts = append(p.facts, [2]string{p.words[name], strings.Join(parts, " · ")})
	}
}

func (p *casePaper) at(name string, t *time.Time, parts ...string) {
	if t != nil {
		p.add(name, append([]string{p.stamp(*t)}, parts...)...)
	}
}

// known is what happened, from which it could be known, and when it was.
func (p *casePaper) known(c *CaseExport) {
	for _, i := range c.Incidents {
		word := func(field, value string) string { return dashboards.Word(p.lang, field, value) }
		kinds := make([]string, len(i.Kinds))
		for n, k := range i.Kinds {
			kinds[n] = word("kind", k)
		}
		p.at("incident", &i.Time, word("department", i.Department), word("level", i.Level), strings.Join(kinds, ", "), word("outcome", i.Outcome), word("transport", i.Transport))
	}
	for _, g := range c.Signals {
		p.at("signal", &g.At, cmp.Or(p.words["signal-"+g.What], g.What))
	}
	p.at("aware", c.Aware)
	p.add("aware-why", c.AwareWhy)
	for _, t := range c.Types {
		p.add("type", p.words["type-"+string(t)])
	}
	p.add("clock", p.words["clock-"+string(c.Clock)])
}

// risk is the level, each assessment behind it, and what else decided.
func (p *casePaper) risk(c *CaseExport) {
	p.add("risk", p.words["risk-"+string(c.Risk)])
	for _, a := range c.Assessed {
		p.add("assessed", fmt.Sprintf(p.words["assessment"], cmp.Or(a.Group, p.words["all"]), fmt.Sprintf(p.words["persons"], a.Persons),
			p.words["risk-"+string(a.Level)], a.Severity, a.Likelihood, a.Consequences, a.Reason))
	}
	if c.DPO != nil {
		p.at("dpo", &c.DPO.At, c.DPO.How)
		p.add("advice", c.DPO.Advice)
	}
	if c.Exemption != nil {
		fallen := ""
		if c.Fallen {
			fallen = p.words["fallen"]
		}
		p.add("exempt", cases.GroundLabel(p.lang, c.Exemption.Ground)+" "+c.Exemption.Reason, c.Exemption.Public, fallen)
	}
	for _, o := range c.Orders {
		p.at("order", &o.At, o.Reference, o.Text)
	}
}

func (p *casePaper) contents(c *CaseExport) {
	for _, i := range cases.Items() {
		st, said := c.Contents[i]
		text := st.Text
		switch {
		case !said:
			continue
		case st.Status == cases.NotYet:
			text = fmt.Sprintf(p.words["not-yet"], st.Because, st.By.In(p.Zone).Format(time.DateOnly))
		case st.Status == cases.Estimate:
			text = fmt.Sprintf(p.words["estimate"], st.Text)
		}
		p.facts = append(p.facts, [2]string{cases.ItemLabel(p.lang, i), text})
	}
}

// done is who was told, and where the proof lies.
func (p *casePaper) done(c *CaseExport) {
	for _, n := range c.Reports {
		final := ""
		if n.Final {
			final = p.words["final"]
		}
		p.add("reported", fmt.Sprintf("%d: %s", n.Phase, p.stamp(n.At)), n.Receipt, n.Late, final)
	}
	for _, n := range c.Notices {
		p.at("told", &n.At, cases.WayLabel(p.lang, n.By), fmt.Sprintf(p.words["persons"], n.Persons), n.Proof)
	}
	if c.Informed != nil {
		p.at("informed", &c.Informed.At, c.Informed.Receipt)
	}
	for _, name := range c.Files {
		p.add("file", name)
	}
}
