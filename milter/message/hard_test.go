package message

import (
	"strings"
	"testing"
	"time"
)

// TestHardInputs reads 4 MB of what makes a careless parser quadratic. Each takes some tenths of a second;
// a quadratic way takes minutes.
func TestHardInputs(t *testing.T) {
	const size = 4 << 20
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	rd := NewReader(Options{Pdftotext: "-"})
	html := "Content-Type: text/html\n\n"
	for name, mail := range map[string]string{
		"words of no encoding":      "Subject: " + fill("=?a?x?") + "\n\nx",
		"words without end":         "Subject: " + fill("=?a?q?") + "\n\nx",
		"folded header":             "Subject: a\n" + fill(" b\n") + "\nx",
		"quotes in addresses":       "To: " + fill("\"a\\\"<") + "\n\nx",
		"parameters":                "Content-Type: a/b; " + fill("a*1=b;") + "\n\nx",
		"boundary lines":            "Content-Type: multipart/mixed; boundary=x\n\n" + fill("--x\n"),
		"closing boundaries":        "Content-Type: multipart/mixed; boundary=x\n\n" + fill("--x--\nab\n"),
		"boundaries to adopt":       "\n" + fill("--y\nContent-Type: a\n\n"),
		"open elements":             html + fill("<b>"),
		"end tags of nothing":       html + fill("<i><b><u>")[:3000] + fill("</s>"),
		"end tags of the outermost": html + fill("<b><i></u></b>"),
		"cells":                     html + fill("<td>"),
		"attributes":                html + "<a " + fill("b=c ") + ">",
		"brackets":                  html + fill("<"),
		"comments":                  html + fill("<!--"),
		"style rules":               html + "<style>" + fill(".a{display:none}") + "</style><p class=\"" + fill("a ") + "\">",
		"XML quotes":                "Content-Type: text/xml\n\n<?xml?>" + fill("<a b=\""+strings.Repeat(">", 60000)),
		"XML brackets":              "Content-Type: text/xml\n\n<?xml?>" + fill("<!["),
		"quoted lines":              "\n" + fill("> a\n"),
		"labels":                    "\n" + fill("Fra: a\n"),
		"attributions":              "\n" + fill("Den 3. skrev a:\n"),
		"armour":                    "\n" + fill("-----BEGIN PGP MESSAGE-----\n"),
		"uuencode":                  "\n" + fill("begin 644 abc\n"),
		"bare base64":               "\n" + fill(strings.Repeat("A", 70)+"\nb c\n"),
		"flowed":                    "Content-Type: text/plain; format=flowed\n\n" + fill("a \n"),
		"UTF-7":                     "Content-Type: text/plain; charset=utf-7\n\n" + fill("+"),
		"cues":                      "\n" + fill("kode a1b2c3 "),
		"calendar":                  "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n" + fill("A:b\n c\n"),
		"JSON":                      "Content-Type: application/json\n\n" + fill("\\u00e"),
		"RTF groups":                "Content-Type: text/rtf\n\n{\\rtf1" + fill("{\\*\\a"),
		"combining marks":           "\n" + fill("a\u0301\u0301\u0301"),
	} {
		start := time.Now()
		if _, err := rd.Read(strings.NewReader(mail), int64(len(mail)), func(Text) {}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%s: %v", name, d)
		} else if d > time.Second {
			t.Logf("%s: %v", name, d)
		}
	}
}
