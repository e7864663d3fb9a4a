package milter

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkSession is a whole message by the wire, without an MTA: what the milter itself costs.
func BenchmarkSession(b *testing.B) {
	for _, size := range []int{5 << 10, 100 << 10} {
		b.Run(fmt.Sprint(size>>10, " KB"), func(b *testing.B) {
			s := startServer(b, "[policy]\nmode = \"enforce\"\n")
			m := s.dial()
			m.negotiate(offerActions, offerProtocol)
			m.connect(false)
			head, _, _ := strings.Cut(plainMail, "\r\n\r\n")
			line := "Vi holder møde om budgettet for næste år på rådhuset, og alle er velkomne til at deltage.\r\n"
			body := strings.Repeat(line, size/len(line))
			b.SetBytes(int64(size))
			for b.Loop() {
				m.message(head+"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+body[:min(len(body), 65535)], false)
				if got := m.answers(); got != "c" {
					b.Fatal(got)
				}
			}
		})
	}
}
