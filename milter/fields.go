package milter

import (
	"strings"

	"postvagt/milter/verdict"
)

// fieldsOf gives the fields to add. What leaves the organisation bears an opaque id and nothing else, unless the admin
// turns it on: a label "sensitive" on a postcard tells every stranger. What is held for a gateway bears the token of the
// route, so that a reviewer can send it there; released in the open, it is queued anew and forgets it.
func fieldsOf(j *Judgement, cfg *Config) [][2]string {
	id, route := [2]string{ownHeader + "Id", j.ID}, [2]string{ownHeader + "Route", cfg.Policy.RouteToken}
	labels := [][2]string{{ownHeader + "Level", j.Level}, {ownHeader + "Action", j.Action}}
	switch {
	case j.Action == verdict.Route:
		return [][2]string{id, route}
	case j.Action == verdict.Hold && cfg.Held.Gateway != "" && j.Direction == verdict.Outbound:
		return [][2]string{id, route}
	case j.Action != verdict.Tag:
		return nil
	case j.Direction == verdict.Inbound:
		return append([][2]string{id, {ownHeader + "Inbound", j.Level}}, labels...)
	case j.Direction == verdict.Internal || cfg.Policy.LabelOutgoing:
		return append([][2]string{id}, labels...)
	}
	return [][2]string{id}
}

// subjectOf puts the subject tag on sensitive mail from outside, and takes it out of all that the organisation sends,
// wherever replies have carried it. The subject is worked on as it came, so that what is encoded stays so.
func (c *Config) subjectOf(j *Judgement, fields []string) (subject string, changed bool) {
	tag := c.Policy.SubjectTag
	if tag == "" || len(fields) != 1 || j.NotWhy != "" {
		return "", false
	}
	old := strings.TrimLeft(fields[0], " \t")
	switch {
	case j.Direction != verdict.Inbound:
		subject = strings.ReplaceAll(strings.ReplaceAll(old, tag+" ", ""), tag, "")
	case j.Action == verdict.Tag && !strings.HasPrefix(old, tag):
		subject = tag + " " + old
	default:
		return "", false
	}
	return subject, subject != old
}
