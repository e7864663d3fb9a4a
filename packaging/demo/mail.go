package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"text/template"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// letter is one sample mail, ready to be sent.
type letter struct {
	MessageID string // without <>
	From      string
	To        []string // of To and Cc
	Data      []byte
	Numbers   []string // the national numbers in it, as they are written there
}

// numbers are the functions of the templates; each number made is noted.
func (l *letter) numbers() template.FuncMap {
	funcs := template.FuncMap{}
	for name, make := range map[string]func(int) string{"cpr": cpr, "pnr": pnr, "fnr": fnr, "hetu": hetu, "kt": kennitala} {
		funcs[name] = func(n int) string {
			number := make(n)
			l.Numbers = append(l.Numbers, number)
			return number
		}
	}
	return funcs
}

// compose makes the mail of a template: a header of UTF-8 text, an empty line, a body. The body is encoded
// as its own Content-Type and Content-Transfer-Encoding say, then protected as protect says.
func compose(ctx context.Context, name, text, protect string, now time.Time, keys *keyring) (*letter, error) {
	l := &letter{}
	head, body, err := l.fill(name, text)
	if err != nil {
		return nil, err
	}
	if err := l.address(head); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	number, _, _ := strings.Cut(name, "-")
	l.MessageID = "demo-" + number + l.From[strings.LastIndexByte(l.From, '@'):]

	outer, content := splitHeader(head)
	entity, err := encodeBody(content, body)
	if err == nil && protect != "" {
		entity, err = keys.protect(ctx, protect, entity)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var b bytes.Buffer
	for _, line := range outer {
		b.WriteString(encodeField(line) + "\r\n")
	}
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <%s>\r\nMIME-Version: 1.0\r\n", now.Format(time.RFC1123Z), l.MessageID)
	b.Write(entity)
	l.Data = b.Bytes()
	return l, nil
}

// fill executes the template and parts header and body.
func (l *letter) fill(name, text string) (head, body string, err error) {
	tmpl, err := template.New(name).Funcs(l.numbers()).Parse(text)
	if err != nil {
		return "", "", err
	}
	var filled strings.Builder
	if err := tmpl.Execute(&filled, nil); err != nil {
		return "", "", err
	}
	head, body, ok := strings.Cut(filled.String(), "\n\n")
	if !ok {
		return "", "", fmt.Errorf("%s: no empty line between header and body", name)
	}
	return head, body, nil
}

// address makes the envelope from the header.
func (l *letter) address(head string) error {
	m, err := mail.ReadMessage(strings.NewReader(head + "\n\n"))
	if err != nil {
		return err
	}
	for _, field := range []string{"From", "To", "Cc"} {
		if m.Header.Get(field) == "" {
			continue
		}
		list, err := m.Header.AddressList(field)
		if err != nil {
			return fmt.Errorf("%s: %w", field, err)
		}
		for _, a := range list {
			if field == "From" {
				l.From = a.Address
			} else {
				l.To = append(l.To, a.Address)
			}
		}
	}
	return nil
}

// splitHeader parts the fields of the message from those of its content.
func splitHeader(head string) (outer, content []string) {
	for _, line := range strings.Split(head, "\n") {
		switch {
		case strings.HasPrefix(line, "Content-"):
			content = append(content, line)
		case !strings.HasPrefix(line, "MIME-Version"):
			outer = append(outer, line)
		}
	}
	return outer, content
}

// encodeField writes what is not ASCII as encoded words (RFC 2047); addresses stay as they are.
func encodeField(line string) string {
	name, value, _ := strings.Cut(line, ": ")
	switch name {
	case "From", "To", "Cc":
		list, err := mail.ParseAddressList(value)
		if err != nil {
			return line
		}
		var out []string
		for _, a := range list {
			out = append(out, a.String())
		}
		return name + ": " + strings.Join(out, ", ")
	}
	return name + ": " + mime.QEncoding.Encode("utf-8", value)
}

// encodeBody makes a MIME entity of a body.
func encodeBody(content []string, body string) ([]byte, error) {
	fields := strings.Join(content, "\n")
	data := []byte(body)
	if strings.Contains(fields, "iso-8859-1") {
		latin, err := charmap.ISO8859_1.NewEncoder().Bytes(data)
		if err != nil {
			return nil, err
		}
		data = latin
	}
	var b bytes.Buffer
	b.WriteString(strings.ReplaceAll(fields, "\n", "\r\n") + "\r\n\r\n")
	switch {
	case strings.Contains(fields, "base64"):
		b.WriteString(base64Lines(data))
	case strings.Contains(fields, "quoted-printable"):
		w := quotedprintable.NewWriter(&b)
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
	default:
		b.Write(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
	}
	return b.Bytes(), nil
}

// base64Lines encodes in lines of 76 characters.
func base64Lines(data []byte) string {
	text := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return b.String()
}
