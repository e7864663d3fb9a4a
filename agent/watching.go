package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postvagt/agent/cases"
	"postvagt/agent/event"
	"postvagt/agent/register"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
	"postvagt/agent/watch"
	"postvagt/dashboards"
)

// watching looks for what somebody must be told, and puts it into the outbox.
type watching struct {
	*teller
	register    *register.Register
	departments *departments
}

// watchEvery is how often repeated open mail, clocks, triages and test messages are looked at.
const watchEvery = 5 * time.Minute

func newWatching(t *teller) (*watching, error) {
	d, err := loadDepartments(t.config.Agent.Departments, func(a string) string { return a })
	if err != nil {
		return nil, err
	}
	return &watching{teller: t, departments: d, register: &register.Register{Store: t.store, Zone: t.zone, Now: t.now}}, nil
}

// run looks until the context ends.
func (w *watching) run(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.log.Error("what somebody must be told was not looked for", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (w *watching) look(ctx context.Context) error {
	return errors.Join(w.repeated(ctx), w.untriaged(ctx), w.clocks(ctx), w.heartbeat(ctx))
}

// repeated alerts on what the rules find.
func (w *watching) repeated(ctx context.Context) error {
	found, err := w.findings(ctx)
	if err != nil {
		return err
	}
	gate := watch.Gate{Informed: w.config.Persons.Open(), Country: strings.ToLower(w.config.Persons.Country)}
	for _, f := range found {
		if err := w.tell(ctx, f, gate); err != nil {
			return err
		}
	}
	return nil
}

// tell takes the steps that are due for one finding.
func (w *watching) tell(ctx context.Context, f watch.Finding, g watch.Gate) error {
	state, told, err := w.store.LetterState(ctx, "alert/"+f.ID+"/"+string(watch.Sender)+"/"+f.Subject)
	if err != nil {
		return err
	}
	if state != store.LetterSent { // a letter that waits, or that nobody took, has told nobody
		told = time.Time{}
	}
	for _, to := range watch.Steps(f, g, told, w.now()) {
		person := ""
		switch to {
		case watch.Sender:
			person = f.Subject
		case watch.Manager:
			if len(f.Departments) > 0 {
				person = w.departments.managers[f.Departments[0]]
			}
		}
		if to != watch.Officer && !strings.Contains(person, "@") {
			continue // a pseudonym, or nobody is named
		}
		if err := w.alert(ctx, watch.About(f, to, w.config.Alerts.Link, w.config.Alerts.Lang, w.now()), person); err != nil {
			return err
		}
	}
	return nil
}

// preventedAfterObjection are those that were held back.
var preventedAfterObjection = dashboards.Filter{dashboards.Is("postvagt.after_objection", "true"), dashboards.Is("postvagt.held", "true"), dashboards.Is("postvagt.left", "false"),
	dashboards.Is("postvagt.level", "sensitive", "confidential")}

// facts reads the open mail of the last twelve months.
func (w *watching) facts(ctx context.Context, rules []watch.Rule) (watch.Facts, error) {
	f := watch.Facts{Now: w.now()}
	triages, err := w.register.Triages(ctx)
	if err != nil {
		return f, err
	}
	p := dashboards.Period{From: f.Now.AddDate(0, -watch.Memory, 0).Format(time.RFC3339), To: f.Now.Add(time.Second).Format(time.RFC3339)} // of the mails of this second too
	err = w.register.EachOpen(ctx, p, func(d event.Document) bool {
		f.Mails = append(f.Mails, mailOf(&d, triages[d.Key]))
		return true
	})
	if err != nil {
		return f, err
	}
	err = w.register.Each(ctx, p, preventedAfterObjection, func(d event.Document) bool {
		m := mailOf(&d, triages[d.Key])
		m.Prevented = true
		f.Mails = append(f.Mails, m)
		return true
	})
	if err != nil {
		return f, err
	}
	if f.Instructions, err = w.instructions(ctx); err != nil {
		return f, err
	}
	days := 0
	for _, r := range rules {
		if r.By == watch.ByDepartment {
			days = max(days, r.Days)
		}
	}
	p.From = f.Now.AddDate(0, 0, -days).Format(time.RFC3339)
	f.Sensitive = map[string]int{}
	rows, err := countBy(ctx, w.store, p, []string{"postvagt.department"}, dashboards.Filter{
		dashboards.Is("postvagt.level", "sensitive", "confidential"), dashboards.Is("postvagt.left", "true")})
	for _, r := range rows {
		f.Sensitive[r.Keys[0]] = int(r.Count)
	}
	return f, err
}

// instructions are the measures by which departments were told how to send: instructions and courses.
func (w *watching) instructions(ctx context.Context) (all []watch.Instruction, err error) {
	entries, err := w.store.Entries(ctx, supervise.Measures)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		m, err := supervise.Read[supervise.Measure](e)
		if err != nil {
			return nil, err
		}
		if m.Kind != "instruction" && m.Kind != "course" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, m.Date, w.zone)
		if err != nil {
			return nil, err
		}
		all = append(all, watch.Instruction{At: day.AddDate(0, 0, 1), Department: m.Department})
	}
	return all, nil
}

