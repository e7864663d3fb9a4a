package elastic

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/packaging/e2e/kit"
)

// No address, message-id or client leaves, even where the store keeps them readable.
func TestOnlyPseudonymsLeave(t *testing.T) {
	d := newGenerator("leave", month(2026, 11), 1).next()
	d.From, d.To, d.User, d.SecureMailbox = "anna@nordvig.example", "bo@nordvig.example", "anna", "sikker@nordvig.example"
	d.MessageID, d.Client = "<anna.1@nordvig.example>", "anna-pc.nordvig.example[192.0.2.9]"
	e := newEncoder(func(string) string { return "~00000000000000ff" }, "a")
	body, _ := e.document(&event.Row{Document: d}, 1)
	if !json.Valid(body) {
		t.Fatalf("no JSON: %s", body)
	}
	for _, name := range []string{"anna", "bo@", "sikker@", "192.0.2.9"} {
		if strings.Contains(string(body), name) {
			t.Errorf("%q leaves: %s", name, body)
		}
	}
	if strings.Count(string(body), "~00000000000000ff") != 4 {
		t.Errorf("not all four addresses are pseudonyms: %s", body)
	}
}

// The hash is of the content: another revision has the same, another value another one.
func TestHash(t *testing.T) {
	d := newGenerator("hash", month(2026, 11), 1).next()
	e := newEncoder(nil, "a")
	_, first := e.document(&event.Row{Document: d}, 1)
	d.Revision++
	if _, again := e.document(&event.Row{Document: d}, 2); again != first {
		t.Error("a revision changes the hash")
	}
	for _, f := range event.Fields {
		if stays(f.Column) || f.Column == "revision" {
			continue
		}
		other := d
		switch v := f.Get(&d).(type) {
		case string:
			f.Set(&other, "~x"+v)
		case bool:
			f.Set(&other, !v)
		case int:
			f.Set(&other, v+1)
		case int64:
			f.Set(&other, v+1)
		case time.Time:
			f.Set(&other, v.Add(time.Second))
		case []string:
			f.Set(&other, append([]string{"x"}, v...))
		}
		if _, hash := e.document(&event.Row{Document: other}, 1); hash == first {
			t.Errorf("another %s has the same hash", f.Name)
		}
	}
	if _, hash := e.document(&event.Row{Document: d, Archive: true}, 1); hash == first {
		t.Error("an archived one has the same hash")
	}
}

func TestFates(t *testing.T) {
	for _, tt := range []struct {
		status int
		kind   string
		want   fate
	}{
		{409, "version_conflict_engine_exception", conflict},
		{404, "index_not_found_exception", missing},
		{429, "es_rejected_execution_exception", slower},
		{429, "cluster_block_exception", blocked},
		{403, "cluster_block_exception", blocked},
		{503, "unavailable_shards_exception", blocked},
		{403, "security_exception", again},
		{500, "", again},
		{400, "document_parsing_exception", refused},
		{400, "strict_dynamic_mapping_exception", refused},
	} {
		if got := fateOf(tt.status, tt.kind); got != tt.want {
			t.Errorf("%d %s: %d, want %d", tt.status, tt.kind, got, tt.want)
		}
	}
}

// Who knows the authority's certificate, which is no secret, cannot pass as its node by sending it along.
func TestPinnedCertificateMustHaveSigned(t *testing.T) {
	real, err := kit.NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(real.PEM)
	authority, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	self := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, self, self, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	forged, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	want := sha256.Sum256(authority.Raw)
	if pinned([]*x509.Certificate{forged, authority}, want[:], time.Now()) == nil {
		t.Error("a forged node is taken")
	}
	signed, err := real.Issue("es1")
	if err != nil {
		t.Fatal(err)
	}
	block, _ = pem.Decode(signed.Chain)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := pinned([]*x509.Certificate{leaf, authority}, want[:], time.Now()); err != nil {
		t.Errorf("the true node is refused: %v", err)
	}
}
