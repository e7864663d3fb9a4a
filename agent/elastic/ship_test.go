package elastic

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/packaging/e2e/kit"
)

func TestShipsEachRowOnce(t *testing.T) {
	h := newHouse(t)
	h.round() // shipping begins with an empty store
	g := newGenerator("once", month(2001, 1), 80)
	documents := g.some(3000)
	h.commit(documents...)
	if r := h.round(); r.Done != 3000 || r.Refused+r.Dropped+r.Retried != 0 || h.waiting() != 0 {
		t.Fatalf("%+v, %d wait", r, h.waiting())
	}
	h.same()

	for i := range 500 { // late updates
		documents[i].Outcome, documents[i].Final = "expired", true
	}
	h.commit(documents...)
	if r := h.round(); r.Done != 500 {
		t.Errorf("%+v", r)
	}
	h.same()

	for i := range documents { // all arrives, and the agent is killed before it notes so
		documents[i].DSN = "2.0.0"
	}
	h.commit(documents...)
	h.ship.Store = forgetful{h.Store}
	if _, err := h.ship.round(t.Context()); !errors.Is(err, errKilled) || h.waiting() != 3000 {
		t.Fatalf("%v, %d wait", err, h.waiting())
	}
	settled(t)
	before := h.documents()
	h.shipper(admin(t))
	if r := h.round(); r.Done != 3000 || r.Refused != 0 || h.waiting() != 0 {
		t.Errorf("the replay: %+v", r)
	}
	h.same()
	for key, d := range h.documents() {
		if d.Sequence != before[key].Sequence {
			t.Fatalf("the replay wrote %s again", key[:8])
		}
	}
}

var errKilled = errors.New("killed")

// forgetful is a store whose agent dies before it notes what has arrived.
type forgetful struct{ *store.Store }

func (forgetful) Shipped(context.Context, []event.Receipt) error { return errKilled }

// A conflict is done only where the same content is stored.
func TestConflictIsAFinding(t *testing.T) {
	h := newHouse(t)
	h.round()
	d := newGenerator("conflict", month(2001, 6), 20).next()
	h.commit(d)
	h.round()
	ask(t, http.MethodPut, fmt.Sprintf("/%s/_doc/%s?version=%d&version_type=external", index(d.Month), d.Key, version(1, 9)), `{"event.id":"x","postvagt.hash":"other"}`)
	d.Outcome = "expired"
	h.commit(d)
	if r := h.round(); r.Refused != 1 || r.Done != 0 {
		t.Fatalf("%+v", r)
	}
	b, err := h.Backlog(t.Context())
	if err != nil || b.Refused[ReasonDiffers] != 1 || b.Waiting != 0 {
		t.Errorf("%+v %v", b, err)
	}
}

