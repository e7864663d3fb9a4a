package milter

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"postvagt/milter/policy"
	"postvagt/milter/program"
)

// departments maps senders to departments; the most exact pattern wins.
type departments struct {
	exact    map[string]string // user@domain
	domain   map[string]string // @domain
	prefixes []prefixDepartment
}

type prefixDepartment struct{ pattern, department string }

func (d *departments) of(sender string) string {
	sender = strings.ToLower(sender)
	if dept, ok := d.exact[sender]; ok {
		return dept
	}
	best := prefixDepartment{}
	for _, p := range d.prefixes {
		if len(p.pattern) > len(best.pattern) && policy.MatchAddress(p.pattern, sender) {
			best = p
		}
	}
	if best.pattern != "" {
		return best.department
	}
	return d.domain["@"+domainOf(sender)]
}

// loadDepartments reads departments.csv; a missing file means that there are none.
func loadDepartments(path string) (*departments, error) {
	d := &departments{exact: map[string]string{}, domain: map[string]string{}}
	if path == "" {
		return d, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return d, nil
	}
	if err != nil {
		return nil, program.Unreadable(path, err)
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment = -1, true, '#'
	for first := true; ; first = false {
		row, err := r.Read()
		if err == io.EOF {
			return d, nil
		}
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			return nil, &program.Error{File: path, Line: pe.Line, Reason: pe.Err.Error()}
		}
		if err != nil {
			return nil, program.Unreadable(path, err)
		}
		line, _ := r.FieldPos(0)
		if first && strings.TrimPrefix(row[0], "\ufeff") == "match" {
			continue
		}
		if err := d.add(row); err != nil {
			return nil, &program.Error{File: path, Line: line, Reason: err.Error()}
		}
	}
}

func (d *departments) add(row []string) error {
	if len(row) < 2 || row[1] == "" {
		return errors.New("needs two columns, match,department")
	}
	match := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(row[0], "\ufeff")))
	at := strings.LastIndexByte(match, '@')
	switch {
	case at < 0 || at == len(match)-1:
		return fmt.Errorf("%q is not user@domain, @domain or prefix*@domain", match)
	case at == 0:
		d.domain[match] = row[1]
	case match[at-1] == '*':
		d.prefixes = append(d.prefixes, prefixDepartment{match, row[1]})
	default:
		d.exact[match] = row[1]
	}
	return nil
}
