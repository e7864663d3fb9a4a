package message

import (
	"bytes"
	"strings"
)

// parseAddresses reads an address list (RFC 5322 section 3.4) as tolerantly as mail programs do.
func parseAddresses(raw []byte) []Address {
	if !bytes.ContainsAny(raw, "@<") && bytes.Contains(raw, []byte("=?")) {
		raw = []byte(decodeWords(raw)) // the whole mailbox hidden in an encoded word
	}
	var out []Address
	for _, item := range splitAddresses(raw) {
		if a, ok := parseAddress(item); ok {
			out = append(out, a)
		}
	}
	return out
}

// addressesMax bounds the addresses of one field; what is beyond is read as one.
const addressesMax = 20_000

// splitAddresses splits at commas and semicolons, and after a group's name, outside of quotes.
func splitAddresses(raw []byte) [][]byte {
	var out [][]byte
	from, quoted, angle := 0, false, false
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case b == '\\' && quoted:
			i++
		case b == '"':
			quoted = !quoted && bytes.IndexByte(raw[i+1:], '"') >= 0
		case quoted:
		case b == '<':
			angle = bytes.IndexByte(raw[i+1:min(len(raw), i+1000)], '>') >= 0
		case b == '>':
			angle = false
		case angle:
		case len(out) >= addressesMax:
			return append(out, raw[from:])
		case b == ',' || b == ';' || b == ':':
			out = append(out, raw[from:i])
			from = i + 1
		}
	}
	return append(out, raw[from:])
}

func parseAddress(item []byte) (Address, bool) {
	s := strings.TrimSpace(string(item))
	if s == "" {
		return Address{}, false
	}
	if lt := strings.LastIndexByte(s, '<'); lt >= 0 {
		addr := s[lt+1:]
		if gt := strings.IndexByte(addr, '>'); gt >= 0 {
			addr = addr[:gt]
		}
		return Address{Name: displayName(s[:lt]), Addr: cleanAddr(addr)}, true
	}
	if !strings.ContainsRune(s, '@') {
		return Address{Name: displayName(s)}, true
	}
	name := ""
	if i := strings.IndexByte(s, '('); i >= 0 { // "a@b (Name)"
		name = strings.TrimRight(s[i+1:], ") \t")
		s = s[:i]
	}
	return Address{Name: displayName(name), Addr: cleanAddr(s)}, true
}

func cleanAddr(s string) string {
	s = decodeCharset([]byte(s), "")
	return strings.Join(strings.Fields(strings.Trim(s, "<> \t")), "")
}

func displayName(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `"`) {
		if end := strings.LastIndexByte(s, '"'); end > 0 {
			s = unquote(s[:end+1]) + s[end+1:]
		} else {
			s = s[1:]
		}
	}
	return strings.TrimSpace(decodeWords([]byte(s)))
}
