package milter

import "time"

// Threads remembers which messages arrived securely, so that a reply in the open is known for what it is:
// a downgrade (R7, R18).
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
