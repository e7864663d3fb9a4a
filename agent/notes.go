package agent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/agent/supervise"
	"postvagt/dashboards"
)

// notesEvery is how often the notes that are shipped are made anew.
const notesEvery = 10 * time.Minute

// noteMaker makes the notes that are shipped beside transmissions from what the agent knows and was told.
type noteMaker struct {
	store     *store.Store
	zone      *time.Location
	mailboxes string // secure-mailboxes.csv
	now       func() time.Time
	lag       func() time.Duration // the largest one since it was asked last; nil where nothing is read
	made      time.Time
}

// keep makes the notes where the last ones are old.
func (m *noteMaker) keep(ctx context.Context) error {
	now := m.now().In(m.zone)
	if !m.made.IsZero() && now.Sub(m.made) < notesEvery {
		return nil
	}
	told, err := m.told(ctx, now)
	if err != nil {
		return err
	}
	all := func(yield func(event.Note, error) bool) {
		for _, n := range told {
			if !yield(n, nil) {
				return
			}
		}
		m.store.OpenNotes(ctx)(yield)
	}
	if _, err := m.store.PutNotes(ctx, all); err != nil {
		return err
	}
	m.made = now
	return nil
}

// told are the notes of what was told beside the transmissions.
func (m *noteMaker) told(ctx context.Context, now time.Time) ([]event.Note, error) {
	var all []event.Note
	var errs []error
	for _, some := range []func(context.Context, time.Time) ([]event.Note, error){m.measures, m.reported, m.stock, m.lostLines, m.unknownLines, m.largestLag} {
		notes, err := some(ctx, now)
		all, errs = append(all, notes...), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// measures leave with their kind and department: what they are called is for those who see the register.
func (m *noteMaker) measures(ctx context.Context, _ time.Time) (all []event.Note, err error) {
	entries, err := m.store.Entries(ctx, supervise.Measures)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		is, err := supervise.Read[supervise.Measure](e)
		if err != nil {
			return nil, err
		}
		day, err := time.ParseInLocation(time.DateOnly, is.Date, m.zone)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", e.ID, err)
		}
		all = append(all, event.Note{Key: event.NoteKey(event.NoteMeasure, e.ID), Time: noon(day), Kind: event.NoteMeasure, What: is.Kind, Department: is.Department, Count: 1})
	}
	return all, nil
}

// noon is twelve o'clock of a day: the same day in the zones around.
func noon(day time.Time) time.Time {
	y, mo, d := day.Date()
	return time.Date(y, mo, d, 12, 0, 0, 0, day.Location())
}

func (m *noteMaker) reported(ctx context.Context, _ time.Time) (all []event.Note, err error) {
	figures, err := m.store.Reported(ctx, dashboards.Period{}, "")
	if err != nil {
		return nil, err
	}
	for _, f := range figures {
		month, err := time.ParseInLocation("2006-01", f.Month, m.zone)
		if err != nil {
			return nil, fmt.Errorf("reported figures: %w", err)
		}
		all = append(all, event.Note{Key: event.NoteKey(event.NoteReported, f.Month, f.Channel, f.Department, f.Source), Time: noon(month), Kind: event.NoteReported,
			Channel: f.Channel, Department: f.Department, Source: f.Source, Count: f.Count})
	}
	return all, nil
}

// stock counts the secure mailboxes of each department at the end of each month, and now.
func (m *noteMaker) stock(_ context.Context, now time.Time) (all []event.Note, err error) {
	stock, err := loadMailboxStock(m.mailboxes, m.zone)
	if err != nil || len(stock) == 0 {
		return nil, err
	}
	first := now
	for _, s := range stock {
		if s.from.Before(first) {
			first = s.from
		}
	}
	for month := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, m.zone); !month.After(now); month = month.AddDate(0, 1, 0) {
		at := month.AddDate(0, 1, 0).Add(-time.Second)
		if at.After(now) {
			at = now
		}
		for department, n := range stock.at(at) {
			all = append(all, event.Note{Key: event.NoteKey(event.NoteMailboxes, month.Format("2006-01"), department), Time: noon(month), Kind: event.NoteMailboxes,
				Department: department, Count: n})
		}
	}
	return all, nil
}

