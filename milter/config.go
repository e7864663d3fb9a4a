package milter

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"postvagt/milter/policy"
	"postvagt/milter/program"
)

// DefaultConfigFile is read when no --config is given.
const DefaultConfigFile = "/etc/postvagt/milter.toml"

// Config is milter.toml. The struct tags doc are the comments of the shipped file.
type Config struct {
	Organisation Organisation `toml:"organisation" doc:"Who you are. The one thing that must be set."`
	Policy       Policy       `toml:"policy" doc:"What is done about what is found."`
	Milter       Milter       `toml:"milter" doc:"The daemon."`
	Recipients   Recipients   `toml:"recipients" doc:"What is known of those you write to. A domain stands for everything below it too."`
	Postfix      Postfix      `toml:"postfix" doc:"The Postfix instance, for its hold queue and its TLS policy."`
	Held         Held         `toml:"held" doc:"Who decides on held mail: the privileged helper, postvagt-milter held serve."`
	Sendmail     Sendmail     `toml:"sendmail" doc:"The Sendmail instance, where that is the MTA."`
	Rspamd       Rspamd       `toml:"rspamd" doc:"The rspamd whose plugin asks scan_listen."`
	Channel      []Channel    `toml:"channel"`
	Relay        []Relay      `toml:"relay"`
	Exempt       []Exempt     `toml:"exempt"`
	Risk         []Risk       `toml:"risk"`

	source program.Source
}

// Organisation names the sender of it all.
type Organisation struct {
	Name    string   `toml:"name" doc:"As it shall stand in reports."`
	Domains []string `toml:"domains" doc:"Your mail domains; these and everything below them are internal."`
}

// Policy says what is done.
type Policy struct {
	Mode          string        `toml:"mode" doc:"observe: touch nothing. notify: the same, and the agent writes to the sender. tag: add header fields. enforce: hold and refuse too."`
	RejectText    string        `toml:"reject_text" doc:"What the sender's program is told when a message is refused, after 550 5.7.1."`
	InboundBlock  bool          `toml:"inbound_block" doc:"Allow lines that hold or refuse inbound mail."`
	SubjectTag    string        `toml:"subject_tag" doc:"Text put before the subject of sensitive mail from outside, in ASCII, \"\" for none: it breaks DKIM signatures. Taken out of replies."`
	LabelOutgoing bool          `toml:"label_outgoing" doc:"Also write level and action on mail that leaves: they tell every stranger what it holds."`
	RouteToken    string        `toml:"route_token" doc:"Value of the header field X-Postvagt-Route by which Postfix sends a message to your gateway (action route)."`
	Line          []policy.Line `toml:"line"`
}

// Milter is how the daemon runs.
type Milter struct {
	MTA             string           `toml:"mta" doc:"postfix, sendmail or auto: Sendmail where there is a sendmail.cf and no main.cf."`
	Listen          string           `toml:"listen" doc:"unix:/path or inet:host:port. Debian's Postfix runs chrooted: keep the socket below its queue directory."`
	SocketMode      string           `toml:"socket_mode" doc:"Permissions of the unix socket."`
	SocketGroup     string           `toml:"socket_group" doc:"Group of the unix socket, \"\" for the daemon's own."`
	ScanListen      string           `toml:"scan_listen" doc:"Door for rspamd's plugin: unix:/path or inet:127.0.0.1:port, \"\" for none."`
	ScanGroup       string           `toml:"scan_group" doc:"Group of that unix socket: rspamd's; \"\" for the daemon's own."`
	MetricsListen   string           `toml:"metrics_listen" doc:"Prometheus metrics at http://…/metrics, \"\" for none. Loopback only."`
	OnFailure       string           `toml:"on_failure" doc:"What happens to a message that could not be judged: accept, hold or tempfail. setup writes the same into the MTA."`
	Timeout         program.Duration `toml:"timeout" doc:"Longest time for judging one message; keep it well below milter_content_timeout of the MTA (300 s)."`
	StopTimeout     program.Duration `toml:"stop_timeout" doc:"How long a stopping daemon waits for open sessions."`
	TrustedNetworks []string         `toml:"trusted_networks" doc:"Clients that send for you without logging in; all others with mail to you are inbound."`
	VerdictLog      string           `toml:"verdict_log" doc:"File of the verdict lines; or \"syslog\", for admins who gather logs centrally: lines then are signed with mac_key."`
	MACKey          string           `toml:"mac_key" doc:"File with the key that signs verdict lines in syslog; the agent needs the same."`
	MailLog         bool             `toml:"mail_log" doc:"Also write one short line for each message to the mail log, by /dev/log where there is one."`
	StateDir        string           `toml:"state_dir" doc:"What the daemon writes for itself."`
	SpillDir        string           `toml:"spill_dir" doc:"Where larger messages lie while they are judged, \"\" for the system's temporary folder."`
	SpillOver       int64            `toml:"spill_over" doc:"Messages over this many bytes are judged from disk."`
	MaxBytes        int64            `toml:"max_bytes" doc:"Bytes of a message that are judged; what comes after is marked unopened."`
	NoReply         bool             `toml:"no_reply" doc:"Save round trips where the MTA offers it (unix sockets only)."`
	RulesDir        string           `toml:"rules_dir" doc:"Your own rules, added to the shipped ones or overriding them by id."`
	Departments     string           `toml:"departments" doc:"CSV of match,department: user@domain, @domain or prefix*@domain."`
	MaskKey         string           `toml:"mask_key" doc:"File with the key by which digits in addresses are masked; the agent needs the same."`
	Objections      string           `toml:"objections" doc:"Register of those who asked for post or encrypted mail only; written by postvagt-agent."`
	Pdftotext       string           `toml:"pdftotext" doc:"The program that opens PDF files, \"\" to look it up, \"-\" for none."`
}

