package agent

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/milter/program"
)

// DefaultConfigFile is read when no --config is given.
const DefaultConfigFile = "/etc/postvagt/agent.toml"

// Config is agent.toml. The struct tags doc are the comments of the shipped file.
type Config struct {
	Organisation Organisation  `toml:"organisation" doc:"Who you are. The one thing that must be set."`
	Persons      Persons       `toml:"persons" doc:"Until the first three are filled in, senders are pseudonyms everywhere, nobody is ranked and no manager is told."`
	Log          Log           `toml:"log" doc:"Where the MTA and the milter write."`
	Store        Store         `toml:"store" doc:"What is kept."`
	Cases        Cases         `toml:"cases" doc:"The register of breaches."`
	Mail         Mail          `toml:"mail" doc:"What the agent writes: notices to senders, and alerts."`
	Alerts       Alerts        `toml:"alerts" doc:"Who is told of what needs a person."`
	Watch        []Watch       `toml:"watch"`
	Supervision  Supervision   `toml:"supervision" doc:"The organisation's own supervision."`
	Dashboard    Dashboard     `toml:"dashboard" doc:"The pages, and /metrics for Prometheus."`
	Agent        Lists         `toml:"agent" doc:"Lists and keys."`
	Elastic      Elasticsearch `toml:"elasticsearch" doc:"Where transmissions are shipped to, for Kibana; only pseudonyms leave. Keep store.details_months the same on all agents."`
	Channel      []Channel     `toml:"channel"`
	Relay        []Relay       `toml:"relay"`

	source program.Source
}

// Organisation names the house.
type Organisation struct {
	Name    string   `toml:"name" doc:"As it shall stand in reports."`
	Domains []string `toml:"domains" doc:"Your mail domains; these and everything below them are internal."`
	DPO     string   `toml:"dpo" doc:"Address of the data protection officer, who must receive no alerts on persons (Art. 38(6)): alerts.officers may not name it."`
}

// Persons says since when staff know.
type Persons struct {
	InformedSince string `toml:"informed_since" doc:"The day on which staff were informed, as 2026-11-23."`
	DPIA          string `toml:"dpia" doc:"The impact assessment: where it lies, and its date."`
	Consulted     string `toml:"consulted" doc:"Who of staff was consulted (works council, union representatives), and when."`
	Country       string `toml:"country" doc:"Two letters, as dk. In \"no\" nobody is ranked, whatever stands above."`
}

// Open says whether persons may be shown where a page has a reason to.
func (p Persons) Open() bool { return p.InformedSince != "" && p.DPIA != "" && p.Consulted != "" }

// Ranking says whether senders may be compared with each other and managers be told.
func (p Persons) Ranking() bool { return p.Open() && !strings.EqualFold(p.Country, "no") }

// Log says where lines come from.
type Log struct {
	Files           []string         `toml:"files" doc:"Mail logs. None: /var/log/mail.log where it exists, else the journal."`
	Journal         string           `toml:"journal" doc:"auto: when there is no file. yes, no."`
	JournalUnits    []string         `toml:"journal_units" doc:"Units of the MTA; of the journal only their lines count, and those that name no unit (journald names none of a process that has ended meanwhile) of the accounts root, postfix, smmta and smmsp."`
	MilterUnit      string           `toml:"milter_unit" doc:"Unit of the milter; verdict lines in the journal count only from it, and from its account postvagt-milter where they name no unit."`
	MilterNames     []string         `toml:"milter_names" doc:"Parts of the addresses (Postfix) and names (Sendmail) by which the MTA knows the milter: when it says that it does not reach one of them, the time counts as not checked."`
	Verdicts        []string         `toml:"verdicts" doc:"The milter's own files. Verdict lines elsewhere count only with a good mac=."`
	Decisions       string           `toml:"decisions" doc:"Where the helper for held mail writes what was decided: senders are told when their mail was read, officers when nobody decided in time."`
	MACKey          string           `toml:"mac_key" doc:"File with the key of mac=, \"\" for none."`
	ClientTLSLogged bool             `toml:"client_tls_logged" doc:"smtp_tls_loglevel is 1 or more: a delivery without a TLS line was in plain text. Without it that is known once the first TLS line was seen."`
	Zone            string           `toml:"zone" doc:"Time zone of stamps without one, as Europe/Copenhagen; \"\" for the system's."`
	JoinWindow      program.Duration `toml:"join_window" doc:"How long a verdict and the MTA's lines wait for each other."`
	QueueLifetime   program.Duration `toml:"queue_lifetime" doc:"A message without an outcome for so long is counted as unknown; the MTA's own limit and an hour."`
}

