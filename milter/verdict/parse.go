package verdict

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrNoVerdict says that a line is not one of ours.
var ErrNoVerdict = errors.New("not a verdict line")

// ErrVersion says that a line was written in a version that this program does not know: upgrade the agent first.
var ErrVersion = errors.New("verdict line of an unknown version")

// Line is one parsed line: Message is set for a verdict line, Recipient for a rcpt line, SelfTest, Settings and Policy for theirs.
type Line struct {
	QueueID string
	ID      string
	Message *Record // Recipients is empty, Count says how many there are
	Count   int     // recipients of the message
	N       int     // 1-based number of this recipient
	*Recipient
	SelfTest *SelfTest
	Settings *Settings
	Policy   *ToldLine
	MAC      string // of a line that travelled by syslog, "" without
}

// Words are those that say what kind of line one is; a line has one behind its queue id.
func Words() []string { return []string{"verdict", "rcpt", "selftest", "settings", "policyline"} }

// Parse reads one line as Lines wrote it, without a syslog prefix.
func Parse(line string) (Line, error) {
	qid, rest, ok := strings.Cut(line, ": ")
	word, rest, _ := strings.Cut(rest, " ")
	if !ok || !slices.Contains(Words(), word) || !IsQueueID(qid) {
		return Line{}, ErrNoVerdict
	}
	kv, err := pairs(rest)
	if err != nil {
		return Line{}, err
	}
	switch v, err := strconv.Atoi(kv["v"]); {
	case err != nil:
		return Line{}, ErrNoVerdict
	case v != Version:
		return Line{}, fmt.Errorf("%w: v=%d", ErrVersion, v)
	}
	l := Line{QueueID: qid, ID: kv["id"], MAC: kv["mac"]}
	switch word {
	case "verdict":
		l.Message, l.Count, err = parseMessage(kv)
	case "rcpt":
		l.Recipient, l.N, l.Count, err = parseRecipient(kv)
	case "selftest":
		l.SelfTest, err = parseSelfTest(qid, kv)
	case "settings":
		l.Settings, err = parseSettings(kv)
	default:
		l.Policy, err = parsePolicyLine(kv)
	}
	if l.Message != nil {
		l.Message.QueueID, l.Message.ID = qid, l.ID
	}
	return l, err
}

// IsQueueID says whether s has the form of a queue id of Postfix (short or long) or Sendmail, or is NOQUEUE.
func IsQueueID(s string) bool {
	if len(s) < 5 || len(s) > 32 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return true
}

func parseMessage(kv map[string]string) (*Record, int, error) {
	n := numbers{kv: kv}
	r := &Record{
		Action: kv["action"], Level: kv["level"], Kinds: list(kv["kinds"]), Persons: n.int("persons"),
		Protection: Protection{Content: kv["protection"], Algorithm: kv["alg"], Strong: kv["strong"] == "yes",
			Signed: kv["signed"] == "yes", Channel: kv["channel"]},
		Direction: kv["direction"], Lang: kv["lang"], From: address(kv["from"]), Department: kv["dept"],
		Size: int64(n.int("size")), Millis: n.float("ms"), Unopened: n.int("unopened"), Why: kv["why"],
		Quoted: kv["quoted"] == "yes", Hidden: kv["hidden"] == "yes", Risk: kv["risk"], Notify: kv["notify"] == "yes", Auto: kv["auto"] == "yes",
	}
	for _, e := range list(kv["rules"]) {
		id, count, _ := cutLast(e, ":")
		c, err := strconv.Atoi(count)
		if err != nil {
			return nil, 0, fmt.Errorf("verdict line: rules: %w", err)
		}
		r.Rules = append(r.Rules, RuleCount{Rule: id, Count: c})
	}
	for _, e := range list(kv["parts"]) {
		id, part, _ := strings.Cut(e, "@")
		for i := range r.Rules {
			if r.Rules[i].Rule == id {
				r.Rules[i].Parts = append(r.Rules[i].Parts, strings.ReplaceAll(part, "_", " "))
			}
		}
	}
	count := n.int("rcpts")
	return r, count, n.err
}

func parseRecipient(kv map[string]string) (r *Recipient, n, of int, err error) {
	a, b, ok := strings.Cut(kv["n"], "/")
	n, err1 := strconv.Atoi(a)
	of, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || n < 1 || n > of {
		return nil, 0, 0, errors.New("rcpt line: n is not k/n")
	}
	return &Recipient{To: address(kv["to"]), Class: kv["class"], Identity: kv["identity"], Hop: kv["hop"], Transport: kv["transport"],
		Objection: kv["objection"] == "yes", Objector: kv["objector"], New: kv["new"] == "yes", Wanted: kv["wanted"], Action: kv["action"]}, n, of, nil
}

// pairs reads key=value pairs; the last of equal keys counts for nothing, the first stands.
func pairs(s string) (map[string]string, error) {
	kv := make(map[string]string, 24)
	for s != "" {
		key, rest, ok := strings.Cut(s, "=")
		if !ok || strings.ContainsAny(key, " \"") {
			return nil, fmt.Errorf("verdict line: no key=value after %d pairs", len(kv))
		}
		var value string
		if strings.HasPrefix(rest, `"`) {
			q, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, fmt.Errorf("verdict line: %s: %w", key, err)
			}
			value, _ = strconv.Unquote(q)
			rest = rest[len(q):]
			if rest != "" && rest[0] != ' ' {
				return nil, fmt.Errorf("verdict line: %s: no space after the quoted value", key)
			}
			s = strings.TrimPrefix(rest, " ")
		} else {
			value, s, _ = strings.Cut(rest, " ")
		}
		if _, twice := kv[key]; !twice {
			kv[key] = value
		}
	}
	return kv, nil
}

// list splits a list; what was left out of it ("+N") is not an entry.
func list(v string) []string {
	if v == "" {
		return nil
	}
	entries := strings.Split(v, ",")
	if last := len(entries) - 1; strings.HasPrefix(entries[last], "+") {
		entries = entries[:last]
	}
	return entries
}

func address(v string) string {
	return strings.TrimSuffix(strings.TrimPrefix(v, "<"), ">")
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// numbers keeps the first error of several conversions.
type numbers struct {
	kv  map[string]string
	err error
}

func (n *numbers) int(key string) int {
	v, err := strconv.Atoi(n.kv[key])
	n.keep(key, err)
	return v
}

func (n *numbers) float(key string) float64 {
	v, err := strconv.ParseFloat(n.kv[key], 64)
	n.keep(key, err)
	return v
}

func (n *numbers) keep(key string, err error) {
	if err != nil && n.err == nil {
		n.err = fmt.Errorf("verdict line: %s: %w", key, err)
	}
}
