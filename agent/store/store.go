// Package store keeps the transmissions, the unfinished state and the positions of the agent in one SQLite
// file, and answers questions about them. Documents, state and positions are committed in one transaction,
// so that reading the log again after a crash counts nothing twice and loses nothing.
//
// # Tables
//
// A transmission is stored in two parts. What it shares with many others (level, outcome, department, …: the
// dimensions) is a facet, kept once; what is its own is a row of table transmission that names its facet. The view
// transmissions joins them. Table rollup counts the rows of each facet for each local day, and entity the values of
// fields whose different values are counted, so that a question over years reads thousands of rows and
// not millions. A question about a field that is no dimension reads the transmissions themselves; the answer
// is the same.
//
// # Durability
//
// The journal is a write-ahead log with synchronous = NORMAL: a kill loses nothing, a power cut may undo the last
// commits as a whole, positions included, and the agent then reads those lines again.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"postvagt/dashboards"

	"modernc.org/sqlite" // also the driver "sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrLocked says that another agent has the database open.
var ErrLocked = errors.New("the database is used by another agent")

// ErrNewer says that a newer program wrote the database.
var ErrNewer = errors.New("the database was written by a newer version of postvagt-agent")

// ErrForm says that no migration leads from the form of the database to that of this program.
var ErrForm = errors.New("the database has a form that this version of postvagt-agent does not know")

// ErrDamaged says that the file fails SQLite's integrity check.
var ErrDamaged = errors.New("the database is damaged")

// Gap is a span of time that lost lines.
type Gap = dashboards.Gap

// Item is one piece of unfinished state. Due is when it must be looked at again, zero for never.
type Item struct {
	Key  string
	Data []byte
	Due  time.Time
}

// Position says how far a source was read.
type Position struct {
	Source string
	Data   []byte
}

// Store is an open database. Its methods may be called side by side.
type Store struct {
	path  string
	write *sql.DB // one connection
	read  *sql.DB // query only
	lock  *os.File
	zone  *time.Location

	opened   bool       // for writing, and not closed yet
	mu       sync.Mutex // one change at a time
	cube     *cube
	answers  remembered[map[string][]dashboards.Row]
	lists    remembered[list]
	blocks   remembered[packed]
	texts    lexicon // of blocks
	places   places
	facets   facets
	seen     int64          // of a reader: the commit that its cube is of
	details  int64          // the first day whose transmissions are all kept
	archives map[int64]bool // imported days, kept whatever their age
	shipping bool           // commits note what Elasticsearch does not have
}

// Option changes how a database is opened.
type Option func(*Store)

// In sets the zone whose days the figures are counted by; time.Local without it.
func In(zone *time.Location) Option { return func(s *Store) { s.zone = zone } }

func newStore(path string, options []Option) *Store {
	s := &Store{path: path, zone: time.Local, cube: newCube()}
	s.answers.most, s.lists.most = mostAnswers, mostLists
	s.blocks.most, s.blocks.room, s.blocks.size = mostBlocks, mostBlockAnswers, func(p packed) int { return len(p.rows) }
	for _, o := range options {
		o(s)
	}
	return s
}

// Open opens or makes the database at path for the one agent that writes it. A second one gets ErrLocked.
func Open(ctx context.Context, path string, options ...Option) (*Store, error) {
	s := newStore(path, options)
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	return s, nil
}

// OpenRead opens an existing database for questions only, while an agent may be writing it.
func OpenRead(ctx context.Context, path string, options ...Option) (*Store, error) {
	s := newStore(path, options)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := s.openReaders(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o750); err != nil {
		return err
	}
	lock, err := lockFile(s.path + ".lock")
	if err != nil {
		return err
	}
	s.lock = lock
	if err := createPrivate(s.path); err != nil {
		return err
	}
	if s.write, err = connect(s.path, 1, "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(0)", "cache_size(-32768)", "temp_store(MEMORY)"); err != nil {
		return err
	}
	if err := s.checkIfDue(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if _, err := s.write.ExecContext(ctx, "DELETE FROM meta WHERE name = 'closed'"); err != nil {
		return err
	}
	s.opened = true
	if err := s.openReaders(ctx); err != nil {
		return err
	}
	return s.load(ctx)
}

// load reads what is kept in memory.
func (s *Store) load(ctx context.Context) error {
	return errors.Join(s.cube.load(ctx, s.read), s.loadRetention(ctx), s.loadShipping(ctx))
}

func (s *Store) openReaders(ctx context.Context) (err error) {
	if s.read, err = connect(s.path, 4, "query_only(1)", "cache_size(-4096)", "temp_store(MEMORY)"); err != nil {
		return err
	}
	var version int
	if err := s.read.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch known, err := migrations(); {
	case err != nil:
		return err
	case version > len(known):
		return ErrNewer
	case version < len(known):
		return errors.New("the database has an older form: start postvagt-agent run once, it brings it up to date")
	}
	return nil
}

// refresh loads the daily figures again where another process has committed since.
func (s *Store) refresh(ctx context.Context) error {
	if s.write != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var commits int64
	err := s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'commits'").Scan(&commits)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || err == nil && commits == s.seen {
		return err
	}
	s.seen = commits
	return s.load(ctx)
}

// connect opens a pool of at most n connections.
func connect(path string, n int, pragmas ...string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...), "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// createPrivate makes the file unreadable for others before SQLite opens it; its journals take the same mode.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	return f.Close()
}

// smallFile is the size in bytes up to which a database is checked at each start; that takes less than a second.
const smallFile = 64 << 20

// checkIfDue checks a small database always, and a large one unless the last agent closed it in good order: reading
// gigabytes takes minutes, in which no line would be read.
func (s *Store) checkIfDue(ctx context.Context) error {
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	var closed int
	if info.Size() > smallFile && s.write.QueryRowContext(ctx, "SELECT 1 FROM meta WHERE name = 'closed'").Scan(&closed) == nil {
		return nil
	}
	return check(ctx, s.write)
}

// check asks SQLite whether a file is sound.
func check(ctx context.Context, db *sql.DB) error {
	var said string
	err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said)
	var code *sqlite.Error
	switch {
	case errors.As(err, &code) && (code.Code()&0xff == lib.SQLITE_CORRUPT || code.Code()&0xff == lib.SQLITE_NOTADB):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case err != nil:
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, said)
	}
	return nil
}

// Close ends all use of the database.
func (s *Store) Close() error {
	var errs []error
	if s.opened {
		_, err := s.write.Exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('closed', 1)")
		errs = append(errs, err)
		s.opened = false
	}
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// inTx runs f in one transaction of the writing connection.
func (s *Store) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