// Store says what is kept where.
type Store struct {
	Path          string `toml:"path" doc:"The database, SQLite."`
	DetailsMonths int    `toml:"details_months" doc:"Transmissions are deleted after so many months, their figures stay; 0 keeps them for ever. Imported archives and what lies behind a case stay."`
	FiguresMonths int    `toml:"figures_months" doc:"Figures are deleted after so many months; 0 keeps them for ever. They hold no persons."`
	AccessMonths  int    `toml:"access_months" doc:"Lines of the access log are deleted after so many months; 0 keeps them for ever."`
}

// Cases is the register of breaches.
type Cases struct {
	KeepYears int `toml:"keep_years" doc:"A case is erased so many years after it was closed; its number and the chain stay. 0 keeps all for ever."`
}

// Mail is the way out for what the agent writes.
type Mail struct {
	Server  string `toml:"server" doc:"host:port of the local MTA, as 127.0.0.1:25; \"\" for no mail."`
	From    string `toml:"from" doc:"Sender in the header; \"\" for postvagt@ and your first domain. The reverse-path is always null: nothing comes back."`
	Notices bool   `toml:"notices" doc:"Senders who logged in are told when a mail of theirs is held, returned, or should not have gone (mode notify)."`
	Help    string `toml:"help" doc:"Last sentence of notices: whom to ask, such as a telephone number."`
	Lang    string `toml:"lang" doc:"Language of mail whose own language is not known: da, sv, nb, nn, fi, en."`
}

// Alerts says who is told.
type Alerts struct {
	Officers     []string `toml:"officers" doc:"Addresses of the compliance officers. The data protection officer receives no alerts on persons (Art. 38(6))."`
	Operations   []string `toml:"operations" doc:"Addresses of those who run the machines."`
	Link         string   `toml:"link" doc:"Address of these pages as people reach them, for links in alerts and in notices of held mail, as https://postvagt.kommune.example/."`
	Lang         string   `toml:"lang" doc:"Language of alerts: da, en."`
	Webhook      string   `toml:"webhook" doc:"Alerts are also posted there as JSON; \"\" for none."`
	Secret       string   `toml:"secret" doc:"File with the key of the header field X-Postvagt-Signature of the webhook."`
	Alertmanager string   `toml:"alertmanager" doc:"Alerts for operations also go to this Prometheus Alertmanager, as http://127.0.0.1:9093; \"\" for none."`
	Heartbeat    int      `toml:"heartbeat_hours" doc:"Operations are told when no test message of a milter (postvagt-milter-selftest.timer) was seen for so many hours, or when it would leave in the open; 0 for never."`
}

// Watch is one rule of repeated open mail; without any, those of watch.DefaultRules hold.
type Watch struct {
	Name  string  `toml:"name"`
	By    string  `toml:"by"` // sender, department, citizen, objection, instruction
	Count int     `toml:"count"`
	Days  int     `toml:"days"`
	Share float64 `toml:"share"`
}

// Supervision is how often the organisation looks at itself.
type Supervision struct {
	ControlMonths int `toml:"control_months" doc:"Each of the six points of control is due every so many months."`
}

// Dashboard is the web server.
type Dashboard struct {
	Listen string   `toml:"listen" doc:"host:port. Loopback only: for others put a web server with TLS in front, and name it in hosts."`
	Held   string   `toml:"held_socket" doc:"Socket of the privileged helper for held mail (postvagt-milter held serve); \"\" where there is none."`
	Hosts  []string `toml:"hosts" doc:"Names by which people reach the pages through that web server, as postvagt.kommune.example."`
}

// Lists are files beside the configuration, and limits.
type Lists struct {
	Departments     string           `toml:"departments" doc:"CSV of match,department,manager (may be empty): user@domain, @domain or prefix*@domain."`
	SecureMailboxes string           `toml:"secure_mailboxes" doc:"CSV of address,department,from,to."`
	MaskKey         string           `toml:"mask_key" doc:"File with the key by which digits in addresses are masked; the milter needs the same."`
	Objections      string           `toml:"objections" doc:"Register of those who asked for post or encrypted mail only (postvagt-agent objections); the milter reads the same file."`
	PseudonymKey    string           `toml:"pseudonym_key" doc:"File with the key of pseudonyms, made at the first start; \"\" for pseudonym.key beside the database."`
	CommitEvery     program.Duration `toml:"commit_every" doc:"Longest time from a line to the dashboard while lines keep coming."`
	MaxUnfinished   int              `toml:"max_unfinished" doc:"Messages in memory that are not finished; older ones wait in the database."`
}

