package message

// locked records an encrypted place.
func (o *opener) locked(d doc, content, algorithm string) {
	strong := o.opt.Strong
	if strong == nil {
		strong = strongAlgorithms
	}
	name := algorithm
	if name == "" {
		name = content
	}
	if len(o.locks) < 1000 {
		o.locks = append(o.locks, Lock{Part: d.path, Content: content, Algorithm: algorithm, Strong: strong[name]})
	}
}

// strongAlgorithms is the shipped list, each with its reason. A name that is missing is weak.
var strongAlgorithms = map[string]bool{
	// AES with 128 bits and up: recommended by NIST SP 800-131A and the Danish CFCS.
	"AES-128-CBC": true, "AES-192-CBC": true, "AES-256-CBC": true,
	"AES-128-GCM": true, "AES-192-GCM": true, "AES-256-GCM": true,
	"AES-128-CCM": true, "AES-192-CCM": true, "AES-256-CCM": true,
	"AES-128-CFB": true, "AES-192-CFB": true, "AES-256-CFB": true,
	"AES-128-OCB": true, "AES-192-OCB": true, "AES-256-OCB": true,
	"AES-128-EAX": true, "AES-192-EAX": true, "AES-256-EAX": true,
	"AES-128": true, "AES-192": true, "AES-256": true,
	// RFC 8103, 256 bits.
	"ChaCha20-Poly1305": true,
	// ISO/IEC 18033-3, 128 bits and up, no known weakness.
	"Camellia-128-CBC": true, "Camellia-192-CBC": true, "Camellia-256-CBC": true, "Camellia-128": true, "Camellia-192": true, "Camellia-256": true,
	"Twofish": true,
	// OpenPGP by public key hides its cipher. With integrity protection (MDC or AEAD) it is AES in every
	// program of this century (RFC 4880 and 9580).
	"pgp-mime": true, "pgp-inline": true,
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
