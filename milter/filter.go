package milter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"postvagt/milter/message"
	"postvagt/milter/policy"
	"postvagt/milter/program"
	"postvagt/milter/verdict"
	"postvagt/rules/detect"
)

// Parts are what a Filter is made of besides its configuration.
type Parts struct {
	Rules         fs.FS            // the shipped ones
	Transports    Transports       // nil: what the MTA promises is not known
	Threads       *Threads         // nil: what arrived securely is not remembered
	Acquaintances *Acquaintances   // nil: who has written to whom is not remembered
	Now           func() time.Time // nil means time.Now

	engine *detect.Engine // compiled before; nil: compile Rules
}

// Transports tells what the MTA promises for a recipient, by the transport and next hop that it names.
type Transports interface {
	// Route gives transport and next hop of each recipient where the MTA has not named them. One without Mailer is
	// not known; err says why.
	Route(ctx context.Context, sender string, rcpts []string) ([]Rcpt, error)
	Promise(ctx context.Context, to Rcpt) (Promise, error)
}

// Promise is what the MTA will do to reach a next hop.
type Promise struct {
	Local    bool   // delivered on the host itself
	Relay    bool   // the next hop is the host's relay for all mail, or may be its fallback
	Level    string // none, may, encrypt, … as Postfix has them
	Verified bool   // TLS 1.2 or later to a verified name or key, or no delivery
	Strong   bool   // TLS with a recognised strong cipher, or no delivery; see verdict.StrongCipher
}

// Filter judges messages by one configuration. It never changes and is safe for concurrent use.
type Filter struct {
	cfg           *Config
	engine        *detect.Engine
	reader        *message.Reader
	table         *policy.Table
	departments   *departments
	trusted       []netip.Prefix
	objections    *Objections
	threads       *Threads
	acquaintances *Acquaintances
	now           func() time.Time
	transports    Transports
}

// Judgement is the verdict and what it rests on.
type Judgement struct {
	verdict.Record
	Findings []detect.Finding
	Reasons  []detect.Explanation // only from Explain
	Unopened []message.Unopened
	Lookups  error  // what could not be looked up: the TLS policy of a next hop, the register of objections
	NotWhy   string // why the message could not be judged: timeout, panic, read, spool; "" when it was
}

// NewFilter makes a Filter of a configuration; the errors name file and line.
func NewFilter(cfg *Config, parts Parts) (*Filter, error) {
	f := &Filter{cfg: cfg, transports: parts.Transports, threads: parts.Threads, acquaintances: parts.Acquaintances, now: parts.now(), reader: message.NewReader(message.Options{Pdftotext: cfg.Milter.Pdftotext})}
	var err error
	if f.engine = parts.engine; f.engine == nil {
		if f.engine, err = CompileRules(parts.Rules, cfg.Milter.RulesDir); err != nil {
			return nil, err
		}
	}
	if f.departments, err = loadDepartments(cfg.Milter.Departments); err != nil {
		return nil, err
	}
	for _, n := range cfg.Milter.TrustedNetworks {
		p, err := policy.ParseNetwork(n)
		if err != nil {
			return nil, cfg.fault("milter.trusted_networks", "%v", err)
		}
		f.trusted = append(f.trusted, p)
	}
	mask, err := cfg.Masker()
	if err != nil {
		return nil, err
	}
	if f.objections, err = OpenObjections(cfg.Milter.Objections, mask, f.now); err != nil {
		return nil, err
	}
	f.table, err = policy.Compile(cfg.Policy.Line, policy.Options{Mode: cfg.Policy.Mode, Mask: mask, InboundBlock: cfg.Policy.InboundBlock})
	return f, err
}

// CompileRules takes the shipped rules and, where the folder exists, the admin's own.
func CompileRules(shipped fs.FS, dir string) (*detect.Engine, error) {
	var own []fs.FS
	if dir != "" {
		switch info, err := os.Stat(dir); {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("rules of your own: %w", err)
		case !info.IsDir():
			return nil, fmt.Errorf("rules of your own: %s is not a folder", dir)
		default:
			own = append(own, os.DirFS(dir))
		}
	}
	return detect.Compile(shipped, own...)
}

// Masker masks addresses with the configured key; without a key file, with the empty key.
func (c *Config) Masker() (verdict.Masker, error) {
	path := c.Milter.MaskKey
	if path == "" {
		return verdict.Masker{}, nil
	}
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return verdict.Masker{}, nil
	}
	if err != nil {
		return verdict.Masker{}, program.Unreadable(path, err)
	}
	return verdict.NewMasker(key), nil
}

// errStopped ends the reading of a message whose time is up.
var errStopped = errors.New("stopped")

// Judge judges a message within the configured time and whatever the message does. release is called once
// nobody reads t.Message any more, which may be after Judge has returned.
func (f *Filter) Judge(ctx context.Context, t *Transaction, release func()) Judgement {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(f.cfg.Milter.Timeout))
	defer cancel()
	done := make(chan Judgement, 1)
	go func() {
		defer release()
		done <- f.judgeSafely(ctx, t)
	}()
	select {
	case j := <-done:
		return j
	case <-ctx.Done():
		return f.notJudged(t, "timeout")
	}
}

func (f *Filter) judgeSafely(ctx context.Context, t *Transaction) (j Judgement) {
	defer func() {
		if recover() != nil { // the value may hold text of the message
			j = f.notJudged(t, "panic")
		}
	}()
	return f.judge(ctx, t)
}

