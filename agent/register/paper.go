package register

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/report"
	"postvagt/agent/store"
)

// IsNoCase says whether an error means that there is no such case.
func (r *Register) IsNoCase(err error) bool {
	return errors.Is(err, store.ErrNoSubject) || errors.Is(err, errNotOpened)
}

// JSON is Export, written.
func (r *Register) JSON(ctx context.Context, ids ...string) ([]byte, error) {
	x, err := r.Export(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = x.WriteJSON(&b)
	return b.Bytes(), err
}

// Paper is the register, or some of its cases, as a document for a person: for each case the minimum of Art. 33(5) and
// what was done. Languages: da, en.
func (r *Register) Paper(ctx context.Context, lang string, ids ...string) (report.Paper, error) {
	x, err := r.Export(ctx, ids...)
	if err != nil {
		return report.Paper{}, err
	}
	w := paperWords(lang)
	p := report.Paper{Organisation: r.Organisation, Title: w["title"], Mark: fmt.Sprintf(w["mark"], x.Anchor), Lang: lang, Made: r.Now().In(r.Zone)}
	for i := range x.Cases {
		p.Sections = append(p.Sections, r.paperCase(lang, w, &x.Cases[i]))
	}
	if len(ids) == 0 {
		p.Sections = append(p.Sections, r.paperProcessors(w, x.Processors))
	}
	return p, nil
}

func (r *Register) paperCase(lang string, w map[string]string, c *CaseExport) report.PaperSection {
	s := report.PaperSection{Heading: c.ID + " · " + c.Title}
	if c.Erased != nil {
		s.Heading, s.Text = c.ID, []string{fmt.Sprintf(w["erased"], r.stamp(*c.Erased))}
		return s
	}
	add := func(name, value string) {
		if value != "" {
			s.Facts = append(s.Facts, [2]string{w[name], value})
		}
	}
	add("role", w["role-"+string(c.Role)])
	if c.Aware != nil {
		add("aware", r.stamp(*c.Aware))
	}
	add("clock", w["clock-"+string(c.Clock)])
	add("risk", w["risk-"+string(c.Risk)])
	for _, i := range cases.NotificationItems() {
		if st, said := c.Contents[i]; said {
			text := st.Text
			if st.Status == cases.NotYet {
				text = fmt.Sprintf(w["not-yet"], st.Because, st.By.In(r.Zone).Format(time.DateOnly))
			}
			s.Facts = append(s.Facts, [2]string{cases.ItemLabel(lang, i), text})
		}
	}
	for _, p := range c.Reports {
		add("reported", fmt.Sprintf("%d: %s · %s %s", p.Phase, r.stamp(p.At), p.Receipt, p.Late))
	}
	for _, n := range c.Notices {
		add("told", fmt.Sprintf("%s · %d · %s", r.stamp(n.At), n.Persons, n.Proof))
	}
	if c.Closed != nil {
		add("closed", r.stamp(*c.Closed))
	}
	add("entries", fmt.Sprintf("%d", len(c.Entries)))
	return s
}

func (r *Register) paperProcessors(w map[string]string, all []cases.Contract) report.PaperSection {
	s := report.PaperSection{Heading: w["processors"]}
	for _, p := range all {
		told := w["not-instructed"]
		if !p.Instructed.IsZero() {
			told = fmt.Sprintf(w["instructed"], p.Instructed.In(r.Zone).Format(time.DateOnly), p.Proof)
		}
		s.Facts = append(s.Facts, [2]string{p.Name, told})
	}
	if len(all) == 0 {
		s.Text = []string{w["none"]}
	}
	return s
}

func (r *Register) stamp(t time.Time) string { return t.In(r.Zone).Format("2006-01-02 15:04 MST") }

func paperWords(lang string) map[string]string {
	if lang == "da" {
		return map[string]string{
			"title": "Fortegnelse over brud på persondatasikkerheden", "mark": "Databeskyttelsesforordningens art. 33, stk. 5. Nyeste post: %s",
			"erased": "Slettet efter opbevaringstiden den %s.", "role": "Rolle", "role-controller": "dataansvarlig", "role-processor": "databehandler",
			"aware": "Bekendt med bruddet", "clock": "Frist", "risk": "Risiko", "risk-": "ikke vurderet", "risk-none": "ingen risiko", "risk-risk": "risiko", "risk-high": "høj risiko",
			"clock-unstarted": "ikke begyndt", "clock-running": "løber", "clock-overdue": "overskredet", "clock-in-time": "anmeldt inden for 72 timer", "clock-too-late": "anmeldt for sent",
			"clock-not-required": "anmeldelse ikke påkrævet", "clock-no-limit": "uden unødig forsinkelse (databehandler)", "not-yet": "Ikke kendt endnu, fordi %s; senest %s",
			"reported": "Anmeldt til tilsynsmyndigheden", "told": "De registrerede underrettet", "closed": "Lukket", "entries": "Antal poster i sagen",
			"processors": "Egne databehandlere", "instructed": "Instrueret %s · %s", "not-instructed": "Ikke instrueret endnu", "none": "Ingen er skrevet ind.",
		}
	}
	return map[string]string{
		"title": "Register of personal data breaches", "mark": "GDPR Art. 33(5). Newest record: %s",
		"erased": "Erased after its time of keeping on %s.", "role": "Role", "role-controller": "controller", "role-processor": "processor",
		"aware": "Aware of the breach", "clock": "Limit", "risk": "Risk", "risk-": "not assessed", "risk-none": "no risk", "risk-risk": "risk", "risk-high": "high risk",
		"clock-unstarted": "not begun", "clock-running": "running", "clock-overdue": "overdue", "clock-in-time": "notified within 72 hours", "clock-too-late": "notified too late",
		"clock-not-required": "notification not required", "clock-no-limit": "without undue delay (processor)", "not-yet": "Not known yet, because %s; by %s",
		"reported": "Notified to the supervisory authority", "told": "Data subjects told", "closed": "Closed", "entries": "Entries in the case",
		"processors": "Our own processors", "instructed": "Instructed %s · %s", "not-instructed": "Not instructed yet", "none": "None is entered.",
	}
}
