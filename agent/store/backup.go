package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// ErrExists says that a backup would overwrite a file.
var ErrExists = errors.New("the file exists; a backup overwrites nothing")

// Backup writes the database as of one moment to a new file, while the agent goes on. The file is whole as soon as it
// bears its name.
func (s *Store) Backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("backup %s: %w", file, ErrExists)
	}
	part := file + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("backup: %w", err)
	}
	if err := createPrivate(part); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	// query_only would forbid even writing to another file.
	db, err := connect(s.path, 1)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		return errors.Join(fmt.Errorf("backup %s: %w", file, err), os.Remove(part))
	}
	if err := flush(part); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := os.Link(part, file); err != nil { // unlike a rename, it overwrites nothing
		return errors.Join(fmt.Errorf("backup: %w", err), os.Remove(part))
	}
	return errors.Join(os.Remove(part), flush(filepath.Dir(file)))
}

// Restore puts a backup in the place of the database at path, which no agent may have open. The database that was
// there is kept beside it, under the name that is returned. The generation of the result is higher than that of either,
// so that what is shipped from it replaces what was shipped before.
func Restore(ctx context.Context, backup, path string, now time.Time) (kept string, err error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	defer lock.Close()
	part := path + ".restore"
	if err := copyFile(backup, part); err != nil {
		return "", fmt.Errorf("restore: %w", err)
	}
	generation, err := examine(ctx, part)
	if err != nil {
		return "", errors.Join(fmt.Errorf("restore %s: %w", backup, err), os.Remove(part))
	}
	if _, err := os.Stat(path); err == nil {
		old, err := examine(ctx, path)
		if err != nil && !errors.Is(err, ErrDamaged) { // a damaged one is a reason to restore
			return "", errors.Join(fmt.Errorf("restore: %s: %w", path, err), os.Remove(part))
		}
		generation = max(generation, old)
		if kept, err = setAside(path, now); err != nil {
			return kept, fmt.Errorf("restore: %w", err)
		}
	}
	if err := raise(ctx, part, generation+1); err != nil {
		return kept, fmt.Errorf("restore: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return kept, fmt.Errorf("restore: %w", err)
	}
	return kept, flush(filepath.Dir(path))
}

// Generation counts restores, from 1 on. External versions are generation · 2^40 + revision.
func (s *Store) Generation(ctx context.Context) (int64, error) { return generationOf(ctx, s.read) }

func generationOf(ctx context.Context, db *sql.DB) (int64, error) {
	var n int64
	err := db.QueryRowContext(ctx, "SELECT ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'generation'), 1)").Scan(&n)
	return n, err
}

// examine checks a file and returns its generation.
func examine(ctx context.Context, path string) (int64, error) {
	db, err := connect(path, 1)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if err := check(ctx, db); err != nil {
		return 0, err
	}
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, err
	}
	switch known, err := migrations(); {
	case err != nil:
		return 0, err
	case version > len(known):
		return 0, ErrNewer
	case version == 0:
		return 0, errors.New("the file is no database of postvagt-agent")
	}
	return generationOf(ctx, db)
}

func raise(ctx context.Context, path string, generation int64) error {
	db, err := connect(path, 1)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "INSERT INTO meta (name, value) VALUES ('generation', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", strconv.FormatInt(generation, 10))
	return errors.Join(err, db.Close(), flush(path))
}

// setAside renames a database with its journals.
func setAside(path string, now time.Time) (kept string, err error) {
	kept = path + ".before-restore-" + now.Format("20060102-150405")
	if _, err := os.Lstat(kept); err == nil {
		return "", fmt.Errorf("%s: %w", kept, ErrExists)
	}
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, kept+suffix); err != nil && (suffix == "" || !errors.Is(err, os.ErrNotExist)) {
			return "", err
		}
	}
	return kept, nil
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// flush makes a file or folder durable.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
