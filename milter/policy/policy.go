// Package policy decides what the law and the house rules ask for one message. It is pure: facts, what
// protects the message and what was found in it go in as values, the verdict comes out. No rule of
// the law lives anywhere else, so each can be a row of a test.
//
// # The table
//
// A Table is a list of lines. For each recipient the first line whose conditions all hold decides; the
// last line has no condition. The message gets the strictest action of its recipients, since a message is
// never split. Default returns the standard used.
package policy

import (
	"net/netip"
	"slices"
	"strings"

	"postvagt/milter/verdict"
	"postvagt/rules/detect"
)

// Modes, from the most careful on. In each of them Wanted says what enforcing would have done.
const (
	Observe = "observe" // touches nothing
	Notify  = "notify"  // touches nothing; the agent tells the sender
	TagOnly = "tag"     // adds header fields, never holds or refuses
	Enforce = "enforce"
)

// Transport of a recipient's next hop, as the MTA's configuration promises it.
const (
	Enforced      = "enforced"      // TLS 1.2 or later to a verified name, or no delivery
	Opportunistic = "opportunistic" // TLS where the other side offers it: may, dane, encrypt without a name
	Plaintext     = "plaintext"
	ToRelay       = "to-relay" // TLS of any kind to a relay; what lies behind it is not promised
	RelayEnforced = "relay-enforced"
	Local         = "local"
	Unknown       = "unknown"
)

// How sure it is who can read a copy (R15): apart from transport, since a TLS domain is not a person.
const (
	NoIdentity   = "none"
	Domain       = "domain"        // a host whose name was verified; whoever reads mail behind it
	Certificate  = "certificate"   // whoever holds the private key
	LoginChannel = "login-channel" // whoever logged in with an electronic identity
)

// Facts is what is known of a message besides its text.
type Facts struct {
	QueueID, ID   string
	Sender        string // envelope sender
	Department    string
	Exempt        string // name of the exempt system that sent it: judged, and let pass
	Hidden        bool   // the sender is exempt from being shown: counted, and named nowhere
	Downgrade     bool   // answers a message that arrived securely
	KeyTold       bool   // seems to tell the password of a file that left in its thread, or lately to the same recipient
	Authenticated bool
	Client        netip.Addr // the zero Addr when unknown
	Size          int64      // bytes
	Visible       int        // addresses outside that stand in To and Cc, for all recipients to see
	Recipients    []Recipient
}

// Outside lists the addresses of the recipients outside.
func (f *Facts) Outside() (all []string) {
	for i := range f.Recipients {
		if f.Recipients[i].Direction == verdict.Outbound {
			all = append(all, f.Recipients[i].Addr)
		}
	}
	return all
}

// external counts the recipients outside.
func (f *Facts) external() (n int) {
	for i := range f.Recipients {
		if f.Recipients[i].Direction == verdict.Outbound {
			n++
		}
	}
	return n
}

// Recipient is one envelope recipient.
type Recipient struct {
	Addr      string
	Direction string // inbound, internal, outbound
	Class     string // internal, authority, free-mail, external
	Hop       string
	Transport string
	StrongTLS bool   // the next hop is promised a recognised strong cipher; see verdict.StrongCipher
	Channel   string // the secure channel whose mark this copy bears, or ""
	Login     string // how the channel identifies its readers, or ""
	Risk      string // the assessment of risk in force that covers opportunistic TLS to it, or ""
	Objection bool
	Objector  string // whose objection, by a name that tells nothing
	Lookalike bool   // the domain is one slip away from a domain that is known
	First     bool   // the sender has never written to it before
	List      bool   // a mailing list: more readers than one
	Misnamed  bool   // the name in the header is not that of the address
	NeverHold bool   // emergency, on-call, police: judged, never stopped
}

// identity says how sure it is who can read this copy.
func (p *Recipient) identity(c *Content) string {
	switch {
	case c.Protection.Content == "smime" || strings.HasPrefix(c.Protection.Content, "pgp-"):
		return Certificate
	case p.Login != "":
		return p.Login
	case p.Transport == Enforced || p.Transport == RelayEnforced:
		return Domain
	}
	return NoIdentity
}

