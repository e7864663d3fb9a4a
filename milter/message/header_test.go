package message

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddresses(t *testing.T) {
	for in, want := range map[string][]Address{
		`Bo Vang <bo@b.example>`:                        {{"Bo Vang", "bo@b.example"}},
		`"Vang, Bo" <bo@b.example>, ane@a.example`:      {{"Vang, Bo", "bo@b.example"}, {"", "ane@a.example"}},
		`bo@b.example (Bo Vang)`:                        {{"Bo Vang", "bo@b.example"}},
		`Sager: bo@b.example, Ane <ane@a.example>;`:     {{"Sager", ""}, {"", "bo@b.example"}, {"Ane", "ane@a.example"}},
		`=?utf-8?q?S=C3=B8ren?= =?utf-8?q?_B?= <s@b.c>`: {{"Søren B", "s@b.c"}},
		`"\"Bo\" V" <bo@b.example`:                      {{`"Bo" V`, "bo@b.example"}},
		`=?utf-8?B?QsO4IDxib0BiLmV4YW1wbGU+?=`:          {{"Bø", "bo@b.example"}},
		`<bo@b.example>,,;`:                             {{"", "bo@b.example"}},
		`bo@b.example; ane@a.example`:                   {{"", "bo@b.example"}, {"", "ane@a.example"}},
		"\"unclosed <bo@b.example>":                     {{"unclosed", "bo@b.example"}},
		`undisclosed-recipients:;`:                      {{"undisclosed-recipients", ""}},
		`Bo 010101-0101 <010101-0101@b.example>`:        {{"Bo 010101-0101", "010101-0101@b.example"}},
		``:                                              nil,
	} {
		if d := cmp.Diff(want, parseAddresses([]byte(in))); d != "" {
			t.Errorf("%q:\n%s", in, d)
		}
	}
}

func TestValues(t *testing.T) {
	for in, want := range map[string]value{
		`text/plain; charset="utf-8"`:                             {"text/plain", []param{{"charset", "utf-8"}}},
		`Text/HTML;charset=iso-8859-1;`:                           {"text/html", []param{{"charset", "iso-8859-1"}}},
		`text/plain charset=utf-8`:                                {"text/plain", []param{{"charset", "utf-8"}}},
		`multipart/mixed; boundary="a;b\"c"`:                      {"multipart/mixed", []param{{"boundary", `a;b"c`}}},
		`multipart/mixed; boundary="unclosed`:                     {"multipart/mixed", []param{{"boundary", "unclosed"}}},
		`attachment; filename=en fil.pdf`:                         {"attachment", []param{{"filename", "en fil.pdf"}}},
		`attachment; filename*=utf-8'da'l%C3%A6ge.pdf`:            {"attachment", []param{{"filename", "læge.pdf"}}},
		`attachment; filename*0="a"; filename*1="b.pdf"`:          {"attachment", []param{{"filename", "ab.pdf"}}},
		`attachment; filename*0*=iso-8859-1''l%E6; filename*1=ge`: {"attachment", []param{{"filename", "læge"}}},
		`attachment; filename="=?utf-8?B?w6Y=?=.pdf"`:             {"attachment", []param{{"filename", "æ.pdf"}}},
		`"text/plain"`:                {"text/plain", nil},
		`text/plain (a comment); x=y`: {"text/plain", []param{{"x", "y"}}},
		`;;;`:                         {"", nil},
	} {
		if d := cmp.Diff(want, parseValue([]byte(in)), cmp.AllowUnexported(value{}, param{})); d != "" {
			t.Errorf("%q:\n%s", in, d)
		}
	}
}

func TestMail(t *testing.T) {
	r := readBytes(t, NewReader(Options{}), []byte("From: Bo <bo@b.example>\nTo: a@a.example\nCc: c@c.example\nX-Gateway-Encrypt:  required \nX-gateway-encrypt: no\n"+
		"Subject: =?utf-8?q?#sikker#_s=C3=B8g?=\nMessage-ID: <1@b>\nIn-Reply-To: <0@a>\nReferences: <x@a>\n <0@a>\nList-Id: <l.a>\nAuto-Submitted: auto-replied; x\n\nx\n"))
	m := r.mail
	if d := cmp.Diff([]string{"required", "no"}, m.Header("x-gateway-ENCRYPT")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"#sikker# søg"}, m.Header("Subject")); d != "" {
		t.Error(d)
	}
	if m.MessageID != "1@b" || m.InReplyTo != "0@a" || len(m.References) != 2 || !m.Bulk || !m.AutoSubmitted || len(m.Cc) != 1 {
		t.Errorf("%q %q %d %v %v %d", m.MessageID, m.InReplyTo, len(m.References), m.Bulk, m.AutoSubmitted, len(m.Cc))
	}
}
