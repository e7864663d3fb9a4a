package message

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// attrs are the attributes that matter.
type attrs struct {
	id, class, alt, value, title, href, typ string
	hidden, cite, outlookRule               bool
}

func (h *htmlReader) attributes(z *html.Tokenizer, more bool) attrs {
	var a attrs
	for n := 0; more && n < 100; n++ {
		var k, v []byte
		k, v, more = z.TagAttr()
		switch string(k) {
		case "id":
			a.id = string(v)
		case "class":
			a.class = h.lastClass.of(v)
		case "alt":
			a.alt = string(v)
		case "value", "placeholder", "label":
			a.value = string(v)
		case "title", "aria-label", "summary":
			a.title = string(v)
		case "href", "action":
			if !bytes.HasPrefix(v, []byte("#")) && !bytes.HasPrefix(v, []byte("cid:")) && len(v) < 4096 {
				a.href = string(v)
			}
		case "type":
			a.typ = strings.ToLower(string(v))
			a.cite = a.cite || a.typ == "cite"
		case "cite":
			a.cite = true
		case "hidden":
			a.hidden = true
		case "style":
			s := h.lastStyle.squeezed(v)
			a.hidden = a.hidden || hiddenStyle(s)
			a.outlookRule = a.outlookRule || strings.Contains(s, "border:none;border-top:solid#e1e1e11.0pt") || strings.Contains(s, "border:none;border-top:solid#b5c4df1.0pt")
		}
	}
	return a
}

// hasQuoteClass recognises the elements in which mail programs put an earlier mail.
func (h *htmlReader) hasQuoteClass(a attrs) bool {
	for c := range strings.FieldsSeq(a.class) {
		switch c {
		case "gmail_quote", "gmail_extra", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "zmail_extra", "mailbird_quote", "gmail_attr":
			return true
		}
	}
	return false
}

// beginsEarlier recognises the mark after which everything is an earlier mail.
func (h *htmlReader) beginsEarlier(a attrs) bool {
	return a.outlookRule || a.id == "divRplyFwdMsg" || a.id == "OLK_SRC_BODY_SECTION" || a.id == "mail-editor-reference-message-container" || a.id == "reply-intro"
}

// lastValue keeps the attribute value that came last: most come again.
type lastValue struct {
	raw    []byte
	str    string
	narrow string
}

func (l *lastValue) of(v []byte) string {
	if l.str == "" || !bytes.Equal(l.raw, v) {
		l.raw, l.str, l.narrow = append(l.raw[:0], v...), string(v), ""
	}
	return l.str
}

func (l *lastValue) squeezed(v []byte) string {
	if l.of(v); l.narrow == "" {
		l.narrow = squeeze(v)
	}
	return l.narrow
}

// squeeze lower-cases a style and drops its white space.
func squeeze(v []byte) string {
	out := make([]byte, 0, len(v))
	for _, b := range v {
		if b > ' ' {
			if b >= 'A' && b <= 'Z' {
				b |= 0x20
			}
			out = append(out, b)
		}
	}
	return string(out)
}

// hiddenStyle says whether a squeezed style makes text invisible.
func hiddenStyle(s string) bool {
	for len(s) > 0 {
		var decl string
		decl, s, _ = strings.Cut(s, ";")
		name, v, _ := strings.Cut(decl, ":")
		v = strings.TrimSuffix(v, "!important")
		switch name {
		case "display", "visibility":
			if v == "none" || v == "hidden" {
				return true
			}
		case "mso-hide":
			if v == "all" {
				return true
			}
		case "opacity", "font-size", "max-height", "max-width":
			if n := strings.TrimRight(v, "pxemt%r"); n != "" && strings.Trim(n, "0.") == "" {
				return true
			}
		}
	}
	return false
}
