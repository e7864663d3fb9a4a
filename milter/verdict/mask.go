package verdict

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"regexp"
	"strings"
	"sync"
)

// minRun is the number of digits from which a run in a local part is masked: municipal manuals have let
// staff type a national number into the To field, so envelopes and logs can hold one.
const minRun = 6

// Masker masks addresses by shape, the same way in the milter and in the agent. Two programs with the same
// key give the same mask; without a shared key a masked address confirms nothing, and nothing else breaks.
// The zero Masker has the empty key. It may be used by several goroutines.
type Masker struct {
	Key  []byte
	macs *sync.Pool // of *mac: an HMAC that has its key costs half of a new one
}

// mac is HMAC-SHA-256 (RFC 2104) under a masker's key, and room for what it says.
type mac struct {
	hash.Hash
	sum [sha256.Size]byte
}

// NewMasker returns a masker with a key, which it keeps.
func NewMasker(key []byte) Masker {
	return Masker{key, &sync.Pool{New: func() any { return newMAC(key) }}}
}

func newMAC(key []byte) *mac { return &mac{Hash: hmac.New(sha256.New, key)} }

// Address masks the local part of an address or message id: every run of six digits or more, single
// separators (. - _ + space) between them allowed, becomes "*" and 6 hex digits of HMAC-SHA-256 over its digits.
func (m Masker) Address(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		at = len(addr)
	}
	return m.Text(addr[:at]) + addr[at:]
}

// Text masks all of s in the same way.
func (m Masker) Text(s string) string {
	var b strings.Builder
	done := 0
	for i := 0; i < len(s); {
		if !digit(s[i]) {
			i++
			continue
		}
		end, n := run(s, i)
		if n >= minRun {
			b.WriteString(s[done:i])
			b.WriteByte('*')
			b.WriteString(m.hex(3, digits(s[i:end], n)))
			done = end
		}
		i = end
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// run returns the end of the run of digits that starts at i, and how many they are.
func run(s string, i int) (end, n int) {
	for {
		for i < len(s) && digit(s[i]) {
			n++
			i++
		}
		if i+1 < len(s) && strings.IndexByte(".-_+ ", s[i]) >= 0 && digit(s[i+1]) {
			i++
			continue
		}
		return i, n
	}
}

// digits are the n digits of a run.
func digits(run string, n int) []byte {
	all := make([]byte, 0, n)
	for i := 0; i < len(run); i++ {
		if digit(run[i]) {
			all = append(all, run[i])
		}
	}
	return all
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// hex is the first n bytes of the HMAC over all parts, in hex digits.
func (m Masker) hex(n int, parts ...[]byte) string {
	var h *mac
	if m.macs == nil {
		h = newMAC(m.Key)
	} else {
		h = m.macs.Get().(*mac)
		defer m.macs.Put(h)
		h.Reset()
	}
	for _, p := range parts {
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(h.sum[:0])[:n])
}

// Objector gives whoever stands in one line of the register of objections (R9) a name of 16 hex digits that tells nothing:
// so mail to them, and mail about them to others, can be counted together.
func (m Masker) Objector(address, person string) string {
	return m.hex(8, []byte("objector:"+strings.ToLower(address)+":"+person))
}

// Person gives the keyed hash of a national number, 32 hex digits: kind is the rule's (dk-cpr, se-pnr …),
// canonical the number's digits and letters alone; the two digits of the century that Swedes may write count for nothing.
// The register of objections (R9) holds it in place of the number.
func (m Masker) Person(kind string, canonical []byte) string {
	if kind == "se-pnr" && len(canonical) == 12 {
		canonical = canonical[2:]
	}
	return m.hex(16, []byte("person:"+kind+":"), canonical)
}

// nationalNumber is the shape of a national number of the Nordic countries.
var nationalNumber = regexp.MustCompile(`\b(?:\d{6}[-+A ]?\d{3}[0-9A-Y]|\d{8}[-+]\d{4}|\d{12}|\d{6} ?\d{5})\b`)

// HasNumber says whether a text that people wrote beside a decision seems to hold a national number: it is no place for one.
func HasNumber(text string) bool { return nationalNumber.MatchString(text) }
