package verdict

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxLine  = 899
	maxValue = 256
	cutValue = 200
)

// Lines returns the verdict line and one line for each recipient, without a line end.
func (r *Record) Lines() []string { return r.lines(maxLine) }

func (r *Record) lines(limit int) []string {
	lines := make([]string, 0, 1+len(r.Recipients))
	lines = append(lines, r.messageLine(limit))
	for i := range r.Recipients {
		lines = append(lines, r.recipientLine(i, limit))
	}
	return lines
}

const macMark = " mac="

// macSize is the number of bytes of HMAC-SHA-256 that a signed line carries.
const macSize = 8

// SignedLines returns Lines for a log that others write to as well: each ends in " mac=" and the first
// eight bytes of HMAC-SHA-256, in hex, over all that stands before it.
func (r *Record) SignedLines(key []byte) []string {
	return sign(r.lines(maxLine-len(macMark)-2*macSize), key)
}

// sign puts the MAC at the end of each line.
func sign(lines []string, key []byte) []string {
	for i, line := range lines {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(line))
		lines[i] = line + macMark + hex.EncodeToString(h.Sum(nil)[:macSize])
	}
	return lines
}

// Short is the line for the mail log itself: that there was a verdict, and nothing of what it found.
func (r *Record) Short() string {
	return queueID(r.QueueID) + ": id=" + r.ID + " action=" + r.Action
}

// messageLine cuts, where the line is too long, first the parts, then the rules, the kinds, and the free texts.
func (r *Record) messageLine(most int) string {
	rules, parts := make([]string, len(r.Rules)), []string(nil)
	for i, c := range r.Rules {
		rules[i] = c.Rule + ":" + strconv.Itoa(c.Count)
		for _, p := range c.Parts {
			parts = append(parts, c.Rule+"@"+p)
		}
	}
	nParts, nRules, nKinds, limit := len(parts), len(rules), len(r.Kinds), maxValue
	for {
		line := r.format(cutList(r.Kinds, nKinds), cutList(rules, nRules), cutList(parts, nParts), limit)
		switch {
		case len(line) <= most:
			return line
		case nParts > 3:
			nParts--
		case nRules > 3:
			nRules--
		case nKinds > 3:
			nKinds--
		case nParts > 0:
			nParts = 0
		case limit > 32:
			limit /= 2
		default: // only hostile names of rules or kinds get here
			return r.format("", "", "", limit)
		}
	}
}

func (r *Record) format(kinds, rules, parts string, limit int) string {
	var b line
	b.Grow(512)
	b.begin(r.QueueID, "verdict")
	put := func(key, value string) { b.put(key, quote(cut(value, limit))) }
	put("id", r.ID)
	put("action", r.Action)
	put("level", r.Level)
	b.put("kinds", kinds)
	put("persons", strconv.Itoa(r.Persons))
	put("protection", r.Protection.Content)
	put("alg", r.Protection.Algorithm)
	put("strong", yesNo(r.Protection.Strong))
	put("signed", yesNo(r.Protection.Signed))
	put("channel", r.Protection.Channel)
	put("direction", r.Direction)
	put("lang", r.Lang)
	b.put("from", quoteAddress(cut(r.From, limit)))
	put("dept", r.Department)
	put("rcpts", strconv.Itoa(len(r.Recipients)))
	put("size", strconv.FormatInt(r.Size, 10))
	put("ms", strconv.FormatFloat(r.Millis, 'f', 1, 64))
	b.put("rules", rules)
	b.put("parts", parts)
	put("unopened", strconv.Itoa(r.Unopened))
	put("quoted", yesNo(r.Quoted))
	put("hidden", yesNo(r.Hidden))
	if r.Auto {
		put("auto", yesNo(r.Auto))
	}
	if r.Notify {
		put("notify", yesNo(r.Notify))
	}
	put("why", r.Why)
	put("risk", r.Risk)
	return b.String()
}

// recipientLine cuts its texts where quoting has made the line too long.
func (r *Record) recipientLine(i, most int) string {
	for limit := maxValue; ; limit /= 2 {
		if line := r.formatRecipient(i, limit); len(line) <= most || limit <= 16 {
			return line
		}
	}
}

func (r *Record) formatRecipient(i, limit int) string {
	p, word := &r.Recipients[i], min(limit, 64)
	var b line
	b.Grow(256)
	b.begin(r.QueueID, "rcpt")
	b.put("id", quote(r.ID))
	b.put("n", strconv.Itoa(i+1)+"/"+strconv.Itoa(len(r.Recipients)))
	b.put("to", quoteAddress(cut(p.To, limit)))
	b.put("class", quote(cut(p.Class, word)))
	b.put("identity", quote(cut(p.Identity, word)))
	b.put("hop", quote(cut(p.Hop, limit)))
	b.put("transport", quote(cut(p.Transport, word)))
	b.put("objection", yesNo(p.Objection))
	if p.Objection && p.Objector != "" {
		b.put("objector", quote(cut(p.Objector, 32)))
	}
	b.put("new", yesNo(p.New))
	b.put("wanted", quote(p.Wanted))
	b.put("action", quote(p.Action))
	return b.String()
}

// line is a line in the making.
type line struct{ strings.Builder }

func (b *line) begin(id, kind string) {
	b.WriteString(queueID(id))
	b.WriteString(": ")
	b.WriteString(kind)
	b.put("v", strconv.Itoa(Version))
}

// put adds a field. The value stands as it is.
func (b *line) put(key, value string) {
	b.WriteByte(' ')
	b.WriteString(key)
	b.WriteByte('=')
	b.WriteString(value)
}

func queueID(id string) string {
	if id == "" {
		return "NOQUEUE"
	}
	return id
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// cut shortens a value of over limit bytes so that equal values stay equal and different ones different.
func cut(v string, limit int) string {
	if len(v) <= limit {
		return v
	}
	keep := min(cutValue, limit-9)
	for keep > 0 && !utf8.RuneStart(v[keep]) {
		keep--
	}
	sum := sha256.Sum256([]byte(v))
	return v[:keep] + "~" + hex.EncodeToString(sum[:4])
}

// cutList joins the first n entries; "+N" says how many were left out.
func cutList(list []string, n int) string {
	quoted := make([]string, 0, n+1)
	for _, e := range list[:n] {
		quoted = append(quoted, listEntry(e))
	}
	if left := len(list) - n; left > 0 {
		quoted = append(quoted, "+"+strconv.Itoa(left))
	}
	return strings.Join(quoted, ",")
}

// listEntry keeps an entry from ending its list or its value.
func listEntry(e string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == ',' || r == '"' || r == '\\' || r == 0x7f || r == utf8.RuneError {
			return '_'
		}
		return r
	}, e)
}

func quote(v string) string {
	if plain(v) {
		return v
	}
	return strconv.Quote(v)
}

func quoteAddress(v string) string {
	if v = "<" + v + ">"; plain(v) {
		return v
	}
	return strconv.Quote(v)
}

// plain says that a value can stand without quotes.
func plain(v string) bool {
	for _, r := range v {
		if r <= ' ' || r == '"' || r == '\\' || r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
