package postfix

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Transports looks promises up. It keeps them for a while, and asks again when Postfix is set up differently.
type Transports struct {
	Postfix Postfix
	Now     func() time.Time // nil means time.Now

	mu sync.Mutex
	sending
	files   [2]time.Time // of main.cf and master.cf when sending was read
	checked time.Time
	reading bool // the files are being read again
	known   map[[2]string]*answer
	hops    hops
}

// sending is how Postfix is set up to send.
type sending struct {
	client  map[string]smtpClient // by transport name of master.cf
	relay   string
	routing routing
}

// answer is a lookup that is done or, while ready is open, under way.
type answer struct {
	promise Promise
	err     error
	until   time.Time
	ready   chan struct{}
}

// smtpClient is how one transport of master.cf sends.
type smtpClient struct {
	local                 bool
	level, maps, fallback string
	ciphers
}

const (
	promiseFor  = time.Minute // a promise is believed this long
	failureFor  = 5 * time.Second
	checkEvery  = 5 * time.Second // how often main.cf is looked at
	manyAnswers = 20_000
)

// Lookup tells what Postfix promises for a transport and next hop as it names them in {rcpt_mailer} and
// {rcpt_host}. A map that cannot be read is an error.
func (t *Transports) Lookup(ctx context.Context, mailer, host string) (Promise, error) {
	key := [2]string{mailer, strings.ToLower(host)}
	t.mu.Lock()
	if err := t.refresh(ctx); err != nil {
		t.mu.Unlock()
		return Promise{}, err
	}
	a := t.known[key]
	if a == nil || !a.until.IsZero() && t.now().After(a.until) {
		if len(t.known) >= manyAnswers {
			t.known = map[[2]string]*answer{}
		}
		a = &answer{ready: make(chan struct{})}
		t.known[key] = a
		client, ok := t.client[mailer]
		relay := t.relay
		t.mu.Unlock()
		t.resolve(ctx, a, client, ok, key, relay)
		return a.promise, a.err
	}
	t.mu.Unlock()
	select {
	case <-a.ready:
		return a.promise, a.err
	case <-ctx.Done():
		return Promise{}, ctx.Err()
	}
}

