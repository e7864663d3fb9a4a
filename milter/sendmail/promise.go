package sendmail

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"postvagt/milter/verdict"
)

// Promise is what Sendmail will do to hand a message on for one recipient.
type Promise struct {
	Local    bool   // delivered on this host
	Relay    bool   // the next hop is the smart host: what lies behind it is not Sendmail's to promise
	Level    string // none, may, encrypt, verify
	Verified bool   // TLS 1.2 or later to a certificate of the right name, or no delivery
	Strong   bool   // TLS with a recognised strong cipher, or no delivery: 256 bits, or a CipherList of strong ones
}

// Transports looks promises up, and believes them for a while.
type Transports struct {
	Sendmail Sendmail
	Now      func() time.Time // nil means time.Now

	mu    sync.Mutex
	known map[[3]string]answer
}

type answer struct {
	promise Promise
	err     error
	until   time.Time
}

const (
	promiseFor  = time.Minute
	failureFor  = 5 * time.Second
	mapTimeout  = 5 * time.Second // a map that hangs must not hold up mail
	manyAnswers = 20_000
)

// Lookup tells what Sendmail promises for a recipient by a mailer and host, as it names them in {rcpt_mailer} and
// {rcpt_host}. A map that cannot be read is an error.
func (t *Transports) Lookup(ctx context.Context, rcpt, mailer, host string) (Promise, error) {
	key := [3]string{strings.ToLower(rcpt), mailer, strings.ToLower(strings.TrimSuffix(host, "."))}
	t.mu.Lock()
	a, ok := t.known[key]
	t.mu.Unlock()
	if ok && t.now().Before(a.until) {
		return a.promise, a.err
	}
	a.promise, a.err = t.Sendmail.promise(ctx, key[0], key[1], key[2])
	a.until = t.now().Add(promiseFor)
	if a.err != nil {
		a.until = t.now().Add(failureFor)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= manyAnswers {
		t.known = map[[3]string]answer{}
	}
	t.known[key] = a
	return a.promise, a.err
}

func (t *Transports) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

func (s *Sendmail) promise(ctx context.Context, rcpt, mailer, host string) (Promise, error) {
	set, err := s.read()
	if err != nil {
		return Promise{}, err
	}
	remote, known := set.remote[mailer]
	switch {
	case !known:
		return Promise{}, fmt.Errorf("mailer %q is not in %s", mailer, s.cf())
	case !remote:
		return Promise{Local: true}, nil
	}
	p := Promise{Level: "may", Relay: set.relay != "" && strings.EqualFold(set.relay, host)}
	ctx, cancel := context.WithTimeout(ctx, mapTimeout)
	defer cancel()
	tables := [][]string{rcptKeys(rcpt)}
	if named(host) {
		tables = append(tables, tagged("Try_TLS", host), tagged("TLS_Srv", host))
	}
	demands, err := s.access(ctx, tables)
	if err != nil {
		return Promise{}, err
	}
	for i, d := range demands {
		switch {
		case i == 1 && d == "NO":
			return Promise{Level: "none", Relay: p.Relay}, nil
		case i != 1:
			p.demand(d, atLeastTLS12(set.options["ClientSSLOptions"]), set.options["CipherList"])
		}
	}
	return p, nil
}

// demand takes what the access map asks of a connection; of two demands both must be met, so the stronger counts. A
// certificate that is only good (VERIFY) may be anybody's: its name must be asked for, too (+CN).
func (p *Promise) demand(value string, tls12 bool, cipherList string) {
	value, extra, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(value, "PERM+"), "TEMP+"), "+")
	what, bits, _ := strings.Cut(value, ":")
	n, _ := strconv.Atoi(bits)
	switch {
	case what == "VERIFY" && namesSubject(extra):
		p.Level, p.Verified = "verify", tls12
	case (what == "VERIFY" || what == "ENCR" && n > 0) && p.Level != "verify":
		p.Level = "encrypt"
	}
	if what == "VERIFY" || what == "ENCR" && n > 0 {
		p.Strong = p.Strong || tls12 && (n >= 256 && (what == "VERIFY" || cipherList == "") || verdict.StrongCiphers(cipherList, "", what == "VERIFY"))
	}
}

