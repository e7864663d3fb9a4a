package milter

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/milter/policy"
	"postvagt/milter/program"
	"postvagt/milter/verdict"
)

// routedMTA knows the next hop of some domains, and verifies one relay alone.
type routedMTA struct{ asked []string }

func (m *routedMTA) Route(_ context.Context, sender string, rcpts []string) (out []Rcpt, err error) {
	for _, r := range rcpts {
		m.asked = append(m.asked, sender+" "+r)
		switch {
		case strings.HasSuffix(r, "@region.example"):
			out = append(out, Rcpt{Addr: r, Mailer: "smtp", Host: "region.example"})
		case strings.HasSuffix(r, "@relayed.example"):
			out = append(out, Rcpt{Addr: r, Mailer: "smtp", Host: "relay.example", Relay: true})
		default:
			out, err = append(out, Rcpt{}), errors.New("not known")
		}
	}
	return out, err
}

func (m *routedMTA) Promise(_ context.Context, to Rcpt) (Promise, error) {
	return Promise{Relay: to.Relay, Level: "secure", Verified: true}, nil
}

// The routing that the MTA named stands; only what is missing, and goes outside, is looked up, and its hop counts for
// assessments of risk.
func TestRoutesAreLookedUp(t *testing.T) {
	mta := &routedMTA{}
	parts := testParts
	parts.Transports = mta
	f, err := NewFilter(testConfig(t, "[[risk]]\nname = \"region\"\ntitle = \"TLS to the region\"\nowner = \"DPO\"\ndate = \"2026-01-01\"\nuntil = \"2099-01-01\"\nhops = [\"smtp:region.example\"]\n"), parts)
	if err != nil {
		t.Fatal(err)
	}
	tr := &Transaction{Sender: "kari@kommune.example", Trusted: true, Rcpts: []Rcpt{{Addr: "a@named.example", Mailer: "smtp", Host: "named.example"},
		{Addr: "a@region.example"}, {Addr: "a@relayed.example"}, {Addr: "a@borger.example"}, {Addr: "bo@kommune.example"}}}
	facts := f.factsOf(tr, head(t, f, "Subject: x"))
	if err := f.promises(t.Context(), tr, &facts); err == nil {
		t.Error("nobody is told that a next hop is not known")
	}
	var got []string
	for _, p := range facts.Recipients {
		got = append(got, p.Transport+" "+p.Hop+" "+p.Risk)
	}
	want := []string{policy.Enforced + " smtp:named.example ", policy.Enforced + " smtp:region.example region", policy.ToRelay + " smtp:relay.example ", policy.Unknown + "  ", policy.Local + "  "}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if asked := []string{"kari@kommune.example a@region.example", "kari@kommune.example a@relayed.example", "kari@kommune.example a@borger.example"}; !slices.Equal(mta.asked, asked) {
		t.Errorf("asked for %q", mta.asked)
	}
}

// hangingMTA answers nothing.
type hangingMTA struct{ routedMTA }

func (*hangingMTA) Promise(ctx context.Context, _ Rcpt) (Promise, error) {
	<-ctx.Done()
	return Promise{}, ctx.Err()
}

// Lookups that take too long leave the time to judge: what they were to tell counts as not protected.
func TestSlowLookupsAreCutOff(t *testing.T) {
	parts := testParts
	parts.Transports = &hangingMTA{}
	cfg := testConfig(t, "")
	cfg.Milter.Timeout = program.Duration(4 * time.Second)
	f, err := NewFilter(cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("Subject: x\r\n\r\nKære Anna Jensen. Dit CPR-nummer er 010180-1234, som aftalt.\r\n")
	tr := &Transaction{Sender: "kari@kommune.example", Trusted: true, Message: bytes.NewReader(data), Bytes: int64(len(data)), Size: int64(len(data))}
	for range 100 {
		tr.Rcpts = append(tr.Rcpts, Rcpt{Addr: "a@region.example"})
	}
	j := f.Judge(t.Context(), tr, func() {})
	if j.NotWhy != "" || j.Level != verdict.LevelConfidential || wanted(&j) != verdict.Hold || j.Lookups == nil {
		t.Errorf("not judged %q, level %s, wanted %s, lookups %v", j.NotWhy, j.Level, wanted(&j), j.Lookups)
	}
}
