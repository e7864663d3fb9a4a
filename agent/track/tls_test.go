package track

import (
	"fmt"
	"strings"
	"testing"
)

// The TLS of each delivery, by the lines around it. A line is "pid text"; what is expected is transport by queue id.
func TestTLSOfADelivery(t *testing.T) {
	const (
		a = "mx.a.example[192.0.2.1]:25"
		b = "mx.b.example[192.0.2.2]:25"
	)
	tls := func(pid int, trust, word, peer, version string) string {
		return fmt.Sprintf("%d %s TLS connection %s to %s: %s with cipher X (256/256 bits)", pid, trust, word, peer, version)
	}
	sent := func(pid int, id, to, relay, extra, delays string) string {
		return fmt.Sprintf("%d AAAAAAAA%s: to=<%s@far.example>, relay=%s,%s delay=1, delays=%s, dsn=2.0.0, status=sent (250 ok)", pid, id, to, relay, extra, delays)
	}
	for name, tt := range map[string]struct {
		lines []string
		want  string
	}{
		"no TLS line ever":                  {[]string{sent(1, "01", "x", a, "", "1/2/3/4")}, "01 unknown"},
		"verified":                          {[]string{tls(1, "Verified", "established", a, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4")}, "01 verified"},
		"verified by an old version":        {[]string{tls(1, "Verified", "established", a, "TLSv1.1"), sent(1, "01", "x", a, "", "1/2/3/4")}, "01 encrypted"},
		"trusted is not proven to whom":     {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4")}, "01 encrypted"},
		"not carried to the next message":   {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4"), sent(1, "02", "x", a, "", "5/2/3/4")}, "01 encrypted 02 plaintext"},
		"nor to a retry of the same one":    {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4"), sent(1, "01", "y", a, "", "300/2/3/4")}, "01 encrypted 01 plaintext"},
		"recipients of one transaction":     {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4"), sent(1, "01", "y", a, "", "1/2/3/9")}, "01 encrypted 01 encrypted"},
		"another process":                   {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), sent(2, "01", "x", a, "", "1/2/3/4")}, "01 plaintext"},
		"another server":                    {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), sent(1, "01", "x", b, "", "1/2/3/4")}, "01 plaintext"},
		"two servers, one message":          {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), tls(1, "Verified", "established", b, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4"), sent(1, "01", "y", b, "", "1/2/5/4")}, "01 encrypted 01 verified"},
		"a line that was not used is stale": {[]string{tls(1, "Trusted", "established", b, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4"), sent(1, "02", "x", b, "", "5/2/3/4")}, "01 plaintext 02 plaintext"},
		"kept connection, plain":            {[]string{tls(9, "Trusted", "established", b, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4"), sent(2, "02", "x", a, " conn_use=2,", "1/2/3/4")}, "01 plaintext 02 plaintext"},
		"kept, while another is encrypted":  {[]string{tls(1, "Trusted", "established", a, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4"), sent(2, "02", "x", a, " conn_use=2,", "1/2/3/4")}, "01 encrypted 02 plaintext"},
		"reused TLS":                        {[]string{sent(1, "01", "x", a, "", "1/2/3/4"), tls(2, "Verified", "reused", a, "TLSv1.3"), sent(2, "02", "x", a, " conn_use=2,", "1/2/3/4")}, "01 unknown 02 verified"},
		"kept, its beginning not seen":      {[]string{sent(2, "02", "x", a, " conn_use=5,", "1/2/3/4")}, "02 plaintext"},
		"tls=may":                           {[]string{sent(1, "01", "x", a, "", "1/2/3/4, tls=may")}, "01 encrypted"},
		"tls=may:none":                      {[]string{tls(1, "Verified", "established", a, "TLSv1.3"), sent(1, "01", "x", a, "", "1/2/3/4, tls=may:none")}, "01 plaintext"},
		"tls=secure":                        {[]string{sent(1, "01", "x", a, "", "1/2/3/4, tls=secure")}, "01 verified"},
		"tls=dane:encrypt":                  {[]string{sent(1, "01", "x", a, "", "1/2/3/4, tls=dane:encrypt")}, "01 encrypted"},
		"tls=verify/requiretls":             {[]string{sent(1, "01", "x", a, "", "1/2/3/4, tls=verify/requiretls")}, "01 verified"},
		"tls=none":                          {[]string{sent(1, "01", "x", a, "", "1/2/3/4, tls=none")}, "01 plaintext"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, restart := range []bool{false, true} {
				w := newWorld(t, testOptions())
				for i, l := range tt.lines {
					pid, text, _ := strings.Cut(l, " ")
					w.add(line{"mail", int64(i), fmt.Sprintf("Nov 23 09:00:%02d edge postfix/smtp[%s]: %s", i, pid, text), false})
					if restart {
						w.commit()
						w.restart()
					}
				}
				w.commit()
				var got []string
				for _, d := range w.rows() {
					got = append(got, d.QueueID[8:]+" "+d.Transport)
				}
				if strings.Join(got, " ") != tt.want {
					t.Errorf("restarts %v: %v, want %s", restart, got, tt.want)
				}
			}
		})
	}
}
