package milter

import (
	"errors"
	"time"
)

// Threads remembers which messages arrived securely, so that a reply in the open is known for what it is: a downgrade (R7,
// R18); and which left with a file under a password, so that a mail that tells the password is known for what it is: the key by
// the channel of the lock.
type Threads struct{ *memory }

// OpenThreads opens the memory in dir.
func OpenThreads(dir string, key []byte, now func() time.Time) (*Threads, error) {
	m, err := openMemory(dir, "threads", key, now)
	return &Threads{m}, err
}

// Remember keeps the id of a message that arrived securely.
func (t *Threads) Remember(id string) error {
	if id == "" {
		return nil
	}
	return t.remember(t.hash("thread", id), 1)
}

// Secure says whether one of these messages arrived securely.
func (t *Threads) Secure(ids ...string) bool {
	if t.size() == 0 {
		return false
	}
	for _, id := range ids {
		if id == "" {
			continue
		}
		if _, ok := t.day(t.hash("thread", id)); ok {
			return true
		}
	}
	return false
}

// keyDays is how long after a locked file a password to the same recipient is taken for its key.
const keyDays = 7

// Locked keeps that a message to these recipients left with a file under a password.
func (t *Threads) Locked(id, sender string, rcpts []string) (failed error) {
	if id != "" {
		failed = t.remember(t.hash("lock", id), 1)
	}
	for _, rcpt := range rcpts {
		failed = errors.Join(failed, t.remember(t.hash("lock-to", pair(sender, rcpt)), 1))
	}
	return failed
}

// Lock says whether a locked file left in this thread, or lately from this sender to one of these recipients.
func (t *Threads) Lock(ids []string, sender string, rcpts []string) bool {
	if t.size() == 0 {
		return false
	}
	for _, id := range ids {
		if _, ok := t.day(t.hash("lock", id)); ok && id != "" {
			return true
		}
	}
	for _, rcpt := range rcpts {
		if day, ok := t.day(t.hash("lock-to", pair(sender, rcpt))); ok && t.today()-day <= keyDays {
			return true
		}
	}
	return false
}
