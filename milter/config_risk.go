package milter

import (
	"fmt"
	"strings"
	"time"
)

// checkRisk wants all that makes an assessment one: title, date, owner, end, and whom it covers.
func (c *Config) checkRisk() (errs []error) {
	names := map[string]bool{}
	for i, r := range c.Risk {
		fault := func(sub, format string, args ...any) {
			errs = append(errs, c.fault(fmt.Sprintf("risk[%d]%s", i, sub), format, args...))
		}
		if r.Name == "" || strings.ContainsAny(r.Name, " \t\"") || names[r.Name] {
			fault(".name", "missing, not one word, or used twice")
		}
		names[r.Name] = true
		for key, v := range map[string]string{".title": r.Title, ".owner": r.Owner} {
			if v == "" {
				fault(key, "missing: an assessment of risk names its title and its owner")
			}
		}
		date, err1 := time.Parse(time.DateOnly, r.Date)
		if err1 != nil {
			fault(".date", "%q is not a date such as 2026-06-30", r.Date)
		}
		until, err2 := time.Parse(time.DateOnly, r.Until)
		switch {
		case err2 != nil:
			fault(".until", "%q is not a date such as 2027-06-30: an assessment is made anew at intervals", r.Until)
		case err1 == nil && !until.After(date):
			fault(".until", "%s is not after the date of the assessment, %s", r.Until, r.Date)
		}
		if len(r.Recipients)+len(r.Hops) == 0 {
			fault("", "covers nobody: name recipients or hops")
		}
	}
	return errs
}

func (c *Config) riskWarnings() (out []string) {
	for i, r := range c.Risk {
		if !inForce(r.Until, time.Now()) {
			out = append(out, c.fault(fmt.Sprintf("risk[%d].until", i), "the assessment of risk %q of %s has ended on %s and covers nothing: %s has to assess anew", r.Title, r.Date, r.Until, r.Owner).Error())
		}
	}
	return out
}

// Register lists the assessments of risk, one a line, for those who look after them.
func (c *Config) Register() (lines []string) {
	for _, r := range c.Risk {
		state := "in force"
		if !inForce(r.Until, time.Now()) {
			state = "ENDED"
		}
		lines = append(lines, fmt.Sprintf("assessment of risk %s: %q of %s, owner %s, until %s (%s), covers %s", r.Name, r.Title, r.Date, r.Owner, r.Until, state,
			strings.Join(append(append([]string{}, r.Recipients...), r.Hops...), ", ")))
	}
	return lines
}
