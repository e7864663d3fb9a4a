package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"

	"postvagt/agent/event"
)

// randomDocument makes a transmission of any shape: its fields need not make sense together, so that no
// question is answered right by luck. Every name in it is invented.
func randomDocument(r *rand.Rand, i int, from time.Time, days int) event.Document {
	at := from.Add(time.Duration(r.Int64N(int64(days) * 24 * int64(time.Hour)))).Truncate(time.Microsecond)
	key := sha256.Sum256(fmt.Appendf(nil, "key %d", i))
	d := event.Document{
		Key: hex.EncodeToString(key[:]), Time: at, Month: at.Format("2006.01"), Host: "mx1", Instance: "postfix",
		QueueID: fmt.Sprintf("4bX%07X", i), MessageID: fmt.Sprintf("<m%d@nordvig.example>", i),
		Direction: one(r, "inbound", "internal", "outbound", "outbound"), From: fmt.Sprintf("p-%d", r.IntN(50)), To: fmt.Sprintf("p-%d", r.IntN(500)),
		ToDomain: one(r, "a.example", "b.example", "c.example"), Size: int64(r.IntN(1 << 20)), Lang: one(r, "da", "en", ""),
		Level: one(r, "none", "confidential", "sensitive", "unseen", "unknown"), Persons: r.IntN(3), Action: one(r, "", "pass", "hold"),
		Wanted: one(r, "", "pass", "tag", "hold"), Protection: one(r, "none", "smime", ""), Strong: r.IntN(2) == 0, Unopened: r.IntN(3) / 2,
		Channel: one(r, "", "", "gateway", "digital-post"), ChannelState: one(r, "", "marked", "proven"), Class: one(r, "external", "authority"),
		Transport: one(r, "verified", "encrypted", "plaintext", "unknown"), Outcome: one(r, "delivered", "held", "queued"),
		Final: r.IntN(2) == 0, Held: r.IntN(3) == 0, Released: r.IntN(3) == 0, Left: r.IntN(2) == 0, Protected: one(r, "yes", "no", "first-hop", "unknown"),
		Department: one(r, "", "Jobcenter", "Borgerservice", "Børn og Unge"), SecureMailbox: one(r, "", "", "sikker@nordvig.example", "post@nordvig.example"),
		First: r.IntN(4) > 0, Recipients: 1 + r.IntN(3), MessageLeft: r.IntN(2) == 0, MessageProtected: one(r, "", "yes", "no", "first-hop", "unknown"),
		MessageDirection: one(r, "outbound", "outbound", "inbound"), DoneRight: one(r, "", "yes", "no", "unknown"),
		MessageOutcome: one(r, "delivered", "held", "rejected", "unknown", "queued"), Finding: one(r, "", "no-verdict"),
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

func randomDocuments(seed uint64, n int, from time.Time, days int) []event.Document {
	r := rand.New(rand.NewPCG(seed, 1))
	all := make([]event.Document, n)
	for i := range all {
		all[i] = randomDocument(r, i, from, days)
	}
	return all
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }
