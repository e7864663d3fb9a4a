package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// attempt is a locked document that waits for the passwords of the mail to be known.
type attempt struct {
	d    doc
	kind kind
	lock int // index in opener.locks
	cost int // of one try, in thousandths of a second of a usual processor
	fits func(password string) bool
	open func(password string) error
}

// Bounds of trying passwords.
const (
	passwordText  = 64 << 10 // bytes of the mail's text in which passwords are looked for
	passwordCount = 200
	passwordCost  = 1500 // milliseconds in all
)

// tryLater asks for passwords to be tried when the whole mail has been read: the one that is written
// beside a locked file may stand behind it. The lock is the one recorded last.
func (o *opener) tryLater(a attempt) {
	a.lock = len(o.locks) - 1
	if len(o.attempts) < 50 {
		o.attempts = append(o.attempts, a)
	}
}

// keepText keeps the beginning of the mail's visible text for the length of the reading.
func (o *opener) keepText(p []byte) {
	if n := passwordText - len(o.said); n > 0 {
		if o.pooled == nil {
			o.pooled = textBuffers.Get().(*[]byte)
			o.said = (*o.pooled)[:0]
		}
		o.said = append(o.said, p[:min(n, len(p))]...)
		o.said = append(o.said, '\n')
	}
}

// tryPasswords tries what the mail itself says, then the defaults. What opens is read like anything else.
func (o *opener) tryPasswords() {
	o.trying = true
	text := ""
	if o.pooled != nil {
		if len(o.attempts) > 0 || mayHoldCue(o.said) {
			text = string(o.said)
		}
		*o.pooled = o.said
		textBuffers.Put(o.pooled)
		o.said, o.pooled = nil, nil
	}
	o.mail.TellsPassword = tellsPassword(text)
	if len(o.attempts) == 0 {
		return
	}
	told := passwordsIn(text)
	defaults := append([]string{velvet}, o.opt.Passwords...)
	left := passwordCost
	for i := 0; i < len(o.attempts); i++ { // an opened archive may add further ones
		if a := o.attempts[i]; !o.try(a, defaults, openedByDefault, &left) {
			o.try(a, told, openedByMail, &left)
		}
	}
}

// tellsPassword says whether a word that looks like a password stands near a cue.
func tellsPassword(text string) bool {
	found := false
	near := 0
	for len(text) > 0 && !found {
		line := text
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		near = cueLine(line, near, true, func(s string) { found = found || toldPassword(s) })
	}
	return found
}

func (o *opener) try(a attempt, words []string, why string, left *int) bool {
	for _, w := range words {
		if *left -= a.cost; *left < 0 {
			return false
		}
		if !a.fits(w) {
			continue
		}
		o.locks[a.lock].Opened = why
		o.forget(a.d.path, string(encrypted))
		if err := a.open(w); err != nil {
			o.failed(a.d, a.kind, err)
		}
		return true
	}
	return false
}

// forget takes back what was recorded as unopened.
func (o *opener) forget(path, why string) {
	kept := o.mail.Unopened[:0]
	for _, u := range o.mail.Unopened {
		part, _, _ := strings.Cut(u.Part, " ")
		if part != path || u.Reason != why {
			kept = append(kept, u)
		}
	}
	o.mail.Unopened = kept
}

// passwordCues are the beginnings of the words that announce a password, in the five languages, lower case.
var passwordCues = []string{"password", "passwd", "passcode", "passphrase", "passord", "pass", "pwd", "pw", "psw", "pin", "adgangskode", "adgangsord", "avain",
	"kodeord", "kode", "koodi", "kod", "løsen", "lösen", "salasana", "tunnussana", "code", "nøgle", "nyckel"}

// cuesByLetter are the same by the lowest five bits of their first letter, which are those of its capital.
var cuesByLetter = func() (by [32][]string) {
	for _, c := range passwordCues {
		by[c[0]&0x1f] = append(by[c[0]&0x1f], c)
	}
	return by
}()

// cueReach is how many words after a cue may be the password.
const cueReach = 10

