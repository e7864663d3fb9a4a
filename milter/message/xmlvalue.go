package message

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// localName is a name without its prefix and without what follows it.
func localName(name []byte) []byte {
	for i, b := range name {
		if b == ':' {
			return localName(name[i+1:])
		}
		if b <= ' ' {
			return name[:i]
		}
	}
	return name
}

// get gives the value of an attribute, without regard to its prefix.
func (a xmlAttrs) get(name string) string {
	rest := []byte(a)
	for {
		i := bytes.Index(rest, []byte(name))
		if i < 0 {
			return ""
		}
		before := byte(' ')
		if i > 0 {
			before = rest[i-1]
		}
		rest = rest[i+len(name):]
		if before > ' ' && before != ':' {
			continue
		}
		v := bytes.TrimLeft(rest, " \t\r\n")
		if len(v) < 2 || v[0] != '=' {
			continue
		}
		v = bytes.TrimLeft(v[1:], " \t\r\n")
		if len(v) == 0 || v[0] != '"' && v[0] != '\'' {
			continue
		}
		end := bytes.IndexByte(v[1:], v[0])
		if end < 0 {
			return ""
		}
		return string(appendUnescaped(nil, v[1:1+end]))
	}
}

// appendUnescaped resolves character references and the five entities of XML.
func appendUnescaped(dst, p []byte) []byte {
	for {
		amp := bytes.IndexByte(p, '&')
		if amp < 0 {
			return append(dst, p...)
		}
		dst = append(dst, p[:amp]...)
		p = p[amp:]
		semi := bytes.IndexByte(p[:min(len(p), 12)], ';')
		if semi < 0 {
			dst = append(dst, '&')
			p = p[1:]
			continue
		}
		if r := entity(string(p[1:semi])); r != 0 {
			dst = utf8.AppendRune(dst, r)
		} else {
			dst = append(dst, p[:semi+1]...)
		}
		p = p[semi+1:]
	}
}

func entity(name string) rune {
	switch name {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	case "nbsp":
		return 0xa0
	}
	if len(name) < 2 || name[0] != '#' {
		return 0
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' || digits[0] == 'X' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune {
		return utf8.RuneError
	}
	return rune(n)
}
