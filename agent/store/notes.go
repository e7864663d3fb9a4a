package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

const noteColumns = "key, time, kind, what, name, channel, source, department, count"

// PutNotes makes notes the only ones of the store, and returns how many changed.
func (s *Store) PutNotes(ctx context.Context, all []event.Note) (changed int, err error) {
	had, err := s.notes(ctx)
	if err != nil {
		return 0, err
	}
	var change []event.NoteRow
	for _, n := range all {
		n.Time = n.Time.UTC().Truncate(time.Microsecond)
		old, known := had[n.Key]
		delete(had, n.Key)
		if !known || old.Gone || old.Note != n {
			change = append(change, event.NoteRow{Note: n, Revision: old.Revision + 1})
		}
	}
	for key, old := range had {
		if !old.Gone {
			change = append(change, event.NoteRow{Note: event.Note{Key: key, Time: time.UnixMicro(0).UTC()}, Revision: old.Revision + 1, Gone: true})
		}
	}
	if len(change) == 0 {
		return 0, nil
	}
	return len(change), s.change(ctx, "notes", func(tx *sql.Tx) error {
		st, err := tx.PrepareContext(ctx, "INSERT OR REPLACE INTO note ("+noteColumns+", revision, gone, shipped) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ifnull((SELECT shipped FROM note WHERE key = ?1), 0))")
		if err != nil {
			return err
		}
		defer st.Close()
		for _, c := range change {
			n := &c.Note
			if _, err := st.ExecContext(ctx, n.Key, n.Time.UnixMicro(), n.Kind, n.What, n.Name, n.Channel, n.Source, n.Department, n.Count, c.Revision, c.Gone); err != nil {
				return err
			}
		}
		return nil
	})
}

// notes are all notes, those that are gone too, by key.
func (s *Store) notes(ctx context.Context) (map[string]event.NoteRow, error) {
	rows, err := collect(ctx, s.read, "SELECT "+noteColumns+", revision, gone FROM note", nil, scanNote)
	if err != nil {
		return nil, fmt.Errorf("store %s: notes: %w", s.path, err)
	}
	all := make(map[string]event.NoteRow, len(rows))
	for _, r := range rows {
		all[r.Note.Key] = r
	}
	return all, nil
}

// NotesOf are the notes of a kind, by time.
func (s *Store) NotesOf(ctx context.Context, kind string) (all []event.Note, err error) {
	rows, err := collect(ctx, s.read, "SELECT "+noteColumns+", revision, gone FROM note WHERE kind = ? AND NOT gone ORDER BY time, key", []any{kind}, scanNote)
	if err != nil {
		return nil, fmt.Errorf("store %s: notes: %w", s.path, err)
	}
	for _, r := range rows {
		all = append(all, r.Note)
	}
	return all, nil
}

func scanNote(scan func(...any) error) (r event.NoteRow, err error) {
	n, at := &r.Note, int64(0)
	err = scan(&n.Key, &at, &n.Kind, &n.What, &n.Name, &n.Channel, &n.Source, &n.Department, &n.Count, &r.Revision, &r.Gone)
	n.Time = time.UnixMicro(at).UTC()
	return r, err
}

// UnshippedNotes returns at most limit notes that are to be shipped, in the order of their keys, from after on.
func (s *Store) UnshippedNotes(ctx context.Context, after string, limit int) ([]event.NoteRow, error) {
	rows, err := collect(ctx, s.read, "SELECT "+noteColumns+", revision, gone FROM note WHERE shipped <> revision AND refused = '' AND key > ? ORDER BY key LIMIT ?", []any{after, limit}, scanNote)
	if err != nil {
		return nil, fmt.Errorf("store %s: unshipped notes: %w", s.path, err)
	}
	return rows, nil
}

