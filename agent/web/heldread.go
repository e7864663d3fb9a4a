package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"

	"postvagt/agent/login"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding/htmlindex"
)

// reading is the content of a held message for who may read it: plain text, of which nothing is a link, a picture or markup.
// Attachments are named and not opened.
type reading struct {
	Head        []fact
	Texts       []string
	Attachments []string
	Cut         bool // there is more than is shown
}

// Bounds of what is read of one message.
const (
	readMost  = 256 << 10 // bytes of text
	readParts = 100
	readDepth = 8
)

// readHeld asks the helper for the content of a held message, for a reviewer who may read it and says why. That it was read is
// written down here and by the helper, and its sender is told.
func (s *site) readHeld(w http.ResponseWriter, r *http.Request) {
	v, _ := s.viewOf(r) // the period does not matter here
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	m, err := s.heldMail(r, v, r.PostFormValue("arrival"))
	if err == nil && !v.user.Is(login.Reviewer) {
		err = errNotFound // the departments are a reviewer's
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	reason := trimmed(r, "reason")
	if err := s.note(r, "held-show", reason); err != nil { // before it is shown
		s.fail(w, r, err)
		return
	}
	_, answer, err := s.askHelper(r.Context(), heldRequest{Op: "show", ID: m.ID, Arrival: &m.Arrival, Actor: &heldActor{v.user.Name, v.user.Addresses}, Reason: reason, Body: true})
	page := s.heldPage(v, m)
	var refused heldRefusal
	switch {
	case errors.As(err, &refused):
		page.Notice = heldRefused(v.Lang, refused.answer)
		s.render(w, r, v, http.StatusConflict, "held", page)
		return
	case err != nil:
		s.fail(w, r, err)
		return
	}
	read := readMessage(v.Lang, answer.Content)
	read.Cut = read.Cut || answer.Cut
	page.Read = &read
	s.render(w, r, v, http.StatusOK, "held", page)
}

// readMessage makes a mail readable. What is no mail is shown as the text that it is.
func readMessage(lang string, raw []byte) (one reading) {
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		one.add(string(raw))
		return one
	}
	words := mime.WordDecoder{CharsetReader: charset}
	for _, name := range []string{"From", "To", "Cc", "Date", "Subject"} {
		text, err := words.DecodeHeader(msg.Header.Get(name))
		if err != nil {
			text = msg.Header.Get(name)
		}
		if text != "" {
			one.Head = append(one.Head, fact{Name: texts["held-head-"+strings.ToLower(name)].In(lang), Value: strings.ToValidUTF8(text, "�")})
		}
	}
	one.part(textproto.MIMEHeader(msg.Header), msg.Body, 0)
	return one
}

// part reads one part and those in it.
func (one *reading) part(header textproto.MIMEHeader, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && params["boundary"] != "" {
		one.parts(multipart.NewReader(body, params["boundary"]), depth+1)
		return
	}
	disposition, more, err := mime.ParseMediaType(header.Get("Content-Disposition"))
	if err == nil && disposition == "attachment" || kind != "text/plain" && kind != "text/html" {
		one.Attachments = append(one.Attachments, attachmentName(kind, more["filename"], params["name"]))
		return
	}
	data, err := io.ReadAll(io.LimitReader(decoded(header.Get("Content-Transfer-Encoding"), body), readMost+1))
	one.Cut = one.Cut || err != nil || len(data) > readMost
	if in, err := charset(params["charset"], bytes.NewReader(data)); err == nil {
		if converted, err := io.ReadAll(in); err == nil {
			data = converted
		}
	}
	if kind == "text/html" {
		data = []byte(textOfHTML(data))
	}
	one.add(string(data))
}

func (one *reading) parts(all *multipart.Reader, depth int) {
	if depth > readDepth {
		one.Cut = true
		return
	}
	for range readParts {
		p, err := all.NextRawPart()
		if err != nil {
			one.Cut = one.Cut || !errors.Is(err, io.EOF)
			return
		}
		one.part(p.Header, p, depth)
	}
	one.Cut = true
}

// add adds a text, as far as there is room.
func (one *reading) add(text string) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "�"))
	room := readMost
	for _, t := range one.Texts {
		room -= len(t)
	}
	if len(text) > room {
		text, one.Cut = strings.ToValidUTF8(text[:max(0, room)], ""), true
	}
	if text != "" {
		one.Texts = append(one.Texts, text)
	}
}

func attachmentName(kind string, names ...string) string {
	for _, name := range names {
		if decoded, err := (&mime.WordDecoder{CharsetReader: charset}).DecodeHeader(name); err == nil && decoded != "" {
			return fmt.Sprintf("%s (%s)", decoded, kind)
		}
	}
	return kind
}

func decoded(encoding string, in io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, in)
	case "quoted-printable":
		return quotedprintable.NewReader(in)
	}
	return in
}

// charset converts from a charset by its name on the web; what is not named is UTF-8.
func charset(name string, in io.Reader) (io.Reader, error) {
	if name == "" {
		name = "utf-8"
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(in), nil
}

// textOfHTML is what a reader of a page sees of it, about: its texts, in lines.
func textOfHTML(page []byte) string {
	var b strings.Builder
	hidden := ""
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if hidden == "" {
				b.WriteString(strings.Join(strings.Fields(string(z.Text())), " ") + " ")
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			if tag := string(name); slices.Contains([]string{"script", "style", "head", "title"}, tag) && hidden == "" {
				hidden = tag
			} else if slices.Contains([]string{"p", "div", "br", "tr", "li", "h1", "h2", "h3", "table", "blockquote"}, tag) {
				b.WriteString("\n")
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == hidden {
				hidden = ""
			}
		}
	}
}
