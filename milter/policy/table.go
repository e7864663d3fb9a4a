package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"postvagt/milter/verdict"
)

// Line is one line of the table. A condition that is left out holds always; in a list any entry may hold.
type Line struct {
	Name   string   `toml:"name" doc:"appears in verdicts as why="`
	Action string   `toml:"action" doc:"pass, tag, route, hold or reject"`
	Mode   string   `toml:"mode,omitempty" doc:"overrides policy.mode for this line"`
	Law    []string `toml:"law,omitempty" doc:"what asks for it; printed in the report"`

	Direction     []string `toml:"direction,omitempty" doc:"inbound, internal, outbound"`
	Level         []string `toml:"level,omitempty" doc:"none, confidential, sensitive, unseen"`
	Kinds         []string `toml:"kinds,omitempty" doc:"dk-cpr, health, …"`
	PersonsOver   *int     `toml:"persons_over,omitempty" doc:"more distinct persons than this"`
	Content       []string `toml:"content,omitempty" doc:"none, smime, pgp-mime, pgp-inline, zip, pdf, office"`
	Strong        *bool    `toml:"strong,omitempty" doc:"content is encrypted by a recognised algorithm"`
	Signed        *bool    `toml:"signed,omitempty" doc:"a signature; it is not encryption"`
	Channel       *bool    `toml:"channel,omitempty" doc:"bears the mark of a secure channel"`
	Transport     []string `toml:"transport,omitempty" doc:"enforced, opportunistic, plaintext, to-relay, relay-enforced, local, unknown"`
	StrongTLS     *bool    `toml:"strong_tls,omitempty" doc:"enforced TLS to the next hop, by a recognised strong cipher and no other"`
	Hop           []string `toml:"hop,omitempty" doc:"next hop as the MTA names it, transport:host"`
	Class         []string `toml:"class,omitempty" doc:"internal, authority, free-mail, external"`
	Sender        []string `toml:"sender,omitempty" doc:"user@domain, @domain, prefix*@domain, domain and below"`
	Recipient     []string `toml:"recipient,omitempty" doc:"the same for the recipient"`
	Department    []string `toml:"department,omitempty" doc:"of the sender"`
	Authenticated *bool    `toml:"authenticated,omitempty" doc:"the client logged in"`
	Client        []string `toml:"client,omitempty" doc:"networks, 192.0.2.0/24"`
	ExternalOver  *int     `toml:"external_over,omitempty" doc:"more recipients outside than this"`
	VisibleOver   *int     `toml:"visible_over,omitempty" doc:"more addresses outside in To and Cc than this"`
	Risk          *bool    `toml:"risk,omitempty" doc:"a [[risk]] assessment in force covers opportunistic TLS to the recipient"`
	Identity      []string `toml:"identity,omitempty" doc:"how sure it is who reads it: none, domain, certificate, login-channel"`
	First         *bool    `toml:"first,omitempty" doc:"the sender's first mail ever to the recipient; never while the memory is younger than 30 days"`
	List          *bool    `toml:"list,omitempty" doc:"the recipient is a mailing list"`
	Misnamed      *bool    `toml:"misnamed,omitempty" doc:"the recipient's name in the header does not fit the address"`
	Lookalike     *bool    `toml:"lookalike,omitempty" doc:"the recipient's domain is one slip away from a known one"`
	SizeOver      *int64   `toml:"size_over,omitempty" doc:"bytes"`
	Unopened      *bool    `toml:"unopened,omitempty" doc:"a part could not be opened"`
	Unread        *bool    `toml:"unread,omitempty" doc:"one that could not be opened is no picture, sound or film, and not encrypted"`
	Quoted        *bool    `toml:"quoted,omitempty" doc:"all that was found stands in quoted text"`
	Objection     *bool    `toml:"objection,omitempty" doc:"recipient or person named objected to open mail"`
	Downgrade     *bool    `toml:"downgrade,omitempty" doc:"answers a message that arrived securely"`
	KeyTold       *bool    `toml:"key_told,omitempty" doc:"tells the password of a locked file that left in its thread, or within a week to the same recipient"`
	Asks          *bool    `toml:"asks,omitempty" doc:"asks its reader to send such data by mail"`

	networks []netip.Prefix
}

// ErrNoLastLine says that some message would meet no line.
var ErrNoLastLine = errors.New("the last line has a condition: end the table with a line that has none, for example name = \"otherwise\", action = \"pass\"")

// LineError is a fault in one line of the table.
type LineError struct {
	Index  int // from 0
	Name   string
	Key    string // the condition at fault, or ""
	Reason string
}

