package e2e

// fate is one thing that may become of a message, and what is then true of it.
//
// A recipient is "local@hop": hop is that of a sink or of a transport (truthMain), and becomes the domain
// TAG.hop.example; the hops house, lists and archive are domains of the house. The local part says how the server
// outside answers (kit.Sink).
type fate struct {
	name    string
	service int
	via     string // "short", "ghost": another instance; "sendmail": the command; "cut": the client goes in the middle
	from    string // local part of the sender, "kari" by default; "-" for nobody
	client  string // XCLIENT
	text    string // of the message, plainMail by default
	header  string // X-Fate
	notify  string
	to      []string
	then    string // what the admin does once all is sent: -H, -d, -f, -r of postsuper
	want    []wanted
	report  bool // the sender gets a report
	refused bool // there is no row
}

// wanted is what must be true of one row.
type wanted struct {
	to        string // recipient of the row, as in fate.to
	outcome   string
	transport string // "" for a delivered one: what the sink says; "-" for whatever
	as        string // recipient at the sink, if it is another: "local@hop"
	finding   string
	held      bool
	released  bool
	direction string // outbound by default
	level     string // none by default
}

const (
	// confidentialMail is refused by the milter of a truthHouse, secretMail is held.
	confidentialMail = `From: Kari Holm <kari@nordvig-kommune.example>
To: Anna Jensen <anna@borger.example>
Subject: Dit nummer
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Kære Anna Jensen. Dit CPR-nummer er 010180-1234, som aftalt.
`
	insideOnly = "internal"
)

// one is a fate of one recipient that is delivered as its sink says.
func one(name, to string) fate {
	return fate{name: name, to: []string{to}, want: []wanted{{to: to, outcome: "delivered"}}}
}

// kept is a message that the milter holds, and what the admin makes of it.
func kept(name, to, then string, w wanted) fate {
	w.to, w.held, w.level = to, true, "sensitive"
	return fate{name: name, text: secretMail, to: []string{to}, then: then, want: []wanted{w}}
}

func fates() []fate {
	return append(append(append(ways(), ends()...), holds()...), strays()...)
}

