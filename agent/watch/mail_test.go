package watch

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"os"
	"reflect"
	"strings"
	"testing"
)

// read takes a mail apart and returns its header and the text of its parts.
func read(t *testing.T, data []byte) (mail.Header, map[string]string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	texts := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextPart() // decodes quoted-printable
		if err == io.EOF {
			return m.Header, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		texts[kind] = string(b)
	}
}

// In every language: what kind of data and what to do, in both parts, and that no program shall answer.
func TestNotice(t *testing.T) {
	for _, lang := range Languages() {
		w := noticeWords(lang)
		for _, what := range []string{NoticeHeld, NoticeSent, NoticeBack} {
			for _, quoted := range []bool{false, true} {
				n := Notice{ID: "abc", To: "ida@nordvig.example", Lang: lang, What: what, Kinds: []string{"dk-cpr", "se-pnr", "health"}, Quoted: quoted, At: noon}
				data, err := n.Message("postvagt@nordvig.example", "da", "HELP", noon).Bytes()
				if err != nil {
					t.Fatal(err)
				}
				header, texts := read(t, data)
				subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
				if err != nil || subject != w.subject[what] {
					t.Errorf("%s: subject %q, %v", lang, subject, err)
				}
				for field, want := range map[string]string{"Auto-Submitted": "auto-generated", "Content-Language": lang, "To": n.To, "Message-Id": "<notice-" + what + "-abc@nordvig.example>"} {
					if header.Get(field) != want {
						t.Errorf("%s: %s: %q", lang, field, header.Get(field))
					}
				}
				want := []string{"12:00", w.groups[0] + ", " + w.groups[1], "HELP"}
				if quoted {
					want = append(append(want, w.steps...), w.a[:20], w.b[:20])
				} else {
					want = append(want, w.instead)
				}
				for kind, text := range texts {
					for _, s := range want {
						if !strings.Contains(text, s) {
							t.Errorf("%s %s %s: lacks %q:\n%s", lang, what, kind, s, text)
						}
					}
				}
				if len(texts) != 2 || strings.Count(texts["text/plain"], w.groups[0]) != 1 {
					t.Errorf("%s: %d parts", lang, len(texts))
				}
			}
		}
	}
}

// Who decides on their own held mail is told so, and where; that others do is not said then. Only a notice of held mail says it.
func TestNoticeOfOwnDecision(t *testing.T) {
	const page = "https://pages.example/held/4bXyQ12?arrival=2026-11-28T13%3A00%3A00Z"
	seen := map[string]bool{}
	for _, lang := range Languages() {
		w := noticeWords(lang)
		if seen[w.own] || w.own == "" {
			t.Errorf("%s has no words of its own", lang)
		}
		seen[w.own] = true
		for _, what := range []string{NoticeHeld, NoticeSent, NoticeBack} {
			data, err := Notice{ID: "abc", To: "ida@nordvig.example", Lang: lang, What: what, Kinds: []string{"health"}, At: noon, Page: page}.Message("postvagt@nordvig.example", "da", "", noon).Bytes()
			if err != nil {
				t.Fatal(err)
			}
			_, texts := read(t, data)
			for kind, text := range texts {
				for words, there := range map[string]bool{w.own: what == NoticeHeld, page: what == NoticeHeld, w.wrong: false} {
					if strings.Contains(text, words) != there {
						t.Errorf("%s, %s, %s: %q is there: %v", lang, what, kind, words, !there)
					}
				}
			}
		}
	}
}

func TestNoticeLanguage(t *testing.T) {
	for _, tt := range [][3]string{{"sv", "da", "sv"}, {"", "da", "da"}, {"no", "da", "nb"}, {"xx", "yy", "en"}, {"de", "no", "nb"}, {"no", "nn", "nn"}, {"", "nn", "nn"}} {
		if got := language(tt[0], tt[1]); got != tt[2] {
			t.Errorf("%q in a house of %q: %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}

func TestNoticeWordsAreWhole(t *testing.T) {
	want := reflect.ValueOf(*noticeEnglish())
	for _, lang := range Languages() {
		got := reflect.ValueOf(*noticeWords(lang))
		for i := range got.NumField() {
			name, f := got.Type().Field(i).Name, got.Field(i)
			if f.IsZero() || f.Kind() != reflect.String && f.Len() != want.Field(i).Len() {
				t.Errorf("%s lacks texts of %s", lang, name)
			}
		}
		for i := range groups {
			if noticeWords(lang).groups[i] == "" {
				t.Errorf("%s lacks the word for %s", lang, groups[i].name)
			}
		}
	}
}

func TestMailRefusesLineBreaks(t *testing.T) {
	if _, err := (Message{From: "a@b.example", To: "c@d.example\r\nBcc: e@f.example"}).Bytes(); err == nil {
		t.Error("a header was injected")
	}
}

func TestMailEscapesHTML(t *testing.T) {
	data, err := Message{From: "a@b.example", To: "c@d.example", Text: []string{"<script>&"}}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, texts := read(t, data)
	if !strings.Contains(texts["text/html"], "&lt;script&gt;&amp;") || !strings.Contains(texts["text/plain"], "<script>&") {
		t.Errorf("%q", texts)
	}
}

// A notice says why, and does not claim that a message holds what was not found in it.
func TestNoticeReasons(t *testing.T) {
	shipped, err := os.ReadFile("../../packaging/etc/milter.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		w := noticeWords(lang)
		for line, reason := range w.why {
			if !strings.Contains(string(shipped), fmt.Sprintf("#name = %q\n", line)) {
				t.Errorf("the shipped policy has no line %s", line)
			}
			for _, kinds := range [][]string{nil, {"health"}} {
				text := strings.Join(Notice{What: NoticeHeld, Why: line, Lang: lang, Kinds: kinds, At: noon}.Message("a@b.example", "da", "", noon).Text, "\n")
				claims := strings.Contains(text, fmt.Sprintf(w.what[NoticeHeld], "12:00")) || strings.Contains(text, w.groups[1])
				if !strings.Contains(text, reason) || claims != (kinds != nil) || !strings.Contains(text, "12:00") {
					t.Errorf("%s, %s, kinds %v:\n%s", lang, line, kinds, text)
				}
				if strings.Contains(text, w.instead) != (line != LineDowngrade) {
					t.Errorf("%s, %s: what to do instead:\n%s", lang, line, text)
				}
			}
		}
		text := strings.Join(Notice{What: NoticeBack, Why: "a line of the house's own", Lang: lang, At: noon}.Message("a@b.example", "da", "", noon).Text, "\n")
		if !strings.Contains(text, fmt.Sprintf(w.bare[NoticeBack], "12:00")) {
			t.Errorf("%s:\n%s", lang, text)
		}
	}
}
