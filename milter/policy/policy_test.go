package policy

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"postvagt/milter/verdict"
	"postvagt/rules/detect"
)

func must(t *testing.T, lines []Line, opt Options) *Table {
	t.Helper()
	table, err := Compile(lines, opt)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// found makes a result of a level.
func found(level detect.Level, persons int, quoted bool) detect.Result {
	if level == detect.None {
		return detect.Result{}
	}
	return detect.Result{Level: level, Kinds: []string{"health"}, Persons: persons,
		Findings: []detect.Finding{{Rule: "da-health", Kind: "health", Level: level, Count: 1, Quoted: quoted}}}
}

func encrypted(content, algorithm string, strong bool) verdict.Protection {
	return verdict.Protection{Content: content, Algorithm: algorithm, Strong: strong}
}

// Every line of the shipped policy, and every requirement that is a decision.
func TestDefaultPolicy(t *testing.T) {
	none, conf, sens := found(detect.None, 0, false), found(detect.Confidential, 1, false), found(detect.Sensitive, 1, false)
	asks := detect.Result{Asks: true}
	out := Recipient{Addr: "anna@borger.example", Direction: verdict.Outbound, Class: "external", Transport: Opportunistic}
	with := func(p Recipient, change func(*Recipient)) Recipient { change(&p); return p }
	tls := with(out, func(p *Recipient) { p.Transport = Enforced })
	authority := with(tls, func(p *Recipient) { p.Class, p.StrongTLS = "authority", true })
	anyCipher := with(authority, func(p *Recipient) { p.StrongTLS = false })
	relay := with(out, func(p *Recipient) { p.Transport = RelayEnforced })
	marked := with(out, func(p *Recipient) { p.Channel = "gateway" })
	objected := with(tls, func(p *Recipient) { p.Objection = true })
	internal := Recipient{Addr: "b@kommune.example", Direction: verdict.Internal, Class: "internal", Transport: Local}
	inbound := with(internal, func(p *Recipient) { p.Direction = verdict.Inbound })
	for _, tt := range []struct {
		name   string // R: what it asks
		to     Recipient
		c      Content
		action string
		why    string
	}{
		{"R1: confidential by opportunistic TLS", out, Content{Found: conf}, verdict.Hold, "confidential"},
		{"R1: confidential by plaintext", with(out, func(p *Recipient) { p.Transport = Plaintext }), Content{Found: conf}, verdict.Hold, "confidential"},
		{"R1: confidential, transport not known", with(out, func(p *Recipient) { p.Transport = Unknown }), Content{Found: conf}, verdict.Hold, "confidential"},
		{"R1: confidential by TLS to a relay that promises nothing", with(out, func(p *Recipient) { p.Transport = ToRelay }), Content{Found: conf}, verdict.Hold, "confidential"},
		{"R1: confidential by verified TLS", tls, Content{Found: conf}, verdict.Pass, "confidential-by-tls"},
		{"R1: confidential to a relay that promises", relay, Content{Found: conf}, verdict.Pass, "confidential-by-tls"},
		{"R1: encrypted content", out, Content{Protection: encrypted("smime", "AES-256-CBC", true)}, verdict.Pass, "content-encrypted"},
		{"Silkeborg: many persons by verified TLS", tls, Content{Found: found(detect.Confidential, 101, false)}, verdict.Hold, "many-persons"},
		{"Silkeborg: one hundred is not yet many", tls, Content{Found: found(detect.Confidential, 100, false)}, verdict.Pass, "confidential-by-tls"},
		{"Silkeborg: many persons, sensitive, by verified TLS to an authority", authority, Content{Found: found(detect.Sensitive, 101, false)}, verdict.Hold, "many-persons"},
		{"Silkeborg: one hundred, sensitive, to an authority", authority, Content{Found: found(detect.Sensitive, 100, false)}, verdict.Pass, "sensitive-to-authority"},
		{"R13: sensitive to a mailing list of an authority", with(authority, func(p *Recipient) { p.List = true }), Content{Found: sens}, verdict.Hold, "to-a-list"},
		{"R2: sensitive in the open", out, Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R2: sensitive by verified TLS to a citizen", tls, Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R2: sensitive by verified TLS to an authority", authority, Content{Found: sens}, verdict.Pass, "sensitive-to-authority"},
		{"R2: sensitive by verified TLS of any cipher to an authority", anyCipher, Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R1: confidential by verified TLS of any cipher to an authority", anyCipher, Content{Found: conf}, verdict.Pass, "confidential-by-tls"},
		{"R2: sensitive to an authority by a relay that promises, with a strong cipher", with(relay, func(p *Recipient) { p.Class, p.StrongTLS = "authority", true }), Content{Found: sens}, verdict.Pass, "sensitive-to-authority"},
		{"R2: sensitive by a strong cipher to a citizen", with(tls, func(p *Recipient) { p.StrongTLS = true }), Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R2: sensitive to an authority in the open", with(authority, func(p *Recipient) { p.Transport = Opportunistic }), Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R2: weak encryption", out, Content{Protection: encrypted("smime", "RC2-40", false)}, verdict.Hold, "weak-encryption"},
		{"R2: readable beside encrypted content", out, Content{Found: conf, Protection: encrypted("zip", "AES-256", true)}, verdict.Hold, "confidential"},
		{"R3: a signature is not encryption", out, Content{Found: sens, Protection: verdict.Protection{Content: "none", Signed: true}}, verdict.Hold, "sensitive"},
		{"R4: the mark of a channel", marked, Content{Found: sens}, verdict.Pass, "secure-channel"},
		{"R4: the mark and an objection", with(marked, func(p *Recipient) { p.Objection = true }), Content{Found: sens}, verdict.Pass, "secure-channel"},
		{"R7: sensitive mail from a citizen", inbound, Content{Found: sens}, verdict.Tag, "inbound"},
		{"R7: harmless mail from a citizen", inbound, Content{Found: none}, verdict.Pass, "otherwise"},
		{"R9: after an objection verified TLS is not enough", objected, Content{Found: conf}, verdict.Hold, "after-objection"},
		{"R9: harmless mail after an objection", objected, Content{Found: none}, verdict.Pass, "otherwise"},
		{"R9: after an objection, a part that could not be read", objected, Content{Found: none, Unopened: 1, Unread: true}, verdict.Hold, "after-objection-unopened"},
		{"R9: after an objection, beside encrypted content", objected, Content{Found: none, Unopened: 2, Unread: true, Protection: encrypted("zip", "AES-256", true)}, verdict.Hold, "after-objection-unopened"},
		{"R9: after an objection, encrypted content alone", objected, Content{Found: none, Unopened: 1, Protection: encrypted("zip", "AES-256", true)}, verdict.Pass, "content-encrypted"},
		{"R9: after an objection, a picture", objected, Content{Found: none, Unopened: 1}, verdict.Tag, "after-objection-picture"},
		{"R9: without an objection, a part that could not be read", out, Content{Found: none, Unopened: 1, Unread: true}, verdict.Pass, "otherwise"},
		{"R9: after an objection, by a secure channel, what could not be read", with(marked, func(p *Recipient) { p.Objection = true }), Content{Found: none, Unopened: 1, Unread: true}, verdict.Pass, "secure-channel"},
		{"R9: encrypted mail after an objection", objected, Content{Protection: encrypted("pgp-mime", "", true)}, verdict.Pass, "content-encrypted"},
		{"R14: internal mail is tagged, never held", internal, Content{Found: sens}, verdict.Tag, "internal"},
		{"R13: a slip in the domain", with(out, func(p *Recipient) { p.Lookalike = true }), Content{}, verdict.Tag, "lookalike-domain"},
		{"R13: a slip does not make it milder", with(out, func(p *Recipient) { p.Lookalike = true }), Content{Found: conf}, verdict.Hold, "confidential"},
		{"R13: a name that is not the address's", with(out, func(p *Recipient) { p.Misnamed = true }), Content{}, verdict.Tag, "misnamed-recipient"},
		{"R13: confidential to a mailing list by verified TLS", with(tls, func(p *Recipient) { p.List = true }), Content{Found: conf}, verdict.Hold, "to-a-list"},
		{"R13: harmless mail to a list", with(out, func(p *Recipient) { p.List = true }), Content{}, verdict.Pass, "otherwise"},
		{"R13: the first mail to somebody, confidential by verified TLS", with(tls, func(p *Recipient) { p.First = true }), Content{Found: conf}, verdict.Tag, "first-recipient"},
		{"R13: the first mail does not make it milder", with(out, func(p *Recipient) { p.First = true }), Content{Found: conf}, verdict.Hold, "confidential"},
		{"R1: opportunistic TLS with an assessment of risk", with(out, func(p *Recipient) { p.Risk = "r" }), Content{Found: conf}, verdict.Pass, "confidential-by-assessed-tls"},
		{"R1: an assessment does not help plaintext", with(out, func(p *Recipient) { p.Risk, p.Transport = "r", Plaintext }), Content{Found: conf}, verdict.Hold, "confidential"},
		{"R2: an assessment does not help sensitive data", with(out, func(p *Recipient) { p.Risk = "r" }), Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R9: an assessment does not help after an objection", with(out, func(p *Recipient) { p.Risk, p.Objection = "r", true }), Content{Found: conf}, verdict.Hold, "after-objection"},
		{"R12: the mere client relationship in the open", out, Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R15: a TLS domain is not a person", tls, Content{Found: sens}, verdict.Hold, "sensitive"},
		{"R15: a login is one", with(out, func(p *Recipient) { p.Channel, p.Login = "post", LoginChannel }), Content{Found: sens}, verdict.Pass, "secure-channel"},
		{"R18: confidential quoted in the open", out, Content{Found: found(detect.Confidential, 1, true)}, verdict.Hold, "quoted"},
		{"R18: confidential quoted by verified TLS", tls, Content{Found: found(detect.Confidential, 1, true)}, verdict.Pass, "confidential-by-tls"},
		{"R18: sensitive mail from a citizen that quotes", inbound, Content{Found: found(detect.Sensitive, 1, true)}, verdict.Tag, "inbound"},
		{"R17: asking for such data", out, Content{Found: asks}, verdict.Tag, "asks-for-data"},
		{"R18: quoted text goes out with the reply", out, Content{Found: found(detect.Sensitive, 1, true)}, verdict.Hold, "quoted"},
		{"nothing found", out, Content{Found: none}, verdict.Pass, "otherwise"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := must(t, Default(), Options{Mode: Enforce})
			r := table.Decide(Facts{Sender: "a@kommune.example", Recipients: []Recipient{tt.to}}, tt.c)
			if r.Action != tt.action || r.Why != tt.why || r.Recipients[0].Wanted != tt.action {
				t.Errorf("action %s (wanted %s) by %s, want %s by %s", r.Action, r.Recipients[0].Wanted, r.Why, tt.action, tt.why)
			}
		})
	}
}

// R13: considerably more recipients than meant.
func TestManyRecipients(t *testing.T) {
	table := must(t, Default(), Options{Mode: Enforce})
	for n, want := range map[int]string{manyExternal: "confidential-by-tls", manyExternal + 1: "many-recipients"} {
		f := Facts{Recipients: slices.Repeat([]Recipient{{Direction: verdict.Outbound, Transport: Enforced}}, n)}
		if r := table.Decide(f, Content{Found: found(detect.Confidential, 1, false)}); r.Why != want {
			t.Errorf("%d recipients: by %s, want %s", n, r.Why, want)
		}
	}
	f := Facts{Recipients: slices.Repeat([]Recipient{{Direction: verdict.Outbound, Transport: Enforced, Class: "authority"}}, manyExternal+1)}
	if r := table.Decide(f, Content{Found: found(detect.Sensitive, 1, false)}); r.Why != "many-recipients" {
		t.Errorf("sensitive, to many of an authority: by %s", r.Why)
	}
}

// Each line of the shipped policy is a row of a test here: what nobody has tried is not the standard used.
func TestEveryDefaultLineIsTried(t *testing.T) {
	text, err := os.ReadFile("policy_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Default() {
		if !strings.Contains(string(text), strconv.Quote(l.Name)) {
			t.Errorf("no test names the line %s", l.Name)
		}
		if len(l.Law) == 0 && l.Name != "otherwise" {
			t.Errorf("line %s does not say what asks for it", l.Name)
		}
	}
}

// R15: who can read a copy, apart from how it travels.
func TestIdentity(t *testing.T) {
	table := must(t, Default(), Options{Mode: Enforce})
	for _, tt := range []struct {
		p    Recipient
		c    Content
		want string
	}{
		{Recipient{Transport: Opportunistic}, Content{}, NoIdentity},
		{Recipient{Transport: Enforced}, Content{}, Domain},
		{Recipient{Transport: RelayEnforced}, Content{}, Domain},
		{Recipient{Transport: ToRelay, Channel: "g"}, Content{}, NoIdentity},
		{Recipient{Transport: Enforced, Channel: "g", Login: LoginChannel}, Content{}, LoginChannel},
		{Recipient{Transport: Enforced}, Content{Protection: encrypted("smime", "AES-256-GCM", true)}, Certificate},
		{Recipient{}, Content{Protection: encrypted("pgp-inline", "", true)}, Certificate},
		{Recipient{}, Content{Protection: encrypted("zip", "AES-256", true)}, NoIdentity}, // a password is not a person either
	} {
		if r := table.Decide(Facts{Recipients: []Recipient{tt.p}}, tt.c); r.Recipients[0].Identity != tt.want {
			t.Errorf("%+v: %s, want %s", tt.p, r.Recipients[0].Identity, tt.want)
		}
	}
}

// A decision that rests on an assessment of risk names it, and no other does.
func TestRiskIsNamed(t *testing.T) {
	table := must(t, Default(), Options{Mode: Enforce})
	for level, want := range map[detect.Level]string{detect.Confidential: "region-2026", detect.Sensitive: "", detect.None: ""} {
		p := Recipient{Direction: verdict.Outbound, Transport: Opportunistic, Risk: "region-2026"}
		if r := table.Decide(Facts{Recipients: []Recipient{p}}, Content{Found: found(level, 1, false)}); r.Risk != want {
			t.Errorf("%s: risk %q, want %q", level, r.Risk, want)
		}
	}
}

// The message gets the strictest action of its recipients, and a hold is one for all.
func TestOneMessageOneAction(t *testing.T) {
	table := must(t, Default(), Options{Mode: Enforce})
	open := Recipient{Addr: "x@y.example", Direction: verdict.Outbound, Transport: Opportunistic}
	marked := Recipient{Addr: "x@y.example.s", Direction: verdict.Outbound, Channel: "suffix"}
	internal := Recipient{Addr: "i@kommune.example", Direction: verdict.Internal}
	r := table.Decide(Facts{Recipients: []Recipient{marked, internal, open}}, Content{Found: found(detect.Sensitive, 1, false)})
	if r.Action != verdict.Hold || r.Direction != verdict.Outbound || r.Why != "sensitive" || r.Protection.Channel != "" {
		t.Errorf("%s %s by %s, channel %q", r.Action, r.Direction, r.Why, r.Protection.Channel)
	}
	for i, want := range []string{verdict.Pass, verdict.Tag, verdict.Hold} {
		if p := r.Recipients[i]; p.Wanted != want || p.Action != verdict.Hold {
			t.Errorf("recipient %d: wanted %s, action %s", i, p.Wanted, p.Action)
		}
	}
	r = table.Decide(Facts{Recipients: []Recipient{marked, internal}}, Content{Found: found(detect.Sensitive, 1, false)})
	if r.Action != verdict.Tag || r.Protection.Channel != "suffix" || r.Recipients[0].Action != verdict.Pass {
		t.Errorf("%s, channel %q, first recipient %s", r.Action, r.Protection.Channel, r.Recipients[0].Action)
	}
}

func TestVisibleRecipients(t *testing.T) {
	table := must(t, Default(), Options{Mode: Enforce})
	out := []Recipient{{Direction: verdict.Outbound}}
	for visible, want := range map[int]string{manyVisible: "otherwise", manyVisible + 1: "visible-recipients"} {
		if r := table.Decide(Facts{Visible: visible, Recipients: out}, Content{}); r.Why != want {
			t.Errorf("R13: %d visible: by %s, want %s", visible, r.Why, want)
		}
	}
}

// R7, R18: what arrived securely is answered securely, whatever the answer says. R2: a key by the way of its lock is tagged, and makes
// nothing milder.
func TestWhatWentBefore(t *testing.T) {
	table := must(t, Default(), Options{Mode: Enforce})
	answer, key := Facts{Downgrade: true}, Facts{KeyTold: true}
	for _, tt := range []struct {
		name  string
		facts Facts
		to    Recipient
		c     Content
		want  string
	}{
		{"an answer in the open", answer, Recipient{Direction: verdict.Outbound, Transport: Opportunistic}, Content{}, "downgrade"},
		{"an answer, way not known", answer, Recipient{Direction: verdict.Outbound, Transport: Unknown}, Content{}, "downgrade"},
		{"an answer, encrypted", answer, Recipient{Direction: verdict.Outbound}, Content{Protection: encrypted("smime", "AES-256-GCM", true)}, "content-encrypted"},
		{"an answer by a channel", answer, Recipient{Direction: verdict.Outbound, Channel: "gateway"}, Content{}, "secure-channel"},
		{"an answer by verified TLS", answer, Recipient{Direction: verdict.Outbound, Transport: Enforced}, Content{}, "otherwise"},
		{"an answer inside", answer, Recipient{Direction: verdict.Internal}, Content{}, "otherwise"},
		{"a key in the open", key, Recipient{Direction: verdict.Outbound, Transport: Opportunistic}, Content{}, "key-by-same-channel"},
		{"a key by verified TLS", key, Recipient{Direction: verdict.Outbound, Transport: Enforced}, Content{}, "key-by-same-channel"},
		{"a key with sensitive data", key, Recipient{Direction: verdict.Outbound, Transport: Opportunistic}, Content{Found: found(detect.Sensitive, 1, false)}, "sensitive"},
		{"a key by a channel", key, Recipient{Direction: verdict.Outbound, Channel: "gateway"}, Content{}, "secure-channel"},
		{"a key, encrypted itself", key, Recipient{Direction: verdict.Outbound}, Content{Protection: encrypted("smime", "AES-256-GCM", true)}, "content-encrypted"},
		{"a key inside", key, Recipient{Direction: verdict.Internal}, Content{}, "otherwise"},
	} {
		tt.facts.Recipients = []Recipient{tt.to}
		if r := table.Decide(tt.facts, tt.c); r.Why != tt.want {
			t.Errorf("%s: by %s, want %s", tt.name, r.Why, tt.want)
		}
	}
}

func TestModes(t *testing.T) {
	out := Recipient{Direction: verdict.Outbound, Transport: Opportunistic}
	sens := Content{Found: found(detect.Sensitive, 1, false)}
	for mode, want := range map[string]string{Observe: verdict.Pass, Notify: verdict.Pass, TagOnly: verdict.Tag, Enforce: verdict.Hold} {
		r := must(t, Default(), Options{Mode: mode}).Decide(Facts{Recipients: []Recipient{out}}, sens)
		if r.Action != want || r.Recipients[0].Action != want || r.Recipients[0].Wanted != verdict.Hold {
			t.Errorf("%s: action %s, wanted %s", mode, r.Action, r.Recipients[0].Wanted)
		}
	}
	lines := Default()
	for i := range lines {
		if lines[i].Name == "sensitive" {
			lines[i].Mode = Observe // one line on trial
		}
	}
	if r := must(t, lines, Options{Mode: Enforce}).Decide(Facts{Recipients: []Recipient{out}}, sens); r.Action != verdict.Pass || r.Recipients[0].Wanted != verdict.Hold {
		t.Errorf("a line of its own mode: action %s, wanted %s", r.Action, r.Recipients[0].Wanted)
	}
}

func TestNeverHold(t *testing.T) {
	p := Recipient{Addr: "112@alarm.example", Direction: verdict.Outbound, NeverHold: true}
	r := must(t, Default(), Options{Mode: Enforce}).Decide(Facts{Recipients: []Recipient{p}}, Content{Found: found(detect.Sensitive, 1, false)})
	if r.Action != verdict.Tag || r.Recipients[0].Wanted != verdict.Tag || r.Why != "sensitive" {
		t.Errorf("action %s, wanted %s by %s", r.Action, r.Recipients[0].Wanted, r.Why)
	}
}

// A system that is exempt passes, and is judged all the same; a person who is exempt is judged like others and
// named nowhere.
func TestExempt(t *testing.T) {
	table := must(t, Default(), Options{Mode: Enforce})
	f := Facts{Sender: "tillid@kommune.example", Department: "HR", Recipients: []Recipient{{Direction: verdict.Outbound}}}
	c := Content{Found: found(detect.Sensitive, 1, false)}
	f.Exempt = "payroll"
	if r := table.Decide(f, c); r.Action != verdict.Pass || r.Recipients[0].Wanted != verdict.Pass || r.Why != "exempt-payroll" || r.Level != "sensitive" {
		t.Errorf("system: %s, wanted %s by %s, level %s", r.Action, r.Recipients[0].Wanted, r.Why, r.Level)
	}
	f.Exempt, f.Hidden = "", true
	for _, r := range []verdict.Record{table.Decide(f, c), table.Unjudged(f, verdict.Hold, "timeout")} {
		if r.Action != verdict.Hold || r.From != "exempt@kommune.example" || !r.Hidden || r.Department != "" {
			t.Errorf("person: %s from %s of %q, hidden %v", r.Action, r.From, r.Department, r.Hidden)
		}
	}
}

func TestLevel(t *testing.T) {
	for _, tt := range []struct {
		c    Content
		want string
	}{
		{Content{}, verdict.LevelNone},
		{Content{Protection: encrypted("none", "", false)}, verdict.LevelNone},
		{Content{Protection: encrypted("pdf", "AES-256", true)}, verdict.LevelUnseen},
		{Content{Protection: encrypted("pdf", "AES-256", true), Found: found(detect.Confidential, 1, false)}, verdict.LevelConfidential},
		{Content{Found: found(detect.Sensitive, 1, false), Unopened: 2}, verdict.LevelSensitive},
	} {
		if got := tt.c.Level(); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

// Each condition of a line decides both ways.
func TestConditions(t *testing.T) {
	yes, none, five, big := true, 0, 5, int64(1000)
	f := Facts{Sender: "kari@social.kommune.example", Department: "Social", Authenticated: true, Downgrade: true, KeyTold: true, Visible: 6, Client: netip.MustParseAddr("192.0.2.7"), Size: 1001,
		Recipients: []Recipient{{Addr: "x@y.example", Direction: verdict.Outbound, Class: "external", Hop: "smtp:y.example", Transport: Plaintext, Channel: "c", Login: LoginChannel, Risk: "r", Objection: true, Lookalike: true, First: true, List: true, Misnamed: true}}}
	res := found(detect.Sensitive, 6, true)
	res.Asks = true
	c := Content{Found: res, Unopened: 1, Protection: verdict.Protection{Content: "zip", Strong: true, Signed: true}}
	for key, tt := range map[string]struct {
		line  Line
		spoil func(*Facts, *Content)
	}{
		"direction":     {Line{Direction: []string{verdict.Outbound}}, func(f *Facts, _ *Content) { f.Recipients[0].Direction = verdict.Internal }},
		"level":         {Line{Level: []string{verdict.LevelSensitive}}, func(_ *Facts, c *Content) { c.Found = found(detect.Confidential, 6, true) }},
		"kinds":         {Line{Kinds: []string{"union", "health"}}, func(_ *Facts, c *Content) { c.Found.Kinds = []string{"crime"} }},
		"persons_over":  {Line{PersonsOver: &five}, func(_ *Facts, c *Content) { c.Found.Persons = 5 }},
		"content":       {Line{Content: []string{"zip"}}, func(_ *Facts, c *Content) { c.Protection.Content = "pdf" }},
		"strong":        {Line{Strong: &yes}, func(_ *Facts, c *Content) { c.Protection.Strong = false }},
		"signed":        {Line{Signed: &yes}, func(_ *Facts, c *Content) { c.Protection.Signed = false }},
		"channel":       {Line{Channel: &yes}, func(f *Facts, _ *Content) { f.Recipients[0].Channel = "" }},
		"transport":     {Line{Transport: []string{Plaintext, Unknown}}, func(f *Facts, _ *Content) { f.Recipients[0].Transport = Enforced }},
		"hop":           {Line{Hop: []string{"smtp:y.example"}}, func(f *Facts, _ *Content) { f.Recipients[0].Hop = "smtp:z.example" }},
		"class":         {Line{Class: []string{"external"}}, func(f *Facts, _ *Content) { f.Recipients[0].Class = "authority" }},
		"sender":        {Line{Sender: []string{"kommune.example"}}, func(f *Facts, _ *Content) { f.Sender = "a@evilkommune.example" }},
		"recipient":     {Line{Recipient: []string{"@y.example"}}, func(f *Facts, _ *Content) { f.Recipients[0].Addr = "x@sub.y.example" }},
		"department":    {Line{Department: []string{"Social"}}, func(f *Facts, _ *Content) { f.Department = "" }},
		"authenticated": {Line{Authenticated: &yes}, func(f *Facts, _ *Content) { f.Authenticated = false }},
		"client":        {Line{Client: []string{"192.0.2.0/24"}}, func(f *Facts, _ *Content) { f.Client = netip.MustParseAddr("192.0.3.1") }},
		"size_over":     {Line{SizeOver: &big}, func(f *Facts, _ *Content) { f.Size = 1000 }},
		"unopened":      {Line{Unopened: &yes}, func(_ *Facts, c *Content) { c.Unopened = 0 }},
		"quoted":        {Line{Quoted: &yes}, func(_ *Facts, c *Content) { c.Found = found(detect.Sensitive, 6, false) }},
		"objection":     {Line{Objection: &yes}, func(f *Facts, _ *Content) { f.Recipients[0].Objection = false }},
		"downgrade":     {Line{Downgrade: &yes}, func(f *Facts, _ *Content) { f.Downgrade = false }},
		"key_told":      {Line{KeyTold: &yes}, func(f *Facts, _ *Content) { f.KeyTold = false }},
		"external_over": {Line{ExternalOver: &none}, func(f *Facts, _ *Content) { f.Recipients[0].Direction = verdict.Internal }},
		"visible_over":  {Line{VisibleOver: &five}, func(f *Facts, _ *Content) { f.Visible = 5 }},
		"lookalike":     {Line{Lookalike: &yes}, func(f *Facts, _ *Content) { f.Recipients[0].Lookalike = false }},
		"risk":          {Line{Risk: &yes}, func(f *Facts, _ *Content) { f.Recipients[0].Risk = "" }},
		"identity":      {Line{Identity: []string{LoginChannel, Certificate}}, func(f *Facts, _ *Content) { f.Recipients[0].Login = "" }},
		"first":         {Line{First: &yes}, func(f *Facts, _ *Content) { f.Recipients[0].First = false }},
		"list":          {Line{List: &yes}, func(f *Facts, _ *Content) { f.Recipients[0].List = false }},
		"misnamed":      {Line{Misnamed: &yes}, func(f *Facts, _ *Content) { f.Recipients[0].Misnamed = false }},
		"asks":          {Line{Asks: &yes}, func(_ *Facts, c *Content) { c.Found.Asks = false }},
	} {
		t.Run(key, func(t *testing.T) {
			tt.line.Name, tt.line.Action = "it", verdict.Tag
			table := must(t, []Line{tt.line, {Name: "otherwise", Action: verdict.Pass}}, Options{Mode: Enforce})
			if r := table.Decide(f, c); r.Why != "it" {
				t.Error("does not match what it names")
			}
			f, c := f, c
			f.Recipients = []Recipient{f.Recipients[0]}
			tt.spoil(&f, &c)
			if r := table.Decide(f, c); r.Why != "otherwise" {
				t.Error("matches what it does not name")
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	last := Line{Name: "otherwise", Action: verdict.Pass}
	outbound := []string{verdict.Outbound}
	ten, five, yes, no := 10, 5, true, false
	for name, tt := range map[string]struct {
		lines []Line
		want  string
	}{
		"no line":            {nil, "last line"},
		"last line":          {[]Line{{Name: "a", Action: verdict.Pass, Direction: outbound}}, "last line"},
		"name twice":         {[]Line{{Name: "a", Action: verdict.Tag, Direction: outbound}, {Name: "a", Action: verdict.Pass}}, "line 2 (a): name"},
		"no name":            {[]Line{{Action: verdict.Pass}}, "line 1: name: missing"},
		"action":             {[]Line{{Name: "a", Action: "quarantine"}}, `line 1 (a): action: "quarantine" is not one of`},
		"level":              {[]Line{{Name: "a", Action: verdict.Tag, Level: []string{"secret"}}, last}, `level: "secret"`},
		"mode":               {[]Line{{Name: "a", Action: verdict.Tag, Mode: "on"}}, `mode: "on"`},
		"identity":           {[]Line{{Name: "a", Action: verdict.Tag, Identity: []string{"person"}}, last}, `identity: "person"`},
		"client":             {[]Line{{Name: "a", Action: verdict.Tag, Client: []string{"10.0.0"}}, last}, `client: "10.0.0"`},
		"inbound hold":       {[]Line{{Name: "a", Action: verdict.Hold, Level: []string{"sensitive"}}, last}, "would stop inbound mail"},
		"inbound reject":     {[]Line{{Name: "a", Action: verdict.Reject, Direction: []string{verdict.Inbound}}, last}, "would stop inbound mail"},
		"after all":          {[]Line{{Name: "all", Action: verdict.Pass}, {Name: "b", Action: verdict.Tag, Direction: outbound}, last}, "line 2 (b): can never match: line 1 (all)"},
		"narrower after":     {[]Line{{Name: "a", Action: verdict.Tag, Direction: outbound}, {Name: "b", Action: verdict.Hold, Direction: outbound, Level: []string{"sensitive"}}, last}, "line 2 (b): can never match"},
		"strong and not":     {[]Line{{Name: "a", Action: verdict.Tag, Strong: &yes}, {Name: "b", Action: verdict.Tag, Strong: &no}, {Name: "c", Action: verdict.Tag, Direction: outbound}, last}, "line 3 (c): can never match: the lines before it, together"},
		"few and many":       {[]Line{{Name: "many", Action: verdict.Tag, PersonsOver: &five, Direction: outbound}, {Name: "in", Action: verdict.Tag, Direction: []string{verdict.Inbound, verdict.Internal}}, {Name: "out", Action: verdict.Tag, Class: []string{"authority", "free-mail", "external"}}, {Name: "c", Action: verdict.Tag, Level: []string{"none"}}, last}, "line 4 (c): can never match: the lines before it, together"},
		"no such message":    {[]Line{{Name: "a", Action: verdict.Tag, Level: []string{"unseen"}, Content: []string{"none"}}, last}, "line 1 (a): can never match: its conditions exclude each other"},
		"no such recipient":  {[]Line{{Name: "a", Action: verdict.Tag, Direction: []string{verdict.Inbound}, Class: []string{"authority"}}, last}, "line 1 (a): can never match: its conditions exclude each other"},
		"quoted nothing":     {[]Line{{Name: "a", Action: verdict.Tag, Level: []string{"none"}, Quoted: &yes}, last}, "exclude each other"},
		"more persons after": {[]Line{{Name: "a", Action: verdict.Tag, PersonsOver: &five}, {Name: "b", Action: verdict.Tag, PersonsOver: &ten}, last}, "line 2 (b): can never match"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Compile(tt.lines, Options{Mode: Enforce}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	blocking := []Line{{Name: "a", Action: verdict.Reject, Direction: []string{verdict.Inbound}}, last}
	if _, err := Compile(blocking, Options{Mode: Enforce, InboundBlock: true}); err != nil {
		t.Errorf("forced: %v", err)
	}
	fewer := []Line{{Name: "a", Action: verdict.Tag, PersonsOver: &ten}, {Name: "b", Action: verdict.Tag, PersonsOver: &five}, last}
	if _, err := Compile(fewer, Options{Mode: Enforce}); err != nil {
		t.Errorf("a wider line after a narrower one: %v", err)
	}
	apart := []Line{{Name: "a", Action: verdict.Tag, Strong: &yes, Sender: []string{"@a.example"}}, {Name: "b", Action: verdict.Tag, Strong: &no}, {Name: "c", Action: verdict.Tag, Direction: outbound}, last}
	if _, err := Compile(apart, Options{Mode: Enforce}); err != nil {
		t.Errorf("a line that strong mail of other senders meets: %v", err)
	}
	var le *LineError
	if _, err := Compile([]Line{{Name: "a", Action: "x"}}, Options{}); !errors.As(err, &le) || le.Index != 0 || le.Key != "action" {
		t.Errorf("no LineError in %v", err)
	}
}

func TestMatchAddress(t *testing.T) {
	for _, tt := range []struct {
		pattern, addr string
		want          bool
	}{
		{"kari@a.example", "Kari@A.example", true},
		{"kari@a.example", "ole.kari@a.example", false},
		{"@a.example", "x@a.example", true},
		{"@a.example", "x@b.a.example", false},
		{"a.example", "x@b.a.example", true},
		{"a.example", "x@ba.example", false},
		{"a.example", "x@a.example.evil", false},
		{"social*@a.example", "Social.nord@a.example", true},
		{"social*@a.example", "asocial@a.example", false},
		{"a.example", "", false},
		{"postmaster", "postmaster", true},
	} {
		if got := MatchAddress(tt.pattern, tt.addr); got != tt.want {
			t.Errorf("MatchAddress(%q, %q) = %v", tt.pattern, tt.addr, got)
		}
	}
}

// Addresses are masked before they are in a record.
func TestRecordIsMasked(t *testing.T) {
	const number = "0101801234" // synthetic
	table := must(t, Default(), Options{Mode: Enforce})
	f := Facts{Sender: number + "@kommune.example", Recipients: []Recipient{{Addr: "010180-1234@sikker.example", Direction: verdict.Outbound}}}
	for _, r := range []verdict.Record{table.Decide(f, Content{}), table.Unjudged(f, verdict.Hold, "timeout")} {
		for _, line := range r.Lines() {
			if strings.Contains(line, number) || strings.Contains(line, "010180-1234") {
				t.Error("a national number of the envelope stands in a verdict line")
			}
		}
	}
}

// What Compile calls unreachable, no message reaches; and of what it lets pass, some message that it can think of reaches each line.
func TestReachable(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	pick := func(all []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(string) bool { return r.IntN(2) == 0 })
	}
	flag := func() *bool {
		v := r.IntN(2) == 0
		return []*bool{nil, &v}[r.IntN(2)]
	}
	messages := everyMessage()
	unreachable := 0
	for range 3000 {
		lines := make([]Line, 2+r.IntN(5))
		for i := range lines {
			n := r.IntN(3)
			lines[i] = Line{Name: strconv.Itoa(i), Action: verdict.Tag, Direction: pick(Words("direction")), Level: pick(Words("level")), Content: pick([]string{"none", "zip"}), Strong: flag(), PersonsOver: []*int{nil, &n}[r.IntN(2)]}
		}
		hit := map[*Line]bool{}
		for _, m := range messages {
			for i := range lines {
				if lines[i].matches(&Facts{}, &m.to, &m.content) {
					hit[&lines[i]] = true
					break
				}
			}
		}
		for i := range lines {
			can := reachable(&lines[i], lines[:i])
			if can != hit[&lines[i]] {
				t.Fatalf("line %d of %+v: reachable %v, and some message reaches it: %v", i, lines, can, hit[&lines[i]])
			}
			if !can {
				unreachable++
			}
		}
	}
	if unreachable < 500 {
		t.Errorf("only %d lines were unreachable", unreachable)
	}
}

type anyMessage struct {
	to      Recipient
	content Content
}

// everyMessage are messages of all kinds that the conditions of TestReachable tell apart.
func everyMessage() (all []anyMessage) {
	for _, direction := range Words("direction") {
		class := "internal"
		if direction == verdict.Outbound {
			class = "external"
		}
		for _, level := range []detect.Level{detect.None, detect.Confidential, detect.Sensitive} {
			for _, content := range []verdict.Protection{encrypted("none", "", false), encrypted("zip", "", false), encrypted("zip", "", true), encrypted("smime", "", false), encrypted("smime", "", true)} {
				for persons := range 5 {
					all = append(all, anyMessage{Recipient{Direction: direction, Class: class, Transport: Opportunistic}, Content{Found: detect.Result{Level: level, Persons: persons}, Protection: content}})
				}
			}
		}
	}
	return all
}

// Each condition that a line can have is told, and decides: a line that has it alone is not one without conditions.
func TestConditionsAreTold(t *testing.T) {
	keys := 0
	for i := range reflect.TypeFor[Line]().NumField() {
		field := reflect.TypeFor[Line]().Field(i)
		key, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		if slices.Contains([]string{"", "name", "action", "mode", "law"}, key) {
			continue
		}
		keys++
		for _, value := range []any{[]string{"a", "b"}, true, false, 7, int64(7)} {
			var l Line
			v, want := reflect.ValueOf(&l).Elem().Field(i), verdict.Condition{Key: key}
			switch typed := value.(type) {
			case []string:
				want.Values = typed
			case bool:
				want.Values = map[bool][]string{true: {"yes"}, false: {"no"}}[typed]
			default:
				want.Values = []string{"7"}
			}
			switch {
			case v.Type() == reflect.TypeOf(value):
				v.Set(reflect.ValueOf(value))
			case v.Kind() == reflect.Pointer && v.Type().Elem() == reflect.TypeOf(value):
				p := reflect.New(v.Type().Elem())
				p.Elem().Set(reflect.ValueOf(value))
				v.Set(p)
			default:
				continue
			}
			if got := l.Conditions(); !reflect.DeepEqual(got, []verdict.Condition{want}) {
				t.Errorf("%s is told as %v, want %v", key, got, want)
			}
			if l.sameConditions(&Line{}) {
				t.Errorf("%s decides nothing", key)
			}
		}
	}
	if keys < 30 {
		t.Errorf("%d conditions", keys)
	}
	if got := (&Line{Name: "otherwise", Action: verdict.Pass}).Conditions(); got == nil || len(got) > 0 {
		t.Errorf("a line without conditions tells %v", got)
	}
}