// Recipients says what is known of the other side.
type Recipients struct {
	Authorities []string `toml:"authorities" doc:"Domains of authorities: class authority."`
	FreeMail    []string `toml:"free_mail" doc:"Domains where anybody may have an address: class free-mail."`
	Lists       []string `toml:"lists" doc:"Mailing lists outside, beside those whose address says so (lists.…, liste@…, alle@…)."`
	NeverHold   []string `toml:"never_hold" doc:"Addresses to which mail is never held or refused: emergency, on-call, police."`
}

// Postfix says where the instance is.
type Postfix struct {
	ConfigDir  string `toml:"config_dir" doc:"Folder of main.cf."`
	CommandDir string `toml:"command_dir" doc:"Folder of postqueue, postsuper, postcat, postconf and postmap."`
}

// Sendmail says where the instance is.
type Sendmail struct {
	ConfigDir  string `toml:"config_dir" doc:"Folder of sendmail.mc and sendmail.cf."`
	CommandDir string `toml:"command_dir" doc:"Folder of sendmail."`
	MacroDir   string `toml:"macro_dir" doc:"Folder of Sendmail's m4 macros, for a sendmail.mc that does not include cf.m4 itself."`
}

// Rspamd says where the instance is.
type Rspamd struct {
	ConfigDir string `toml:"config_dir" doc:"Folder of local.d and rspamd.local.lua."`
	PluginDir string `toml:"plugin_dir" doc:"Folder that holds postvagt.lua."`
}

// Which MTA it is.
const (
	MTAAuto     = "auto"
	MTAPostfix  = "postfix"
	MTASendmail = "sendmail"
)

// WhichMTA is MTAPostfix or MTASendmail.
func (c *Config) WhichMTA() string {
	if c.Milter.MTA != MTAAuto {
		return c.Milter.MTA
	}
	if _, err := os.Stat(filepath.Join(c.Postfix.ConfigDir, "main.cf")); err == nil {
		return MTAPostfix
	}
	if _, err := os.Stat(filepath.Join(c.Sendmail.ConfigDir, "sendmail.cf")); err == nil {
		return MTASendmail
	}
	return MTAPostfix
}

// Channel is a secure channel and the mark that shows it (R4). Exactly one of the four marks is set.
type Channel struct {
	Name             string   `toml:"name"`
	SubjectPrefix    string   `toml:"subject_prefix"`
	Header           string   `toml:"header"` // "Name: value"
	RecipientSuffix  string   `toml:"recipient_suffix"`
	RecipientDomains []string `toml:"recipient_domains"`
	RequireRelay     []string `toml:"require_relay"`
	Identity         string   `toml:"identity"` // how it identifies its readers (R15): none, domain, certificate, login-channel
}

// Relay is a next hop that hands mail on; TLS to it proves one hop.
type Relay struct {
	Host     string `toml:"host"`
	Onward   string `toml:"onward"` // none, enforced
	Document string `toml:"document"`
}

// Exempt is a system whose mail passes whatever it holds (payroll, health records), or, with Hide, a person whose
// mail is judged like any other and whose name is shown nowhere (union representative, whistleblower scheme,
// data protection officer, occupational health).
type Exempt struct {
	Name   string   `toml:"name"`
	Client []string `toml:"client"` // networks
	User   []string `toml:"user"`   // login names
	Sender []string `toml:"sender"` // user@domain, @domain, prefix*@domain; for Hide only: a sender is easily forged
	Hide   bool     `toml:"hide"`
	Reason string   `toml:"reason"`
	Until  string   `toml:"until"` // date; after it the entry counts for nothing
}

