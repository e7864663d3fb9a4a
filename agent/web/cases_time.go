package web

import (
	"slices"
	"strings"
	"time"
)

// wallClock is how a form's datetime-local field writes a time. It names no offset, so that of the hour that comes twice
// when the clocks go back is asked for beside it.
const wallClock = "2006-01-02T15:04"

// moments are those at which the clocks of a zone showed a time, the earliest first: two where they went back over it, none
// where they went forward over it. The error is of a text that is no time.
func moments(text string, zone *time.Location) (all []time.Time, err error) {
	wall, err := time.Parse(wallClock, text)
	if err != nil {
		return nil, err
	}
	for _, beside := range []time.Duration{-24 * time.Hour, 24 * time.Hour} { // a zone changes once in two days
		_, offset := wall.Add(beside).In(zone).Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if at.Format(wallClock) == text && !slices.ContainsFunc(all, at.Equal) {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all, nil
}

func offsetOf(t time.Time) string { return t.Format("-07:00") }

// time reads a datetime-local field, in the zone of the organisation; an empty one is the zero time. An offset that follows
// it, or stands in the field NAME-offset, says which of two hours is meant; elsewhere it must be that of the zone.
func (f *form) time(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	offset := f.text(name + "-offset")
	written, cut := text, min(len(wallClock), len(text))
	if text, written = text[:cut], text[cut:]; written != "" {
		offset = written
	}
	all, err := moments(text, f.zone)
	chosen := slices.IndexFunc(all, func(t time.Time) bool { return offsetOf(t) == offset })
	switch {
	case err != nil, written != "" && len(all) > 0 && chosen < 0:
		f.keep(true, "form-time", text+written)
	case len(all) == 0:
		f.keep(true, "form-time-skipped", strings.Replace(text, "T", " ", 1))
	case chosen >= 0:
		return all[chosen]
	case len(all) == 1:
		return all[0]
	default:
		f.keep(true, "form-time-twice", strings.Replace(text, "T", " ", 1))
	}
	return time.Time{}
}

// timeField is a datetime-local field of one form, with the choice between two hours where the time has two.
type timeField struct {
	Label, Value, Which string
	Hours               []choice
}

// Time is the field of a form; what was posted to it stands there again.
func (p casePage) Time(form string) timeField {
	t := timeField{Label: texts["form-at"].In(p.lang), Value: p.Was(form, "at"), Which: texts["form-hour"].In(p.lang)}
	offset := p.Was(form, "at-offset")
	if t.Value == "" && form == "aware" && !p.aware.IsZero() {
		t.Value, offset = p.aware.In(p.zone).Format(wallClock), offsetOf(p.aware.In(p.zone))
	}
	all, err := moments(t.Value, p.zone)
	if err != nil || len(all) < 2 {
		return t
	}
	for i, at := range all {
		word := texts[[]string{"form-hour-first", "form-hour-second"}[i]].In(p.lang)
		t.Hours = append(t.Hours, choice{offsetOf(at), word + " (" + at.Format("MST, -07:00") + ")", offsetOf(at) == offset})
	}
	return t
}
