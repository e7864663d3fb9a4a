package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"postvagt/packaging/e2e/kit"
)

// storedDocument is a transmission as Elasticsearch has it.
type storedDocument struct {
	ID      string         `json:"_id"`
	Version int64          `json:"_version"`
	Source  map[string]any `json:"_source"`
}

// withElastic starts a real Elasticsearch, and the agent with an API key of the rights that the guide names.
func (h *agentHouse) withElastic() *kit.Elasticsearch {
	h.t.Helper()
	dir := filepath.Join(h.dir, "es")
	if err := os.Mkdir(dir, 0o755); err != nil {
		h.t.Fatal(err)
	}
	node, err := kit.StartElasticsearch(h.t.Context(), dir)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := node.Stop(); err != nil {
			h.t.Error(err)
		}
	})
	var key struct{ Encoded string }
	h.elastic(node, http.MethodPost, "/_security/api_key", `{"name":"agent","role_descriptors":{"agent":{"cluster":["monitor","manage_index_templates"],
		"indices":[{"names":["postvagt-transmissions-*","postvagt-store-*","postvagt-notes"],"privileges":["create_index","view_index_metadata","read","write","maintenance","delete_index"]}]}}}`, &key)
	keyFile, ca := filepath.Join(h.dir, "api-key"), filepath.Join(h.dir, "es-ca.pem")
	if err := os.WriteFile(keyFile, []byte(key.Encoded+"\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(ca, node.Authority.PEM, 0o644); err != nil {
		h.t.Fatal(err)
	}
	h.startAgentWith(fmt.Sprintf("[elasticsearch]\nurls = [%q]\napi_key_file = %q\nca_file = %q\n", node.URL, keyFile, ca), h.Log())
	return node
}

// elastic asks the node; anything but a success is fatal.
func (h *agentHouse) elastic(node *kit.Elasticsearch, method, path, body string, out any) {
	h.t.Helper()
	res, err := node.Do(h.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		h.t.Fatalf("%s %s: %s", method, path, res.Status)
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		h.t.Fatal(err)
	}
}

// stored are the documents of a recipient's domain, once there are n of them that are as asked for.
func (h *agentHouse) stored(node *kit.Elasticsearch, domain string, n int, field string, value any) (all []storedDocument) {
	h.t.Helper()
	var said struct {
		Hits struct{ Hits []storedDocument }
	}
	err := kit.Wait(h.t.Context(), fmt.Sprintf("%d documents of %s with %s %v", n, domain, field, value), 2*time.Minute, func() (bool, error) {
		res, err := node.Do(h.t.Context(), http.MethodPost, "/postvagt-transmissions-*/_search", strings.NewReader(
			fmt.Sprintf(`{"size":100,"version":true,"sort":[{"postvagt.first":"desc"}],"query":{"term":{"postvagt.to_domain":%q}}}`, domain)))
		if err != nil {
			return false, err
		}
		defer res.Body.Close()
		said.Hits.Hits = nil
		if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
			return false, err
		}
		as := 0
		for _, d := range said.Hits.Hits {
			if d.Source[field] == value {
				as++
			}
		}
		return as == n && len(said.Hits.Hits) == n, nil
	})
	if err != nil {
		h.t.Fatalf("%v; there: %v", err, said.Hits.Hits)
	}
	return said.Hits.Hits
}

// has requires fields of a document.
func (d storedDocument) has(t *testing.T, want map[string]any) {
	t.Helper()
	for field, value := range want {
		if fmt.Sprint(d.Source[field]) != fmt.Sprint(value) {
			t.Errorf("%v: %s is %v, want %v", d.Source["postvagt.to_domain"], field, d.Source[field], value)
		}
	}
}