// ways lead to a server: what counts is how the connection was protected.
func ways() []fate {
	return []fate{
		one("verified", "a@verified"), one("opportunistic", "a@opportunistic"), one("plain text", "a@plain"),
		one("a server that stops offering TLS, and offers it again", "a@whim"),
		one("the same, connections cached", "a@cached"),
		one("the same, connections cached with their TLS", "a@reuse"),
		one("IPv6", "a@six"),
		one("a server that is busy behind its TLS, then one without", "a@busy"),
		one("SMTPUTF8", "blåbær@opportunistic"),
		{name: "two recipients, one transaction", to: []string{"a@whim", "b@whim"}, want: []wanted{{to: "a@whim", outcome: "delivered"}, {to: "b@whim", outcome: "delivered"}}},
		{name: "five recipients, three transactions", to: []string{"a@limit", "b@limit", "c@limit", "d@limit", "e@limit"}, want: []wanted{
			{to: "a@limit", outcome: "delivered"}, {to: "b@limit", outcome: "delivered"}, {to: "c@limit", outcome: "delivered"}, {to: "d@limit", outcome: "delivered"}, {to: "e@limit", outcome: "delivered"}}},
		{name: "three servers", to: []string{"a@verified", "a@plain", "a@reuse"}, want: []wanted{{to: "a@verified", outcome: "delivered"}, {to: "a@plain", outcome: "delivered"}, {to: "a@reuse", outcome: "delivered"}}},
		{name: "LMTP by a socket", to: []string{"a@lmtp"}, want: []wanted{{to: "a@lmtp", outcome: "delivered", transport: "local"}}},
		one("LMTP by TCP", "a@mailboxes"),
		{name: "pipe", to: []string{"a@eater"}, want: []wanted{{to: "a@eater", outcome: "delivered", transport: "local", direction: "outbound"}}},
		{name: "an internal mailbox", to: []string{"box@house"}, want: []wanted{{to: "box@house", outcome: "delivered", transport: "local", direction: insideOnly}}},
		{name: "from outside", service: tClient, from: "stranger@far", client: "ADDR=203.0.113.7 NAME=mail.far.example", to: []string{"box@house"},
			want: []wanted{{to: "box@house", outcome: "delivered", transport: "local", direction: "inbound"}}},
		{name: "from nobody, outside", service: tClient, from: "-", client: "ADDR=203.0.113.7 NAME=mail.far.example", to: []string{"box@house"},
			want: []wanted{{to: "box@house", outcome: "delivered", transport: "local", direction: "inbound"}}},
		{name: "from a trusted network, by login", service: tClient, client: "ADDR=192.0.2.9 NAME=pc.example LOGIN=kari", to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "delivered"}}},
		{name: "an alias that leaves the house", to: []string{"office@house"}, want: []wanted{{to: "office@house", outcome: "delivered", as: "clerk@plain", finding: "outside-class"}}},
		{name: "a list, three servers", to: []string{"team@house"}, want: []wanted{{to: "team@house", outcome: "delivered", as: "cat@plain", finding: "outside-class"}}},
		{name: "a local alias", to: []string{"one@lists"}, want: []wanted{{to: "one@lists", outcome: "delivered", as: "carl@c.verified.example", finding: "outside-class"}}},
		{name: "a user's .forward", to: []string{"games@lists"}, want: []wanted{{to: "games@lists", outcome: "delivered", as: "gina@g.plain.example", finding: "outside-class"}}},
		{name: "a local list", to: []string{"all@lists"}, want: []wanted{{to: "all@lists", outcome: "delivered", as: "anna@a.plain.example", finding: "outside-class"}}},
		{name: "a content filter", service: tFilter, to: []string{"a@whim"}, want: []wanted{{to: "a@whim", outcome: "delivered"}}},
		{name: "a content filter, two servers", service: tFilter, to: []string{"a@whim", "a@verified"}, want: []wanted{{to: "a@whim", outcome: "delivered"}, {to: "a@verified", outcome: "delivered"}}},
		{name: "always_bcc", service: tCopied, to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "delivered"}, {to: "copy@archive", outcome: "delivered", transport: "local", direction: insideOnly, finding: "no-verdict"}}},
		{name: "recipient_bcc_maps, inside", to: []string{"filed@plain"}, want: []wanted{{to: "filed@plain", outcome: "delivered"}, {to: "copy@archive", outcome: "delivered", transport: "local", direction: insideOnly, finding: "no-verdict"}}},
		{name: "recipient_bcc_maps, outside", to: []string{"shared@plain"}, want: []wanted{{to: "shared@plain", outcome: "delivered"}, {to: "keeper@verified", outcome: "delivered", finding: "no-verdict"}}},
		{name: "a copy of inside mail that leaves in the open", text: secretMail, to: []string{"shared@house"}, want: []wanted{
			{to: "shared@house", outcome: "delivered", transport: "local", direction: insideOnly, level: "sensitive"}, {to: "keeper@plain", outcome: "delivered", level: "sensitive", finding: "no-verdict"}}},
		{name: "from outside, and out again by an alias", service: tClient, from: "stranger@far", client: "ADDR=203.0.113.7 NAME=mail.far.example", text: secretMail, to: []string{"office@house"},
			want: []wanted{{to: "office@house", outcome: "delivered", as: "clerk@plain", direction: "outbound", level: "sensitive", finding: "outside-class"}}},
		{name: "from outside, returned with its content", service: tClient, from: "stranger@plain", client: "ADDR=203.0.113.7 NAME=mail.far.example", text: secretMail, to: []string{"past@house"},
			want: []wanted{{to: "past@house", outcome: "bounced", transport: "-", direction: "outbound", level: "sensitive", finding: "outside-class"}}, report: true},
		{name: "a report of success", notify: "SUCCESS", to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "delivered"}}, report: true},
	}
}

