package elastic

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"postvagt/agent/event"
	"postvagt/dashboards"
)

var everything = dashboards.Period{}

// run makes the keys of this run differ from those that a node may hold of another.
var run = rand.Text()

// generator makes transmissions whose fields need not make sense together, so that no question is answered right by
// luck. Every name in it is invented.
type generator struct {
	*mathrand.Rand
	name string
	n    int
	from time.Time
	days int
}

func newGenerator(name string, from time.Time, days int) *generator {
	sum := sha256.Sum256([]byte(name))
	return &generator{mathrand.New(mathrand.NewChaCha8(sum)), name, 0, from, days}
}

func (g *generator) some(n int) []event.Document {
	all := make([]event.Document, n)
	for i := range all {
		all[i] = g.next()
	}
	return all
}

func (g *generator) next() event.Document {
	r, i := g.Rand, g.n
	g.n++
	at := g.from.Add(time.Duration(r.Int64N(int64(g.days) * 24 * int64(time.Hour)))).Truncate(time.Microsecond)
	key := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", run, g.name, i))
	d := event.Document{
		Key: hex.EncodeToString(key[:]), Time: at, Month: at.Format("2006.01"), Host: one(r, "mx1", "mx2"), Instance: "postfix",
		QueueID: fmt.Sprintf("4bX%07X", i), MessageID: fmt.Sprintf("<m%d@nordvig.example>", i), VerdictID: fmt.Sprintf("%032x", i),
		Direction: one(r, "inbound", "internal", "outbound", "outbound"), From: fmt.Sprintf("~%016x", r.IntN(50)), To: fmt.Sprintf("~%016x", r.IntN(500)),
		ToDomain: one(r, "a.example", "b.example", "c.example", "d.example"), Client: "pc7.nordvig.example[192.0.2.7]", Size: int64(r.IntN(1 << 20)), Lang: one(r, "da", "en", ""),
		Level: one(r, "none", "confidential", "sensitive", "unseen", "unknown"), Persons: r.IntN(3), Action: one(r, "", "pass", "hold", "tag", "reject"),
		Wanted: one(r, "", "pass", "tag", "hold"), Why: one(r, "sensitive", "otherwise", "bilag \"2\" på æøå"), Protection: one(r, "none", "smime", ""), Strong: r.IntN(2) == 0, Unopened: r.IntN(3) / 2,
		Channel: one(r, "", "", "gateway", "digital-post"), ChannelState: one(r, "", "marked", "proven"), Class: one(r, "external", "authority"), Promise: one(r, "enforced", "opportunistic", "unknown"),
		Transport: one(r, "verified", "encrypted", "plaintext", "unknown", ""), TLSVersion: one(r, "", "TLSv1.2", "TLSv1.3"), TLSCipher: one(r, "", "TLS_AES_256_GCM_SHA384"),
		Relay: one(r, "", "mx.a.example[192.0.2.1]:25", "mx.b.example[192.0.2.2]:25"), Outcome: one(r, "delivered", "held", "queued", "deferred", "bounced", "unknown", "rejected"),
		Final: r.IntN(2) == 0, Held: r.IntN(3) == 0, Released: r.IntN(3) == 0, Left: r.IntN(2) == 0, Protected: one(r, "yes", "no", "first-hop", "unknown", ""), AfterObjection: r.IntN(9) == 0,
		Department: one(r, "", "Jobcenter", "Borgerservice", "Børn og Unge"), SecureMailbox: one(r, "", "", "~00000000000000aa", "~00000000000000bb", "~00000000000000cc"),
		First: r.IntN(4) > 0, Recipients: 1 + r.IntN(3), MessageLeft: r.IntN(2) == 0, MessageProtected: one(r, "", "yes", "no", "first-hop", "unknown"),
		MessageDirection: one(r, "outbound", "outbound", "inbound"), DoneRight: one(r, "", "yes", "no", "unknown"),
		MessageOutcome: one(r, "delivered", "held", "rejected", "unknown", "queued", "deleted"), Finding: one(r, "", "", "no-verdict", "not-judged", "outside-class", "no-mta-lines"),
		CheckUS: r.Int64N(1 << 30), Check: one(r, append(event.Times(), "")...), DelayMS: r.Int64N(1 << 40), Delay: one(r, append(event.Times(), "")...),
		Evidence: []string{fmt.Sprintf("mail.log:%d:ab12", i)}, Schema: event.SchemaVersion,
	}
	for _, k := range []string{"debt", "dk-cpr", "health"} {
		if r.IntN(3) == 0 {
			d.Kinds = append(d.Kinds, k)
		}
	}
	if d.Final {
		d.OutcomeTime = at.Add(time.Second)
	}
	return d
}

func one[T any](r *mathrand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// month is the first moment of a month.
func month(year int, m time.Month) time.Time { return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC) }
