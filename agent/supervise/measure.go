package supervise

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Measures is the name of the register of measures.
const Measures = "measures"

// Measure is something that was done so that the rules are kept, or a complaint that they were not.
type Measure struct {
	Date         string `json:"date"` // 2026-11-23
	Kind         string `json:"kind"` // one of MeasureKinds
	Title        string `json:"title"`
	Version      string `json:"version,omitempty"`  // of a procedure
	Document     string `json:"document,omitempty"` // where it lies
	File         string `json:"file,omitempty"`     // name of the file that is kept with it
	Digest       string `json:"digest,omitempty"`   // of the file: SHA-256 in hexadecimal, by which the register of breaches keeps it
	Audience     string `json:"audience,omitempty"`
	Department   string `json:"department,omitempty"` // "" for all
	Participants int    `json:"participants,omitempty"`
	NextDue      string `json:"next_due,omitempty"`
	Note         string `json:"note,omitempty"`
}

// MeasureKinds are the kinds of measures, in the order in which they are offered.
func MeasureKinds() []string {
	return []string{"procedure", "instruction", "course", "meeting", "campaign", "technical", "complaint"}
}

// Check says what is wrong with a measure.
func (m Measure) Check() error {
	errs := []error{day("date", m.Date), words("title", m.Title, true), words("version", m.Version, false), words("document", m.Document, false),
		words("audience", m.Audience, false), words("note", m.Note, false)}
	if !slices.Contains(MeasureKinds(), m.Kind) {
		errs = append(errs, fmt.Errorf("kind: %q is not one of %s", m.Kind, strings.Join(MeasureKinds(), ", ")))
	}
	if m.NextDue != "" {
		errs = append(errs, day("next_due", m.NextDue))
		if m.NextDue < m.Date {
			errs = append(errs, errors.New("next_due: lies before the date"))
		}
	}
	if (m.File == "") != (m.Digest == "") || m.Digest != "" && !isDigest(m.Digest) {
		errs = append(errs, errors.New("file: a name and a SHA-256 belong together"))
	}
	if m.Participants < 0 || m.Participants > 1_000_000 {
		errs = append(errs, fmt.Errorf("participants: %d is no number of people", m.Participants))
	}
	return errors.Join(errs...)
}

func isDigest(text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && len(b) == sha256.Size
}

// In says whether the measure was taken in [from, to), and concerns a department; "" stands for all of them.
func (m Measure) In(from, to time.Time, department string) bool {
	return m.Date >= from.Format(time.DateOnly) && m.Date < to.Format(time.DateOnly) && (department == "" || m.Department == "" || m.Department == department)
}

// Overdue says whether what should have been repeated by now was not.
func (m Measure) Overdue(today time.Time) bool {
	return m.NextDue != "" && m.NextDue < today.Format(time.DateOnly)
}

func day(name, text string) error {
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return fmt.Errorf("%s: %q is not a day such as 2026-11-23", name, text)
	}
	return nil
}

// maxWords is how long a text of an entry may be, in characters.
const maxWords = 2000

func words(name, text string, needed bool) error {
	switch n := utf8.RuneCountInString(strings.TrimSpace(text)); {
	case needed && n == 0:
		return fmt.Errorf("%s: missing", name)
	case n > maxWords:
		return fmt.Errorf("%s: %d characters, at most %d", name, n, maxWords)
	}
	return nil
}
