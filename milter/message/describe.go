package message

import (
	"bytes"
	"strings"
)

// describe reads what a part's header says of it. Of several contradicting fields the one that opens
// more wins: a multipart over a text, and every encoding is remembered.
func describe(h *header) partHeader {
	var p partHeader
	for _, f := range h.fields {
		switch f.name {
		case "Content-Type":
			v := parseValue(f.value)
			p.addNames(v)
			if p.typ == "" || strings.HasPrefix(v.main, "multipart/") && !strings.HasPrefix(p.typ, "multipart/") {
				p.typ, p.params = v.main, v
			}
		case "Content-Transfer-Encoding":
			p.encodings = append(p.encodings, strings.ToLower(strings.Trim(stripComment(string(f.value)), " \t\"';,")))
		case "Content-Disposition":
			v := parseValue(f.value)
			p.attached = p.attached || v.main == "attachment"
			p.addNames(v)
		case "Content-Description":
			p.texts = append(p.texts, f.value)
		case "Content-Location":
			p.texts = append(p.texts, percentDecode(string(f.value)))
		default:
			if !quietField(f.name) {
				p.texts = append(p.texts, append([]byte(f.name+": "), f.value...))
			}
		}
	}
	if len(h.bad) > 0 {
		p.texts = append(p.texts, h.bad)
	}
	return p
}

func (p *partHeader) addNames(v value) {
	for _, prm := range v.params {
		if (prm.name != "name" && prm.name != "filename") || prm.value == "" || len(p.names) > 8 {
			continue
		}
		known := false
		for _, n := range p.names {
			known = known || n == prm.value
		}
		if !known {
			p.names = append(p.names, prm.value)
		}
	}
}

// boundary is the boundary parameter. A missing one is not declared; an empty one is.
func (p *partHeader) boundary() (b string, declared bool) {
	for _, prm := range p.params.params {
		if prm.name == "boundary" {
			return strings.TrimRight(prm.value, " \t"), true
		}
	}
	return "", false
}

// identity says that no transfer encoding hides the bytes.
func (p *partHeader) identity() bool {
	for _, e := range p.encodings {
		if e == "base64" || e == "quoted-printable" || strings.Contains(e, "uue") {
			return false
		}
	}
	return true
}

func (p *partHeader) isPlain() bool {
	return p.identity() && (p.typ == "" || p.typ == "text/plain" || !strings.Contains(p.typ, "/"))
}

// quietField names the fields whose values are for machines, or are read as texts of their own.
func quietField(name string) bool {
	if knownField([]byte(name + ":")) {
		return true
	}
	switch name {
	case "Feedback-Id", "Archived-At", "Authentication-Results-Original", "Return-Receipt-To", "Disposition-Notification-To",
		"Mailing-List", "Sensitivity", "Mail-Followup-To", "Face", "Lines", "Xref", "Path", "Newsgroups", "Nntp-Posting-Host",
		"Nntp-Posting-Date", "Followup-To", "Distribution", "Autocrypt", "Openpgp", "Envelope-To", "Delivery-Date", "Cancel-Lock",
		"Accept-Language", "Mime-Autoconverted", "Domainkey-Signature", "Reply-By", "Expires", "Apparently-To", "Encrypted",
		"Original-Message-Id", "Posted-To", "Original-Recipient", "Tls-Required", "Savedfromemail", "Acceptlanguage",
		"Comments", "Keywords":
		return true
	}
	return false
}

// announce hands over what the header of a message says to people.
func (o *opener) announce(n *node) {
	part := func(name string) string {
		if n.path == "" {
			return name
		}
		return n.path + " " + name
	}
	say := func(name string, field string) {
		values := n.head.all(field)
		if len(values) == 0 {
			return
		}
		w := o.text(part(name), n.quoted, false)
		for i, v := range values {
			if i > 0 {
				w.writeString("\n")
			}
			w.writeString(decodeWords(v))
		}
		w.close()
	}
	say("subject", "Subject")
	if topic := n.head.get("Thread-Topic"); !bytes.Contains(n.head.get("Subject"), topic) {
		say("thread-topic", "Thread-Topic")
	}
	for _, f := range []string{"From", "Sender", "Reply-To", "To", "Cc", "Bcc"} {
		if list := n.head.addresses(f); len(list) > 0 {
			o.sayAddresses(part(strings.ToLower(f)), list, n.quoted)
		}
	}
	say("comments", "Comments")
	say("keywords", "Keywords")
	say("organization", "Organization")
}

func (o *opener) sayAddresses(part string, list []Address, quoted bool) {
	w := o.text(part, quoted, false)
	for i, a := range list {
		if i > 0 {
			w.writeString("\n")
		}
		w.writeString(strings.TrimSpace(a.Name + " " + a.Addr))
	}
	w.close()
}