// AboutObjector says that the message is about somebody who objected to open mail: no copy of it may go so.
func (f *Facts) AboutObjector(who string) {
	for i := range f.Recipients {
		if p := &f.Recipients[i]; p.Objector == "" {
			p.Objection, p.Objector = true, who
		}
	}
}

// Content is what is known of what the message holds.
type Content struct {
	Protection verdict.Protection
	Unopened   int  // parts that could not be opened, of whatever kind
	Unread     bool // one of them may hold text: it is neither a picture, sound nor film, nor is it encrypted
	Auto       bool // the message calls itself automatic (RFC 3834)
	Found      detect.Result
}

// Level gives the level of the message. What is encrypted cannot be judged and is never "none"; what is
// readable beside it counts first.
func (c Content) Level() string {
	switch {
	case c.Found.Level != detect.None:
		return c.Found.Level.String()
	case c.Protection.Content != "" && c.Protection.Content != "none":
		return verdict.LevelUnseen
	}
	return verdict.LevelNone
}

// quotedOnly says whether all that raises the level stands in text of an earlier mail.
func (c Content) quotedOnly() bool {
	raised := false
	for _, f := range c.Found.Findings {
		if f.Level == detect.None {
			continue
		}
		if !f.Quoted {
			return false
		}
		raised = true
	}
	return raised
}

// Table is a checked policy; see Compile.
type Table struct {
	lines []Line
	mode  string
	mask  verdict.Masker
}

// Decide gives the verdict. It has no time, no address book and no configuration but its arguments.
func (t *Table) Decide(f Facts, c Content) verdict.Record {
	r := verdict.Record{
		QueueID: f.QueueID, ID: f.ID, Action: verdict.Pass, Level: c.Level(), Kinds: c.Found.Kinds, Persons: c.Found.Persons,
		Protection: c.Protection, Direction: Direction(f.Recipients), Lang: c.Found.Lang,
		From: t.from(&f), Department: f.department(), Size: f.Size, Rules: countRules(c.Found.Findings),
		Unopened: c.Unopened, Quoted: c.quotedOnly(), Hidden: f.Hidden, Auto: c.Auto,
	}
	r.Protection.Channel = commonChannel(f.Recipients)
	worst := ""
	for i := range f.Recipients {
		line := t.first(&f, &f.Recipients[i], &c)
		if f.Exempt != "" {
			line = &Line{Name: "exempt-" + f.Exempt, Action: verdict.Pass}
		}
		out := t.choose(line, &f.Recipients[i], &c)
		if line.Risk != nil && *line.Risk {
			r.Risk = f.Recipients[i].Risk
		}
		if worst == "" || verdict.Stricter(worst, out.Wanted) != worst {
			worst, r.Why = out.Wanted, line.Name
		}
		r.Action = verdict.Stricter(r.Action, out.Action)
		r.Notify = r.Notify || t.modeOf(line) == Notify && verdict.Stricter(out.Wanted, verdict.Tag) != verdict.Tag
		r.Recipients = append(r.Recipients, out)
	}
	spread(&r)
	return r
}

// from is the sender as a verdict may name it.
func (t *Table) from(f *Facts) string {
	if f.Hidden {
		return "exempt" + f.Sender[max(0, strings.LastIndexByte(f.Sender, '@')):]
	}
	return t.mask.Address(f.Sender)
}

// department is left out where the sender is hidden: few people may work in it.
func (f *Facts) department() string {
	if f.Hidden {
		return ""
	}
	return f.Department
}

// choose applies a line to a recipient in the mode in force.
func (t *Table) choose(line *Line, p *Recipient, c *Content) verdict.Recipient {
	wanted := line.Action
	if p.NeverHold && verdict.Stricter(wanted, verdict.Tag) != verdict.Tag {
		wanted = verdict.Tag
	}
	transport := p.Transport
	if transport == RelayEnforced {
		transport = ToRelay
	}
	return verdict.Recipient{
		To: t.mask.Address(p.Addr), Class: p.Class, Identity: p.identity(c), Hop: p.Hop, Transport: transport, Objection: p.Objection, Objector: p.Objector, New: p.First,
		Wanted: wanted, Action: inMode(t.modeOf(line), wanted),
	}
}