// Mails pass a real Postfix, the milter and the agent, and stand in a real Elasticsearch as what became of them, also when
// that changes later. Nothing of a mail's text and no address is there.
func TestMailBecomesADocument(t *testing.T) {
	h := newAgentHouse(t)
	node := h.withElastic()
	h.send(submit, "verified", false, "a@verified.example")
	h.send(submit, "opportunistic", false, "a@opportunistic.example", "b@opportunistic.example")
	h.send(submit, "held", true, "a@held.example")
	h.send(submit, "leak", true, "a@leak.example")
	h.postsuper("-H", h.queued("hold", "a@leak.example"))
	h.command("postqueue", "-f")

	left := map[string]any{"email.direction": "outbound", "postvagt.message_direction": "outbound", "postvagt.level": "none", "postvagt.outcome": "delivered", "postvagt.final": true,
		"postvagt.left": true, "postvagt.message_left": true, "postvagt.held": false, "postvagt.action": "pass", "postvagt.department": "-", "postvagt.generation": 1}
	verified := h.stored(node, "verified.example", 1, "postvagt.outcome", "delivered")[0]
	verified.has(t, left)
	for _, field := range []string{"postvagt.check", "postvagt.delay"} { // how long it took is not known before
		if took, _ := verified.Source[field].(string); !strings.HasPrefix(took, "under-") {
			t.Errorf("%s is %q", field, took)
		}
	}
	verified.has(t, map[string]any{"postvagt.transport": "verified", "postvagt.protected": "yes", "postvagt.message_protected": "yes", "tls.version": "TLSv1.3", "postvagt.recipients": 1, "postvagt.first": true})
	for i, d := range h.stored(node, "opportunistic.example", 2, "postvagt.outcome", "delivered") {
		d.has(t, left)
		d.has(t, map[string]any{"postvagt.transport": "encrypted", "postvagt.recipients": 2, "postvagt.first": i == 0})
	}
	found := map[string]any{"postvagt.level": "sensitive", "postvagt.kinds": "[dk-cpr health]", "postvagt.persons": 1, "postvagt.action": "hold", "postvagt.wanted": "hold", "postvagt.held": true, "postvagt.protection": "none", "postvagt.done_right": "no"}
	leaked := h.stored(node, "leak.example", 1, "postvagt.outcome", "delivered")[0]
	leaked.has(t, found)
	leaked.has(t, map[string]any{"postvagt.released": true, "postvagt.left": true, "postvagt.transport": "plaintext", "postvagt.protected": "no", "postvagt.message_outcome": "released"})
	held := h.stored(node, "held.example", 1, "postvagt.outcome", "held")[0]
	held.has(t, found)
	held.has(t, map[string]any{"postvagt.final": false, "postvagt.left": false, "postvagt.message_outcome": "held"})

	h.postsuper("-d", h.queued("hold", "a@held.example"))
	deleted := h.stored(node, "held.example", 1, "postvagt.outcome", "deleted")[0]
	deleted.has(t, found)
	deleted.has(t, map[string]any{"postvagt.final": true, "postvagt.left": false, "postvagt.message_outcome": "deleted"})
	if deleted.ID != held.ID || deleted.Version <= held.Version {
		t.Errorf("document %s of version %d became %s of version %d", held.ID, held.Version, deleted.ID, deleted.Version)
	}
	h.tellsNothing(node)
}

// tellsNothing looks for addresses and texts in all that the node holds of mails.
func (h *agentHouse) tellsNothing(node *kit.Elasticsearch) {
	h.t.Helper()
	var said struct {
		Hits struct {
			Hits []struct {
				Source json.RawMessage `json:"_source"`
			} `json:"hits"`
		} `json:"hits"`
	}
	h.elastic(node, http.MethodPost, "/postvagt-transmissions-*/_search", `{"size":1000}`, &said)
	if len(said.Hits.Hits) != 5 {
		h.t.Errorf("%d documents of five transmissions", len(said.Hits.Hits))
	}
	transmissions := said.Hits.Hits
	h.elastic(node, http.MethodPost, "/postvagt-notes/_search", `{"size":1000}`, &said)
	if len(said.Hits.Hits) == 0 {
		h.t.Error("no note is there")
	}
	said.Hits.Hits = append(said.Hits.Hits, transmissions...)
	for _, d := range said.Hits.Hits {
		for _, text := range []string{"kari@", "a@", "b@", "Kari", "010180", "skizofreni", "Din sag", "127.0.0.1["} {
			if strings.Contains(string(d.Source), text) {
				h.t.Errorf("%q is in a document", text)
			}
		}
	}
}
