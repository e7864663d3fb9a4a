package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"postvagt/agent/login"
	"postvagt/agent/store"
)

// Users changes who may log in, while an agent may be running.
type Users struct {
	Config *Config
	Now    func() time.Time
}

// with opens the database for one change.
func (u Users) with(ctx context.Context, f func(*store.Store) error) (err error) {
	zone, err := u.Config.TimeZone()
	if err != nil {
		return err
	}
	db, err := store.OpenBeside(ctx, u.Config.Store.Path, store.In(zone))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return f(db)
}

// note writes a change into the access log.
func (u Users) note(ctx context.Context, db *store.Store, what string) error {
	return db.Note(ctx, login.Access{At: u.Now(), Action: "users", Object: what, Reason: "command line"})
}

// Add adds a user. A department that departments.csv does not have is an error: nobody would ever see its mail.
func (u Users) Add(ctx context.Context, user login.User, password string) error {
	if err := errors.Join(user.Check(), u.known(user.Departments), login.CheckPassword(user.Name, password)); err != nil {
		return err
	}
	user.Hash, user.Revision, user.Created = login.Hash(password), 1, u.Now()
	return u.with(ctx, func(db *store.Store) error {
		if err := db.AddUser(ctx, user); err != nil {
			return hint(err, user.Name)
		}
		return u.note(ctx, db, "add "+user.Name)
	})
}

// hint says what to do about a name.
func hint(err error, name string) error {
	switch {
	case errors.Is(err, store.ErrUserExists):
		return fmt.Errorf("%s: %w (to change it: users passwd, roles, disable, remove)", name, store.ErrUserExists)
	case errors.Is(err, store.ErrNoUser):
		return fmt.Errorf("%s: %w (postvagt-agent users list shows them)", name, store.ErrNoUser)
	}
	return err
}

// known refuses departments that no mail can be of.
func (u Users) known(departments []string) error {
	have, err := u.Config.departmentNames()
	if err != nil {
		return err
	}
	for _, d := range departments {
		if !slices.Contains(have, d) {
			return fmt.Errorf("%q is no department of %s: there are %s", d, u.Config.Agent.Departments, strings.Join(have, ", "))
		}
	}
	return nil
}

// Change lets f change a user of a name; what says what is changed. Sessions that are open end.
func (u Users) Change(ctx context.Context, name, what string, f func(*login.User) error) error {
	return u.with(ctx, func(db *store.Store) error {
		err := db.ChangeUser(ctx, name, func(user *login.User) error {
			user.Revision++
			if err := f(user); err != nil {
				return err
			}
			return errors.Join(user.Check(), u.known(user.Departments))
		})
		if err != nil {
			return hint(err, name)
		}
		return u.note(ctx, db, what+" "+name)
	})
}

// SetPassword gives a user a new password, and ends a lock-out.
func (u Users) SetPassword(ctx context.Context, name, password string) error {
	if err := login.CheckPassword(name, password); err != nil {
		return err
	}
	hash := login.Hash(password)
	return u.Change(ctx, name, "passwd", func(user *login.User) error {
		user.Hash, user.Failures, user.LockedUntil = hash, 0, time.Time{}
		return nil
	})
}

// Remove forgets a user.
func (u Users) Remove(ctx context.Context, name string) error {
	return u.with(ctx, func(db *store.Store) error {
		if err := db.RemoveUser(ctx, name); err != nil {
			return hint(err, name)
		}
		return u.note(ctx, db, "remove "+name)
	})
}

// List returns all users.
func (u Users) List(ctx context.Context) (all []login.User, err error) {
	err = u.with(ctx, func(db *store.Store) error {
		all, err = db.Users(ctx)
		return err
	})
	return all, err
}
