package agent

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"postvagt/agent/watch"
)

// checkTelling checks who is told, and how. fault takes the key and what is wrong.
func (c *Config) checkTelling(fault func(key, format string, args ...any)) {
	if c.Mail.Server != "" {
		if _, _, err := net.SplitHostPort(c.Mail.Server); err != nil {
			fault("mail.server", "%q is not host:port, such as 127.0.0.1:25", c.Mail.Server)
		}
	}
	addresses := map[string][]string{"alerts.officers": c.Alerts.Officers, "alerts.operations": c.Alerts.Operations}
	if c.Organisation.DPO != "" {
		addresses["organisation.dpo"] = []string{c.Organisation.DPO}
	}
	if c.Mail.From != "" {
		addresses["mail.from"] = []string{c.Mail.From}
	}
	for key, list := range addresses {
		for _, a := range list {
			if parsed, err := mail.ParseAddress(a); err != nil || parsed.Address != a {
				fault(key, "%q is not an address such as post@kommune.example", a)
			}
		}
	}
	for _, a := range c.Alerts.Officers {
		if c.Organisation.DPO != "" && strings.EqualFold(a, c.Organisation.DPO) {
			fault("alerts.officers", "%q is the data protection officer's (organisation.dpo), who must receive no alerts on persons (Art. 38(6)): name the officers who decide", a)
		}
	}
	if c.Mail.Server == "" && len(c.Alerts.Officers)+len(c.Alerts.Operations) > 0 {
		fault("mail.server", "missing: alerts have addresses and no mail server; name the local MTA, such as 127.0.0.1:25")
	}
	for key, address := range map[string]string{"alerts.link": c.Alerts.Link, "alerts.webhook": c.Alerts.Webhook, "alerts.alertmanager": c.Alerts.Alertmanager} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			fault(key, "is not an http or https address") // it may hold a token, so it is not repeated
		}
	}
	if !slices.Contains(watch.Languages(), c.Mail.Lang) {
		fault("mail.lang", "%q is not one of da, sv, nb, nn, fi, en", c.Mail.Lang)
	}
	if c.Alerts.Lang != "da" && c.Alerts.Lang != "en" {
		fault("alerts.lang", "%q is not one of da, en", c.Alerts.Lang)
	}
	if h := c.Alerts.Heartbeat; h < 0 {
		fault("alerts.heartbeat_hours", "%d: say how many hours (26 for a daily test), or 0 for never", h)
	}
	for i, r := range c.watchRules() {
		if err := r.Check(); err != nil {
			fault(fmt.Sprintf("watch[%d]", i), "%v", err)
		}
	}
}

// watchRules are the rules of repeated open mail in force.
func (c *Config) watchRules() (rules []watch.Rule) {
	if len(c.Watch) == 0 {
		return watch.DefaultRules()
	}
	for _, w := range c.Watch {
		rules = append(rules, watch.Rule{Name: w.Name, By: watch.By(w.By), Count: w.Count, Days: w.Days, Share: w.Share})
	}
	return rules
}

// mailFrom is the sender of what the agent writes.
func (c *Config) mailFrom() string {
	if c.Mail.From != "" || len(c.Organisation.Domains) == 0 {
		return c.Mail.From
	}
	return "postvagt@" + c.Organisation.Domains[0]
}
