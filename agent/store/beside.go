package store

import (
	"context"
	"errors"
	"fmt"
)

// OpenBeside opens the database for its users and registers while an agent may be writing the rest; a command line
// does so. Where no agent runs, the database is opened, and made, as Open does it. Commit and Purge are the agent's.
func OpenBeside(ctx context.Context, path string, options ...Option) (*Store, error) {
	s, err := Open(ctx, path, options...)
	if err == nil || !errors.Is(err, ErrLocked) {
		return s, err
	}
	if s, err = OpenRead(ctx, path, options...); err != nil {
		return nil, err
	}
	if s.write, err = connect(path, 1, "synchronous(NORMAL)", "foreign_keys(0)"); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: %w", path, err), s.Close())
	}
	return s, nil
}
