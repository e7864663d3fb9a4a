package elastic

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
)

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