// What the mapping does not know is refused, kept, counted, and shipped again at the next start.
func TestRefusedIsKept(t *testing.T) {
	h := newHouse(t)
	h.round()
	bad := newGenerator("refused", month(2001, 9), 20).next()
	ask(t, http.MethodPut, "/"+index(bad.Month), `{"mappings":{"properties":{"postvagt":{"properties":{"level":{"type":"long"}}}}}}`)
	good := newGenerator("refused too", month(2001, 11), 20).some(20)
	h.commit(append(good, bad)...)
	if r := h.round(); r.Refused != 1 || r.Done != 20 {
		t.Fatalf("%+v", r)
	}
	b, err := h.Backlog(t.Context())
	if err != nil || b.Refused["document_parsing_exception"] != 1 {
		t.Errorf("%+v %v", b, err)
	}
	if strings.Contains(h.log.String(), bad.Level) {
		t.Errorf("the log holds a value:\n%s", h.log.String())
	}
	ask(t, http.MethodDelete, "/"+index(bad.Month), "")
	ask(t, http.MethodPut, "/"+index(bad.Month), "")
	h.shipper(admin(t))
	if r := h.round(); r.Done != 1 {
		t.Errorf("at the next start: %+v", r)
	}
	h.same()
}

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
		"indices":[{"names":["postvagt-transmissions-*","postvagt-store-*"],"privileges":["create_index","view_index_metadata","read","write","maintenance","delete_index"]}]}}}`)
	right := admin(t)
	right.Username, right.Password, right.APIKey = "", "", said["encoded"].(string)
	h.shipper(right)
	h.ship.Keep = func(time.Time) time.Time { return month(1991, 1) }
	if r := h.round(); r.Done != 50 {
		t.Errorf("with an API key of the documented rights: %+v", r)
	}
	h.same()
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

// fingerprints are those of the node's certificate and of its authority.
func fingerprints(t *testing.T, at string) (leaf, authority string) {
	res, err := server(t).Client.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	print := func(b []byte) string { sum := sha256.Sum256(b); return hex.EncodeToString(sum[:]) }
	return print(res.TLS.PeerCertificates[0].Raw), print(res.TLS.PeerCertificates[1].Raw)
}

// A full disk blocks one month; the others go on.
func TestReadOnlyBlock(t *testing.T) {
	h := newHouse(t)
	h.round()
	full, free := newGenerator("full", month(2002, 6), 20), newGenerator("free", month(2002, 8), 20)
	h.commit(full.some(100)...)
	h.round()
	ask(t, http.MethodPut, "/"+index("2002.06")+"/_settings", `{"index.blocks.read_only_allow_delete":true}`)
	h.commit(append(full.some(100), free.some(100)...)...)
	if r, err := h.ship.round(t.Context()); err != nil || r.Done != 100 || r.Retried != 100 || h.waiting() != 100 {
		t.Errorf("%+v %v, %d wait", r, err, h.waiting())
	}
	ask(t, http.MethodPut, "/"+index("2002.06")+"/_settings", `{"index.blocks.read_only_allow_delete":null}`)
	if r := h.all(); r.Done != 100 {
		t.Errorf("%+v", r)
	}
	h.same()
}

// A proxy that takes small requests only.
func TestRequestsTooLarge(t *testing.T) {
	e := server(t)
	target, err := url.Parse(e.URL)
	if err != nil {
		t.Fatal(err)
	}
	to := httputil.NewSingleHostReverseProxy(target)
	to.Transport = e.Client.Transport
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 200<<10 {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		to.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	h := newHouse(t)
	h.commit(newGenerator("large", month(2003, 1), 20).some(2000)...)
	c := admin(t)
	c.Addresses, c.CA = []string{proxy.URL}, nil
	h.shipper(c)
	h.all()
	h.same()
}

// An older backup is put back: what was shipped after it goes, what is read again comes back.
func TestRestoredBackup(t *testing.T) {
	h := newHouse(t)
	h.round()
	g := newGenerator("restored", month(2003, 6), 50)
	old := g.some(1000)
	h.commit(old...)
	h.round()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := h.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		old[i].Outcome = "expired"
	}
	h.commit(append(old, g.some(500)...)...)
	h.round()
	h.same()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), backup, h.path, time.Now()); err != nil {
		t.Fatal(err)
	}
	h.open()
	if r := h.round(); r.Done != 1000 || r.Orphans != 500 {
		t.Errorf("%+v", r)
	}
	h.same()
	h.commit(old[:200]...) // the log is read again
	h.round()
	h.same()

	// The disk is lost, and the same backup put on a new one: the cluster knows a higher generation.
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h.path = filepath.Join(t.TempDir(), "agent.db")
	if _, err := store.Restore(t.Context(), backup, h.path, time.Now()); err != nil {
		t.Fatal(err)
	}
	h.open()
	if r := h.round(); r.Done != 1000 || r.Refused != 0 || h.ship.agent.Generation != 3 {
		t.Errorf("%+v in generation %d", r, h.ship.agent.Generation)
	}
	h.same()
}

func TestTwoAgentsSideBySide(t *testing.T) {
	houses := []*house{newHouse(t), newHouse(t)}
	var wg sync.WaitGroup
	for i, h := range houses {
		h.commit(newGenerator(fmt.Sprint("agent ", i), month(2004, 1), 90).some(2000)...)
		wg.Go(func() {
			for range 50 {
				if r, err := h.ship.round(t.Context()); err == nil && r.Retried == 0 {
					return
				}
			}
		})
	}
	wg.Wait()
	if houses[0].ship.agent.Agent == houses[1].ship.agent.Agent {
		t.Error("both have the same name")
	}
	for _, h := range houses {
		if h.waiting() != 0 {
			t.Errorf("%d wait", h.waiting())
		}
		h.same()
	}
}

// Whole months go by name; archives stay until they are released; what comes late for a month that is gone is dropped.
func TestRetention(t *testing.T) {
	h := newHouse(t)
	h.round()
	gone, kept := newGenerator("gone", month(1992, 3), 20), newGenerator("kept", month(2005, 1), 20)
	archive := newGenerator("archive", month(1992, 5), 20).some(30)
	h.commit(append(gone.some(40), kept.some(40)...)...)
	if err := h.Commit(t.Context(), store.Batch{Documents: archive, Archive: true}); err != nil {
		t.Fatal(err)
	}
	h.round()
	h.ship.Keep, h.ship.retained = func(time.Time) time.Time { return month(1993, 1) }, time.Time{}
	if r := h.round(); !slices.Equal(r.Deleted, []string{index("1992.03")}) {
		t.Errorf("deleted %v", r.Deleted)
	}
	h.commit(gone.next())
	if r := h.round(); r.Dropped != 1 || r.Done != 0 {
		t.Errorf("a late one: %+v", r)
	}
	if code, _ := askAny(t, http.MethodGet, "/"+index("1992.03"), ""); code != http.StatusNotFound {
		t.Errorf("the month is there again: %d", code)
	}

	if err := h.ReleaseArchives(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.ship.retained = time.Time{}
	h.round() // tells the cluster
	h.ship.retained = time.Time{}
	if r := h.round(); !slices.Equal(r.Deleted, []string{index("1992.05")}) {
		t.Errorf("deleted %v after the release", r.Deleted)
	}

	// Somebody deletes a month by hand: it is not made again either.
	ask(t, http.MethodDelete, "/"+index("2005.01"), "")
	h.commit(kept.next())
	h.all()
	if b, err := h.Backlog(t.Context()); err != nil || b.Dropped != 2 || b.Waiting != 0 {
		t.Errorf("%+v %v", b, err)
	}
	if code, _ := askAny(t, http.MethodGet, "/"+index("2005.01"), ""); code != http.StatusNotFound {
		t.Errorf("the month is there again: %d", code)
	}
}

func TestTemplates(t *testing.T) {
	c := connect(t, admin(t))
	ask(t, http.MethodPut, "/_index_template/"+templateName, `{"index_patterns":["postvagt-transmissions-*"],"version":1,"_meta":{"schema":1},"priority":500}`)
	changed, err := c.EnsureTemplates(t.Context())
	if err != nil || len(changed) != len(Templates()) || !strings.Contains(changed[0], "from version 1 to") {
		t.Errorf("over older ones: %q %v", changed, err)
	}
	if changed, err = c.EnsureTemplates(t.Context()); err != nil || len(changed) != 0 {
		t.Errorf("over its own: %q %v", changed, err)
	}
	defer func() {
		ask(t, http.MethodDelete, "/_index_template/"+templateName, "")
		if _, err := c.EnsureTemplates(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	newer := fmt.Sprintf(`{"index_patterns":["postvagt-transmissions-*"],"version":%d,"_meta":{"schema":%d},"priority":500}`, templateVersion+1, event.SchemaVersion)
	ask(t, http.MethodPut, "/_index_template/"+templateName, newer)
	if changed, err = c.EnsureTemplates(t.Context()); err != nil || len(changed) != 0 {
		t.Errorf("over newer ones: %q %v", changed, err)
	}
	if had, _, err := c.installed(t.Context()); err != nil || had != templateVersion+1 {
		t.Errorf("version %d is there %v", had, err)
	}
	ask(t, http.MethodPut, "/_index_template/"+templateName, strings.Replace(newer, fmt.Sprintf(`"schema":%d`, event.SchemaVersion), `"schema":99`, 1))
	if _, err = c.EnsureTemplates(t.Context()); err == nil || !strings.Contains(err.Error(), "schema 99") {
		t.Errorf("over a newer schema: %v", err)
	}
}

// An index of an older schema is copied; readers and agents keep its name.
func TestUpgrade(t *testing.T) {
	h := newHouse(t)
	g := newGenerator("upgrade", month(2006, 1), 20)
	h.round()
	ask(t, http.MethodPut, "/"+index("2006.01"), `{"mappings":{"_meta":{"schema":0,"version":1},"properties":{"postvagt":{"properties":{"size":{"type":"keyword"}}}}}}`)
	documents := g.some(300)
	h.commit(documents...)
	h.round()
	changed, err := h.ship.Client.Upgrade(t.Context())
	if err != nil || len(changed) != 1 || !strings.Contains(changed[0], "300 documents brought from schema 0 to 1") {
		t.Fatalf("%q %v", changed, err)
	}
	if changed, err = h.ship.Client.Upgrade(t.Context()); err != nil || len(changed) != 0 {
		t.Errorf("a second time: %q %v", changed, err)
	}
	documents[0].Outcome = "expired"
	h.commit(append(documents, g.some(10)...)...)
	if r := h.round(); r.Done != 11 {
		t.Errorf("%+v", r)
	}
	settled(t)
	sum := ask(t, http.MethodPost, "/"+index("2006.01")+"/_search?size=0", `{"aggs":{"s":{"sum":{"field":"postvagt.size"}}}}`)
	if s, _ := sum["aggregations"].(map[string]any)["s"].(map[string]any)["value"].(float64); s <= 0 {
		t.Errorf("the size is no number: %v", sum)
	}
}
