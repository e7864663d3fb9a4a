package web

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"postvagt/agent/login"
	"postvagt/milter/message"
)

// reading is the content of a held message for who may read it: plain text, of which nothing is a link, a picture or markup.
type reading struct {
	Head  []fact
	Texts []readText
	Shut  []string // attachments without a text: their names, and why
	Cut   bool     // there is more than is shown
}

// readText is what one part says.
type readText struct{ Part, Text string }

// Bounds of what is read of one message. The helper hands over a megabyte of it at most.
const (
	readMost  = 256 << 10 // bytes of text
	readParts = 100
)

// heldReader reads a mail as the milter does that judged it, with less room. It starts no other program.
var heldReader = message.NewReader(message.Options{Pdftotext: "-", Limits: message.Limits{Depth: 8, Parts: readParts, TextBytes: readMost, Expanded: 16 << 20}})

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
	_, answer, err := s.askHelper(r.Context(), heldRequest{Op: "show", ID: m.ID, Arrival: &m.Arrival, Actor: v.actor(), Reason: reason, Body: true})
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
func readMessage(lang string, raw []byte) reading {
	l := listener{names: map[string]string{}, texts: map[string]*strings.Builder{}}
	m, err := heldReader.Read(bytes.NewReader(raw), int64(len(raw)), l.hear)
	one := reading{Cut: err != nil}
	for _, name := range []string{"From", "To", "Cc", "Date", "Subject"} {
		if text := strings.Join(m.Header(name), ", "); text != "" {
			one.Head = append(one.Head, fact{Name: texts["held-head-"+strings.ToLower(name)].In(lang), Value: clip(strings.ToValidUTF8(text, "�"), mostHead)})
		}
	}
	for _, part := range l.order {
		number, kind, _ := strings.Cut(part, " ")
		if text := strings.TrimSpace(strings.ToValidUTF8(l.texts[part].String(), "�")); text != "" {
			one.Texts = append(one.Texts, readText{l.label(number, kind), text})
			delete(l.names, number)
		}
	}
	one.shut(lang, &l, m.Unopened)
	return one
}

// mostHead bounds a header field that is shown, in bytes.
const mostHead = 4 << 10

func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// listener gathers the texts of a mail by its parts.
type listener struct {
	order []string
	texts map[string]*strings.Builder // by part
	open  bool                        // the next piece goes on where the last one ended
	names map[string]string           // of files, by the number of the part
}

// hear takes one piece. Header fields are read apart, and what a mail program would not show is not shown here.
func (l *listener) hear(t message.Text) {
	if number, ok := strings.CutPrefix(t.Part, "filename "); ok {
		l.names[number] = strings.TrimSpace(l.names[number] + string(t.Data))
		return
	}
	if t.Hidden || t.Part == "" || !unicode.IsDigit(rune(t.Part[0])) {
		return
	}
	if l.texts[t.Part] == nil {
		l.texts[t.Part] = &strings.Builder{}
		l.order = append(l.order, t.Part)
	}
	if !l.open {
		l.texts[t.Part].WriteByte('\n')
	}
	l.texts[t.Part].Write(t.Data)
	l.open = t.More
}

// label names a part by its file, its number and its kind.
func (l *listener) label(number, kind string) string {
	at := strings.TrimSuffix(number+", "+kind, ", ")
	if name := l.names[number]; name != "" {
		return clip(strings.ToValidUTF8(name, "�"), mostHead) + " (" + at + ")"
	}
	return at
}

// shut names what has no text here, and why.
func (one *reading) shut(lang string, l *listener, unopened []message.Unopened) {
	add := func(text string) {
		if len(one.Shut) < readParts {
			one.Shut = append(one.Shut, text)
		}
	}
	for _, u := range unopened {
		one.Cut = one.Cut || u.Reason == "limit"
		number, kind, _ := strings.Cut(u.Part, " ")
		why, ok := texts["held-shut-"+u.Reason]
		if !ok {
			why = texts["held-shut-else"]
		}
		add(l.label(number, kind) + ": " + why.In(lang))
		delete(l.names, number)
	}
	for _, number := range slices.Sorted(maps.Keys(l.names)) {
		add(l.label(number, ""))
	}
}