// Channel is a secure channel; the agent needs its name and what proves its mark.
type Channel struct {
	Name             string   `toml:"name"`
	SubjectPrefix    string   `toml:"subject_prefix"`
	Header           string   `toml:"header"`
	RecipientSuffix  string   `toml:"recipient_suffix"`
	RecipientDomains []string `toml:"recipient_domains"`
	RequireRelay     []string `toml:"require_relay"`
}

// Relay is a next hop that hands mail on.
type Relay struct {
	Host     string `toml:"host"`
	Onward   string `toml:"onward"` // none, enforced
	Document string `toml:"document"`
}

// DefaultConfig holds every default; the shipped file is made of it.
func DefaultConfig() *Config {
	return &Config{
		Elastic: Elasticsearch{URLs: []string{}},
		Log: Log{Files: []string{}, Journal: "auto", JournalUnits: []string{"postfix*.service", "sendmail*.service"},
			MilterUnit: "postvagt-milter.service", MilterNames: []string{"postvagt"}, Verdicts: []string{"/var/log/postvagt/verdict.log"}, Decisions: "/var/lib/postvagt/held/decisions.jsonl",
			JoinWindow: program.Duration(time.Hour), QueueLifetime: program.Duration(121 * time.Hour)},
		Store:       Store{Path: "/var/lib/postvagt/agent.db", DetailsMonths: 13, AccessMonths: 24},
		Cases:       Cases{KeepYears: 5},
		Mail:        Mail{Notices: true, Lang: "da"},
		Alerts:      Alerts{Officers: []string{}, Operations: []string{}, Lang: "da", Heartbeat: 26},
		Supervision: Supervision{ControlMonths: 12},
		Dashboard:   Dashboard{Listen: "127.0.0.1:8480", Held: "/run/postvagt/held.sock", Hosts: []string{}},
		Agent: Lists{Departments: "/etc/postvagt/departments.csv", SecureMailboxes: "/etc/postvagt/secure-mailboxes.csv",
			MaskKey:     "/etc/postvagt/mask.key",
			Objections:  "/var/lib/postvagt/objections.csv",
			CommitEvery: program.Duration(time.Second), MaxUnfinished: 10_000},
	}
}

// foreignTables are those of milter.toml and of later rooms: one file may serve both programs.
func foreignTables() []string {
	return []string{"policy", "milter", "recipients", "postfix", "sendmail", "rspamd", "scan", "web", "held"}
}

// LoadConfig reads and checks a configuration. All faults are reported, joined.
func LoadConfig(file string) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &program.Error{File: file, Reason: "cannot be read: " + program.Reason(err) + " (an example: postvagt-agent config default)"}
	}
	return parseConfig(file, data)
}

func parseConfig(file string, data []byte) (*Config, error) {
	c := DefaultConfig()
	source, errs, err := program.Parse(file, data, c, foreignTables())
	if err != nil {
		return nil, err
	}
	c.source = source
	return c, errors.Join(append(errs, c.check()...)...)
}

