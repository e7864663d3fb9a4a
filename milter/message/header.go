package message

import (
	"bytes"
	"net/textproto"
	"sort"
	"strconv"
	"strings"
)

// headerMax bounds what is kept of the header lines of one message.
const headerMax = 4 << 20

// field is one header field, unfolded, not decoded.
type field struct {
	name  string // canonical
	value []byte
}

// header is one header block.
type header struct {
	fields []field
	bad    []byte // lines that are no field
	lists  map[string][]Address
}

// addresses reads the fields of a name as lists of addresses, once.
func (h *header) addresses(name string) []Address {
	list, ok := h.lists[name]
	if ok {
		return list
	}
	for _, v := range h.all(name) {
		list = append(list, parseAddresses(v)...)
	}
	if h.lists == nil {
		h.lists = map[string][]Address{}
	}
	h.lists[name] = list
	return list
}

// parseHeader reads a block of header lines (CRLF, LF or CR). It never fails.
func parseHeader(block []byte) *header {
	h := &header{}
	var value []byte
	name := ""
	done := func() {
		if name != "" {
			h.fields = append(h.fields, field{name, bytes.TrimSpace(value)})
		}
		name, value = "", nil
	}
	for len(block) > 0 {
		line := block
		if i := bytes.IndexAny(block, "\r\n"); i >= 0 {
			line, block = block[:i], block[i+1:]
		} else {
			block = nil
		}
		if len(line) == 0 {
			continue
		}
		if (line[0] == ' ' || line[0] == '\t') && name != "" {
			value = append(append(value, ' '), bytes.TrimLeft(line, " \t")...)
			continue
		}
		done()
		n, v, ok := splitField(line)
		if !ok {
			if !bytes.HasPrefix(line, []byte("From ")) && !bytes.HasPrefix(line, []byte(">From ")) {
				h.bad = append(append(h.bad, line...), '\n')
			}
			continue
		}
		name, value = n, append([]byte(nil), v...)
	}
	done()
	return h
}

// splitField splits "Name: value"; blanks before the colon are tolerated.
func splitField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line[:min(len(line), 256)], ':')
	if colon <= 0 {
		return "", nil, false
	}
	n := bytes.TrimSpace(line[:colon])
	if len(n) == 0 {
		return "", nil, false
	}
	for _, b := range n {
		if b <= ' ' || b >= 0x7f {
			return "", nil, false
		}
	}
	return textproto.CanonicalMIMEHeaderKey(string(n)), line[colon+1:], true
}

// get returns the first value of the field, "" if there is none.
func (h *header) get(name string) []byte {
	for i := range h.fields {
		if h.fields[i].name == name {
			return h.fields[i].value
		}
	}
	return nil
}

func (h *header) all(name string) [][]byte {
	var out [][]byte
	for i := range h.fields {
		if h.fields[i].name == name {
			out = append(out, h.fields[i].value)
		}
	}
	return out
}

// knownField says whether a line after a broken one is surely a header field again.
func knownField(line []byte) bool {
	name, _, ok := splitField(line)
	if !ok {
		return false
	}
	for _, p := range []string{"X-", "Content-", "List-", "Arc-", "Resent-", "Dkim-", "Received-"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	switch name {
	case "From", "To", "Cc", "Bcc", "Subject", "Date", "Message-Id", "Mime-Version", "Received", "Return-Path", "Reply-To",
		"Sender", "In-Reply-To", "References", "Delivered-To", "Authentication-Results", "Organization", "User-Agent",
		"Importance", "Priority", "Precedence", "Thread-Topic", "Thread-Index", "Auto-Submitted", "Errors-To", "Status":
		return true
	}
	return false
}

// value is a header value with parameters: Content-Type, Content-Disposition.
type value struct {
	main   string // lower case
	params []param
}

type param struct{ name, value string } // name lower case, value decoded

func (v value) get(name string) string {
	for _, p := range v.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// parseValue reads a value with parameters as tolerantly as mail programs do.
func parseValue(raw []byte) value {
	items := splitParams(raw)
	if len(items) == 0 {
		return value{}
	}
	main := strings.ToLower(strings.Trim(stripComment(items[0]), " \t\"'"))
	var v value
	if i := strings.IndexAny(main, " \t,"); i >= 0 { // "text/plain charset=x"
		items = append([]string{"", main[i+1:]}, items[1:]...)
		main = main[:i]
	}
	v.main = main
	var segments []segment
	for _, it := range items[1:] {
		name, val, ok := strings.Cut(it, "=")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.Trim(name, " \t"))
		val = unquote(strings.Trim(val, " \t"))
		if base, num, ext, ok := splitSegment(name); ok {
			segments = append(segments, segment{base, num, ext, val})
			continue
		}
		if len(v.params) < 64 {
			v.params = append(v.params, param{name, decodeWords([]byte(val))})
		}
	}
	v.params = append(v.params, joinSegments(segments)...)
	return v
}

// splitParams splits at semicolons outside of quotes.
func splitParams(raw []byte) []string {
	var items []string
	from, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted && bytes.IndexByte(raw[i+1:], '"') >= 0
		case ';':
			if !quoted && len(items) < 256 {
				items = append(items, string(raw[from:i]))
				from = i + 1
			}
		}
	}
	return append(items, string(raw[from:]))
}

func stripComment(s string) string {
	if i := strings.IndexByte(s, '('); i >= 0 {
		if j := strings.IndexByte(s[i:], ')'); j >= 0 {
			return s[:i] + s[i+j+1:]
		}
		return s[:i]
	}
	return s
}

func unquote(s string) string {
	if !strings.HasPrefix(s, `"`) {
		return s
	}
	s = s[1:]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String()
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// segment is one piece of a parameter that RFC 2231 spreads: name*2*=value.
type segment struct {
	name  string
	num   int
	ext   bool
	value string
}

func splitSegment(name string) (base string, num int, ext, ok bool) {
	star := strings.IndexByte(name, '*')
	if star < 0 {
		return "", 0, false, false
	}
	base, rest := name[:star], name[star+1:]
	if rest == "" {
		return base, 0, true, true
	}
	if strings.HasSuffix(rest, "*") {
		ext, rest = true, rest[:len(rest)-1]
	}
	num, err := strconv.Atoi(rest)
	if err != nil {
		return "", 0, false, false
	}
	return base, num, ext, true
}

// joinSegments joins the pieces in the order of their numbers, gaps or not.
func joinSegments(segs []segment) []param {
	sort.SliceStable(segs, func(i, j int) bool {
		return segs[i].name < segs[j].name || segs[i].name == segs[j].name && segs[i].num < segs[j].num
	})
	var out []param
	for i := 0; i < len(segs); {
		j := i
		var raw strings.Builder
		ext := segs[i].ext
		for ; j < len(segs) && segs[j].name == segs[i].name; j++ {
			raw.WriteString(segs[j].value)
		}
		val := raw.String()
		if ext {
			val = decode2231(val)
		} else {
			val = decodeWords([]byte(val))
		}
		out = append(out, param{segs[i].name, val})
		i = j
	}
	return out
}
