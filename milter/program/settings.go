// Package program is what both programs have in common towards their admin: a configuration file read
// strictly, its defaults printed, a command line run. It imports nothing of the project.
package program

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Error is one fault in a file that an admin wrote.
type Error struct {
	File   string
	Line   int    // 0 when it is not known
	Key    string // full name, or ""
	Reason string
}

func (e *Error) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(":%d", e.Line)
	}
	if e.Key != "" {
		s += ": " + e.Key
	}
	return s + ": " + e.Reason
}

// Unreadable is the Error of a file that cannot be read.
func Unreadable(file string, err error) *Error {
	return &Error{File: file, Reason: "cannot be read: " + Reason(err)}
}

// Reason is an error without the path that is already named.
func Reason(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// Duration is a time.Duration written as "20s" in TOML.
type Duration time.Duration

// UnmarshalText reads "20s".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil || v <= 0 {
		return fmt.Errorf("%q is not a time such as \"20s\" or \"5m\"", b)
	}
	*d = Duration(v)
	return nil
}

// MarshalText writes "20s".
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Source is where a configuration was read from. The zero Source stands for defaults, which nobody wrote.
type Source struct {
	File string
	at   positions
	md   toml.MetaData
}

// Parse decodes TOML into a pointer to a struct that holds the defaults. Unknown is what is wrong with its
// keys: each one that nobody reads, with the nearest that somebody does; tables named in foreign belong to
// the other program, since one file may serve both.
func Parse(file string, data []byte, into any, foreign []string) (s Source, unknown []error, err error) {
	s = Source{File: file, at: locate(data)}
	if s.md, err = toml.Decode(string(data), into); err != nil {
		return s, nil, syntax(file, err)
	}
	return s, s.unknown(reflect.TypeOf(into).Elem(), foreign), nil
}

// Fault is an Error at the line of a key, as "table.key" or "table[0].key".
func (s Source) Fault(key, format string, args ...any) *Error {
	return &Error{s.File, s.at.line(key), key, fmt.Sprintf(format, args...)}
}

// Defined says whether the file itself sets a key.
func (s Source) Defined(key ...string) bool { return s.md.IsDefined(key...) }

// Line is the line of a key or of the table around it, 0 when it is not known.
func (s Source) Line(key string) int { return s.at.line(key) }

func syntax(file string, err error) error {
	var pe toml.ParseError
	if errors.As(err, &pe) {
		return &Error{File: file, Line: pe.Position.Line, Key: pe.LastKey, Reason: pe.Message}
	}
	e := &Error{File: file, Reason: strings.TrimPrefix(err.Error(), "toml: ")}
	if m := typeError.FindStringSubmatch(e.Reason); m != nil { // the library gives the line in words only
		e.Line, _ = strconv.Atoi(m[1])
		e.Key, e.Reason = m[2], strings.TrimPrefix(m[3], "incompatible types: ")
	}
	return e
}

var typeError = regexp.MustCompile(`^line (\d+) \(last key "([^"]*)"\): (.*)$`)

func (s Source) unknown(t reflect.Type, foreign []string) (errs []error) {
	known := keysOf(t, "")
	last := ""
	for _, k := range s.md.Undecoded() {
		key := strings.Join(k, ".")
		if slices.Contains(foreign, k[0]) || last != "" && strings.HasPrefix(key, last+".") {
			continue
		}
		last = key
		reason := "unknown key"
		if n := Nearest(key, known); n != "" {
			reason += fmt.Sprintf("; did you mean %q?", n)
		}
		errs = append(errs, s.Fault(key, "%s", reason))
	}
	return errs
}
