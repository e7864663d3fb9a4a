package agent

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/login"
	"postvagt/agent/maillog"
	"postvagt/agent/store"
	"postvagt/dashboards"
	"postvagt/milter/program"
)

// SubjectQuery asks for all that is held on a person under one address (GDPR, Article 15).
type SubjectQuery struct {
	Address    string
	By, Reason string    // who asks, and why: both go into the access log
	Now        time.Time // of the request
}

// Subject is all that is held on an address.
type Subject struct {
	Address       string             `json:"address"`
	KnownAs       []string           `json:"known_as"` // pseudonyms, and the address where it is kept readable
	Made          string             `json:"made"`
	Transmissions []SubjectMail      `json:"transmissions"`
	Objections    []SubjectObjection `json:"objections"`
	Mailboxes     []SubjectMailbox   `json:"secure_mailboxes"`
	Department    string             `json:"department,omitempty"`
	KeptMonths    int                `json:"transmissions_kept_months"` // 0 for ever
	NotSearched   []string           `json:"not_searched"`
}

// SubjectMail is one mail to one recipient, and what the person was in it. The other side stays a pseudonym: it is
// another person's.
type SubjectMail struct {
	As     []string       `json:"as"` // sender, recipient, login, mailbox
	Fields map[string]any `json:"fields"`
}

// SubjectObjection is an entry of the register of objections.
type SubjectObjection struct {
	Date   string `json:"date"`
	Note   string `json:"note"`
	Source string `json:"source"`
}

// SubjectMailbox is a secure mailbox and the days on which it was one; To is "" while it is.
type SubjectMailbox struct {
	Department string `json:"department"`
	From       string `json:"from"`
	To         string `json:"to"`
}

// SubjectOf gathers all that is held on an address, and notes in the access log that it was asked for, under the person's
// pseudonym. The agent may run meanwhile.
func SubjectOf(ctx context.Context, c *Config, q SubjectQuery) (s *Subject, err error) {
	q.Address = strings.ToLower(strings.TrimSpace(q.Address))
	if at := strings.LastIndexByte(q.Address, '@'); at <= 0 || at == len(q.Address)-1 || strings.ContainsAny(q.Address, " \t<>") {
		return nil, fmt.Errorf("%q is not an address such as anna@borger.example", q.Address)
	}
	if strings.TrimSpace(q.Reason) == "" {
		return nil, errors.New("--reason: say why, for example the number of the request; it goes into the access log")
	}
	zone, err := c.TimeZone()
	if err != nil {
		return nil, err
	}
	names, err := c.namesOf(q.Address)
	if err != nil {
		return nil, err
	}
	db, err := store.OpenBeside(ctx, c.Store.Path, store.In(zone))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Note(ctx, login.Access{At: q.Now, User: q.By, Action: "subject", Object: names[0], Reason: q.Reason}); err != nil {
		return nil, err
	}
	s = &Subject{Address: q.Address, KnownAs: names, Made: q.Now.In(zone).Format(time.RFC3339), KeptMonths: c.Store.DetailsMonths,
		NotSearched: []string{"the mail logs themselves, kept by the mail server", "the register of breaches, whose entries are sealed: postvagt-agent cases", "backups of this database"},
		Objections:  []SubjectObjection{}, Mailboxes: []SubjectMailbox{}}
	if s.Transmissions, err = subjectMails(ctx, db, names, zone); err != nil {
		return nil, err
	}
	return s, c.subjectLists(s, q)
}

// namesOf are the names under which an address may stand in a row: its pseudonyms by all keys, the present one first, and
// the masked address itself.
func (c *Config) namesOf(address string) ([]string, error) {
	maskKey, err := optionalKey(c.Agent.MaskKey)
	if err != nil {
		return nil, err
	}
	key, err := optionalKey(c.pseudonymKey())
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, fmt.Errorf("%s is not there: without the key nobody can be found", c.pseudonymKey())
	}
	former, err := c.formerKeys()
	if err != nil {
		return nil, err
	}
	masked := strings.ToLower(maillog.NewMasker(maskKey).Address(address))
	var names []string
	for _, k := range append([][]byte{key}, former...) {
		p := pseudonyms{key: k, known: map[string]string{}}
		if n := p.of(masked); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return append(names, masked), nil
}