func (t *Transports) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// resolve finds one answer and lets those who wait for it go on.
func (t *Transports) resolve(ctx context.Context, a *answer, c smtpClient, ok bool, key [2]string, relay string) {
	defer close(a.ready)
	if ok {
		a.promise, a.err = t.ask(ctx, c, key[1])
		a.promise.Relay = a.promise.Relay || relay != "" && strings.EqualFold(relay, key[1])
	} else {
		a.err = fmt.Errorf("transport %q is not in master.cf", key[0])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.until = t.now().Add(promiseFor); a.err != nil {
		a.until = t.now().Add(failureFor)
	}
}

// ask follows Postfix's smtp client, which tries the next hops of a list in turn, and then smtp_fallback_relay: no more is promised
// than of the weakest of them.
func (t *Transports) ask(ctx context.Context, c smtpClient, host string) (weakest Promise, err error) {
	if c.local {
		return Promise{Local: true}, nil
	}
	fallback := splitList(c.fallback)
	for i, host := range append(splitList(host), fallback...) {
		p, err := t.askOne(ctx, c, strings.ToLower(host))
		if err != nil {
			return Promise{}, err
		}
		strong := p.Strong && (i == 0 || weakest.Strong)
		if i == 0 || p.strength() < weakest.strength() {
			weakest = p
		}
		weakest.Strong = strong
	}
	weakest.Relay = len(fallback) > 0
	return weakest, nil
}

// askOne looks one next hop up: the policy maps first, then the level of the transport.
func (t *Transports) askOne(ctx context.Context, c smtpClient, host string) (Promise, error) {
	var asked []lookup
	for _, key := range policyKeys(host) {
		asked = append(asked, lookup{key, true})
	}
	found, err := t.Postfix.find(ctx, "smtp_tls_policy_maps", splitList(c.maps), asked)
	if err != nil {
		return Promise{}, err
	}
	for _, k := range asked {
		if value, ok := found[k]; ok {
			level, attributes := entry(value)
			return c.with(attributes).promise(level), nil
		}
	}
	return c.promise(c.level), nil
}

// refresh reads how Postfix is set up: at first, and again when its files have changed. The second time
// nobody waits for it, since Postfix's commands wait for a file that has just been written.
func (t *Transports) refresh(ctx context.Context) error {
	now := t.now()
	if t.client != nil && (t.reading || now.Sub(t.checked) < checkEvery) {
		return nil
	}
	files, err := t.Postfix.written()
	if err != nil {
		return err
	}
	t.checked = now
	switch {
	case t.client == nil:
		s, err := t.Postfix.sending(ctx)
		if err != nil {
			return err
		}
		t.take(s, files)
	case files != t.files:
		t.reading = true
		go t.reread(files)
	}
	return nil
}

func (t *Transports) reread(files [2]time.Time) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := t.Postfix.sending(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reading = false
	if err == nil { // else the next round tries again
		t.take(s, files)
	}
}

func (t *Transports) take(s sending, files [2]time.Time) {
	t.sending, t.files, t.known, t.hops = s, files, map[[2]string]*answer{}, hops{known: map[[2]string]knownHop{}}
}

// written is when main.cf and master.cf were last written.
func (p *Postfix) written() (files [2]time.Time, err error) {
	for i, name := range []string{"main.cf", "master.cf"} {
		info, err := os.Stat(filepath.Join(p.ConfigDir, name))
		if err != nil {
			return files, err
		}
		files[i] = info.ModTime()
	}
	return files, nil
}

// sending reads how each transport of master.cf sends, and how trivial-rewrite chooses among them.
func (p *Postfix) sending(ctx context.Context) (s sending, err error) {
	base, now, err := p.baseClient(ctx)
	if err != nil {
		return s, err
	}
	services, err := p.postconf(ctx, "-M")
	if err != nil {
		return s, err
	}
	overrides, err := p.postconf(ctx, "-x", "-P")
	if err != nil {
		return s, err
	}
	s = sending{client: map[string]smtpClient{}, relay: now["relayhost"], routing: now}
	for line := range strings.Lines(services) {
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "unix" {
			continue
		}
		c := base
		c.local = f[7] != "smtp"
		s.client[f[0]] = c
	}
	for line := range strings.Lines(overrides) {
		name, value, _ := strings.Cut(line, " =")
		part := strings.Split(name, "/")
		if len(part) != 3 || part[1] != "unix" {
			continue
		}
		value = strings.TrimSpace(value)
		if c, ok := s.client[part[0]]; ok {
			c.set(part[2], value)
			s.client[part[0]] = c
		}
		if part[0] == "rewrite" {
			s.routing[part[2]] = value
		}
	}
	s.routing.readOrigin()
	return s, nil
}

// baseClient is what main.cf says for all transports, and its parameters for trivial-rewrite.
func (p *Postfix) baseClient(ctx context.Context) (c smtpClient, now map[string]string, err error) {
	names := slices.Concat([]string{"-x", "smtp_tls_security_level", "smtp_tls_policy_maps", "smtp_fallback_relay", "smtp_use_tls", "smtp_enforce_tls"}, cipherParams, routingParams)
	main, err := p.postconf(ctx, names...)
	if err != nil {
		return c, nil, err
	}
	now = map[string]string{}
	for line := range strings.Lines(main) {
		name, value, _ := strings.Cut(line, " =")
		now[name] = strings.TrimSpace(value)
		c.set(name, now[name])
	}
	if c.level == "" { // the older parameters
		c.level = "none"
		if now["smtp_use_tls"] == "yes" {
			c.level = "may"
		}
		if now["smtp_enforce_tls"] == "yes" {
			c.level = "verify"
		}
	}
	return c, now, nil
}

// set takes a parameter, of main.cf or of a transport's own.
func (c *smtpClient) set(name, value string) {
	switch name {
	case "smtp_tls_security_level":
		c.level = value
	case "smtp_tls_policy_maps":
		c.maps = value
	case "smtp_fallback_relay":
		c.fallback = value
	default:
		c.ciphers.set(name, value)
	}
}