func (e *LineError) Error() string {
	s := fmt.Sprintf("line %d", e.Index+1)
	if e.Name != "" {
		s += fmt.Sprintf(" (%s)", e.Name)
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Reason
}

// Words lists the values that a key of a Line may take, for those that have a fixed list.
func Words(key string) []string {
	switch key {
	case "action":
		return []string{verdict.Pass, verdict.Tag, verdict.Route, verdict.Hold, verdict.Reject}
	case "mode":
		return []string{Observe, Notify, TagOnly, Enforce}
	case "direction":
		return []string{verdict.Inbound, verdict.Internal, verdict.Outbound}
	case "level":
		return []string{verdict.LevelNone, verdict.LevelConfidential, verdict.LevelSensitive, verdict.LevelUnseen}
	case "content":
		return []string{"none", "smime", "pgp-mime", "pgp-inline", "zip", "pdf", "office"}
	case "transport":
		return []string{Enforced, Opportunistic, Plaintext, ToRelay, RelayEnforced, Local, Unknown}
	case "identity":
		return []string{NoIdentity, Domain, Certificate, LoginChannel}
	case "class":
		return []string{"internal", "authority", "free-mail", "external"}
	}
	return nil
}

// Options are what a table needs besides its lines.
type Options struct {
	Mode         string
	Mask         verdict.Masker
	InboundBlock bool // lines that hold or refuse inbound mail are meant
}

// Compile checks a table. All faults are reported, joined; each is a *LineError or ErrNoLastLine.
func Compile(lines []Line, opt Options) (*Table, error) {
	t := &Table{lines: slices.Clone(lines), mode: opt.Mode, mask: opt.Mask}
	var errs []error
	names := map[string]int{}
	for i := range t.lines {
		l := &t.lines[i]
		fault := func(key, format string, args ...any) {
			errs = append(errs, &LineError{i, l.Name, key, fmt.Sprintf(format, args...)})
		}
		if l.Name == "" {
			fault("name", "missing")
		} else if j, twice := names[l.Name]; twice {
			fault("name", "line %d has the same name", j+1)
		}
		names[l.Name] = i
		l.check(fault)
		if l.stops() && !opt.InboundBlock && (len(l.Direction) == 0 || slices.Contains(l.Direction, verdict.Inbound)) {
			fault("action", "%s would stop inbound mail: add direction = [\"outbound\"], or set policy.inbound_block = true if that is meant", l.Action)
		}
		if j := slices.IndexFunc(t.lines[:i], func(before Line) bool { return before.covers(l) }); j >= 0 {
			fault("", "can never match: line %d (%s) matches all that it could", j+1, t.lines[j].Name)
		} else if !reachable(l, nil) {
			fault("", "can never match: its conditions exclude each other")
		} else if !reachable(l, t.lines[:i]) {
			fault("", "can never match: the lines before it, together, match all that it could")
		}
	}
	if len(lines) == 0 || !(&Line{}).sameConditions(&lines[len(lines)-1]) {
		errs = append(errs, ErrNoLastLine)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return t, nil
}

// Conditions are what must hold for a line to decide, all that it has, in the order of the configuration. They are read off the line itself.
func (l *Line) Conditions() []verdict.Condition {
	all := []verdict.Condition{}
	v := reflect.ValueOf(l).Elem()
	for i := range v.NumField() {
		key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ",")
		if field := v.Field(i); !slices.Contains([]string{"", "name", "action", "mode", "law"}, key) && !field.IsZero() {
			all = append(all, verdict.Condition{Key: key, Values: told(field)})
		}
	}
	return all
}

// told is the value of a condition: a list, yes or no, or a number.
func told(field reflect.Value) []string {
	switch v := reflect.Indirect(field).Interface().(type) {
	case []string:
		return v
	case bool:
		if v {
			return []string{"yes"}
		}
		return []string{"no"}
	default:
		return []string{fmt.Sprint(v)}
	}
}

func (l *Line) stops() bool { return l.Action == verdict.Hold || l.Action == verdict.Reject }

// check validates words, networks and patterns of one line.
func (l *Line) check(fault func(key, format string, args ...any)) {
	word := func(key string, values ...string) {
		for _, v := range values {
			if all := Words(key); !slices.Contains(all, v) {
				fault(key, "%q is not one of %s", v, strings.Join(all, ", "))
			}
		}
	}
	word("action", l.Action)
	if l.Mode != "" {
		word("mode", l.Mode)
	}
	for _, c := range l.lists() {
		if len(Words(c.key)) > 0 {
			word(c.key, c.values...)
		}
	}
	l.networks = nil
	for _, s := range l.Client {
		n, err := ParseNetwork(s)
		if err != nil {
			fault("client", "%v", err)
		}
		l.networks = append(l.networks, n)
	}
}

// ParseNetwork reads "192.0.2.0/24" or a single address.
func ParseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	n, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a network such as 192.0.2.0/24", s)
	}
	return n.Masked(), nil
}

type listCondition struct {
	key    string
	values []string
}