// modeOf is the mode of a line, the whole table's where it has none of its own.
func (t *Table) modeOf(line *Line) string {
	if line.Mode != "" {
		return line.Mode
	}
	return t.mode
}

func inMode(mode, wanted string) string {
	switch mode {
	case Enforce:
		return wanted
	case TagOnly:
		if wanted != verdict.Pass {
			return verdict.Tag
		}
	}
	return verdict.Pass
}

// spread writes on each recipient what was really done: a message held, refused or routed for one is so for all.
func spread(r *verdict.Record) {
	if verdict.Stricter(r.Action, verdict.Tag) == verdict.Tag {
		return
	}
	for i := range r.Recipients {
		r.Recipients[i].Action = r.Action
	}
}

// Unjudged is the record of a message that could not be judged, action being what failure asks for.
func (t *Table) Unjudged(f Facts, action, why string) verdict.Record {
	r := verdict.Record{
		QueueID: f.QueueID, ID: f.ID, Action: action, Level: verdict.LevelUnknown, Direction: Direction(f.Recipients),
		Protection: verdict.Protection{Content: "none"}, From: t.from(&f), Department: f.department(), Size: f.Size, Hidden: f.Hidden, Why: why,
	}
	for _, p := range f.Recipients {
		r.Recipients = append(r.Recipients, verdict.Recipient{To: t.mask.Address(p.Addr), Class: p.Class, Hop: p.Hop,
			Transport: p.Transport, Objection: p.Objection, Objector: p.Objector, Wanted: action, Action: action})
	}
	return r
}

// Direction is that of a message: outbound if any recipient is, else inbound if any is, else internal.
func Direction(rcpts []Recipient) string {
	d := verdict.Internal
	for i := range rcpts {
		switch rcpts[i].Direction {
		case verdict.Outbound:
			return verdict.Outbound
		case verdict.Inbound:
			d = verdict.Inbound
		}
	}
	return d
}

// commonChannel is the channel of all recipients outside, or of all recipients where none is outside; ""
// if one copy bears no mark.
func commonChannel(rcpts []Recipient) string {
	outbound := Direction(rcpts) == verdict.Outbound
	channel := ""
	for i := range rcpts {
		p := &rcpts[i]
		if outbound && p.Direction != verdict.Outbound {
			continue
		}
		if p.Channel == "" {
			return ""
		}
		if channel == "" {
			channel = p.Channel
		}
	}
	return channel
}

func countRules(findings []detect.Finding) []verdict.RuleCount {
	var out []verdict.RuleCount
	at := make(map[string]int, len(findings))
	for _, f := range findings {
		i, ok := at[f.Rule]
		if !ok {
			i = len(out)
			at[f.Rule] = i
			out = append(out, verdict.RuleCount{Rule: f.Rule})
		}
		out[i].Count += f.Count
		if !slices.Contains(out[i].Parts, f.Part) {
			out[i].Parts = append(out[i].Parts, f.Part)
		}
	}
	return out
}

// MatchAddress says whether an address fits a pattern: "user@domain", "@domain" (that domain alone),
// "prefix*@domain", or "domain" (that domain and everything below it). Case does not count.
func MatchAddress(pattern, addr string) bool {
	pattern, addr = strings.ToLower(pattern), strings.ToLower(addr)
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return pattern == addr && addr != ""
	}
	local, domain := addr[:at], addr[at+1:]
	p := strings.LastIndexByte(pattern, '@')
	if p < 0 {
		return UnderDomain(pattern, domain)
	}
	if pattern[p+1:] != domain {
		return false
	}
	switch prefix, wild := strings.CutSuffix(pattern[:p], "*"); {
	case wild:
		return strings.HasPrefix(local, prefix)
	default:
		return prefix == "" || prefix == local
	}
}

// UnderDomain says whether domain is parent or lies below it. Both in lower case.
func UnderDomain(parent, domain string) bool {
	return domain == parent || len(domain) > len(parent) && strings.HasSuffix(domain, parent) && domain[len(domain)-len(parent)-1] == '.'
}
