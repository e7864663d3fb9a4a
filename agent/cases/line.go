package cases

import (
	"time"

	"postvagt/agent/event"
)

// Line is a case in a list.
type Line struct {
	ID     string
	Case   *Case // nil once it was erased
	Erased time.Time
}

// IncidentOf is a transmission as a case keeps it.
func IncidentOf(d *event.Document) Incident {
	return Incident{Key: d.Key, Time: d.Time, Level: d.Level, Kinds: d.Kinds, Persons: d.Persons, Outcome: d.Outcome, Transport: d.Transport,
		Protection: d.Protection, Algorithm: d.Algorithm, Strong: d.Strong, Department: d.Department, Lost: Lost(d)}
}