func (l *Line) lists() []listCondition {
	return []listCondition{
		{"direction", l.Direction}, {"level", l.Level}, {"kinds", l.Kinds}, {"content", l.Content}, {"transport", l.Transport},
		{"hop", l.Hop}, {"class", l.Class}, {"sender", l.Sender}, {"recipient", l.Recipient}, {"department", l.Department}, {"client", l.Client}, {"identity", l.Identity},
	}
}

func (l *Line) flags() []*bool {
	return []*bool{l.Strong, l.Signed, l.Channel, l.Authenticated, l.Unopened, l.Quoted, l.Objection, l.Downgrade, l.KeyTold, l.Asks, l.Lookalike, l.Risk, l.First, l.List, l.Misnamed, l.StrongTLS, l.Unread}
}

func (l *Line) numbers() []*int64 {
	out := []*int64{l.SizeOver}
	for _, p := range []*int{l.PersonsOver, l.ExternalOver, l.VisibleOver} {
		if p == nil {
			out = append(out, nil)
			continue
		}
		n := int64(*p)
		out = append(out, &n)
	}
	return out
}

// covers says that whatever m matches, l matches too.
func (l *Line) covers(m *Line) bool {
	mine, theirs := l.lists(), m.lists()
	for i, c := range mine {
		if len(c.values) > 0 && (len(theirs[i].values) == 0 || !subset(theirs[i].values, c.values)) {
			return false
		}
	}
	for i, b := range l.flags() {
		if o := m.flags()[i]; b != nil && (o == nil || *o != *b) {
			return false
		}
	}
	for i, n := range l.numbers() {
		if o := m.numbers()[i]; n != nil && (o == nil || *o < *n) {
			return false
		}
	}
	return true
}

// Same says whether two lines match the same and ask the same, in whatever mode.
func (l *Line) Same(m Line) bool { return l.Action == m.Action && l.sameConditions(&m) }

func (l *Line) sameConditions(m *Line) bool { return l.covers(m) && m.covers(l) }

func subset(a, b []string) bool {
	for _, s := range a {
		if !slices.Contains(b, s) {
			return false
		}
	}
	return true
}

// first returns the line that decides for a recipient.
func (t *Table) first(f *Facts, p *Recipient, c *Content) *Line {
	for i := range t.lines {
		if t.lines[i].matches(f, p, c) {
			return &t.lines[i]
		}
	}
	return &t.lines[len(t.lines)-1] // Compile saw to it that the last line matches
}

func (l *Line) matches(f *Facts, p *Recipient, c *Content) bool {
	return has(l.Direction, p.Direction) && has(l.Level, c.Level()) && hasAny(l.Kinds, c.Found.Kinds) &&
		has(l.Content, c.Protection.Content) && has(l.Transport, p.Transport) && has(l.Hop, p.Hop) && has(l.Class, p.Class) &&
		has(l.Department, f.Department) && fits(l.Sender, f.Sender) && fits(l.Recipient, p.Addr) && l.inNetworks(f.Client) &&
		is(l.Strong, c.Protection.Strong) && is(l.Signed, c.Protection.Signed) && is(l.Channel, p.Channel != "") &&
		is(l.Authenticated, f.Authenticated) && is(l.Unopened, c.Unopened > 0) && is(l.Unread, c.Unread) && is(l.Objection, p.Objection) && is(l.Downgrade, f.Downgrade) && is(l.KeyTold, f.KeyTold) &&
		is(l.Asks, c.Found.Asks) && (l.Quoted == nil || *l.Quoted == c.quotedOnly()) &&
		is(l.Lookalike, p.Lookalike) && is(l.First, p.First) && is(l.List, p.List) && is(l.Misnamed, p.Misnamed) && is(l.Risk, p.Risk != "") && is(l.StrongTLS, p.StrongTLS) &&
		(len(l.Identity) == 0 || has(l.Identity, p.identity(c))) && (l.ExternalOver == nil || f.external() > *l.ExternalOver) && (l.VisibleOver == nil || f.Visible > *l.VisibleOver) &&
		(l.PersonsOver == nil || c.Found.Persons > *l.PersonsOver) && (l.SizeOver == nil || f.Size > *l.SizeOver)
}

func has(want []string, v string) bool { return len(want) == 0 || slices.Contains(want, v) }

func is(want *bool, v bool) bool { return want == nil || *want == v }

func hasAny(want, have []string) bool {
	return len(want) == 0 || slices.ContainsFunc(have, func(v string) bool { return slices.Contains(want, v) })
}

func fits(patterns []string, addr string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool { return MatchAddress(p, addr) })
}

func (l *Line) inNetworks(a netip.Addr) bool {
	return len(l.Client) == 0 || slices.ContainsFunc(l.networks, func(n netip.Prefix) bool { return n.Contains(a.Unmap()) })
}
