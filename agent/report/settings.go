package report

import "postvagt/dashboards"

// inForce says how it was ensured: which mode, policy and rules judged, and when, as the milter said it then.
func (r *Report) inForce() section {
	s := section{Heading: text(r.Lang, "in-force"), Paragraphs: []string{text(r.Lang, "in-force-help")}}
	const clock = "2006-01-02 15:04"
	for _, g := range r.Settings {
		zone := r.From.Location()
		s.List = append(s.List, joined([]string{g.Host, g.From.In(zone).Format(clock) + " – " + g.To.In(zone).Format(clock), r.mode(g.Mode), text(r.Lang, "in-force-prints", g.Policy, g.Rules)}))
	}
	if len(s.List) == 0 {
		s.Paragraphs = []string{text(r.Lang, "in-force-none")}
	}
	s.List = append(s.List, r.tests()...)
	return s
}

// tests says of each host how many test messages passed. A department shares the checks of the house.
func (r *Report) tests() (list []string) {
	for _, t := range r.Tested {
		list = append(list, text(r.Lang, "tested", t.Host, r.number(t.All), r.number(t.Good)))
	}
	if len(list) == 0 {
		return []string{text(r.Lang, "tested-none")}
	}
	return list
}

// stock says how many secure mailboxes were there, used or not.
func (r *Report) stock() string {
	if r.Mailboxes == nil {
		return text(r.Lang, "stock-none")
	}
	return text(r.Lang, "stock", dashboards.Date(r.Lang, r.Stock()), r.number(*r.Mailboxes), r.number(r.Answers.Count("secure-mailboxes")))
}

// mode says what a mode does; one of a later milter is shown by its name.
func (r *Report) mode(name string) string {
	if _, known := texts["mode-"+name]; known {
		return text(r.Lang, "mode-"+name)
	}
	return name
}
