// Package watch finds repeated open mail and other things that somebody must be told, and tells them.
//
// # Pure and not
//
// Find, Steps and the texts see no clock, no disk and no network. Senders (SMTP, webhook, Alertmanager) do what an
// Outbox keeps for them: an Alert is stored before it is sent and tried again until it is taken, so that a crash
// neither loses nor repeats it.
//
// # Repeated open mail (R9, R10)
//
// Open mail here is a transmission of confidential or sensitive data that left the house and is not proven to be
// protected; after an objection, one that was held back counts as well, since somebody tried (R9). What was triaged as a false alarm does not count; nothing older than twelve months does. A Rule groups
// open mail by sender, department, citizen or objection. What comes again within the rule's days belongs to the same
// episode, and an episode is one Finding with one alert, however long it goes on; see Finding.Stage for the exception.
//
// # Who is told (R9, R10, Art. 38(6))
//
// First the sender. Their manager only for a finding that an officer confirmed, after the sender could explain and it is on record
// that they were asked and what they said, and only where [persons] says that staff were informed; country = "no" has no alerts on single employees to managers.
// The data protection officer receives none on persons. An alert says when, how many recipients and where to
// look; never a subject, a citizen's address, or a kind of data beside a recipient.
package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
)

// By says what a rule groups open mail by.
type By string

// The groupings.
const (
	BySender      By = "sender"      // N by one sender
	ByDepartment  By = "department"  // its share of open mail among all its sensitive mail
	ByCitizen     By = "citizen"     // N to one recipient outside
	ByObjection   By = "objection"   // to or about somebody who asked for letters or encrypted mail only
	ByInstruction By = "instruction" // by a sender whose department was instructed since
)

// Rule is one line of [[watch]].
type Rule struct {
	Name  string
	By    By
	Count int     // at least so many in Days; 1 for any
	Days  int     // the window, and the gap that ends an episode
	Share float64 // ByDepartment: at least this part, 0 to 1, of what was sensitive
}

// DefaultRules are those of a configuration that says nothing.
func DefaultRules() []Rule {
	return []Rule{
		{Name: "after objection", By: ByObjection, Count: 1, Days: 365},
		{Name: "repeated by sender", By: BySender, Count: 3, Days: 30},
		{Name: "repeated to citizen", By: ByCitizen, Count: 2, Days: 90},
		{Name: "share of department", By: ByDepartment, Count: 5, Days: 30, Share: 0.1},
		{Name: "after instruction", By: ByInstruction, Count: 1, Days: 180},
	}
}

// Check refuses a rule that can't be meant. The error names the key.
func (r Rule) Check() error {
	switch {
	case r.Name == "":
		return fmt.Errorf("name: missing")
	case !slices.Contains([]By{BySender, ByDepartment, ByCitizen, ByObjection, ByInstruction}, r.By):
		return fmt.Errorf("by: %q is not one of sender, department, citizen, objection, instruction", r.By)
	case r.Count < 1:
		return fmt.Errorf("count: %d; 1 stands for any", r.Count)
	case r.Days < 1 || r.Days > 366:
		return fmt.Errorf("days: %d is not 1 to 366", r.Days)
	case r.Share < 0 || r.Share > 1 || r.Share != 0 && r.By != ByDepartment:
		return fmt.Errorf("share: %v; a part from 0 to 1, and only by department", r.Share)
	}
	return nil
}

// Memory is how long open mail counts.
const Memory = 12 // months

// Mail is one open sensitive transmission. Sender and Citizen are pseudonyms.
type Mail struct {
	Key        string // of the transmission
	Time       time.Time
	Sender     string
	Department string
	Citizen    string
	Objection  string // whose; "" for none, Citizen's where the register can't tell
	Prevented  bool   // it was held back: counts only by objection
	FalseAlarm bool   // triaged so
	Confirmed  bool   // triaged as anything else
	MessageKey string // the same for all recipients of one message
}

// Instruction is a measure that instructed a department, or all ("").
type Instruction struct {
	At         time.Time
	Department string
}

// Facts is what Find looks at.
type Facts struct {
	Mails        []Mail
	Sensitive    map[string]int // by department: all sensitive transmissions of the longest window
	Instructions []Instruction
	Now          time.Time
}

// Finding is one episode that a rule found.
type Finding struct {
	ID          string // the same as long as the episode goes on
	Rule        string
	By          By
	Subject     string // pseudonym, department
	First, Last time.Time
	Messages    int
	Prevented   int // of the messages: held back
	Recipients  int
	Departments []string // sorted
	Keys        []string // the transmissions
	Confirmed   bool     // an officer confirmed at least one of them
	Objection   bool     // at least one came after an objection
	Explained   bool     // the sender was asked, and what they said is on record; the caller's to say
}

