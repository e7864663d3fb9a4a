package milter

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/milter/program"
)

// Held says who decides on held mail, and what becomes of it when nobody does.
type Held struct {
	Socket        string           `toml:"socket" doc:"Unix socket of the helper."`
	Group         string           `toml:"group" doc:"Group that may connect to the socket and read the decisions, \"\" for root alone."`
	Decisions     string           `toml:"decisions" doc:"File to which every decision is added before it is done; the agent follows it. \"\" for held/decisions.jsonl below state_dir."`
	Deciders      []string         `toml:"deciders" doc:"Users whose programs may list, return, route and release; each says which person decides. The agent's user, for the browser."`
	Readers       []string         `toml:"readers" doc:"Users whose programs may also show what a message holds."`
	Deleters      []string         `toml:"deleters" doc:"Users whose programs may also destroy held mail. root may all."`
	FourEyes      []string         `toml:"four_eyes" doc:"Kinds that take two persons to release or delete, for example [\"health\", \"crime\"]."`
	EscalateAfter program.Duration `toml:"escalate_after" doc:"When nobody has decided for so long, it is escalated."`
	ReturnAfter   program.Duration `toml:"return_after" doc:"When nobody has decided for so long, the message goes back to its sender. It is never deleted and never sent."`
	Gateway       string           `toml:"gateway" doc:"Where the header check of policy.route_token sends a message, as transport:nexthop: with it, held mail can be sent by the secure channel, and setup postfix writes that check."`
	Department    []HeldDepartment `toml:"department"`
}

// HeldDepartment is what holds for the senders of one department.
type HeldDepartment struct {
	Name     string `toml:"name"`
	Override string `toml:"override"` // "", or OverrideWithReason
}

// Users that the packages make: of the agent, and of the milter's daemon.
const (
	DefaultUser = "postvagt"
	DaemonUser  = "postvagt-milter"
)

// OverrideWithReason lets senders decide on their own held mail.
const OverrideWithReason = "sender with reason"

func defaultHeld() Held {
	return Held{Socket: "/run/postvagt/held.sock", Group: DefaultUser,
		Deciders: []string{DefaultUser}, Readers: []string{DefaultUser}, Deleters: []string{}, FourEyes: []string{},
		EscalateAfter: program.Duration(2 * time.Hour), ReturnAfter: program.Duration(72 * time.Hour)}
}

func (c *Config) checkHeld() (errs []error) {
	fault := func(key, format string, args ...any) { errs = append(errs, c.fault(key, format, args...)) }
	h := &c.Held
	if h.Decisions == "" {
		h.Decisions = filepath.Join(c.Milter.StateDir, "held", "decisions.jsonl")
	}
	for key, path := range map[string]string{"held.socket": h.Socket, "held.decisions": h.Decisions} {
		if !filepath.IsAbs(path) {
			fault(key, "%q is not an absolute path", path)
		}
	}
	if h.ReturnAfter <= h.EscalateAfter {
		fault("held.return_after", "%s is not longer than escalate_after: a message would go back before anybody was told", time.Duration(h.ReturnAfter))
	}
	if h.Gateway != "" && (!strings.Contains(h.Gateway, ":") || strings.ContainsAny(h.Gateway, " \t")) {
		fault("held.gateway", "%q is not transport:nexthop such as smtp:[gateway.example]:25", h.Gateway)
	}
	if h.Gateway != "" && c.Policy.RouteToken == "" {
		fault("held.gateway", "needs policy.route_token, by which Postfix knows what goes to the gateway")
	}
	for i, d := range h.Department {
		key := fmt.Sprintf("held.department[%d]", i)
		if d.Name == "" {
			fault(key+".name", "missing: as it stands in departments.csv")
		}
		if d.Override != "" && d.Override != OverrideWithReason {
			fault(key+".override", "%q is not %q", d.Override, OverrideWithReason)
		}
	}
	return errs
}

// Overrides lists the departments whose senders may decide on their own held mail.
func (h *Held) Overrides() (names []string) {
	for _, d := range h.Department {
		if d.Override == OverrideWithReason {
			names = append(names, d.Name)
		}
	}
	return names
}

// kindWarnings names kinds that no shipped rule finds: a slip, or kinds of the admin's own.
func (c *Config) kindWarnings() (out []string) {
	look := func(key string, kinds []string) {
		for _, k := range kinds {
			if !slices.Contains(shippedKinds(), k) {
				out = append(out, c.fault(key, "no shipped rule finds the kind %q%s", k, didYouMean(k, shippedKinds())).Error())
			}
		}
	}
	look("held.four_eyes", c.Held.FourEyes)
	for i, l := range c.Policy.Line {
		look(fmt.Sprintf("policy.line[%d].kinds", i), l.Kinds)
	}
	return out
}

func shippedKinds() []string {
	return []string{"account", "biometric", "card", "crime", "debt", "dk-cpr", "ethnicity", "family", "fi-hetu", "genetic", "health", "iban", "income",
		"is-kt", "no-fnr", "politics", "religion", "se-pnr", "sexlife", "social", "substance", "union"}
}

func didYouMean(word string, all []string) string {
	if n := program.Nearest(word, all); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	return ""
}
