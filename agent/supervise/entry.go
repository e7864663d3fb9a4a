package supervise

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is one revision of an entry of a register. Data is JSON of the register's own type.
type Entry struct {
	Register string
	ID       string
	Revision int // 1, 2, …
	At       time.Time
	Author   string // who logs in by this name, "" for the program itself
	Data     json.RawMessage
}

// ErrChanged says that somebody else has revised an entry since it was read.
var ErrChanged = errors.New("the entry was changed by somebody else in the meantime")

// Read returns the value of an entry.
func Read[T any](e Entry) (value T, err error) {
	if err = json.Unmarshal(e.Data, &value); err != nil {
		err = fmt.Errorf("%s %s, revision %d: %w", e.Register, e.ID, e.Revision, err)
	}
	return value, err
}

// Write returns the entry of a value.
func Write[T any](register, id string, revision int, author string, at time.Time, value T) (Entry, error) {
	data, err := json.Marshal(value)
	return Entry{Register: register, ID: id, Revision: revision, At: at, Author: author, Data: data}, err
}