// Risk is a registered assessment of risk: with it, opportunistic TLS to these recipients protects confidential data (R1).
type Risk struct {
	Name       string   `toml:"name"` // stands in verdicts
	Title      string   `toml:"title"`
	Date       string   `toml:"date"`
	Owner      string   `toml:"owner"`
	Until      string   `toml:"until"`      // its last day; after it the assessment covers nothing
	Recipients []string `toml:"recipients"` // user@domain, @domain, prefix*@domain, domain and below
	Hops       []string `toml:"hops"`       // next hop as the MTA names it, transport:host
}

// VerdictSyslog in place of a file sends verdict lines to the system's log.
const VerdictSyslog = "syslog"

// HeldVerdicts is the file in which those who decide on held mail find its verdicts: the verdict log, or, where that goes to
// syslog, one of held messages alone.
func (c *Config) HeldVerdicts() string {
	if c.Milter.VerdictLog == VerdictSyslog {
		return filepath.Join(c.Milter.StateDir, "held-verdicts.log")
	}
	return c.Milter.VerdictLog
}

// Failure modes.
const (
	FailAccept   = "accept"
	FailHold     = "hold"
	FailTempfail = "tempfail"
)

// DefaultConfig holds every default; the shipped file is made of it.
func DefaultConfig() *Config {
	return &Config{
		Policy: Policy{
			Mode:       policy.Observe,
			RejectText: "This message holds personal data and must be sent encrypted; please ask your data protection officer",
			Line:       policy.Default(),
		},
		Milter: Milter{
			MTA:    MTAAuto,
			Listen: "unix:/var/spool/postfix/postvagt/milter.sock", SocketMode: "0660", SocketGroup: "postfix", ScanGroup: "_rspamd",
			MetricsListen: "127.0.0.1:9481", OnFailure: FailAccept,
			Timeout: program.Duration(20 * time.Second), StopTimeout: program.Duration(20 * time.Second),
			TrustedNetworks: []string{"127.0.0.0/8", "::1"},
			VerdictLog:      "/var/log/postvagt/verdict.log", MailLog: true,
			StateDir: "/var/lib/postvagt", SpillOver: 1 << 20, MaxBytes: 128 << 20, NoReply: true,
			RulesDir: "/etc/postvagt/rules.d", Departments: "/etc/postvagt/departments.csv", MaskKey: "/etc/postvagt/mask.key",
			Objections: "/var/lib/postvagt/objections.csv",
		},
		Recipients: Recipients{Authorities: []string{}, FreeMail: freeMail(), Lists: []string{}, NeverHold: []string{}},
		Postfix:    Postfix{ConfigDir: "/etc/postfix", CommandDir: "/usr/sbin"},
		Held:       defaultHeld(),
		Sendmail:   Sendmail{ConfigDir: "/etc/mail", CommandDir: "/usr/sbin", MacroDir: "/usr/share/sendmail/cf"},
		Rspamd:     Rspamd{ConfigDir: "/etc/rspamd", PluginDir: "/usr/share/postvagt"},
	}
}

func freeMail() []string {
	return []string{"gmail.com", "googlemail.com", "hotmail.com", "hotmail.dk", "hotmail.se", "hotmail.no", "outlook.com", "outlook.dk",
		"live.com", "live.dk", "live.se", "live.no", "live.fi", "msn.com", "yahoo.com", "yahoo.dk", "yahoo.se", "yahoo.no", "icloud.com", "me.com",
		"protonmail.com", "proton.me", "gmx.com", "gmx.net", "aol.com", "mail.com", "mail.dk", "jubii.dk", "ofir.dk", "stofanet.dk",
		"telia.com", "bredband.net", "spray.se", "online.no", "kolumbus.fi", "elisanet.fi", "luukku.com", "suomi24.fi", "simnet.is"}
}

// foreignTables are those of agent.toml: one file may serve both programs.
func foreignTables() []string {
	return []string{"persons", "log", "store", "dashboard", "cases", "supervision", "elasticsearch", "alerts", "mail", "watch", "web", "agent", "secure_mailboxes"}
}

// LoadConfig reads and checks a configuration. All faults are reported, joined.
func LoadConfig(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &program.Error{File: path, Reason: "cannot be read: " + program.Reason(err) + " (an example: postvagt-milter config default)"}
	}
	return parseConfig(path, data)
}

func parseConfig(path string, data []byte) (*Config, error) {
	c := DefaultConfig()
	c.Policy.Line = nil
	source, errs, err := program.Parse(path, data, c, foreignTables())
	if err != nil {
		return nil, err
	}
	if c.source = source; !source.Defined("policy", "line") {
		c.Policy.Line = policy.Default()
	}
	return c, errors.Join(append(errs, c.check()...)...)
}
