package sendmail

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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

	asks  askers
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
	a.promise, a.err = t.promise(ctx, key[0], key[1], key[2])
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

func (t *Transports) promise(ctx context.Context, rcpt, mailer, host string) (Promise, error) {
	set, err := t.asks.settings(&t.Sendmail)
	if err != nil {
		return Promise{}, err
	}
	remote, known := set.remote[mailer]
	switch {
	case !known:
		return Promise{}, fmt.Errorf("mailer %q is not in %s", mailer, t.Sendmail.cf())
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
	demands, err := t.access(ctx, tables)
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
func (t *Transports) access(ctx context.Context, tables [][]string) ([]string, error) {
	out := make([]string, len(tables))
	found, err := t.asks.lookup(ctx, &t.Sendmail, slices.Concat(tables...))
	switch {
	case errors.Is(err, errNoMap):
		return out, nil // FEATURE(access_db) is not used: nothing is demanded
	case err != nil:
		return nil, err
	}
	for i, keys := range tables {
		out[i] = cmp.Or(found[:len(keys)]...)
		found = found[len(keys):]
	}
	return out, nil
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
