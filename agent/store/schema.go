package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"postvagt/agent/event"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations returns the SQL files in their order; PRAGMA user_version counts those that were applied.
func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range names {
		b, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, string(b))
	}
	return all, nil
}

// migrate brings the tables to the form of this program, in one transaction.
func (s *Store) migrate(ctx context.Context) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version > len(steps) {
			return ErrNewer
		}
		for i, step := range steps[version:] {
			if _, err := tx.ExecContext(ctx, step); err != nil {
				return fmt.Errorf("migration %d: %w", version+i+1, err)
			}
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(steps))); err != nil {
			return err
		}
		if err := checkDimensions(ctx, tx); err != nil {
			return err
		}
		if err := s.makeTables(ctx, tx); err != nil {
			return err
		}
		return s.setZone(ctx, tx)
	})
}

// checkDimensions refuses a database whose transmissions are divided otherwise: its figures would be wrong without a
// word. Who changes the dimensions writes a migration that moves the columns and sets meta.dimensions.
func checkDimensions(ctx context.Context, tx *sql.Tx) error {
	want := strings.Join(dimensions, " ")
	had, err := texts(ctx, tx, "SELECT value FROM meta WHERE name = 'dimensions'")
	if err != nil {
		return err
	}
	if len(had) == 1 && had[0] != want {
		return fmt.Errorf("%w: its dimensions are %s", ErrForm, had[0])
	}
	return setMeta(ctx, tx, "dimensions", want)
}

// makeTables makes or widens the tables of event.Fields and their indexes.
func (s *Store) makeTables(ctx context.Context, tx *sql.Tx) error {
	if err := makeTable(ctx, tx, "facet", "id INTEGER PRIMARY KEY", layout.shared); err != nil {
		return err
	}
	own := "id INTEGER PRIMARY KEY, day INTEGER NOT NULL, facet INTEGER NOT NULL, hash BLOB NOT NULL"
	if err := makeTable(ctx, tx, "transmission", own, layout.own); err != nil {
		return err
	}
	for _, q := range []string{
		// Keys are hashes: sorted by them alone, each commit of a large database would write a page for each row. A key is
		// made of the time of birth, so a key has one day.
		"DROP INDEX IF EXISTS transmission_key",
		"CREATE UNIQUE INDEX IF NOT EXISTS transmission_day_key ON transmission (day, key)",
		"DROP INDEX IF EXISTS transmission_day",
		"CREATE INDEX IF NOT EXISTS transmission_at ON transmission (day, facet, time)", // a list is sorted without reading rows
		"DROP VIEW IF EXISTS transmissions",
		"CREATE VIEW transmissions AS SELECT t.day, " + columns(event.Fields) + " FROM transmission t JOIN facet f ON f.id = t.facet",
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// makeTable makes a table of fields, or adds the columns that an older one lacks.
func makeTable(ctx context.Context, tx *sql.Tx, table, head string, fields []event.Field) error {
	columns := []string{head}
	for _, f := range fields {
		columns = append(columns, definition(f))
	}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+table+" ("+strings.Join(columns, ", ")+")"); err != nil {
		return err
	}
	have, err := texts(ctx, tx, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if slices.Contains(have, f.Column) {
			continue
		}
		if _, err := tx.ExecContext(ctx, "ALTER TABLE "+table+" ADD COLUMN "+definition(f)); err != nil {
			return err
		}
	}
	return nil
}

func definition(f event.Field) string {
	switch {
	case f.Array:
		return f.Column + " TEXT NOT NULL DEFAULT '[]'"
	case f.Column == "key":
		return f.Column + " BLOB NOT NULL"
	case f.Type == event.Keyword:
		return f.Column + " TEXT NOT NULL DEFAULT ''"
	case f.Type == event.Date:
		return f.Column + " INTEGER"
	}
	return f.Column + " INTEGER NOT NULL DEFAULT 0"
}

// setZone remembers the zone whose days were counted; when it changes, the days are counted anew.
func (s *Store) setZone(ctx context.Context, tx *sql.Tx) error {
	had, err := texts(ctx, tx, "SELECT value FROM meta WHERE name = 'zone'")
	if err != nil {
		return err
	}
	if len(had) == 1 && had[0] == s.zoneName() {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO meta VALUES ('zone', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", s.zoneName()); err != nil {
		return err
	}
	if len(had) == 0 {
		return nil
	}
	return s.recount(ctx, tx)
}

func texts(ctx context.Context, tx *sql.Tx, query string, args ...any) (all []string, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}
