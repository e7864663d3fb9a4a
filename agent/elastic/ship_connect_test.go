package elastic

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

func TestCredentials(t *testing.T) {
	h := newHouse(t)
	h.commit(newGenerator("credentials", month(2002, 1), 20).some(50)...)
	wrong := admin(t)
	wrong.Password = "not the password"
	h.shipper(wrong)
	_, err := h.ship.round(t.Context())
	if status(err) != http.StatusUnauthorized || !strings.Contains(err.Error(), "not accepted") {
		t.Errorf("wrong password: %v", err)
	}
	if strings.Contains(fmt.Sprint(err), wrong.Password) {
		t.Error("the error holds the password")
	}
	said := ask(t, http.MethodPost, "/_security/api_key", `{"name":"agent","role_descriptors":{"agent":{"cluster":["monitor","manage_index_templates"],
		"indices":[{"names":["postvagt-transmissions-*","postvagt-store-*","postvagt-notes"],"privileges":["create_index","view_index_metadata","read","write","maintenance","delete_index"]}]}}}`)
	right := admin(t)
	right.Username, right.Password, right.APIKey = "", "", said["encoded"].(string)
	h.shipper(right)
	h.ship.Keep = func(time.Time) time.Time { return month(1991, 1) }
	h.putNotes(newTeller(month(2002, 1), 20).told())
	if r := h.round(); r.Done != 50 {
		t.Errorf("with an API key of the documented rights: %+v", r)
	}
	h.same()
	if n := len(h.noteDocuments()); n < 400 {
		t.Errorf("%d notes are there", n)
	}
	ask(t, http.MethodDelete, "/_security/api_key", `{"name":"agent"}`)
	h.commit(newGenerator("credentials 2", month(2002, 1), 20).some(5)...)
	if _, err := h.ship.round(t.Context()); status(err) != http.StatusUnauthorized {
		t.Errorf("after the key was withdrawn: %v", err)
	}
	if h.waiting() != 5 {
		t.Errorf("%d wait", h.waiting())
	}
	h.ship.Client = connect(t, admin(t))
	h.all()
	h.same()
}

func TestTLS(t *testing.T) {
	e := server(t)
	other, err := kit.NewAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	leaf, authority := fingerprints(t, e.URL)
	for name, tt := range map[string]struct {
		ca          []byte
		fingerprint string
		want        string
	}{
		"its authority":            {e.Authority.PEM, "", ""},
		"another authority":        {other.PEM, "", "certificate"},
		"the system's":             {nil, "", "certificate"},
		"fingerprint of the node":  {nil, leaf, ""},
		"fingerprint of authority": {nil, authority, ""},
		"fingerprint of another":   {nil, strings.Repeat("ab", 32), "fingerprint"},
	} {
		c := admin(t)
		c.CA, c.Fingerprint = tt.ca, tt.fingerprint
		_, err := connect(t, c).Cluster(t.Context())
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Connect(Connection{Fingerprint: "ab"}); err == nil {
		t.Error("a short fingerprint is taken")
	}
	if _, err := Connect(Connection{CA: []byte("no")}); err == nil {
		t.Error("an empty authority is taken")
	}
}

func fingerprints(t *testing.T, at string) (leaf, authority string) {
	res, err := server(t).Client.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	print := func(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }
	return print(res.TLS.PeerCertificates[0].Raw), print(res.TLS.PeerCertificates[1].Raw)
}
