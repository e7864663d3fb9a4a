package agent

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"postvagt/milter/program"
)

// departments maps senders to departments; the most exact pattern wins.
type departments struct {
	exact    map[string]string // user@domain and @domain
	prefixes [][2]string       // prefix*@domain, department
	managers map[string]string // by department: whom to tell of repeated open mail
}

func (d *departments) of(sender string) string {
	if dept, ok := d.exact[sender]; ok {
		return dept
	}
	best := [2]string{}
	for _, p := range d.prefixes {
		prefix, domain, _ := strings.Cut(p[0], "*")
		if len(p[0]) > len(best[0]) && strings.HasPrefix(sender, prefix) && strings.HasSuffix(sender, domain) {
			best = p
		}
	}
	if best[0] != "" {
		return best[1]
	}
	return d.exact[sender[strings.LastIndexByte(sender, '@')+1-boolInt(strings.Contains(sender, "@")):]]
}

// names are all departments, sorted.
func (d *departments) names() []string {
	var all []string
	for _, name := range d.exact {
		all = append(all, name)
	}
	for _, p := range d.prefixes {
		all = append(all, p[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// departmentNames are those of departments.csv.
func (c *Config) departmentNames() ([]string, error) {
	d, err := loadDepartments(c.Agent.Departments, func(address string) string { return address })
	if err != nil {
		return nil, err
	}
	return d.names(), nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func loadDepartments(path string, mask func(string) string) (*departments, error) {
	d := &departments{exact: map[string]string{}, managers: map[string]string{}}
	err := readCSV(path, "match", func(row []string) error {
		if len(row) < 2 || row[1] == "" {
			return errors.New("needs two columns, match,department")
		}
		if len(row) > 2 && strings.TrimSpace(row[2]) != "" {
			if !strings.Contains(row[2], "@") {
				return errors.New("the third column, manager, is not an address")
			}
			d.managers[row[1]] = strings.TrimSpace(row[2])
		}
		match := strings.ToLower(strings.TrimSpace(row[0]))
		at := strings.LastIndexByte(match, '@')
		switch {
		case at < 0 || at == len(match)-1:
			return fmt.Errorf("%q is not user@domain, @domain or prefix*@domain", match)
		case at > 0 && match[at-1] == '*':
			d.prefixes = append(d.prefixes, [2]string{match, row[1]})
		case at == 0:
			d.exact[match] = row[1]
		default:
			d.exact[strings.ToLower(mask(match))] = row[1]
		}
		return nil
	})
	return d, err
}

// secureMailboxes are the house's mailboxes that send and receive securely, with the days on which they did.
type secureMailboxes map[string][]span

type span struct{ from, to time.Time } // to is exclusive, zero for open

func (s secureMailboxes) holds(address string, at time.Time) bool {
	return slices.ContainsFunc(s[address], func(p span) bool { return p.covers(at) })
}

func (p span) covers(at time.Time) bool {
	return !at.Before(p.from) && (p.to.IsZero() || at.Before(p.to))
}

func loadSecureMailboxes(path string, zone *time.Location, mask func(string) string) (secureMailboxes, error) {
	s := secureMailboxes{}
	err := readCSV(path, "address", func(row []string) error {
		p, err := mailboxSpanOf(row, zone)
		if err != nil {
			return err
		}
		address := strings.ToLower(mask(strings.TrimSpace(row[0])))
		s[address] = append(s[address], p)
		return nil
	})
	return s, err
}

// mailboxSpanOf reads from and to of a row of secure-mailboxes.csv.
func mailboxSpanOf(row []string, zone *time.Location) (p span, err error) {
	if len(row) < 3 || !strings.Contains(row[0], "@") {
		return p, errors.New("needs the columns address,department,from,to")
	}
	if p.from, err = time.ParseInLocation(time.DateOnly, strings.TrimSpace(row[2]), zone); err != nil {
		return p, fmt.Errorf("from: %q is not a day such as 2026-11-23", row[2])
	}
	if len(row) > 3 && strings.TrimSpace(row[3]) != "" {
		last, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(row[3]), zone)
		if err != nil {
			return p, fmt.Errorf("to: %q is not a day such as 2026-11-23", row[3])
		}
		p.to = last.AddDate(0, 0, 1)
	}
	return p, nil
}

// readCSV gives each row but the header to add; a missing file has none. Faults name file and line.
func readCSV(path, header string, add func(row []string) error) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return program.Unreadable(path, err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = -1, true, '#'
	for first := true; ; first = false {
		row, err := r.Read()
		if err == io.EOF {
			return nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			return &program.Error{File: path, Line: line, Reason: err.Error()}
		}
		row[0] = strings.TrimPrefix(row[0], "\ufeff")
		if first && row[0] == header {
			continue
		}
		if err := add(row); err != nil {
			return &program.Error{File: path, Line: line, Reason: err.Error()}
		}
	}
}
