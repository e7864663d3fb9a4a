package elastic

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"postvagt/agent/event"
	"postvagt/agent/store"
	"postvagt/dashboards"
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

// The notes are brought to a new schema as a month is: their name becomes an alias of the copy, and writing goes on.
func TestUpgradeOfNotes(t *testing.T) {
	h := newHouse(t)
	h.round()
	ask(t, http.MethodDelete, "/"+dashboards.NotesIndex+"?ignore_unavailable=true", "")
	ask(t, http.MethodPut, "/"+dashboards.NotesIndex, `{"mappings":{"_meta":{"schema":0,"version":1},"properties":{"postvagt":{"properties":{"count":{"type":"keyword"}}}}}}`)
	notes := newTeller(month(2007, 1), 20).told()
	h.putNotes(notes)
	h.round()
	changed, err := h.ship.Client.Upgrade(t.Context())
	if err != nil || len(changed) != 1 || !strings.Contains(changed[0], "index "+dashboards.NotesIndex+": 400 documents brought from schema 0 to") {
		t.Fatalf("%q %v", changed, err)
	}
	defer ask(t, http.MethodDelete, fmt.Sprintf("/%s%d", notesCopyPrefix, event.SchemaVersion), "")
	if changed, err = h.ship.Client.Upgrade(t.Context()); err != nil || len(changed) != 0 {
		t.Errorf("a second time: %q %v", changed, err)
	}
	notes[0].Count += 5
	h.putNotes(notes[:399])
	if r := h.round(); r.Refused+r.Retried != 0 || h.waiting() != 0 {
		t.Errorf("%+v, %d wait", r, h.waiting())
	}
	there := h.noteDocuments()
	if is := there[notes[0].Key]; len(there) != 399 || is.Note.Count != notes[0].Count {
		t.Errorf("%d notes, %+v", len(there), is)
	}
	sum := ask(t, http.MethodPost, "/"+dashboards.NotesIndex+"/_search?size=0", `{"aggs":{"s":{"sum":{"field":"postvagt.count"}}}}`)
	if s, _ := sum["aggregations"].(map[string]any)["s"].(map[string]any)["value"].(float64); s <= 0 {
		t.Errorf("the count is no number: %v", sum)
	}
}

// An index that was made by an agent before ours lacks fields: they are added before anything is shipped to it.
func TestOlderIndicesAreWidened(t *testing.T) {
	server(t)
	for _, template := range Templates() {
		body := template.Body
		body["version"] = 1
		if strings.HasSuffix(template.Path, "/"+mappingsName) {
			mappings := body["template"].(object)["mappings"].(object)
			mappings["_meta"] = object{"schema": event.SchemaVersion, "version": 1}
			ours := mappings["properties"].(object)["postvagt"].(object)["properties"].(object)
			for _, field := range []string{"delay", "delay_ms", "check", "check_us"} {
				delete(ours, field)
			}
		}
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		ask(t, http.MethodPut, template.Path, string(text))
	}
	ask(t, http.MethodPut, "/"+index("2008.01"), "")
	h := newHouse(t)
	h.commit(newGenerator("widened", month(2008, 1), 20).some(100)...)
	if r := h.round(); r.Done != 100 || r.Refused != 0 {
		t.Errorf("%+v", r)
	}
	h.same()
}
