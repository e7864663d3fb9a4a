package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postvagt/agent/login"
)

// ErrNoUser says that nobody has the name.
var ErrNoUser = errors.New("there is no such user")

// ErrUserExists says that somebody has the name already.
var ErrUserExists = errors.New("there is a user of that name already")

const userColumns = "name, roles, departments, hash, revision, disabled, failures, locked_until, created, last_login, addresses"

// Users returns all users by name.
func (s *Store) Users(ctx context.Context) ([]login.User, error) {
	all, err := collect(ctx, s.read, "SELECT "+userColumns+" FROM user ORDER BY name", nil, scanUser)
	if err != nil {
		return nil, fmt.Errorf("store %s: users: %w", s.path, err)
	}
	return all, nil
}

// User returns the user of a name, if there is one.
func (s *Store) User(ctx context.Context, name string) (u login.User, known bool, err error) {
	all, err := collect(ctx, s.read, "SELECT "+userColumns+" FROM user WHERE name = ?", []any{name}, scanUser)
	if err != nil || len(all) == 0 {
		return u, false, err
	}
	return all[0], true, nil
}

// AddUser adds a user of a new name.
func (s *Store) AddUser(ctx context.Context, u login.User) error {
	return s.change(ctx, "user", func(tx *sql.Tx) error {
		switch _, err := userIn(ctx, tx, u.Name); {
		case err == nil:
			return ErrUserExists
		case !errors.Is(err, ErrNoUser):
			return err
		}
		return putUser(ctx, tx, u)
	})
}

// ChangeUser lets f change a user, in one transaction. An error of f changes nothing and is returned.
func (s *Store) ChangeUser(ctx context.Context, name string, f func(*login.User) error) error {
	return s.change(ctx, "user", func(tx *sql.Tx) error {
		u, err := userIn(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := f(&u); err != nil {
			return err
		}
		return putUser(ctx, tx, u)
	})
}

// RemoveUser forgets a user; the access log keeps the name.
func (s *Store) RemoveUser(ctx context.Context, name string) error {
	return s.change(ctx, "user", func(tx *sql.Tx) error {
		if _, err := userIn(ctx, tx, name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM user WHERE name = ?", name)
		return err
	})
}

func userIn(ctx context.Context, tx *sql.Tx, name string) (login.User, error) {
	u, err := scanUser(tx.QueryRowContext(ctx, "SELECT "+userColumns+" FROM user WHERE name = ?", name).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return u, ErrNoUser
	}
	return u, err
}

func putUser(ctx context.Context, tx *sql.Tx, u login.User) error {
	roles, err := json.Marshal(u.Roles)
	if err != nil {
		return err
	}
	departments, err := json.Marshal(u.Departments)
	if err != nil {
		return err
	}
	addresses, err := json.Marshal(u.Addresses)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO user ("+userColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		u.Name, string(roles), string(departments), u.Hash, u.Revision, u.Disabled, u.Failures, micros(u.LockedUntil), u.Created.UnixMicro(), micros(u.LastLogin), string(addresses))
	return err
}

func scanUser(scan func(...any) error) (u login.User, err error) {
	var roles, departments, addresses string
	var locked, last sql.NullInt64
	var created int64
	if err := scan(&u.Name, &roles, &departments, &u.Hash, &u.Revision, &u.Disabled, &u.Failures, &locked, &created, &last, &addresses); err != nil {
		return u, err
	}
	u.LockedUntil, u.Created, u.LastLogin = timeOf(locked), time.UnixMicro(created), timeOf(last)
	return u, errors.Join(json.Unmarshal([]byte(roles), &u.Roles), json.Unmarshal([]byte(departments), &u.Departments), json.Unmarshal([]byte(addresses), &u.Addresses))
}

// micros is a time as it is stored, NULL for the zero one.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func timeOf(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64)
}