// NotesShipped notes what became of shipped notes. One that has changed meanwhile stays to be shipped.
func (s *Store) NotesShipped(ctx context.Context, receipts []event.NoteReceipt) error {
	return s.change(ctx, "shipped notes", func(tx *sql.Tx) error {
		for _, r := range receipts {
			q, args := "UPDATE note SET shipped = revision, refused = '' WHERE key = ? AND revision = ?", []any{r.Key, r.Revision}
			if r.Refused != "" {
				q, args = "UPDATE note SET refused = ? WHERE key = ? AND revision = ?", []any{r.Refused, r.Key, r.Revision}
			}
			if _, err := tx.ExecContext(ctx, q, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// ShipNotesAgain ships all notes anew: Elasticsearch has lost them. What is gone is gone there.
func (s *Store) ShipNotesAgain(ctx context.Context) error {
	return s.change(ctx, "notes", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, notesAgain)
		return err
	})
}

const notesAgain = "UPDATE note SET shipped = CASE gone WHEN 1 THEN revision ELSE 0 END, refused = ''"

// askNotes answers a question about notes. They are few, so their days and sums are made here.
func (s *Store) askNotes(ctx context.Context, q dashboards.Question, span period, where dashboards.Filter) ([]dashboards.Row, error) {
	conditions, err := noteConditions(where.And(q.Measure.Of...))
	if err != nil {
		return nil, err
	}
	number, value, key := "1", "''", "''"
	switch q.Measure.Kind {
	case dashboards.Count:
	case dashboards.Sum:
		number, err = noteColumn(q.Measure.Field)
	case dashboards.Distinct:
		value, err = noteColumn(q.Measure.Field)
	default:
		err = fmt.Errorf("a %s cannot be made of notes", q.Measure.Kind)
	}
	if err != nil {
		return nil, err
	}
	if by := q.Split.By; by != "" && by != dashboards.ByTime {
		if key, err = noteColumn(by); err != nil {
			return nil, err
		}
	}
	if q.Measure.Kind == dashboards.Distinct {
		conditions.sql += " AND " + value + " <> ''"
	}
	query := "SELECT time, " + key + ", " + value + ", " + number + ", 0 FROM note WHERE NOT gone AND time >= ? AND time < ? AND " + conditions.sql
	rows, err := collect(ctx, s.read, query, append([]any{span.from, span.to}, conditions.args...), scanAnswer)
	if err != nil {
		return nil, err
	}
	t := newTally(q, s.zone)
	for _, a := range rows {
		a.day = dayOf(time.UnixMicro(a.day), s.zone)
		t.add(a)
	}
	return t.rows(span), nil
}

func noteColumn(name string) (string, error) {
	f, ok := event.NoteFieldByName(name)
	if !ok {
		return "", fmt.Errorf("notes have no field %q", name)
	}
	return f.Column, nil
}

func noteConditions(filter dashboards.Filter) (p piece, err error) {
	all := []string{"1"}
	for _, term := range filter {
		column, err := noteColumn(term.Field)
		if err != nil {
			return p, err
		}
		not := ""
		if term.Not {
			not = "NOT "
		}
		all = append(all, column+" "+not+"IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(term.Values)), ", ")+")")
		for _, v := range term.Values {
			p.args = append(p.args, v)
		}
	}
	p.sql = strings.Join(all, " AND ")
	return p, nil
}

// OpenNotes are the notes of who sent recognised data openly, and to whom, in each month of which transmissions are kept. They
// are new in their first month, and known in all later ones. Their keys are made of the month's first transmission, as one made
// of an address would let it be guessed.
func (s *Store) OpenNotes(ctx context.Context) (all []event.Note, err error) {
	for _, of := range []struct{ kind, column, first string }{
		{event.NoteOpenSender, "t.sender", "t.host || ' ' || t.queue_id || ' ' || t.time"},
		{event.NoteOpenRecipient, "t.recipient", "hex(t.key)"},
	} {
		some, err := s.openNotes(ctx, of.kind, of.column, of.first)
		if err != nil {
			return nil, fmt.Errorf("store %s: %s: %w", s.path, of.kind, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

func (s *Store) openNotes(ctx context.Context, kind, column, first string) ([]event.Note, error) {
	open, err := conditions(dashboards.OpenCopies())
	if err != nil {
		return nil, err
	}
	// Of the other columns SQLite takes the row that has the least time.
	query := "SELECT " + column + ", min(t.time), " + first + ", f.department, count(*) FROM transmission t JOIN facet f ON f.id = t.facet WHERE t.day IN (" + everyDay + ") AND " + open.sql +
		" AND " + column + " <> '' GROUP BY 1, strftime('%Y-%m', t.day * 86400, 'unixepoch') ORDER BY 1, 2"
	last := ""
	return collect(ctx, s.read, query, open.args, func(scan func(...any) error) (n event.Note, err error) {
		var at int64
		var id string
		err = scan(&n.Name, &at, &id, &n.Department, &n.Count)
		n.Key, n.Time, n.Kind, n.What = event.NoteKey(kind, id), time.UnixMicro(at).UTC(), kind, event.NoteKnown
		if n.Name != last {
			n.What, last = event.NoteNew, n.Name
		}
		return n, err
	})
}
