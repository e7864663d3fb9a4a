package dashboards

import (
	"fmt"
	"time"
)

// ByTime is the Split.By that divides by time.
const ByTime = "time"

// Gap is a span of time for which lines of a source were lost before they could be read (the log system
// dropped them). Figures that overlap it are incomplete.
type Gap struct {
	Source   string
	From, To time.Time
	Lines    int64 // lost, as far as the log system said
}

// Outage is when nothing was checked on a mail host; To is zero while that lasts.
type Outage struct {
	Host     string
	From, To time.Time
}

// Tested says how many test messages the check of a mail host answered in a period, and how many it would have stopped (R16).
type Tested struct {
	Host      string
	Good, All int64
}

// Out is for how long nothing was checked on at least one host, in [from, to); outages are in order of time, and what lasts,
// lasts until now.
func Out(all []Outage, from, to, now time.Time) (out time.Duration) {
	if now.Before(to) {
		to = now
	}
	for _, o := range all {
		end := o.To
		if end.IsZero() || end.After(to) {
			end = to
		}
		if o.From.After(from) {
			from = o.From
		}
		if end.After(from) {
			out += end.Sub(from)
			from = end
		}
	}
	return out
}

// HoursMinutes writes a span of time as h:mm, a part of a minute as a whole one.
func HoursMinutes(d time.Duration) string {
	minutes := int((d + time.Minute - 1) / time.Minute)
	return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
}

// Setting is what was in force on a mail host, from when to when. Policy and Rules are fingerprints: equal ones are the same.
type Setting struct {
	Host                string
	From, To            time.Time
	Mode, Policy, Rules string
	Table               string `json:",omitempty"` // the policy's lines, "name:action" or in full with "?conditions", separated by commas; "" where the milter did not say
}

// Same says whether the same was in force on the same host, whenever; equal fingerprints have equal tables.
func (g Setting) Same(other Setting) bool {
	g.From, g.To, g.Table = other.From, other.To, other.Table
	return g == other
}

// Overview says what a store holds, whatever the period.
type Overview struct {
	Transmissions int64
	Judged        int64     // of them, with a verdict
	First, Last   time.Time // births of the oldest and the newest, zero while there are none
	Departments   []string  // all that occur, sorted

	// Figures older than DetailsFrom stand, but the transmissions behind them were deleted after their time of
	// keeping, last on DetailsDeleted; both are zero while nothing was deleted.
	DetailsFrom, DetailsDeleted time.Time
	Late                        int64 // documents that came for days already deleted, and were dropped
}

// NoDepartment stands, where a department is chosen, for mails that belong to none.
const NoDepartment = "-"

// OfDepartment keeps the mails of a department; "" keeps all.
func OfDepartment(name string) Filter {
	switch name {
	case "":
		return nil
	case NoDepartment:
		return Filter{Is(fDepartment, "")}
	}
	return Filter{Is(fDepartment, name)}
}

// DepartmentName is a chosen department for the reader.
func DepartmentName(lang, name string) string {
	if name == NoDepartment {
		name = ""
	}
	return Word(lang, "department", name)
}