// findings are what the rules find now.
func (w *watching) findings(ctx context.Context) ([]watch.Finding, error) {
	rules := w.config.watchRules()
	facts, err := w.facts(ctx, rules)
	if err != nil {
		return nil, fmt.Errorf("repeated open mail: %w", err)
	}
	explained, err := w.register.Explained(ctx)
	if err != nil {
		return nil, fmt.Errorf("repeated open mail: %w", err)
	}
	found := watch.Find(rules, facts)
	for i := range found {
		found[i].Explained = explained[found[i].ID]
	}
	return found, nil
}

// mailOf is a transmission as the rules see it. Whoever is exempt from being shown is grouped with nobody.
func mailOf(d *event.Document, t *cases.Triage) watch.Mail {
	m := watch.Mail{Key: d.Key, MessageKey: d.VerdictID, Time: d.Time, Sender: d.From, Department: d.Department, Citizen: d.To}
	if m.MessageKey == "" {
		m.MessageKey = d.Host + "/" + d.QueueID + "/" + d.Time.Format(time.RFC3339Nano)
	}
	if d.AfterObjection {
		m.Objection = d.Objector
		if m.Objection == "" { // an older milter does not say whose
			m.Objection = d.To
		}
	}
	if t != nil {
		m.FalseAlarm = t.Judgement == cases.FalseAlarm
		m.Confirmed = !m.FalseAlarm
	}
	return m
}

// triageSpan is how far back the daily reminder of what was not triaged looks.
const triageSpan = 31 * 24 * time.Hour

// untriaged reminds the officers once a day of what has waited longer than a day.
func (w *watching) untriaged(ctx context.Context) error {
	now, n := w.now(), 0
	p := dashboards.Period{From: now.Add(-triageSpan).Format(time.RFC3339), To: now.Add(-cases.TriageLimit).Format(time.RFC3339)}
	if err := w.register.Untriaged(ctx, p, func(event.Document) bool { n++; return true }); err != nil || n == 0 {
		return err
	}
	return w.alert(ctx, watch.Of("untriaged", now.In(w.zone).Format(time.DateOnly), watch.Officer, now, w.config.Alerts.Lang,
		fmt.Sprintf("%d mails venter på vurdering\nDe er over et døgn gamle. Afgør for hver, om det er en falsk alarm, et brud på reglerne eller et brud på persondatasikkerheden.", n),
		fmt.Sprintf("%d mails wait for triage\nThey are more than a day old. Decide for each whether it is a false alarm, a rule broken, or a breach of personal data.", n),
		w.config.Alerts.Link, "triage"), "")
}

// clocks reminds the officers of breaches that are not notified.
func (w *watching) clocks(ctx context.Context) error {
	all, err := w.register.Cases(ctx)
	if err != nil {
		return err
	}
	now := w.now()
	for _, l := range all {
		if l.Case == nil || !l.Case.Closed.IsZero() {
			continue
		}
		due := l.Case.Due(time.Time{}, now)
		if len(due) == 0 {
			continue
		}
		r := due[len(due)-1] // after a time without an agent only the newest is of use
		hours, limit := int(r.Age/time.Hour), l.Case.Aware.Add(cases.Limit).In(w.zone).Format("2006-01-02 15:04")
		a := watch.Of("clock", fmt.Sprintf("%s-%dh", r.Case, hours), watch.Officer, now, w.config.Alerts.Lang,
			fmt.Sprintf("Sag %s er ikke anmeldt efter %d timer\nFristen er %s.", r.Case, hours, limit),
			fmt.Sprintf("Case %s is not notified after %d hours\nThe limit is %s.", r.Case, hours, limit),
			w.config.Alerts.Link, "cases/"+r.Case)
		if err := w.alert(ctx, a, ""); err != nil {
			return err
		}
	}
	return nil
}

// startTelling begins to send and to look, until the context ends; the channel closes when both have stopped.
func (a *Agent) startTelling(ctx context.Context, db *store.Store) (*teller, <-chan struct{}, error) {
	t, err := newTeller(a.Config, db, a.Log)
	if err != nil {
		return nil, nil, err
	}
	w, err := newWatching(t)
	if err != nil {
		return nil, nil, err
	}
	sent, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sent)
		t.run(ctx)
	}()
	go func() {
		defer close(done)
		w.run(ctx)
		<-sent
	}()
	return t, done, nil
}