func (c *Config) check() (errs []error) {
	fault := func(key, format string, args ...any) {
		errs = append(errs, c.source.Fault(key, format, args...))
	}
	if len(c.Organisation.Domains) == 0 {
		fault("organisation.domains", "missing: name your mail domains, for example domains = [\"kommune.example\"]")
	}
	for key, n := range map[string]int{"store.details_months": c.Store.DetailsMonths, "store.figures_months": c.Store.FiguresMonths, "store.access_months": c.Store.AccessMonths, "cases.keep_years": c.Cases.KeepYears} {
		if n < 0 {
			fault(key, "%d: say how many, or 0 to keep them for ever", n)
		}
	}
	if m := c.Supervision.ControlMonths; m < 1 || m > 60 {
		fault("supervision.control_months", "%d: say a number of months between 1 and 60", m)
	}
	for i, d := range c.Organisation.Domains {
		c.Organisation.Domains[i] = strings.ToLower(strings.TrimPrefix(d, "@"))
		if d == "" || strings.ContainsAny(d[1:], " @,*") {
			fault("organisation.domains", "%q is not a domain", d)
		}
	}
	if !slices.Contains([]string{"auto", "yes", "no"}, c.Log.Journal) {
		fault("log.journal", "%q is not one of auto, yes, no", c.Log.Journal)
	}
	for _, u := range c.Log.JournalUnits {
		if _, err := path.Match(u, ""); err != nil {
			fault("log.journal_units", "%q is not a pattern", u)
		}
	}
	if _, err := c.TimeZone(); err != nil {
		fault("log.zone", "%q is not a time zone", c.Log.Zone)
	}
	if s := c.Persons.InformedSince; s != "" {
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			fault("persons.informed_since", "%q is not a day such as 2026-11-23", s)
		}
	}
	if host, _, err := net.SplitHostPort(c.Dashboard.Listen); err != nil || !loopback(host) {
		fault("dashboard.listen", "%q is not host:port of the loopback, such as 127.0.0.1:8480", c.Dashboard.Listen)
	}
	c.checkTelling(fault)
	for i, r := range c.Relay {
		if r.Host == "" {
			fault(fmt.Sprintf("relay[%d].host", i), "missing")
		}
		if !slices.Contains([]string{"", "none", "enforced"}, r.Onward) {
			fault(fmt.Sprintf("relay[%d].onward", i), "%q is not one of none, enforced", r.Onward)
		}
		if r.Onward == "enforced" && r.Document == "" {
			fault(fmt.Sprintf("relay[%d].document", i), "missing: which document says so, and of what date?")
		}
	}
	c.checkElasticsearch(fault)
	for i, ch := range c.Channel {
		if ch.Name == "" {
			fault(fmt.Sprintf("channel[%d].name", i), "missing")
		}
	}
	return errs
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Warnings are what is allowed and yet not as it should be.
func (c *Config) Warnings() (all []string) {
	for i, ch := range c.Channel {
		if len(ch.RequireRelay) == 0 {
			all = append(all, (&program.Error{File: c.source.File, Line: c.source.Line(fmt.Sprintf("channel[%d]", i)), Key: "channel", Reason: fmt.Sprintf("%q has no require_relay: its mark can never be proven", ch.Name)}).Error())
		}
	}
	for _, a := range c.Alerts.Officers {
		if local, _, _ := strings.Cut(strings.ToLower(a), "@"); c.Organisation.DPO == "" && slices.Contains(dpoNames(), local) {
			all = append(all, (&program.Error{File: c.source.File, Line: c.source.Line("alerts.officers"), Key: "alerts.officers",
				Reason: fmt.Sprintf("%q looks like the data protection officer's, who must receive no alerts on persons (Art. 38(6)); if it is an officer's, name theirs as organisation.dpo", a)}).Error())
		}
	}
	return all
}

// dpoNames are the usual names of a data protection officer's mailbox in the Nordic languages and English.
func dpoNames() []string {
	return []string{"dpo", "dbr", "databeskyttelsesraadgiver", "databeskyttelsesrådgiver", "databeskyttelse", "personvernombud", "dataskyddsombud", "tietosuojavastaava", "persónuverndarfulltrúi", "personuverndarfulltrui", "dataprotectionofficer"}
}

// TimeZone is the zone of days and of stamps without one.
func (c *Config) TimeZone() (*time.Location, error) {
	if c.Log.Zone == "" {
		return time.Local, nil
	}
	return time.LoadLocation(c.Log.Zone)
}

// logFiles are the mail logs to follow.
func (c *Config) logFiles() []string {
	if len(c.Log.Files) > 0 || c.Log.Journal == "yes" {
		return c.Log.Files
	}
	for _, f := range []string{"/var/log/mail.log", "/var/log/maillog"} {
		if _, err := os.Stat(f); err == nil {
			return []string{f}
		}
	}
	return nil
}

// LogSource says in words where the mail log is read.
func (c *Config) LogSource() string {
	if c.useJournal() {
		return "the systemd journal"
	}
	return strings.Join(c.logFiles(), ", ")
}

func (c *Config) useJournal() bool {
	return c.Log.Journal == "yes" || c.Log.Journal == "auto" && len(c.logFiles()) == 0
}

// allFiles are the mail logs, the milter's own files, and the decisions on held mail where there are any.
func (c *Config) allFiles() []string {
	var all []string
	files := append(slices.Clone(c.logFiles()), c.Log.Verdicts...)
	if c.Log.Decisions != "" && len(existing([]string{c.Log.Decisions})) > 0 {
		files = append(files, c.Log.Decisions)
	}
	for _, f := range files {
		if f = filepath.Clean(f); !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	return all
}

func (c *Config) isVerdictFile(name string) bool {
	for _, v := range c.Log.Verdicts {
		if filepath.Clean(v) == name {
			return true
		}
	}
	return false
}

// existing leaves out files whose folder is not there: nothing can be watched in it yet.
func existing(files []string) (all []string) {
	for _, f := range files {
		if info, err := os.Stat(filepath.Dir(f)); err == nil && info.IsDir() {
			all = append(all, f)
		}
	}
	return all
}

func (c *Config) pseudonymKey() string {
	if c.Agent.PseudonymKey != "" {
		return c.Agent.PseudonymKey
	}
	return filepath.Join(filepath.Dir(c.Store.Path), "pseudonym.key")
}
