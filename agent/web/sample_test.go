package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
)

var (
	zone = time.FixedZone("CET", 3600)
	now  = time.Date(2026, 11, 23, 10, 12, 0, 0, zone)
)

// planted stands in every field that no page may show.
const planted = "planted-person"

// sample makes transmissions as an authority has them: most hold nothing, some are recognised, some of those
// were held, and some went out as they should not have.
func sample(n, days int) []event.Document {
	r := rand.New(rand.NewPCG(11, 12))
	var all []event.Document
	for i := range n {
		at := now.Add(-time.Duration(r.Int64N(int64(days) * 24 * int64(time.Hour)))).Truncate(time.Microsecond)
		d := sampleDocument(r, i, at)
		if r.IntN(10) == 0 { // the same mail to a second recipient
			d.Recipients = 2
			second := d
			second.Key, second.First = keyOf(-i), false
			all = append(all, second)
		}
		all = append(all, d)
	}
	return all
}

func keyOf(i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "sample %d", i))
	return hex.EncodeToString(sum[:])
}

func sampleDocument(r *rand.Rand, i int, at time.Time) event.Document {
	d := event.Document{
		Key: keyOf(i), Time: at, Month: at.Format("2006.01"), Host: "mx1", Instance: "postfix", QueueID: fmt.Sprintf("4bXyQ%05X", i),
		MessageID: planted, VerdictID: planted, Direction: "outbound", From: planted, To: planted, ToDomain: planted + ".example", Client: planted,
		User: planted, Size: 2000, Lang: "da", Level: "none", Action: "pass", Wanted: "pass", Protection: "none", Class: "external", Promise: "opportunistic",
		Transport: "encrypted", TLSVersion: "TLSv1.3", TLSCipher: "TLS_AES_256_GCM_SHA384", Relay: planted + "[192.0.2.1]:25", Outcome: "delivered",
		OutcomeTime: at.Add(2 * time.Second), Final: true, Left: true, Protected: "no", Department: []string{"", "Borgerservice", "Børn & Unge", "Jobcenter"}[r.IntN(4)],
		First: true, Recipients: 1, MessageDirection: "outbound", Schema: event.SchemaVersion,
		Evidence: []string{fmt.Sprintf("/var/log/mail.log:%d:9f2c%04x", i, i), fmt.Sprintf("/var/log/postvagt/verdict.log:%d:51aa%04x", i, i)},
	}
	if r.IntN(4) == 0 {
		d.SecureMailbox = fmt.Sprintf("%s%d@nordvig.example", planted, r.IntN(9))
	}
	switch r.IntN(10) {
	case 0, 1:
		recognise(r, &d)
	case 2:
		d.Level, d.Protection, d.Algorithm, d.Strong, d.Protected = "unseen", "smime", "aes-256-cbc", true, "yes"
	case 3:
		d.Level, d.Action, d.Wanted, d.Finding, d.Why = "unknown", "", "", "no-verdict", "not-judged-timeout"
	case 4:
		d.Direction, d.MessageDirection, d.Left, d.Protected = "inbound", "inbound", false, ""
	}
	d.MessageLeft, d.MessageOutcome = d.Left, d.Outcome
	if d.Left {
		d.MessageProtected = d.Protected
	}
	if d.Level == "sensitive" || d.Level == "confidential" {
		d.DoneRight = "no"
		if d.Wanted == "pass" && d.MessageProtected == "yes" {
			d.DoneRight = "yes"
		}
	}
	return d
}

func recognise(r *rand.Rand, d *event.Document) {
	d.Level, d.Kinds, d.Persons = "sensitive", []string{"dk-cpr", "health"}, 1
	if r.IntN(2) == 0 {
		d.Level, d.Kinds = "confidential", []string{"debt"}
	}
	switch r.IntN(6) {
	case 0, 1:
		d.Channel, d.ChannelState, d.Protected, d.Transport = "Gateway", "proven", "yes", "to-relay"
	case 2:
		d.Channel, d.ChannelState = "Gateway", "marked"
	case 3:
		d.Wanted, d.Action, d.Held, d.Outcome, d.Left, d.Protected, d.Transport, d.Final = "hold", "hold", true, "held", false, "unknown", "", false
	case 4:
		d.Wanted, d.Action, d.Held, d.Released, d.Outcome = "hold", "hold", true, true, "released"
	default:
		d.Transport, d.Protected = "unknown", "unknown"
	}
}

func storeWith(t *testing.T, documents []event.Document, gaps ...store.Gap) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "postvagt.db"), store.In(zone))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Commit(t.Context(), store.Batch{Documents: documents, Gaps: gaps}); err != nil {
		t.Fatal(err)
	}
	return s
}