func (m *noteMaker) lostLines(ctx context.Context, _ time.Time) (all []event.Note, err error) {
	gaps, err := m.store.Gaps(ctx, dashboards.Period{})
	for _, g := range gaps {
		all = append(all, event.Note{Key: event.NoteKey(event.NoteLostLines, g.Source, g.From.Format(time.RFC3339Nano)), Time: g.From, Kind: event.NoteLostLines, Name: g.Source, Count: g.Lines})
	}
	return all, err
}

// unknownLines divides by days what the store counts for each program since it was made: what is new belongs to today.
func (m *noteMaker) unknownLines(ctx context.Context, now time.Time) (all []event.Note, err error) {
	totals, err := m.store.Unknown(ctx)
	if err != nil {
		return nil, err
	}
	before, err := m.store.NotesOf(ctx, event.NoteUnknownLines)
	if err != nil {
		return nil, err
	}
	today := noon(now)
	for _, n := range before {
		if !n.Time.Equal(today) {
			all, totals[n.Name] = append(all, n), totals[n.Name]-n.Count
		}
	}
	for program, lines := range totals {
		if lines > 0 {
			all = append(all, event.Note{Key: event.NoteKey(event.NoteUnknownLines, program, today.Format(time.DateOnly)), Time: today, Kind: event.NoteUnknownLines, Name: program, Count: lines})
		}
	}
	return all, nil
}

// largestLag keeps how far reading lay behind at most, of each day.
func (m *noteMaker) largestLag(ctx context.Context, now time.Time) ([]event.Note, error) {
	all, err := m.store.NotesOf(ctx, event.NoteLag)
	if err != nil || m.lag == nil {
		return all, err
	}
	seconds, today := int64(m.lag().Round(time.Second).Seconds()), noon(now)
	for i := range all {
		if all[i].Time.Equal(today) {
			all[i].Count = max(all[i].Count, seconds)
			return all, nil
		}
	}
	return append(all, event.Note{Key: event.NoteKey(event.NoteLag, today.Format(time.DateOnly)), Time: today, Kind: event.NoteLag, Count: seconds}), nil
}

// mailboxStock are the spans in which secure mailboxes were there, as secure-mailboxes.csv says it.
type mailboxStock []mailboxSpan

type mailboxSpan struct {
	span
	address, department string
}

// at counts the mailboxes that are there at a moment, by department.
func (s mailboxStock) at(moment time.Time) map[string]int64 {
	seen, all := map[string]bool{}, map[string]int64{}
	for _, b := range s {
		if b.covers(moment) && !seen[b.address] {
			seen[b.address] = true
			all[b.department]++
		}
	}
	return all
}

// mailboxes counts the secure mailboxes of a department, or of all, that are there at a moment; nil where there is no list.
func (c *Config) mailboxes(moment time.Time, department string) (*int64, error) {
	stock, err := loadMailboxStock(c.Agent.SecureMailboxes, moment.Location())
	if err != nil || len(stock) == 0 {
		return nil, err
	}
	n := int64(0)
	for name, count := range stock.at(moment) {
		if department == "" || name == department || name == "" && department == dashboards.NoDepartment {
			n += count
		}
	}
	return &n, nil
}

func loadMailboxStock(path string, zone *time.Location) (all mailboxStock, err error) {
	err = readCSV(path, "address", func(row []string) error {
		p, err := mailboxSpanOf(row, zone)
		if err == nil {
			all = append(all, mailboxSpan{p, strings.ToLower(strings.TrimSpace(row[0])), strings.TrimSpace(row[1])})
		}
		return err
	})
	return all, err
}
