package report

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
	return s
}

// mode says what a mode does; one of a later milter is shown by its name.
func (r *Report) mode(name string) string {
	if _, known := texts["mode-"+name]; known {
		return text(r.Lang, "mode-"+name)
	}
	return name
}