// passwordsIn finds what may be a password: first the words after a cue, each with and without the
// punctuation around it, then the rest of the line after "cue:".
func passwordsIn(text string) []string {
	var out []string
	seen := map[string]bool{}
	add := func(s string) {
		if n := utf8.RuneCountInString(s); n >= 3 && n <= 64 && !seen[s] && len(out) < passwordCount {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, strict := range []bool{true, false} {
		near := 0
		for _, line := range strings.Split(text, "\n") {
			near = cueLine(line, near, strict, add)
		}
		if strict && speaksOfPassword(text) {
			numbersIn(text, add)
		}
	}
	return out
}

// cueStarts are the first two bytes of the cues, by the lowest five bits of each.
var cueStarts = func() (starts [1 << 10]bool) {
	for _, c := range passwordCues {
		starts[int(c[0]&0x1f)<<5|int(c[1]&0x1f)] = true
	}
	return starts
}()

// mayHoldCue is a quick look for the beginning of a cue where a word may begin: without one no word of the text is a cue.
func mayHoldCue(text []byte) bool {
	inWord := false
	for i := 0; i+1 < len(text); i++ {
		c := text[i]
		if inWord {
			inWord = wordByte[c]
			continue
		}
		if inWord = wordByte[c]; cueStarts[int(c&0x1f)<<5|int(text[i+1]&0x1f)] {
			for _, cue := range cuesByLetter[c&0x1f] {
				if (text[i+1]|0x20 == cue[1] || cue[1] >= 0x80) && len(text)-i >= len(cue) && strings.EqualFold(string(text[i:i+len(cue)]), cue) {
					return true
				}
			}
		}
	}
	return false
}

// wordByte says of each byte whether isLetter says so.
var wordByte = func() (is [256]bool) {
	for c := range is {
		is[c] = isLetter(byte(c))
	}
	return is
}()

func speaksOfPassword(text string) bool {
	for w := range strings.FieldsSeq(text) {
		if isCue(w) {
			return true
		}
	}
	return false
}

// toldPassword says whether a word near a cue is surely a password: letters with a digit or a sign among them.
func toldPassword(s string) bool {
	letter, digit := false, false
	for _, r := range s {
		letter = letter || unicode.IsLetter(r)
		digit = digit || unicode.IsDigit(r) || strings.ContainsRune("!#$%&*?@+=", r)
	}
	return len(s) >= 6 && letter && digit && !strings.Contains(s, "://") && strings.Count(s, "@") != 1
}

// numbersIn adds the numbers of a mail that speaks of a password: "the code is your number".
func numbersIn(text string, add func(string)) {
	n := 0
	for w := range strings.FieldsSeq(text) {
		w = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsDigit(r) })
		digits := strings.Map(func(r rune) rune {
			if unicode.IsDigit(r) {
				return r
			}
			return -1
		}, w)
		if len(digits) < 4 || len(w) > 20 {
			continue
		}
		if n++; n > 40 {
			return
		}
		add(w)
		add(digits)
		if len(digits) >= 10 {
			add(digits[:6])
			add(digits[len(digits)-4:])
		}
	}
}

// cueLine looks through one line; near is how many words after a cue are left. Strict takes only what
// looks like no word of a language.
func cueLine(line string, near int, strict bool, add func(string)) int {
	if after, ok := afterCueColon(line); ok && !strict {
		add(after)
	}
	for w := range strings.FieldsSeq(line) {
		if near > 0 {
			near--
			for _, v := range bareForms(w) {
				if !strict || looksLikePassword(v) {
					add(v)
				}
			}
		}
		if isCue(w) {
			near = cueReach
			if _, v, ok := strings.Cut(w, ":"); ok && v != "" {
				add(v)
			}
			if _, v, ok := strings.Cut(w, "="); ok && v != "" {
				add(v)
			}
		}
	}
	return near
}

// afterCueColon is what follows "password:" on a line.
func afterCueColon(line string) (string, bool) {
	head, rest, ok := strings.Cut(line, ":")
	if !ok || len(head) > 60 {
		return "", false
	}
	f := strings.Fields(head)
	for _, w := range f {
		if isCue(w) {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// isCue says whether a word begins like one that announces a password.
func isCue(w string) bool {
	for len(w) > 0 && w[0] < 0x80 && !isLetter(w[0]) {
		w = w[1:]
	}
	for i := 0; i < len(w); i++ {
		if w[i] < 0x80 && !isLetter(w[i]) {
			w = w[:i] // "pw=…"
			break
		}
	}
	if len(w) < 2 {
		return false
	}
	for _, c := range cuesByLetter[w[0]&0x1f] {
		if len(w) >= len(c) && (w[1]|0x20 == c[1]|0x20 || c[1] >= 0x80) && (len(c) > 4 || len(w) <= len(c)+4) && strings.EqualFold(w[:len(c)], c) {
			return true
		}
	}
	return false
}

// bareForms are a word as it stands and without the punctuation at its ends.
func bareForms(w string) []string {
	out := []string{w}
	const open, shut = "\"'»«“”‘’„([<*_`", "\"'»«“”‘’)]>*_`"
	inner := strings.TrimLeft(w, open)
	for _, cut := range []string{shut, shut + ".,;", shut + ".,;:?", shut + ".,;:?!"} {
		if v := strings.TrimRight(inner, cut); v != out[len(out)-1] {
			out = append(out, v)
		}
	}
	return out
}

// looksLikePassword says whether a word holds a digit or a sign, or capitals inside.
func looksLikePassword(w string) bool {
	digit, sign, upper := false, false, false
	for i, r := range w {
		digit = digit || unicode.IsDigit(r)
		sign = sign || !unicode.IsLetter(r) && !unicode.IsDigit(r) && i > 0 && i < len(w)-1
		upper = upper || i > 0 && unicode.IsUpper(r)
	}
	return digit || sign || upper
}
