package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

const (
	noteColumns = "key, time, kind, what, name, channel, source, department, count"
	selectNotes = "SELECT " + noteColumns + ", revision, gone FROM note" // for scanNote
)

// notesTogether is how many notes are stored in one transaction.
const notesTogether = 500

// PutNotes makes notes the only ones of the store, and returns how many changed. There may be hundreds of thousands, so that they
// pass by one after the other, and only a hash of each is in memory.
func (s *Store) PutNotes(ctx context.Context, all iter.Seq2[event.Note, error]) (changed int, err error) {
	had, err := s.noteStates(ctx)
	if err != nil {
		return 0, err
	}
	var change []event.NoteRow
	put := func(r event.NoteRow, enough int) error {
		if r.Note.Key != "" {
			change = append(change, r)
		}
		if len(change) < enough {
			return nil
		}
		changed += len(change)
		err := s.putNotes(ctx, change)
		change = change[:0]
		return err
	}
	for n, err := range all {
		if err != nil {
			return changed, err
		}
		n.Time = n.Time.UTC().Truncate(time.Microsecond)
		id := shortHash(n.Key)
		old, known := had[id]
		if had[id] = (noteState{old.revision, old.content, old.gone, true}); known && !old.gone && old.content == noteContent(&n) {
			continue
		}
		if err := put(event.NoteRow{Note: n, Revision: old.revision + 1}, notesTogether); err != nil {
			return changed, err
		}
	}
	if err := put(event.NoteRow{}, 1); err != nil {
		return changed, err
	}
	left := 0
	for _, old := range had {
		if !old.gone && !old.seen {
			left++
		}
	}
	if left == 0 {
		return changed, nil
	}
	return changed + left, s.dropNotes(ctx, had)
}

// dropNotes marks as gone what was not seen any more.
func (s *Store) dropNotes(ctx context.Context, had map[[16]byte]noteState) error {
	return s.change(ctx, "notes", func(tx *sql.Tx) error {
		var keys []string
		rows, err := tx.QueryContext(ctx, "SELECT key FROM note WHERE NOT gone")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key string
			if err := rows.Scan(&key); err != nil {
				return err
			}
			if old, known := had[shortHash(key)]; known && !old.seen {
				keys = append(keys, key)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		for _, key := range keys {
			if _, err := tx.ExecContext(ctx, "UPDATE note SET time = 0, kind = '', what = '', name = '', channel = '', source = '', department = '', count = 0, revision = revision + 1, gone = 1, refused = '' WHERE key = ?", key); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) putNotes(ctx context.Context, all []event.NoteRow) error {
	return s.change(ctx, "notes", func(tx *sql.Tx) error {
		st, err := tx.PrepareContext(ctx, "INSERT OR REPLACE INTO note ("+noteColumns+", revision, gone, shipped) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ifnull((SELECT shipped FROM note WHERE key = ?1), 0))")
		if err != nil {
			return err
		}
		defer st.Close()
		for i := range all {
			n := &all[i].Note
			if _, err := st.ExecContext(ctx, n.Key, n.Time.UnixMicro(), n.Kind, n.What, n.Name, n.Channel, n.Source, n.Department, n.Count, all[i].Revision); err != nil {
				return err
			}
		}
		return nil
	})
}

// noteState is what is remembered of a stored note while new ones pass by.
type noteState struct {
	revision   int64
	content    [16]byte
	gone, seen bool
}

// noteStates are those of all notes, by the hash of their key.
func (s *Store) noteStates(ctx context.Context) (map[[16]byte]noteState, error) {
	all := map[[16]byte]noteState{}
	_, err := collect(ctx, s.read, selectNotes, nil, func(scan func(...any) error) (none struct{}, err error) {
		r, err := scanNote(scan)
		all[shortHash(r.Note.Key)] = noteState{r.Revision, noteContent(&r.Note), r.Gone, false}
		return none, err
	})
	if err != nil {
		return nil, fmt.Errorf("store %s: notes: %w", s.path, err)
	}
	return all, nil
}

func shortHash(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}

func noteContent(n *event.Note) [16]byte {
	return shortHash(fmt.Sprintf("%d %q %q %q %q %q %q %d", n.Time.UnixMicro(), n.Kind, n.What, n.Name, n.Channel, n.Source, n.Department, n.Count))
}

// NotesOf are the notes of a kind, by time.
func (s *Store) NotesOf(ctx context.Context, kind string) (all []event.Note, err error) {
	rows, err := collect(ctx, s.read, selectNotes+" WHERE kind = ? AND NOT gone ORDER BY time, key", []any{kind}, scanNote)
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
	rows, err := collect(ctx, s.read, selectNotes+" WHERE shipped <> revision AND refused = '' AND key > ? ORDER BY key LIMIT ?", []any{after, limit}, scanNote)
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
// of an address would let it be guessed. One month of them is in memory at a time.
func (s *Store) OpenNotes(ctx context.Context) iter.Seq2[event.Note, error] {
	return func(yield func(event.Note, error) bool) {
		var first, last sql.NullInt64
		if err := s.read.QueryRowContext(ctx, "SELECT (SELECT min(day) FROM transmission), (SELECT max(day) FROM transmission)").Scan(&first, &last); err != nil || !first.Valid {
			if err != nil {
				yield(event.Note{}, fmt.Errorf("store %s: open notes: %w", s.path, err))
			}
			return
		}
		for _, of := range []openKind{
			{event.NoteOpenSender, "t.sender", "t.host || ' ' || t.queue_id || ' ' || t.time"},
			{event.NoteOpenRecipient, "t.recipient", "hex(t.key)"},
		} {
			seen := map[[16]byte]bool{}
			for day := first.Int64; day <= last.Int64; {
				y, m, _ := time.Unix(day*86400, 0).UTC().Date()
				end := time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC).Unix() / 86400
				some, err := s.openNotes(ctx, of, day, end-1, seen)
				if err != nil {
					yield(event.Note{}, fmt.Errorf("store %s: %s: %w", s.path, of.kind, err))
					return
				}
				for _, n := range some {
					if !yield(n, nil) {
						return
					}
				}
				day = end
			}
		}
	}
}

// openKind is a kind of notes of open mail: the column that names whom, and what tells a month's first transmission apart.
type openKind struct{ kind, column, first string }

// openNotes are those of the days of a month, first and last included.
func (s *Store) openNotes(ctx context.Context, of openKind, first, last int64, seen map[[16]byte]bool) ([]event.Note, error) {
	open, err := conditions(dashboards.OpenCopies())
	if err != nil {
		return nil, err
	}
	// Of the other columns SQLite takes the row that has the least time. Days and facets lead by an index to the open ones alone.
	query := "SELECT " + of.column + ", min(t.time), " + of.first + ", d.department, count(*) FROM transmission t JOIN facet d ON d.id = t.facet WHERE t.day IN (" + everyDay +
		" AND day BETWEEN ? AND ?) AND t.facet IN (SELECT f.id FROM facet f WHERE " + open.sql + ") AND " + of.column + " <> '' GROUP BY 1"
	return collect(ctx, s.read, query, append([]any{first, last}, open.args...), func(scan func(...any) error) (n event.Note, err error) {
		var at int64
		var id string
		err = scan(&n.Name, &at, &id, &n.Department, &n.Count)
		n.Key, n.Time, n.Kind, n.What = event.NoteKey(of.kind, id), time.UnixMicro(at).UTC(), of.kind, event.NoteNew
		if who := shortHash(n.Name); seen[who] {
			n.What = event.NoteKnown
		} else {
			seen[who] = true
		}
		return n, err
	})
}