// Stage tells an episode that is worse than when it was alerted: after an objection the second mail, and each further
// department, is a thing of its own. It is "" for all other rules.
func (f Finding) Stage() string {
	if f.By != ByObjection {
		return ""
	}
	return fmt.Sprintf("/%t-%d", f.Repeated(), len(f.Departments))
}

// Repeated says whether it is more than one message.
func (f Finding) Repeated() bool { return f.Messages > 1 }

// Find applies the rules. Findings come in the order of the rules, then of their first mail.
func Find(rules []Rule, facts Facts) (all []Finding) {
	mails := counted(facts)
	for _, r := range rules {
		groups := map[string][]Mail{}
		for _, m := range mails {
			if subject := r.subject(m, facts); subject != "" {
				groups[subject] = append(groups[subject], m)
			}
		}
		var found []Finding
		for subject, group := range groups {
			for _, episode := range r.episodes(group) {
				if r.reached(subject, episode, facts) {
					found = append(found, r.finding(subject, episode))
				}
			}
		}
		sort.Slice(found, func(i, j int) bool {
			if !found[i].First.Equal(found[j].First) {
				return found[i].First.Before(found[j].First)
			}
			return found[i].Subject < found[j].Subject
		})
		all = append(all, found...)
	}
	return all
}

// counted is what counts, in the order of time.
func counted(f Facts) (mails []Mail) {
	oldest := f.Now.AddDate(0, -Memory, 0)
	for _, m := range f.Mails {
		if !m.FalseAlarm && !m.Time.Before(oldest) && !m.Time.After(f.Now) {
			mails = append(mails, m)
		}
	}
	sort.SliceStable(mails, func(i, j int) bool { return mails[i].Time.Before(mails[j].Time) })
	return mails
}

// subject is the group that a mail belongs to, "" for none.
func (r Rule) subject(m Mail, f Facts) string {
	switch {
	case r.By == ByObjection:
		return m.Objection
	case m.Prevented:
		return ""
	}
	switch r.By {
	case BySender:
		return m.Sender
	case ByDepartment:
		return m.Department
	case ByCitizen:
		return m.Citizen
	case ByInstruction:
		if instructed(m, f.Instructions) {
			return m.Sender
		}
	}
	return ""
}

func instructed(m Mail, all []Instruction) bool {
	return slices.ContainsFunc(all, func(i Instruction) bool {
		return i.At.Before(m.Time) && (i.Department == "" || i.Department == m.Department)
	})
}

// episodes divides mails, in the order of time, where none came for the days of the rule.
func (r Rule) episodes(mails []Mail) (all [][]Mail) {
	start := 0
	for i := 1; i <= len(mails); i++ {
		if i == len(mails) || mails[i].Time.Sub(mails[i-1].Time) > r.window() {
			all = append(all, mails[start:i])
			start = i
		}
	}
	return all
}

func (r Rule) window() time.Duration { return time.Duration(r.Days) * 24 * time.Hour }

// reached says whether an episode has enough messages within the window at any time.
func (r Rule) reached(subject string, episode []Mail, f Facts) bool {
	for i, from := 0, 0; i < len(episode); i++ {
		for episode[i].Time.Sub(episode[from].Time) > r.window() {
			from++
		}
		if messages(episode[from:i+1]) < r.Count {
			continue
		}
		if r.By != ByDepartment || float64(i+1-from) >= r.Share*float64(f.Sensitive[subject]) {
			return true
		}
	}
	return false
}

func messages(mails []Mail) int {
	seen := map[string]bool{}
	for _, m := range mails {
		seen[m.MessageKey] = true
	}
	return len(seen)
}

func (r Rule) finding(subject string, episode []Mail) Finding {
	f := Finding{Rule: r.Name, By: r.By, Subject: subject, First: episode[0].Time, Last: episode[len(episode)-1].Time,
		Messages: messages(episode), Recipients: len(episode)}
	var held []Mail
	for _, m := range episode {
		if m.Prevented {
			held = append(held, m)
		}
		f.Keys = append(f.Keys, m.Key)
		f.Confirmed = f.Confirmed || m.Confirmed
		f.Objection = f.Objection || m.Objection != ""
		if m.Department != "" && !slices.Contains(f.Departments, m.Department) {
			f.Departments = append(f.Departments, m.Department)
		}
	}
	f.Prevented = messages(held)
	slices.Sort(f.Departments)
	sum := sha256.Sum256([]byte(strings.Join([]string{r.Name, string(r.By), subject, episode[0].Key}, "\x00")))
	f.ID = hex.EncodeToString(sum[:8])
	return f
}
