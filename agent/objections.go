package agent

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"postvagt/agent/maillog"
	"postvagt/milter/program"
)

// Objection is an entry of the register of those who asked for post or encrypted mail only (R9).
type Objection struct {
	Address string // of the citizen, or ""
	Person  string // keyed hash of the national number, or ""
	Date    string // on which it was received, 2026-11-23
	Note    string
	Source  string // letter, telephone, mail, …
}

// ID names an entry, 8 hex digits.
func (o Objection) ID() string {
	sum := sha256.Sum256([]byte(o.Address + "\x00" + o.Person + "\x00" + o.Date))
	return hex.EncodeToString(sum[:4])
}

// Number is a national number on its way to its hash; it is kept nowhere.
type Number struct{ Kind, Digits string }

// numberLengths are the kinds of numbers, and how many digits and letters each has.
func numberLengths() map[string][]int {
	return map[string][]int{"dk-cpr": {10}, "se-pnr": {10, 12}, "no-fnr": {11}, "fi-hetu": {10, 11}, "is-kt": {10}}
}

// canonical leaves digits and letters, as the milter sees them; the century sign of Finland is not among them.
func (n Number) canonical() ([]byte, error) {
	lengths, ok := numberLengths()[n.Kind]
	if !ok {
		return nil, fmt.Errorf("kind %q is not one of dk-cpr, se-pnr, no-fnr, fi-hetu, is-kt", n.Kind)
	}
	var out []byte
	for _, c := range []byte(strings.ToUpper(n.Digits)) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' {
			out = append(out, c)
		}
	}
	if !slices.Contains(lengths, len(out)) {
		return nil, fmt.Errorf("the number has %d digits and letters, which no %s has", len(out), n.Kind)
	}
	if n.Kind == "fi-hetu" && len(out) == 11 {
		out = slices.Delete(out, 6, 7)
	}
	return out, nil
}

const objectionsHead = "address,person,date,note,source"

// Objections reads the register; a missing file means that nobody has objected yet.
func Objections(c *Config) ([]Objection, error) {
	path := c.Agent.Objections
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, program.Unreadable(path, err)
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord, r.TrimLeadingSpace = 5, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, &program.Error{File: path, Reason: err.Error()}
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != objectionsHead {
		return nil, &program.Error{File: path, Line: 1, Reason: "is not " + objectionsHead}
	}
	var all []Objection
	for _, row := range rows[1:] {
		all = append(all, Objection{row[0], row[1], row[2], row[3], row[4]})
	}
	return all, nil
}

// AddObjection adds an entry; number may be nil. One that is there already, by address and person, is an error.
func AddObjection(c *Config, o Objection, number *Number) (Objection, error) {
	key, err := optionalKey(c.Agent.MaskKey)
	if err != nil {
		return o, err
	}
	mask := maillog.NewMasker(key)
	if number != nil {
		canonical, err := number.canonical()
		if err != nil {
			return o, err
		}
		if len(key) == 0 {
			return o, fmt.Errorf("%s: there is no key, and a hash without one is guessed in seconds: make it with: openssl rand -out FILE 32, for both programs (agent.mask_key, milter.mask_key)", c.Agent.MaskKey)
		}
		o.Person = mask.Person(number.Kind, canonical)
	}
	if err := o.check(); err != nil {
		return o, err
	}
	return o, changeObjections(c, func(all []Objection) ([]Objection, error) {
		for _, x := range all {
			if strings.EqualFold(x.Address, o.Address) && x.Person == o.Person {
				return nil, fmt.Errorf("it is there already, as %s of %s", x.ID(), x.Date)
			}
		}
		return append(all, o), nil
	})
}

func (o *Objection) check() error {
	switch _, err := time.Parse(time.DateOnly, o.Date); {
	case err != nil:
		return fmt.Errorf("%q is not a date such as 2026-11-23", o.Date)
	case o.Address == "" && o.Person == "":
		return errors.New("name an address, a national number, or both")
	case o.Address != "" && (strings.Count(o.Address, "@") != 1 || strings.ContainsAny(o.Address, " ,<>\"\r\n")):
		return errors.New("the address is not one of the form user@domain")
	case strings.ContainsAny(o.Note+o.Source, "\r\n"):
		return errors.New("note and source are one line each")
	case maillog.HasNumber(o.Note) || maillog.HasNumber(o.Source):
		return errors.New("note or source seems to hold a national number: name the case, and not the person")
	}
	return nil
}

// RemoveObjection takes an entry out by its ID.
func RemoveObjection(c *Config, id string) error {
	return changeObjections(c, func(all []Objection) ([]Objection, error) {
		left := slices.DeleteFunc(slices.Clone(all), func(o Objection) bool { return o.ID() == id })
		if len(left) == len(all) {
			return nil, fmt.Errorf("%q is not in the register: see objections list", id)
		}
		return left, nil
	})
}

// changeObjections replaces the file whole, one program at a time: the milter never sees half of it.
func changeObjections(c *Config, change func([]Objection) ([]Objection, error)) error {
	path := c.Agent.Objections
	if path == "" {
		return errors.New("agent.objections names no file")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("objections: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return fmt.Errorf("objections: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("objections: %w", err)
	}
	all, err := Objections(c)
	if err != nil {
		return err
	}
	if all, err = change(all); err != nil {
		return err
	}
	return writeObjections(path, all)
}

// writeObjections keeps owner, group and rights of the file that was there, or those of the folder.
func writeObjections(path string, all []Objection) error {
	var b bytes.Buffer
	b.WriteString(objectionsHead + "\n")
	w := csv.NewWriter(&b)
	for _, o := range all {
		if err := w.Write([]string{o.Address, o.Person, o.Date, o.Note, o.Source}); err != nil {
			return fmt.Errorf("objections: %w", err)
		}
	}
	w.Flush()
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("objections: %w", err)
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(w.Error(), err, likeOwner(f, path), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("objections: %w", err)
	}
	return nil
}

func likeOwner(f *os.File, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		if info, err = os.Stat(filepath.Dir(path)); err != nil {
			return err
		}
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		return f.Chown(int(s.Uid), int(s.Gid))
	}
	return nil
}