// judge is the way of a message, steps 1 to 4.
func (f *Filter) judge(ctx context.Context, t *Transaction) Judgement {
	stale := f.objections.Follow()
	var facts policy.Facts
	var scanner *detect.Scanner
	mail, found, why := f.open(ctx, t, func(head *message.Mail) *detect.Scanner {
		facts = f.factsOf(t, head)
		where := f.contextOf(t, head)
		where.Person = func(kind string, canonical []byte) {
			if who := f.objections.Person(kind, canonical); who != "" {
				facts.AboutObjector(who)
			}
		}
		scanner = f.engine.NewScanner(where)
		if t.explain {
			scanner.Explain()
		}
		return scanner
	})
	if scanner != nil {
		defer scanner.Close()
	}
	if why != "" {
		return f.notJudged(t, why)
	}
	content := policy.Content{Protection: protectionOf(mail), Unopened: len(mail.Unopened), Unread: mail.Unread(), Found: found, Auto: mail.AutoSubmitted}
	if f.threads != nil {
		thread := append(mail.References, mail.InReplyTo)
		facts.Downgrade = f.threads.Secure(thread...)
		facts.KeyTold = mail.TellsPassword && f.threads.Lock(thread, t.Sender, facts.Outside())
	}
	if content.Level() != verdict.LevelNone || facts.Downgrade { // else it may go any way
		stale = errors.Join(stale, f.promises(ctx, t, &facts))
	}
	r := f.table.Decide(facts, content)
	j := Judgement{Record: r, Findings: found.Findings, Unopened: mail.Unopened, Lookups: errors.Join(stale, f.remember(&r, mail, &facts), f.acquaint(t, &r, &facts))}
	if t.explain {
		j.Reasons = scanner.Explanations()
	}
	return j
}

// remember keeps which messages arrived securely, and which left with a locked file.
func (f *Filter) remember(r *verdict.Record, mail *message.Mail, facts *policy.Facts) error {
	switch {
	case f.threads == nil:
	case r.Direction == verdict.Outbound:
		if mail.UnderPassword() {
			return f.threads.Locked(mail.MessageID, facts.Sender, facts.Outside())
		}
	case r.Protection.Content != "none" || r.Protection.Channel != "":
		return f.threads.Remember(mail.MessageID)
	}
	return nil
}

// acquaint notes who has written to whom, where the message goes its way.
func (f *Filter) acquaint(t *Transaction, r *verdict.Record, facts *policy.Facts) (failed error) {
	if f.acquaintances == nil || t.Sender == "" || !t.Authenticated && !t.Trusted || verdict.Stricter(r.Action, verdict.Route) != verdict.Route {
		return nil
	}
	for i := range facts.Recipients {
		if p := &facts.Recipients[i]; p.Direction == verdict.Outbound {
			failed = errors.Join(failed, f.acquaintances.Met(t.Sender, p.Addr))
		}
	}
	return failed
}

// open reads and scans a message; begin makes the scanner once the header is known. why says what kept the message from being
// judged.
func (f *Filter) open(ctx context.Context, t *Transaction, begin func(*message.Mail) *detect.Scanner) (mail *message.Mail, found detect.Result, why string) {
	var scanner *detect.Scanner
	mail, err := f.reader.ReadFrom(stoppable{t.Message, ctx}, t.Bytes, func(head *message.Mail) { scanner = begin(head) }, func(x message.Text) {
		if ctx.Err() == nil {
			scanner.Scan(detect.Text(x))
		}
	})
	switch {
	case ctx.Err() != nil:
		return nil, detect.Result{}, "timeout"
	case err != nil:
		return nil, detect.Result{}, "read"
	}
	if t.Size > t.Bytes {
		mail.Unopened = append(mail.Unopened, message.Unopened{Part: "message", Reason: "limit"})
	}
	return mail, scanner.Result(), ""
}

func protectionOf(m *message.Mail) verdict.Protection {
	p := m.Protection
	return verdict.Protection{Content: p.Content, Algorithm: p.Algorithm, Strong: p.Strong, Signed: p.Signed}
}

// contextOf tells the engine whose mail it is.
func (f *Filter) contextOf(t *Transaction, head *message.Mail) detect.Context {
	c := detect.Context{Sender: t.Sender, OwnDomains: f.cfg.Organisation.Domains}
	if len(head.From) > 0 {
		c.SenderName = head.From[0].Name
		if c.Sender == "" {
			c.Sender = head.From[0].Addr
		}
	}
	for _, list := range [][]message.Address{head.To, head.Cc} {
		for _, a := range list {
			if a.Name != "" {
				c.Recipients = append(c.Recipients, a.Name)
			}
		}
	}
	return c
}

// notJudged is the verdict where there is none.
func (f *Filter) notJudged(t *Transaction, why string) Judgement {
	action := verdict.Pass
	switch f.cfg.Milter.OnFailure {
	case FailHold:
		action = verdict.Hold
	case FailTempfail:
		action = verdict.Reject
	}
	facts := f.factsOf(t, &message.Mail{})
	return Judgement{Record: f.table.Unjudged(facts, action, "not-judged-"+why), NotWhy: why}
}

// stoppable is a message that ends when its time is up.
type stoppable struct {
	io.ReaderAt
	ctx context.Context
}

func (s stoppable) ReadAt(p []byte, off int64) (int, error) {
	if s.ctx.Err() != nil {
		return 0, errStopped
	}
	return s.ReaderAt.ReadAt(p, off)
}
