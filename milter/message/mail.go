package message

import (
	"bytes"
	"io"
	"strings"
)

// read takes over what the header of the message itself says.
func (m *Mail) read(h *header) {
	m.header = map[string][]string{}
	if h == nil {
		return
	}
	for _, f := range h.fields {
		if len(m.header[f.name]) < 1000 {
			m.header[f.name] = append(m.header[f.name], decodeWords(f.value))
		}
	}
	m.From, m.Sender, m.ReplyTo = h.addresses("From"), h.addresses("Sender"), h.addresses("Reply-To")
	m.To, m.Cc, m.Bcc = h.addresses("To"), h.addresses("Cc"), h.addresses("Bcc")
	m.MessageID = strings.Trim(string(h.get("Message-Id")), " \t<>")
	if ids := messageIDs(h.get("In-Reply-To")); len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	m.References = messageIDs(h.get("References"))
	switch strings.ToLower(string(h.get("Precedence"))) {
	case "bulk", "list", "junk":
		m.Bulk = true
	}
	m.Bulk = m.Bulk || h.get("List-Id") != nil || h.get("List-Unsubscribe") != nil
	auto, _, _ := strings.Cut(strings.ToLower(string(h.get("Auto-Submitted"))), ";")
	m.AutoSubmitted = auto != "" && strings.TrimSpace(auto) != "no"
}

// messageIDs reads the identifiers in angle brackets, without them.
func messageIDs(raw []byte) (out []string) {
	for len(out) < 1000 {
		lt := bytes.IndexByte(raw, '<')
		if lt < 0 {
			break
		}
		gt := bytes.IndexByte(raw[lt:], '>')
		if gt < 0 {
			break
		}
		out = append(out, string(bytes.TrimSpace(raw[lt+1:lt+gt])))
		raw = raw[lt+gt+1:]
	}
	return out
}

// openMail opens a message that was encoded or attached as a file: text of an earlier mail.
func openMail(o *opener, d doc, data *io.SectionReader) error {
	d.quoted = true
	return o.message(data, d)
}