// subjectMails finds the transmissions in which somebody has a part, the newest first.
func subjectMails(ctx context.Context, db *store.Store, names []string, zone *time.Location) ([]SubjectMail, error) {
	found, order := map[string]*SubjectMail{}, []event.Document{}
	for _, part := range [][2]string{{"sender", "email.from.address"}, {"recipient", "email.to.address"}, {"login", "user.email"}, {"mailbox", "postvagt.secure_mailbox"}} {
		const page = 10_000
		for offset := 0; ; offset += page {
			docs, total, err := db.Documents(ctx, CountQuery{}.everything(), dashboards.Filter{dashboards.Is(part[1], names...)}, offset, page)
			if err != nil {
				return nil, err
			}
			for i := range docs {
				m := found[docs[i].Key]
				if m == nil {
					m = &SubjectMail{Fields: subjectFields(&docs[i], zone)}
					found[docs[i].Key] = m
					order = append(order, docs[i])
				}
				m.As = append(m.As, part[0])
			}
			if offset+page >= total {
				break
			}
		}
	}
	slices.SortFunc(order, func(a, b event.Document) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Key, b.Key)) })
	all := make([]SubjectMail, 0, len(order))
	for i := range order {
		all = append(all, *found[order[i].Key])
	}
	return all, nil
}

// subjectFields are the fields of a document that say something, by their names.
func subjectFields(d *event.Document, zone *time.Location) map[string]any {
	fields := map[string]any{}
	for _, f := range event.Fields {
		switch v := f.Get(d).(type) {
		case string:
			if v != "" {
				fields[f.Name] = v
			}
		case time.Time:
			if !v.IsZero() {
				fields[f.Name] = v.In(zone).Format(time.RFC3339)
			}
		case []string:
			if len(v) > 0 {
				fields[f.Name] = v
			}
		default:
			fields[f.Name] = v
		}
	}
	return fields
}

// subjectLists looks into the files beside the database.
func (c *Config) subjectLists(s *Subject, q SubjectQuery) error {
	maskKey, err := optionalKey(c.Agent.MaskKey)
	if err != nil {
		return err
	}
	mask := maillog.NewMasker(maskKey).Address
	same := func(listed string) bool {
		listed = strings.ToLower(strings.TrimSpace(listed))
		return strings.EqualFold(mask(listed), mask(q.Address))
	}
	depts, err := loadDepartments(c.Agent.Departments, mask)
	if err != nil {
		return err
	}
	s.Department = depts.of(strings.ToLower(mask(q.Address)))
	err = readCSV(c.Agent.SecureMailboxes, "address", func(row []string) error {
		if len(row) >= 3 && same(row[0]) {
			box := SubjectMailbox{Department: row[1], From: strings.TrimSpace(row[2])}
			if len(row) > 3 {
				box.To = strings.TrimSpace(row[3])
			}
			s.Mailboxes = append(s.Mailboxes, box)
		}
		return nil
	})
	if err != nil {
		return err
	}
	objections, err := readObjectionsOf(c.Agent.Objections, same)
	s.Objections = append(s.Objections, objections...)
	return err
}

// readObjectionsOf reads the entries of the register of objections that are of an address, also as a sub-address.
func readObjectionsOf(path string, same func(string) bool) (all []SubjectObjection, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // nobody has objected yet
	}
	if err != nil {
		return nil, program.Unreadable(path, err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.TrimLeadingSpace = 5, true
	for {
		row, err := r.Read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, csvFault(filepath.Base(path), err)
		}
		if same(row[0]) {
			all = append(all, SubjectObjection{row[2], row[3], row[4]})
		}
	}
}