// ends are those of mail that is not taken at once.
func ends() []fate {
	bounced := func(name, to string) fate {
		return fate{name: name, to: []string{to}, want: []wanted{{to: to, outcome: "bounced", transport: "-"}}, report: true}
	}
	mixed := []string{"a@whim", "gone@whim", "wait@whim", "box@house"}
	return []fate{
		bounced("no such mailbox", "gone@opportunistic"), bounced("refused at its end", "full@whim"),
		{name: "the error transport", via: "sendmail", to: []string{"a@error"}, want: []wanted{{to: "a@error", outcome: "bounced", transport: "-", level: "unknown", finding: "no-verdict"}}, report: true},
		one("deferred, then delivered", "wait@whim"), one("deferred, then by a cached connection", "wait@reuse"),
		one("cut at its end, then delivered", "drop@whim"),
		{name: "deferred", to: []string{"never@plain"}, want: []wanted{{to: "never@plain", outcome: "deferred", transport: "-"}}},
		{name: "nobody answers", to: []string{"a@closed"}, want: []wanted{{to: "a@closed", outcome: "deferred", transport: "-"}}},
		{name: "TLS is a must and not offered", to: []string{"a@must"}, want: []wanted{{to: "a@must", outcome: "deferred", transport: "-"}}},
		{name: "delivered, bounced, deferred and local", to: mixed, want: []wanted{{to: mixed[0], outcome: "delivered"}, {to: mixed[1], outcome: "bounced", transport: "-"},
			{to: mixed[2], outcome: "delivered"}, {to: mixed[3], outcome: "delivered", transport: "local", direction: insideOnly}}, report: true},
		{name: "expired", via: "short", to: []string{"never@opportunistic"}, want: []wanted{{to: "never@opportunistic", outcome: "expired", transport: "-"}}, report: true},
		{name: "made to expire", to: []string{"never@whim"}, then: "-f", want: []wanted{{to: "never@whim", outcome: "expired", transport: "-"}}, report: true},
		{name: "deleted while deferred", to: []string{"never@cached"}, then: "-d", want: []wanted{{to: "never@cached", outcome: "deleted", transport: "-"}}},
		{name: "requeued while deferred", to: []string{"wait@plain"}, then: "-r", want: []wanted{{to: "wait@plain", outcome: "delivered"}}},
		{name: "thrown away", to: []string{"a@discard"}, want: []wanted{{to: "a@discard", outcome: "deleted", transport: "-"}}},
		{name: "refused for a header", header: "refuse", to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "rejected", transport: "-", level: "unknown", finding: "no-verdict"}}},
		{name: "refused by the milter", text: confidentialMail, to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "rejected", transport: "-", level: "confidential"}}},
		{name: "refused at DATA", service: tBadSender, from: "early", to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "rejected", transport: "-", level: "unknown", finding: "no-verdict"}}},
		{name: "refused at its end", service: tBadSender, from: "late", to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "rejected", transport: "-", level: "unknown", finding: "no-verdict"}}},
		{name: "HELO refused", service: tBadHelo, to: []string{"a@plain"}, refused: true},
		{name: "sender refused", service: tBadSender, from: "spammer", to: []string{"a@plain"}, refused: true},
		{name: "recipient refused", service: tBadSender, to: []string{"unknown@house"}, refused: true},
		{name: "the client goes in the middle", via: "cut", to: []string{"a@plain"}, refused: true},
	}
}

func holds() []fate {
	return []fate{
		kept("held", "a@plain", "", wanted{outcome: "held"}),
		kept("released, then delivered", "a@whim", "-H", wanted{outcome: "delivered", released: true}),
		kept("released, deferred, then delivered", "wait@reuse", "-H", wanted{outcome: "delivered", released: true}),
		kept("held, then deleted", "a@plain", "-d", wanted{outcome: "deleted"}),
		func() fate {
			f := kept("held, then returned", "a@opportunistic", "-f", wanted{outcome: "returned"})
			f.report = true
			return f
		}(),
		kept("held, then requeued", "a@verified", "-r", wanted{outcome: "delivered", released: true}),
		{name: "held for a header, then released", header: "wait", to: []string{"a@cached"}, then: "-H", want: []wanted{{to: "a@cached", outcome: "delivered", held: true, released: true}}},
	}
}

// strays lack the lines of one side.
func strays() []fate {
	return []fate{
		{name: "past the milter", service: tBypass, to: []string{"a@whim"}, want: []wanted{{to: "a@whim", outcome: "delivered", level: "unknown", finding: "no-verdict"}}},
		{name: "the milter is down", service: tDead, to: []string{"a@verified"}, want: []wanted{{to: "a@verified", outcome: "delivered", level: "unknown", finding: "no-verdict"}}},
		{name: "written on the machine", via: "sendmail", to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "delivered", level: "unknown", finding: "no-verdict"}}},
		{name: "a verdict without lines of the MTA", via: "ghost", to: []string{"a@plain"}, want: []wanted{{to: "a@plain", outcome: "unknown", transport: "-", finding: "no-mta-lines"}}},
	}
}
