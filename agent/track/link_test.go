package track

import (
	"fmt"
	"strings"
	"testing"
)

// A content filter sends a mail to two recipients back; both are delivered before the first server's answer is logged. Each
// keeps its own outcome and transport.
func TestFilterOfTwoRecipients(t *testing.T) {
	const text = `smtpd[1]: 4AAAAAAA01: client=pc.example[192.0.2.1]
cleanup[2]: 4AAAAAAA01: message-id=<x@nordvig-kommune.example>
qmgr[3]: 4AAAAAAA01: from=<kari@nordvig-kommune.example>, size=500, nrcpt=2 (queue active)
smtpd[4]: 4BBBBBBB01: client=localhost[127.0.0.1]
cleanup[2]: 4BBBBBBB01: message-id=<x@nordvig-kommune.example>
qmgr[3]: 4BBBBBBB01: from=<kari@nordvig-kommune.example>, size=600, nrcpt=2 (queue active)
smtp[6]: Verified TLS connection established to mx.b.example[192.0.2.2]:25: TLSv1.3 with cipher X (256/256 bits)
smtp[5]: 4BBBBBBB01: to=<a@plain.example>, relay=mx.a.example[192.0.2.3]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
smtp[6]: 4BBBBBBB01: to=<a@verified.example>, relay=mx.b.example[192.0.2.2]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)
qmgr[3]: 4BBBBBBB01: removed
smtp[7]: 4AAAAAAA01: to=<a@plain.example>, relay=127.0.0.1[127.0.0.1]:10025, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4BBBBBBB01)
smtp[7]: 4AAAAAAA01: to=<a@verified.example>, relay=127.0.0.1[127.0.0.1]:10025, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4BBBBBBB01)
qmgr[3]: 4AAAAAAA01: removed`
	w := newWorld(t, testOptions())
	for i, l := range strings.Split(text, "\n") {
		w.add(line{"mail", int64(i), fmt.Sprintf("Nov 23 09:00:%02d edge postfix/%s", i, l), false})
	}
	w.commit()
	got := map[string]string{}
	for _, d := range w.rows() {
		got[d.ToDomain] += d.Outcome + " " + d.Transport
	}
	for domain, want := range map[string]string{"plain.example": "delivered plaintext", "verified.example": "delivered verified"} {
		if got[domain] != want {
			t.Errorf("%s: %q, want %q", domain, got[domain], want)
		}
	}
	if len(got) != 2 {
		t.Errorf("rows %v", got)
	}
}