// namesSubject says whether further demands ("CN++CI:issuer") name the certificate's owner.
func namesSubject(extra string) bool {
	for _, e := range strings.Split(extra, "++") {
		if e == "CN" || strings.HasPrefix(e, "CN:") && len(e) > len("CN:") {
			return true
		}
	}
	return false
}

// rcptKeys are the keys by which the rule set tls_rcpt asks, in its order.
func rcptKeys(rcpt string) []string {
	at := strings.LastIndexByte(rcpt, '@')
	if at < 0 {
		return []string{"TLS_Rcpt:" + rcpt + "@", "TLS_Rcpt:"}
	}
	return append([]string{"TLS_Rcpt:" + rcpt, "TLS_Rcpt:" + rcpt[:at+1]}, tagged("TLS_Rcpt", rcpt[at+1:])...)
}

// tagged are the keys for a host: itself, the domains above it, and the default.
func tagged(tag, host string) []string {
	keys := []string{tag + ":" + host}
	if bare := strings.Trim(host, "[]"); bare != host {
		keys = append(keys, tag+":"+bare)
	}
	for rest := strings.Trim(host, "[]"); !isAddress(rest); {
		i := strings.IndexByte(rest, '.')
		if i < 0 {
			break
		}
		rest = rest[i+1:]
		keys = append(keys, tag+":"+rest)
	}
	return append(keys, tag+":")
}

// named says whether a next hop is one host: in brackets Sendmail asks for no MX record.
func named(host string) bool { return strings.HasPrefix(host, "[") }

func isAddress(s string) bool {
	return strings.Contains(s, ":") || strings.Trim(s, "0123456789.") == ""
}

// access asks the access map: for each list of keys what the first one that is there holds, "" for none.
func (s *Sendmail) access(ctx context.Context, tables [][]string) ([]string, error) {
	var ask strings.Builder
	for _, keys := range tables {
		for _, k := range keys {
			if strings.ContainsFunc(k, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
				return nil, fmt.Errorf("access map: a key of %d bytes is no address", len(k))
			}
			fmt.Fprintf(&ask, "/map access %s\n", k)
		}
	}
	said, err := s.run(ctx, s.cf(), ask.String(), "-bt")
	if err != nil {
		return nil, err
	}
	if strings.Contains(said, `Map named "access" not found`) {
		return make([]string, len(tables)), nil // FEATURE(access_db) is not used: nothing is demanded
	}
	found, err := answers(said)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(tables))
	n := 0
	for i, keys := range tables {
		for range keys {
			if n >= len(found) {
				return nil, fmt.Errorf("access map: %d answers to more questions: is it readable for this user?", len(found))
			}
			if out[i] == "" {
				out[i] = found[n]
			}
			n++
		}
	}
	return out, nil
}

// answers reads what the test mode says of each key, in order; "" for one that is not there. A lookup that failed
// (EX_TEMPFAIL and its like) has a code that is not 0.
func answers(said string) (found []string, err error) {
	for line := range strings.Lines(said) {
		i := strings.Index(line, "map_lookup: ")
		if i < 0 {
			continue
		}
		line = strings.TrimSpace(line[i:])
		text, ok := strings.CutSuffix(line, " (0)")
		if !ok {
			return nil, fmt.Errorf("access map: a lookup failed (%s)", line[strings.LastIndexByte(line, ' ')+1:])
		}
		_, value, _ := strings.Cut(text, ") returns ")
		found = append(found, value)
	}
	return found, nil
}

// atLeastTLS12 says whether ClientSSLOptions leave out all before TLS 1.2.
func atLeastTLS12(options string) bool {
	return strings.Contains(options, "SSL_OP_NO_TLSv1_1") && containsWord(options, "SSL_OP_NO_TLSv1")
}

func containsWord(list, word string) bool {
	for _, f := range strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == '+' || r == ',' }) {
		if f == word {
			return true
		}
	}
	return false
}
