package message

// locked records an encrypted place.
func (o *opener) locked(d doc, content, algorithm string) {
	name := algorithm
	if name == "" {
		name = content
	}
	if len(o.locks) < 1000 {
		o.locks = append(o.locks, Lock{Part: d.path, Content: content, Algorithm: algorithm, Strong: o.rd.strong[name]})
	}
}

// Why a lock is open.
const (
	openedByMail    = "password in the same mail"
	openedByDefault = "default password" // everybody knows it: never counted as encrypted
)

// decide sums the locks up: an unopened one wins over an opened one, the weakest over the stronger.
func (o *opener) decide() {
	m := o.mail
	m.Locks = o.locks
	p := &m.Protection
	p.Content = "none"
	best := -1
	for i, l := range o.locks {
		if l.Partial || l.Opened == openedByDefault {
			continue
		}
		if best < 0 || worse(l, o.locks[best]) {
			best = i
		}
	}
	if best < 0 {
		return
	}
	l := o.locks[best]
	p.Content, p.Algorithm, p.Strong, p.Opened = l.Content, l.Algorithm, l.Strong && l.Opened == "", l.Opened
	p.Whole = l.Opened == "" && o.body == 0
}

// worse says whether a protects less than b, and is there to be judged first.
func worse(a, b Lock) bool {
	if (a.Opened == "") != (b.Opened == "") {
		return a.Opened == ""
	}
	return !a.Strong && b.Strong
}

// looksPlain says whether bytes that should be encrypted are text: of random bytes a third is printable.
func looksPlain(p []byte) bool {
	printable := 0
	for _, b := range p {
		if b >= 0x20 && b < 0x7f || b == '\n' || b == '\r' || b == '\t' {
			printable++
		}
	}
	return len(p) >= 16 && printable*10 >= len(p)*8
}
