package e2e

import (
	"fmt"
	"strings"
	"time"

	"postvagt/packaging/e2e/kit"
)

// expected is a row that must be there.
type expected struct {
	*sent
	wanted
	taken  *kit.Taken // what the server outside says
	report bool       // it is the report to the sender
}

// key tells rows apart: by the recipient's domain, which bears the name of the message, and by the queue id where it
// does not; two recipients in one domain count as two rows of one key.
func key(domain, id string) string {
	if domain == "archive."+house {
		return domain + " " + id
	}
	return domain
}

// expects is what the script and the servers know.
func (s *script) expects() map[string][]expected {
	taken := map[string]kit.Taken{}
	for _, sink := range s.h.sinks {
		for _, t := range sink.Taken() {
			taken[t.MessageID+" "+t.To] = t
		}
	}
	all := map[string][]expected{}
	for _, m := range s.all {
		if m.refused {
			continue
		}
		for _, w := range m.want {
			e := expected{sent: m, wanted: w}
			as := w.as
			if as == "" {
				as = w.to
			}
			if t, ok := taken[m.tag+"@"+house+" "+m.address(as)]; ok {
				e.taken = &t
			}
			_, hop, _ := strings.Cut(w.to, "@")
			k := key(m.domain(hop), m.queueID)
			all[k] = append(all[k], e)
		}
		if m.report {
			w := wanted{to: "kari@house", outcome: "delivered", transport: "local", direction: insideOnly, level: "unknown", finding: "no-verdict"}
			if strings.Contains(m.fate.from, "@") {
				w.to, w.transport, w.direction = m.fate.from, "plaintext", "outbound"
			}
			_, hop, _ := strings.Cut(w.to, "@")
			k := m.domain(hop)
			all[k] = append(all[k], expected{sent: m, wanted: w, report: true})
		}
	}
	return all
}

// compare waits until the agent's rows are as expected, and says how they differ.
func (s *script) compare() {
	t := s.h.t
	want := s.expects()
	var faults []string
	n := 0
	err := kit.WaitEvery(t.Context(), time.Second, "the agent's rows", 90*time.Second, func() (bool, error) {
		rows, err := s.rows()
		if err != nil {
			return false, err
		}
		n, faults = len(rows), differences(want, rows)
		return len(faults) == 0, nil
	})
	if err == nil {
		t.Logf("%d rows, all right", n)
		return
	}
	t.Error(err)
	for _, f := range faults[:min(len(faults), 40)] {
		t.Error(f)
	}
	t.Errorf("%d of %d rows differ", len(faults), n)
}

func differences(want map[string][]expected, rows []stored) (faults []string) {
	got := map[string][]stored{}
	for _, r := range rows {
		k := key(r.domain, r.id)
		got[k] = append(got[k], r)
	}
	for k, list := range want {
		if len(got[k]) != len(list) {
			faults = append(faults, fmt.Sprintf("%s (%s): %d rows, want %d", list[0].name, k, len(got[k]), len(list)))
			continue
		}
		faults = append(faults, pair(list, got[k])...)
	}
	for k, list := range got {
		if want[k] == nil {
			faults = append(faults, fmt.Sprintf("%s: %d rows that nobody expects: %+v", k, len(list), list[0]))
		}
	}
	return faults
}

// pair finds for each expected row one that is as wanted; recipients of one domain are not told apart, as a
// row names them by a pseudonym.
func pair(want []expected, got []stored) (faults []string) {
	left := append([]stored(nil), got...)
	for _, e := range want {
		var why []string
		found := false
		for i, r := range left {
			if w := e.fault(r); w == "" {
				left = append(left[:i], left[i+1:]...)
				found = true
				break
			} else {
				why = append(why, w)
			}
		}
		if !found {
			faults = append(faults, fmt.Sprintf("%s (%s, %s): no row for %s: %s", e.name, e.domain(strings.SplitAfter(e.wanted.to, "@")[1]), e.queueID, e.wanted.to, strings.Join(why, " | ")))
		}
	}
	return faults
}

// fault says what is wrong of a row.
func (e *expected) fault(r stored) string {
	transport, version, cipher := e.wanted.transport, "", ""
	if e.taken != nil && transport == "" {
		transport, version = "plaintext", e.taken.Version
		if version != "" {
			transport, cipher = "encrypted", e.taken.Cipher
			if strings.HasPrefix(e.taken.Server, "127.0.0.2:") {
				transport = "verified"
			}
		}
	}
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	for _, c := range [][3]string{
		{"outcome", r.outcome, e.wanted.outcome}, {"finding", r.finding, e.wanted.finding},
		{"direction", r.direction, or(e.wanted.direction, "outbound")}, {"level", r.level, or(e.wanted.level, "none")},
		{"held", fmt.Sprint(r.held), fmt.Sprint(e.wanted.held)}, {"released", fmt.Sprint(r.released), fmt.Sprint(e.wanted.released)},
	} {
		if c[1] != c[2] {
			return fmt.Sprintf("%s %q, want %q", c[0], c[1], c[2])
		}
	}
	if e.untold(r) {
		return e.times(r)
	}
	if transport != "-" && r.transport != transport {
		return fmt.Sprintf("transport %q, want %q", r.transport, transport)
	}
	if e.taken != nil && r.outcome == "delivered" && (r.version != version || version == "TLSv1.3" && r.cipher != cipher) {
		return fmt.Sprintf("TLS %s %s, want %s %s", r.version, r.cipher, version, cipher)
	}
	return e.times(r)
}

// untold says whether nobody can tell how a message left: a Sendmail that keeps its connections while it runs its queue says of
// each only once how it is protected.
func (e *expected) untold(r stored) bool {
	_, hop, _ := strings.Cut(e.wanted.to, "@")
	return e.silent && r.transport == "unknown" && e.taken != nil && (e.taken.Transaction > 1 || hop == "whim" && e.taken.Version == "")
}

// times compares with the clocks of the script and the server; stamps of the log have no fractions.
func (e *expected) times(r stored) string {
	const slack = 2 * time.Second
	if !e.report && (r.at.Before(e.sent.from.Add(-slack)) || r.at.After(e.sent.to.Add(slack))) {
		return fmt.Sprintf("born %s, sent %s to %s", r.at.Format(time.TimeOnly), e.sent.from.Format(time.TimeOnly), e.sent.to.Format(time.TimeOnly))
	}
	if e.taken != nil && r.outcome == "delivered" && (r.end.Before(e.taken.At.Add(-slack)) || r.end.After(e.taken.At.Add(slack))) {
		return fmt.Sprintf("ended %s, taken %s", r.end.Format(time.TimeOnly), e.taken.At.Format(time.TimeOnly))
	}
	return ""
}
