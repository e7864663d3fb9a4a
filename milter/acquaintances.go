package milter

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Acquaintances remembers who has written to whom, so that a first mail and a slip of the keyboard in a domain are
// known for what they are (R13). It keeps keyed hashes alone.
type Acquaintances struct {
	*memory
	born uint64 // the hash under which the day of its birth is kept
}

const (
	learningDays  = 30 // before it has seen a month of mail, everybody would be new
	againAfter    = 30 // days after which an acquaintance is noted anew
	familiarAfter = 5  // different days with mail to a domain that make it a frequent one
)

// OpenAcquaintances opens the memory in dir. The day of its birth is kept in it.
func OpenAcquaintances(dir string, key []byte, now func() time.Time) (*Acquaintances, error) {
	m, err := openMemory(dir, "recipients", key, now)
	if err != nil {
		return nil, err
	}
	a := &Acquaintances{m, m.hash("born", "")}
	if m.size() == 0 {
		err = m.remember(a.born, 1)
	}
	return a, err
}

// learning says that the memory is too young to call anybody new. A birthday that is forgotten was long ago.
func (a *Acquaintances) learning() bool {
	born, ok := a.day(a.born)
	return ok && a.today()-born < learningDays
}

func pair(sender, rcpt string) string { return strings.ToLower(sender) + ">" + strings.ToLower(rcpt) }

// First says whether this sender has never written to this recipient.
func (a *Acquaintances) First(sender, rcpt string) bool {
	if a.learning() {
		return false
	}
	_, known := a.day(a.hash("pair", pair(sender, rcpt)))
	return !known
}

// Met notes that a mail was let through from sender to rcpt.
func (a *Acquaintances) Met(sender, rcpt string) error {
	return errors.Join(a.remember(a.hash("pair", pair(sender, rcpt)), againAfter), a.visit(domainOf(rcpt)))
}

// visit counts the different days of a domain, up to familiarAfter.
func (a *Acquaintances) visit(domain string) error {
	for n := 1; n <= familiarAfter; n++ {
		step := a.step(domain, n)
		day, ok := a.day(step)
		switch {
		case ok && day == a.today():
			return nil
		case !ok || n == familiarAfter:
			return a.remember(step, againAfter)
		}
	}
	return nil
}

func (a *Acquaintances) step(domain string, n int) uint64 {
	return a.hash("domain "+strconv.Itoa(n), domain)
}

// Knows says whether somebody has written to a domain before.
func (a *Acquaintances) Knows(domain string) bool {
	_, known := a.day(a.step(domain, 1))
	return known
}

// LooksFamiliar says whether a domain to which nobody has written is one slip away from a frequent one. Frequent ones
// are known by their hashes alone, so every slip is tried.
func (a *Acquaintances) LooksFamiliar(domain string) bool {
	if a.Knows(domain) || len(domain) < lookalikeFrom || len(domain) > 64 || a.size() < familiarAfter {
		return false
	}
	found := false
	slips(domain, func(s string) bool {
		_, found = a.day(a.step(s, familiarAfter))
		return !found
	})
	return found
}

// slips gives all that is one insertion, deletion, replacement or exchange of neighbours away, until each returns false.
func slips(s string, each func(string) bool) {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789-."
	for i := range len(s) + 1 {
		if i < len(s) && !each(s[:i]+s[i+1:]) {
			return
		}
		if i+1 < len(s) && s[i] != s[i+1] && !each(s[:i]+string(s[i+1])+string(s[i])+s[i+2:]) {
			return
		}
		for _, c := range letters {
			if !each(s[:i]+string(c)+s[i:]) || i < len(s) && !each(s[:i]+string(c)+s[i+1:]) {
				return
			}
		}
	}
}
