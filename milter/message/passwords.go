package message

// attempt is a locked document that waits for the passwords of the mail to be known.
type attempt struct {
	d    doc
	lock int // index in opener.locks
	fits func(password string) bool
	open func(password string) error
}

// tryLater asks for passwords to be tried when the whole mail has been read: the one that is written
// beside a locked file may stand behind it.
func (o *opener) tryLater(d doc, fits func(string) bool, open func(string) error) {
	if len(o.attempts) < 50 {
		o.attempts = append(o.attempts, attempt{d, len(o.locks) - 1, fits, open})
	}
}
