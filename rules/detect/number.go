package detect

import (
	"errors"
	"slices"
	"strings"

	"postvagt/rules/checks"
)

const (
	maxKinds   = 32
	maxNumbers = 32
	maxWord    = 64 // a power of two
	maxGroups  = 16 // groups of digits that are looked at together
	maxDigits  = 40 // characters in them
)

// Forms in which a number may be written, as bits.
const (
	formOfficial = 1 << iota // the official separator in the official place
	formSplit                // another separator there
	formBare                 // no separators
	formLoose                // separators elsewhere
	formAny      = 1<<iota - 1
)

// numberRule is the compiled [rule.number].
type numberRule struct {
	slot   uint8
	check  checks.Func
	shapes []shape
	tiers  []tier
	least  int // lowest tier that counts
	column bool
	person bool // identifies a person
	proves bool // the check refuses most digits
}

// shape is a compiled shape: the class of each character, and the official places of separators.
type shape struct {
	size    int    // characters
	digits  uint64 // bit i: character i is a digit
	letters uint64 // bit i: character i is a letter; where neither says so it is either
	cuts    uint64 // bit i: a separator stands before character i
	sign    int    // place of the century letter, -1 if there is none
}

// shapeRef names a shape of a rule.
type shapeRef struct {
	rule  int16
	shape uint8
}

type tier struct {
	tier                             int
	forms                            uint8
	checked, exempt, context, person bool
	length                           uint8
}

func compileNumber(r *ruleSpec) (*numberRule, error) {
	n, spec := &numberRule{column: r.Number.Column, least: 65, person: checks.Identifies(r.Number.Check), proves: checks.Proves(r.Number.Check)}, r.Number
	var errs []error
	fn, ok := checks.ByName(spec.Check)
	if !ok {
		hint := strings.Join(checks.Names(), ", ")
		errs = append(errs, r.at.errorf(r.ID, "check", "unknown check %q, known are %s", spec.Check, hint))
	}
	n.check = fn
	if r.Threshold != nil {
		if n.least = *r.Threshold; n.least < 1 || n.least > 100 {
			errs = append(errs, r.at.errorf(r.ID, "threshold", "threshold must be 1 to 100"))
		}
	}
	if len(spec.Shapes) == 0 || len(spec.Tier) == 0 {
		errs = append(errs, r.at.errorf(r.ID, "number", "a number needs at least one shape and one tier"))
	}
	for _, text := range spec.Shapes {
		s, reason := parseShape(text)
		if reason != "" {
			errs = append(errs, r.at.errorf(r.ID, text, "shape %q: %s", text, reason))
		}
		n.shapes = append(n.shapes, s)
	}
	for _, ts := range spec.Tier {
		t, reason := parseTier(ts)
		if reason != "" {
			errs = append(errs, r.at.errorf(r.ID, "tier", "%s", reason))
		}
		n.tiers = append(n.tiers, t)
	}
	slices.SortStableFunc(n.tiers, func(a, b tier) int { return b.tier - a.tier })
	return n, errors.Join(errs...)
}

// parseShape reads a shape such as "dddddd-dddd".
func parseShape(text string) (shape, string) {
	s, n := shape{sign: -1}, 0
	for _, c := range []byte(text) {
		switch c {
		case '-':
			if n == 0 || s.cuts>>n&1 == 1 {
				return s, "a separator must stand between two characters"
			}
			s.cuts |= 1 << n
			continue
		case 'd':
			s.digits |= 1 << n
		case 'x':
		case 'l':
			s.letters |= 1 << n
		case 'a':
			s.sign = n
			s.letters |= 1 << n
		default:
			return s, "only d (digit), x (digit or letter), l (letter), a (century letter) and - (separator) are allowed"
		}
		n++
	}
	if n < 5 || n > maxDigits || s.cuts>>n != 0 {
		return s, "a shape needs 5 to 40 characters and no separator at its end"
	}
	s.size = n
	return s, ""
}

func parseTier(ts tierSpec) (tier, string) {
	t := tier{tier: ts.Tier, checked: ts.Checked, exempt: ts.Exempt, context: ts.Context, person: ts.Person, length: uint8(min(max(ts.Length, 0), 255))}
	if ts.Tier < 1 || ts.Tier > 100 {
		return t, "tier must be 1 to 100"
	}
	for _, f := range ts.Form {
		switch f {
		case "official":
			t.forms |= formOfficial
		case "split":
			t.forms |= formSplit
		case "bare":
			t.forms |= formBare
		case "loose":
			t.forms |= formLoose
		default:
			return t, "form must be official, split, bare or loose"
		}
	}
	if len(ts.Form) == 0 {
		t.forms = formAny
	}
	return t, ""
}

// group is one run of digits (and letters) in a number window.
type group struct {
	off, end uint8 // in the window's characters
	sep      uint8 // separators before it, as bits
	pos      int32 // character position in the part
	tok      int32
}

// Separators inside a number window, as bits.
const (
	bitSpace = 1 << iota
	bitDot
	bitDash
	bitNewline
	bitTag
	bitSlash
	bitPlus
	bitNone = 0
)

// window gathers groups that may belong to one number.
type window struct {
	chars   [maxDigits]byte
	groups  [maxGroups]group
	n       int   // groups
	used    int   // characters
	next    uint8 // separators before the group to come
	iban    bool
	decimal bool  // a fraction
	lead    uint8 // class of the separator right before the first group
	glued   bool  // letters stood before the first group in the same word
	endPos  int32
}

// candidate is a number that passed shape and check and waits for the words around it.
type candidate struct {
	pos, end int32
	seg      int32
	rule     int16
	tier     int
	form     uint8
	checked  bool
	exempt   bool
	context  bool // a word for it stands near
	column   bool // one like it stood above with such a word
	against  bool // the word right before says that it is another kind of number
	own      bool // the organisation's own
	mine     bool // the word by it says that it is a person's
	key      uint64
	canon    [34]byte
	len      uint8
	full     uint8 // characters as written
}
