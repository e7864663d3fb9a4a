package watch

import (
	"bytes"
	"fmt"
	"html"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"
)

// Message is a mail of ours, before it is written.
type Message struct {
	From, To string // addresses
	ID       string // makes the Message-ID: the same for the same thing, so that a second copy is known as one
	Date     time.Time
	Subject  string
	Lang     string   // BCP 47
	Text     []string // paragraphs
}

// Bytes writes the mail: plain text and HTML side by side, and the fields of RFC 3834 by which other programs know not to
// answer it. It is to be sent with the null reverse-path, so that no bounce comes back.
func (m Message) Bytes() ([]byte, error) {
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	domain := m.From[strings.LastIndexByte(m.From, '@')+1:]
	var head bytes.Buffer
	for _, f := range [][2]string{
		{"From", m.From}, {"To", m.To}, {"Subject", mime.QEncoding.Encode("utf-8", m.Subject)}, {"Date", m.Date.Format(time.RFC1123Z)},
		{"Message-ID", "<" + m.ID + "@" + domain + ">"}, {"Auto-Submitted", "auto-generated"}, {"X-Auto-Response-Suppress", "All"},
		{"Precedence", "bulk"}, {"Content-Language", m.Lang}, {"MIME-Version", "1.0"},
		{"Content-Type", "multipart/alternative; boundary=" + parts.Boundary()},
	} {
		if strings.ContainsAny(f[1], "\r\n") {
			return nil, fmt.Errorf("mail: %s has a line break", f[0])
		}
		fmt.Fprintf(&head, "%s: %s\r\n", f[0], f[1])
	}
	head.WriteString("\r\n")
	if err := part(parts, "text/plain", strings.Join(m.Text, "\r\n\r\n")+"\r\n"); err != nil {
		return nil, err
	}
	if err := part(parts, "text/html", m.html()); err != nil {
		return nil, err
	}
	if err := parts.Close(); err != nil {
		return nil, err
	}
	return append(head.Bytes(), b.Bytes()...), nil
}

func (m Message) html() string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=%q><body>", m.Lang)
	for _, p := range m.Text {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>") + "</p>\r\n")
	}
	b.WriteString("</body></html>\r\n")
	return b.String()
}

func part(w *multipart.Writer, kind, text string) error {
	p, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"}})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(p)
	if _, err := q.Write([]byte(text)); err != nil {
		return err
	}
	return q.Close()
}
